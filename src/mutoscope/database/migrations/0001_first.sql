-- Every table of design, also those whose use comes later: names are cheap now and costly to add in a hurry.
-- Times are Unix seconds; JSON is text; booleans do not occur.

CREATE TABLE tenants (
    name        TEXT PRIMARY KEY,
    created_at  REAL NOT NULL
);

-- An API key. The key itself is shown once and never stored: hash is the SHA-256 of all of it, prefix its first
-- characters for recognising it in a list.
CREATE TABLE keys (
    id          TEXT PRIMARY KEY,
    tenant      TEXT NOT NULL REFERENCES tenants (name),
    name        TEXT NOT NULL,
    prefix      TEXT NOT NULL,
    hash        TEXT NOT NULL UNIQUE,
    scopes      TEXT NOT NULL DEFAULT '[]',
    caps        TEXT NOT NULL DEFAULT '{}',
    created_at  REAL NOT NULL,
    revoked_at  REAL
);

-- The public resource. A deleted video stays as a tombstone: its place in the order outlives it.
CREATE TABLE videos (
    seq             INTEGER PRIMARY KEY AUTOINCREMENT,
    id              TEXT NOT NULL UNIQUE,
    tenant          TEXT NOT NULL REFERENCES tenants (name),
    key_id          TEXT,
    state           TEXT NOT NULL,
    progress        INTEGER NOT NULL DEFAULT 0,
    request         TEXT NOT NULL,
    model           TEXT NOT NULL,
    provider        TEXT NOT NULL,
    credential      TEXT,
    attempt         INTEGER NOT NULL DEFAULT 0,
    upstream_id     TEXT,
    upstream_prompt TEXT,
    remote          TEXT,
    facts           TEXT NOT NULL DEFAULT '{}',
    strategy        TEXT,
    plan            TEXT NOT NULL DEFAULT '{}',
    notice          TEXT,
    ignored         TEXT NOT NULL DEFAULT '[]',
    source_id       TEXT,
    root_id         TEXT NOT NULL,
    depth           INTEGER NOT NULL DEFAULT 0,
    pins            INTEGER NOT NULL DEFAULT 0,
    owner           TEXT,
    fence           INTEGER NOT NULL DEFAULT 0,
    next_poll_at    REAL,
    polls_failed    INTEGER NOT NULL DEFAULT 0,
    created_at      REAL NOT NULL,
    state_since     REAL NOT NULL,
    completed_at    REAL,
    expires_at      REAL,
    deleted_at      REAL,
    purged_at       REAL,
    error_code      TEXT,
    error_message   TEXT
);
CREATE INDEX videos_by_tenant ON videos (tenant, seq) WHERE deleted_at IS NULL;
CREATE INDEX videos_by_root ON videos (root_id);
CREATE INDEX videos_due ON videos (next_poll_at) WHERE state = 'generating';
CREATE INDEX videos_at_work ON videos (provider, state) WHERE state IN ('submitting', 'generating');
CREATE INDEX videos_to_purge ON videos (deleted_at) WHERE deleted_at IS NOT NULL AND purged_at IS NULL;

-- "A paid call is about to be made." An intent without an outcome is unknown, never "not sent".
CREATE TABLE intents (
    video_id        TEXT NOT NULL,
    attempt         INTEGER NOT NULL,
    provider        TEXT NOT NULL,
    credential      TEXT,
    idempotency_key TEXT NOT NULL,
    nonce           TEXT NOT NULL,
    started_at      REAL NOT NULL,
    outcome         TEXT,
    evidence        TEXT,
    PRIMARY KEY (video_id, attempt)
);

CREATE TABLE assets (
    video_id    TEXT NOT NULL,
    variant     TEXT NOT NULL,
    attempt     INTEGER NOT NULL,
    key         TEXT NOT NULL,
    media_type  TEXT NOT NULL,
    bytes       INTEGER NOT NULL,
    sha256      TEXT NOT NULL,
    stored_at   REAL NOT NULL,
    PRIMARY KEY (video_id, variant)
);

CREATE TABLE inputs (
    tenant      TEXT NOT NULL,
    sha256      TEXT NOT NULL,
    media_type  TEXT NOT NULL,
    bytes       INTEGER NOT NULL,
    probe       TEXT NOT NULL DEFAULT '{}',
    created_at  REAL NOT NULL,
    PRIMARY KEY (tenant, sha256)
);

CREATE TABLE characters (
    id          TEXT PRIMARY KEY,
    tenant      TEXT NOT NULL,
    name        TEXT NOT NULL,
    input       TEXT,
    created_at  REAL NOT NULL
);

-- Append-only: what happened to a video, in the past tense.
CREATE TABLE events (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    id          TEXT NOT NULL UNIQUE,
    video_id    TEXT NOT NULL,
    tenant      TEXT NOT NULL,
    kind        TEXT NOT NULL,
    state       TEXT NOT NULL,
    detail      TEXT NOT NULL DEFAULT '{}',
    at          REAL NOT NULL
);
CREATE INDEX events_by_video ON events (video_id, seq);

-- Append-only: reserved, settled and released amounts, in millionths of the currency's unit.
CREATE TABLE ledger (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    video_id    TEXT NOT NULL,
    attempt     INTEGER NOT NULL,
    kind        TEXT NOT NULL,
    tenant      TEXT NOT NULL,
    key_id      TEXT,
    amount      INTEGER NOT NULL,
    currency    TEXT NOT NULL,
    at          REAL NOT NULL,
    UNIQUE (video_id, attempt, kind)
);

CREATE TABLE idempotency (
    tenant      TEXT NOT NULL,
    key         TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    video_id    TEXT NOT NULL,
    expires_at  REAL NOT NULL,
    PRIMARY KEY (tenant, key)
);

CREATE TABLE webhook_endpoints (
    id          TEXT PRIMARY KEY,
    tenant      TEXT NOT NULL,
    name        TEXT NOT NULL,
    url         TEXT NOT NULL,
    event_types TEXT NOT NULL,
    secrets     TEXT NOT NULL,
    created_at  REAL NOT NULL,
    updated_at  REAL,
    disabled_at REAL
);

CREATE TABLE deliveries (
    id          TEXT PRIMARY KEY,
    event_id    TEXT NOT NULL,
    endpoint_id TEXT NOT NULL,
    attempt     INTEGER NOT NULL DEFAULT 0,
    state       TEXT NOT NULL,
    next_at     REAL,
    detail      TEXT NOT NULL DEFAULT '{}',
    UNIQUE (event_id, endpoint_id)
);

-- One row a worker process, with the end of its lease.
CREATE TABLE executors (
    id          TEXT PRIMARY KEY,
    host        TEXT NOT NULL,
    started_at  REAL NOT NULL,
    lease_until REAL NOT NULL
);

INSERT INTO tenants (name, created_at) VALUES ('default', unixepoch());
