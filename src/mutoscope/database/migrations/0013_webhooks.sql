-- Events that go out. The tables of 0001 were never used.
DROP TABLE deliveries;
DROP TABLE webhook_endpoints;

-- Whom a tenant's events are sent to. secret, old_secret: sealed; the old one signs too until old_until.
-- One row of a tenant, with an empty url, stands for the addresses that its requests name themselves.
CREATE TABLE webhook_endpoints (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    id          TEXT NOT NULL UNIQUE,
    tenant      TEXT NOT NULL REFERENCES tenants (name),
    name        TEXT NOT NULL,
    url         TEXT NOT NULL,
    event_types TEXT NOT NULL,
    secret      TEXT NOT NULL,
    hint        TEXT NOT NULL,
    old_secret  TEXT,
    old_until   REAL,
    created_at  REAL NOT NULL,
    updated_at  REAL NOT NULL,
    disabled_at REAL
);
CREATE INDEX webhook_endpoints_by_tenant ON webhook_endpoints (tenant, seq);

-- One event for one endpoint; written with the event. lane: deliveries that wait for each other, and for no others.
-- url: only where the endpoint has none. state: pending, delivered or dead. next_at: when to try; while somebody tries,
-- when others may. attempts: those that have ended.
CREATE TABLE deliveries (
    seq          INTEGER PRIMARY KEY AUTOINCREMENT,
    id           TEXT NOT NULL UNIQUE,
    endpoint_id  TEXT NOT NULL,
    lane         TEXT NOT NULL,
    url          TEXT,
    event_id     TEXT NOT NULL,
    event_type   TEXT NOT NULL,
    video_id     TEXT NOT NULL,
    at           REAL NOT NULL,
    state        TEXT NOT NULL,
    attempts     INTEGER NOT NULL DEFAULT 0,
    next_at      REAL NOT NULL,
    owner        TEXT,
    attempted_at REAL,
    status       INTEGER,
    note         TEXT,
    UNIQUE (event_id, endpoint_id)
);
CREATE INDEX deliveries_due ON deliveries (lane, next_at) WHERE state = 'pending';
CREATE INDEX deliveries_by_endpoint ON deliveries (endpoint_id, seq);
CREATE INDEX deliveries_ended ON deliveries (at) WHERE state <> 'pending';

-- Where a video's own end is told, if its request says so, and the origin of that address.
ALTER TABLE videos ADD COLUMN callback_url TEXT;
ALTER TABLE videos ADD COLUMN callback_origin TEXT;
