-- Random keys that this server made for itself, the same for all its processes. No backup has them.
CREATE TABLE secrets (
    name    TEXT PRIMARY KEY,
    value   TEXT NOT NULL,
    made_at REAL NOT NULL
);
