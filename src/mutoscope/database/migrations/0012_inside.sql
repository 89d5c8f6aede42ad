-- What joins a video's work with the request that asked for it, as JSON: {"request_id": …, "traceparent": …}.
ALTER TABLE videos ADD COLUMN origin TEXT;

-- Videos are counted by state and provider in this alone, with the longest in each state.
CREATE INDEX videos_by_state ON videos (state, provider, state_since, deleted_at) WHERE deleted_at IS NULL;

-- The last words of an upstream in each step of an attempt: a few, redacted and cut. replies: a JSON list.
CREATE TABLE upstream_replies (
    video_id    TEXT NOT NULL,
    attempt     INTEGER NOT NULL,
    step        TEXT NOT NULL,
    replies     TEXT NOT NULL,
    at          REAL NOT NULL,
    PRIMARY KEY (video_id, attempt, step)
);
