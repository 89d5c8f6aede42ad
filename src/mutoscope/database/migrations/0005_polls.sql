-- What one process asks of one upstream, the longest due first: those of a slow upstream are in nobody else's way.
DROP INDEX videos_due;
CREATE INDEX videos_due ON videos (owner, provider, next_poll_at) WHERE state = 'generating';
