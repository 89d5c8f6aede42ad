-- What a video costs, in millionths of the currency's unit; null where it is free. charged is what its upstream says.
ALTER TABLE videos ADD COLUMN price INTEGER;
ALTER TABLE videos ADD COLUMN charged INTEGER;
ALTER TABLE videos ADD COLUMN currency TEXT;

-- The UTC date on which the video was accepted, so that a month is summed without reading clocks.
ALTER TABLE ledger ADD COLUMN day TEXT NOT NULL DEFAULT '';
CREATE INDEX ledger_by_tenant ON ledger (tenant, day);

ALTER TABLE tenants ADD COLUMN caps TEXT NOT NULL DEFAULT '{}';

-- What counts against caps: reserved and settled money of one scope in one period.
-- scope: 'server', 'tenant:NAME' or 'key:ID'. period: a date, or a month such as '2026-11'.
CREATE TABLE budgets (
    scope   TEXT NOT NULL,
    period  TEXT NOT NULL,
    amount  INTEGER NOT NULL,
    PRIMARY KEY (scope, period)
);

-- What an operator has switched by hand, for every process on this database.
CREATE TABLE switches (
    name    TEXT PRIMARY KEY,
    value   TEXT NOT NULL,
    at      REAL NOT NULL
);

-- A job at an upstream belongs to one video.
CREATE INDEX videos_by_job ON videos (provider, upstream_id) WHERE upstream_id IS NOT NULL;
