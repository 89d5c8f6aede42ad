-- For those who listen: what happened to a tenant's videos since a moment, and which of them move now.
CREATE INDEX events_by_tenant ON events (tenant, seq);
CREATE INDEX videos_moving ON videos (tenant) WHERE state IN ('generating', 'collecting', 'finishing');
