-- Several processes on one database: each has a row while it lives, and the videos in its hands bear its id.
-- life: drawn anew at each start. storage: where it keeps files; all must share one. role: 'server' or 'worker'.
ALTER TABLE executors ADD COLUMN life TEXT NOT NULL DEFAULT '';
ALTER TABLE executors ADD COLUMN storage TEXT NOT NULL DEFAULT '';
ALTER TABLE executors ADD COLUMN role TEXT NOT NULL DEFAULT '';

-- How often a process died with this video's task in its hands, since the video last moved.
ALTER TABLE videos ADD COLUMN deaths INTEGER NOT NULL DEFAULT 0;

CREATE INDEX videos_owned ON videos (owner) WHERE state IN ('submitting', 'generating', 'collecting', 'finishing');
CREATE INDEX videos_cancelled ON videos (owner, state_since) WHERE state = 'cancelled';
