-- What an SDK's own retry of a request is known by: the same key, the same fields, a few minutes ago.
-- lowest and highest are the retry counts that took it so far; made is the id of the video or character.
CREATE TABLE receipts (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    key_id      TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    made        TEXT NOT NULL,
    lowest      INTEGER NOT NULL,
    highest     INTEGER NOT NULL,
    at          REAL NOT NULL
);
CREATE INDEX receipts_by_request ON receipts (key_id, fingerprint);
CREATE INDEX receipts_by_time ON receipts (at);

CREATE INDEX idempotency_by_time ON idempotency (expires_at);

-- What a tenant has unfinished, counted before another video is accepted.
CREATE INDEX videos_unfinished ON videos (tenant) WHERE state NOT IN ('completed', 'failed', 'cancelled');

CREATE INDEX videos_to_expire ON videos (expires_at) WHERE expires_at IS NOT NULL AND purged_at IS NULL;
