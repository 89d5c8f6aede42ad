-- Receivers of webhooks that asked to be left alone until then (Unix seconds), by the lanes of their deliveries.
CREATE TABLE resting_lanes (
    lane        TEXT NOT NULL PRIMARY KEY,
    endpoint_id TEXT NOT NULL,
    until       REAL NOT NULL
);

-- What is due is found by its time, however many lanes there are in which something waits for later.
CREATE INDEX deliveries_waiting ON deliveries (next_at, lane) WHERE state = 'pending';
