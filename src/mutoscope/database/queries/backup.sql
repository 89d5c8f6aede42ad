-- name: schema_number
SELECT COALESCE(MAX(number), 0) AS number FROM schema_version;

-- name: add_schema_number
INSERT INTO schema_version (number) VALUES (:number);

-- name: count_videos
SELECT COUNT(*) AS videos FROM videos WHERE deleted_at IS NULL;

-- name: named_assets
-- The files of deleted videos are on their way out, unless an unfinished remix needs them.
SELECT assets.key, assets.bytes, assets.sha256, assets.video_id
FROM assets JOIN videos ON videos.id = assets.video_id
WHERE videos.deleted_at IS NULL OR videos.pins > 0;

-- name: named_inputs
SELECT tenant, sha256, bytes FROM inputs;

-- name: wanted_asset
-- Whether a file that is not there should be: nobody has deleted its video, and its time is not over.
SELECT 1 AS found FROM assets JOIN videos ON videos.id = assets.video_id
WHERE assets.video_id = :video_id AND assets.key = :key AND videos.deleted_at IS NULL AND videos.state <> 'failed'
  AND (videos.expires_at IS NULL OR videos.expires_at > :now);

-- name: uncertain_submissions
-- What an upstream may have been asked, and paid for, after the backup was taken.
SELECT * FROM videos WHERE state IN ('queued', 'submitting') AND price IS NOT NULL ORDER BY seq;

-- name: doubt_intent
-- Also an intent that had been refused: it may have been asked again since, and accepted.
UPDATE intents SET outcome = 'unknown', evidence = :evidence WHERE video_id = :video_id AND attempt = :attempt;

-- name: restart_time_budgets
-- While there was no server, no time was used up.
UPDATE videos SET state_since = :now WHERE state IN ('submitting', 'generating', 'collecting', 'finishing');

-- name: forget_executors
-- The processes of back then have no business here.
DELETE FROM executors;

-- name: restoration_of
-- What the last restore noted about a video that may have been submitted after the backup.
SELECT detail FROM events WHERE video_id = :video_id AND kind = 'restored' ORDER BY seq DESC LIMIT 1;

-- name: foreign_tables
-- Tables of anybody, in the schema that ours go to and in the task queue's; PostgreSQL only.
SELECT COUNT(*) AS tables FROM pg_tables WHERE schemaname IN (current_schema(), 'dbos');

-- name: schemas
-- PostgreSQL only.
SELECT nspname AS name FROM pg_namespace;
