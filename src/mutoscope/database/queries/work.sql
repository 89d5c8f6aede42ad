-- name: add_intent
INSERT INTO intents (video_id, attempt, provider, credential, idempotency_key, nonce, started_at)
VALUES (:video_id, :attempt, :provider, :credential, :idempotency_key, :nonce, :now);

-- name: intent_of
SELECT * FROM intents WHERE video_id = :video_id AND attempt = :attempt;

-- name: intent_by_nonce
SELECT video_id, attempt, provider, called_back FROM intents WHERE nonce = :nonce;

-- name: note_callback
-- The first word stays.
UPDATE intents SET called_back = :upstream_id
WHERE video_id = :video_id AND attempt = :attempt AND called_back IS NULL;

-- name: poll_at_once
UPDATE videos SET next_poll_at = :now
WHERE id = :id AND state = 'generating' AND upstream_id = :upstream_id AND next_poll_at > :now;

-- name: close_intent
-- An outcome is written once; unknown may still become known.
UPDATE intents SET outcome = :outcome, evidence = :evidence
WHERE video_id = :video_id AND attempt = :attempt AND (outcome IS NULL OR outcome = 'unknown');

-- name: reopen_intent
-- About to ask again; only where it is certain that the last call started nothing.
UPDATE intents SET outcome = NULL, evidence = NULL
WHERE video_id = :video_id AND attempt = :attempt AND outcome IN ('not_sent', 'rejected');

-- name: take_over
UPDATE videos SET owner = :owner WHERE id = :id AND state = 'submitting';

-- name: held_submissions
-- Nobody knows what became of them, and their provider wants to wait.
SELECT videos.*, intents.started_at, intents.nonce FROM videos
JOIN intents ON intents.video_id = videos.id AND intents.attempt = videos.attempt
WHERE videos.owner = :owner AND videos.state = 'submitting' AND intents.outcome = 'unknown';

-- name: owner_of_job
SELECT id FROM videos WHERE provider = :provider AND upstream_id = :upstream_id LIMIT 1;

-- name: note_resubmission
UPDATE videos SET notice = :notice WHERE id = :id;

-- name: add_asset
-- Collecting and finishing may be repeated with the same result.
INSERT INTO assets (video_id, variant, attempt, key, media_type, bytes, sha256, stored_at)
VALUES (:video_id, :variant, :attempt, :key, :media_type, :bytes, :sha256, :now)
ON CONFLICT (video_id, variant) DO UPDATE
SET attempt = :attempt, key = :key, media_type = :media_type, bytes = :bytes, sha256 = :sha256, stored_at = :now;

-- name: asset_of
SELECT variant, key, media_type, bytes, sha256, stored_at, probe FROM assets
WHERE video_id = :video_id AND variant = :variant;

-- name: note_probe
UPDATE assets SET probe = :probe WHERE video_id = :video_id AND variant = :variant;

-- name: drop_assets
DELETE FROM assets WHERE video_id = :video_id;

-- name: add_input
INSERT INTO inputs (tenant, sha256, media_type, bytes, probe, created_at)
VALUES (:tenant, :sha256, :media_type, :bytes, :probe, :now)
ON CONFLICT (tenant, sha256) DO UPDATE SET created_at = :now;

-- name: count_queue
SELECT state, COUNT(*) AS videos FROM videos WHERE state NOT IN ('completed', 'failed', 'cancelled') GROUP BY state;
