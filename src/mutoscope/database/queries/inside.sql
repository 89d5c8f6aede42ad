-- name: census_of_videos
-- Out of the index alone. oldest: since when the longest has been in that state, in Unix seconds.
SELECT state, provider, COUNT(*) AS videos, MIN(state_since) AS oldest
FROM videos WHERE deleted_at IS NULL GROUP BY state, provider;

-- name: census_of_money
SELECT v.provider, l.currency,
       SUM(CASE WHEN l.kind = 'settled' THEN l.amount ELSE 0 END) AS spent,
       SUM(CASE WHEN l.kind = 'reserved' AND c.kind IS NULL THEN l.amount ELSE 0 END) AS held
FROM ledger l
JOIN videos v ON v.id = l.video_id
LEFT JOIN ledger c ON c.video_id = l.video_id AND c.kind IN ('settled', 'released')
GROUP BY v.provider, l.currency ORDER BY v.provider, l.currency;

-- name: intents_of
SELECT attempt, provider, idempotency_key, started_at, outcome, evidence, called_back FROM intents
WHERE video_id = :video_id ORDER BY attempt;

-- name: assets_of
SELECT variant, attempt, key, media_type, bytes, sha256, stored_at, probe FROM assets
WHERE video_id = :video_id ORDER BY variant;

-- name: deliveries_of_video
SELECT deliveries.* FROM deliveries JOIN events ON events.id = deliveries.event_id
WHERE events.video_id = :video_id ORDER BY events.seq, deliveries.id;

-- name: replies_of
SELECT attempt, step, replies, at FROM upstream_replies WHERE video_id = :video_id ORDER BY attempt, at;

-- name: keep_replies
INSERT INTO upstream_replies (video_id, attempt, step, replies, at) VALUES (:video_id, :attempt, :step, :replies, :now)
ON CONFLICT (video_id, attempt, step) DO UPDATE SET replies = :replies, at = :now;

-- name: drop_replies
-- Those of a deleted video; of a failed one they are what an operator reads.
DELETE FROM upstream_replies
WHERE video_id = :video_id AND EXISTS (SELECT 1 FROM videos WHERE id = :video_id AND deleted_at IS NOT NULL);

-- name: forget_old_replies
DELETE FROM upstream_replies WHERE at <= :before;
