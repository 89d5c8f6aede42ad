-- name: add_video
INSERT INTO videos (
    id, tenant, key_id, state, request, model, provider, credential, upstream_prompt, strategy, plan, notice, ignored,
    price, currency, charged, source_id, root_id, depth, origin, callback_url, callback_origin, created_at, state_since
) VALUES (
    :id, :tenant, :key_id, 'queued', :request, :model, :provider, :credential, :upstream_prompt, :strategy, :plan, :notice, :ignored,
    :price, :currency, :charged, :source_id, :root_id, :depth, :origin, :callback_url, :callback_origin, :now, :now
) RETURNING *, NULL AS concluded;

-- name: video_of_tenant
-- The one look-up by which a caller reaches a video. concluded: what became of its money, if that is known.
SELECT videos.*, CASE WHEN price IS NULL THEN NULL ELSE (
    SELECT kind FROM ledger WHERE video_id = videos.id AND kind IN ('settled', 'released')
) END AS concluded
FROM videos WHERE tenant = :tenant AND id = :id AND deleted_at IS NULL;

-- name: video_at_work
-- For the engine, which serves every tenant and must see cancelled videos too.
SELECT * FROM videos WHERE id = :id;

-- name: story_of
-- The requests that led to a video, from its root on; what was deleted is not told any more.
WITH RECURSIVE line (id, source_id, request, depth, deleted_at) AS (
    SELECT id, source_id, request, depth, deleted_at FROM videos WHERE tenant = :tenant AND id = :id
    UNION ALL
    SELECT videos.id, videos.source_id, videos.request, videos.depth, videos.deleted_at
    FROM videos JOIN line ON videos.id = line.source_id WHERE videos.tenant = :tenant
)
SELECT request, depth FROM line WHERE deleted_at IS NULL ORDER BY depth;

-- name: lineage_of
-- Every video of a tree, deleted ones too, which keep their place.
SELECT id, source_id, request, state, strategy, created_at, expires_at, deleted_at
FROM videos WHERE tenant = :tenant AND root_id = :root_id ORDER BY seq;

-- name: cursor_of
-- A deleted video keeps its place, so that paging past it goes on.
SELECT seq FROM videos WHERE tenant = :tenant AND id = :id;

-- name: newest_first
SELECT videos.*, CASE WHEN price IS NULL THEN NULL ELSE (
    SELECT kind FROM ledger WHERE video_id = videos.id AND kind IN ('settled', 'released')
) END AS concluded
FROM videos WHERE tenant = :tenant AND deleted_at IS NULL AND seq < :cursor ORDER BY seq DESC LIMIT :limit;

-- name: matching_newest_first
-- Of one status, one model, and with these words in the prompt, wherever that is asked for; "" is all. The prompt is the
-- first field of the request, which is JSON: patterns are made by `database/searching.py`.
SELECT videos.*, CASE WHEN price IS NULL THEN NULL ELSE (
    SELECT kind FROM ledger WHERE video_id = videos.id AND kind IN ('settled', 'released')
) END AS concluded
FROM videos WHERE tenant = :tenant AND deleted_at IS NULL AND seq < :cursor
  AND (:model = '' OR model = :model)
  AND (:status = '' OR :status = CASE
      WHEN state IN ('queued', 'completed') THEN state WHEN state IN ('failed', 'cancelled') THEN 'failed'
      ELSE 'in_progress' END)
  AND LOWER(request) LIKE :first ESCAPE '!'
  AND LOWER(request) LIKE :second ESCAPE '!'
  AND LOWER(request) LIKE :third ESCAPE '!'
ORDER BY seq DESC LIMIT :limit;

-- name: oldest_first
SELECT videos.*, CASE WHEN price IS NULL THEN NULL ELSE (
    SELECT kind FROM ledger WHERE video_id = videos.id AND kind IN ('settled', 'released')
) END AS concluded
FROM videos WHERE tenant = :tenant AND deleted_at IS NULL AND seq > :cursor ORDER BY seq ASC LIMIT :limit;

-- name: move_video
-- Every change of state: only from the state the caller saw, so that of two workers one wins.
UPDATE videos
SET state = :to_state, progress = :progress, state_since = :now, fence = fence + 1,
    attempt = COALESCE(:attempt, attempt),
    upstream_id = COALESCE(:upstream_id, upstream_id),
    owner = COALESCE(:owner, owner),
    remote = COALESCE(:remote, remote),
    facts = COALESCE(:facts, facts),
    next_poll_at = :next_poll_at,
    completed_at = COALESCE(:completed_at, completed_at),
    expires_at = COALESCE(:expires_at, expires_at),
    charged = COALESCE(:charged, charged),
    deaths = 0,
    error_code = :error_code,
    error_message = :error_message
WHERE id = :id AND state = :from_state;

-- name: take_further
-- After a refusal: another account, another rung or another model. Only while the attempt is the one that was refused,
-- and while no attempt may have started anything. What an account remembers is no other's.
UPDATE videos
SET model = :model, provider = :provider, request = :request, strategy = :strategy, upstream_prompt = :upstream_prompt,
    plan = :plan, charged = :charged, attempt = :next_attempt, fence = fence + 1,
    credential = CASE WHEN provider = :provider THEN credential END
WHERE id = :id AND state = :state AND attempt = :attempt AND NOT EXISTS (
    SELECT 1 FROM intents
    WHERE video_id = :id AND (outcome IN ('unknown', 'accepted') OR (outcome IS NULL AND attempt < :attempt))
);

-- name: note_measures
UPDATE videos SET request = :request, plan = :plan WHERE id = :id;

-- name: settle_words
-- Before an attempt is made, and once: what was settled first stays.
UPDATE videos SET upstream_prompt = :upstream_prompt, plan = :plan
WHERE id = :id AND state = :state AND attempt = :attempt AND plan = :before;

-- name: note_poll
-- No change of state: when to ask again, and the progress if it is news. Never lower.
UPDATE videos
SET next_poll_at = :next_poll_at, polls_failed = :polls_failed,
    progress = CASE WHEN progress > :progress THEN progress ELSE :progress END
WHERE id = :id AND state = 'generating';

-- name: change_upstream_id
UPDATE videos SET upstream_id = :upstream_id WHERE id = :id AND state = 'generating';

-- name: due_videos
-- Of one provider and of this process, the longest due first.
SELECT * FROM videos
WHERE state = 'generating' AND owner = :owner AND provider = :provider AND next_poll_at <= :now
ORDER BY next_poll_at LIMIT :limit;

-- name: late_videos
-- Of every provider: those that are in their state since before a time, whether they can be asked about or not.
SELECT * FROM videos
WHERE state = 'generating' AND owner = :owner AND state_since < :before ORDER BY state_since LIMIT :limit;

-- name: videos_by_upstream_id
SELECT * FROM videos
WHERE state = 'generating' AND owner = :owner AND provider = :provider AND upstream_id = :upstream_id;

-- name: videos_in_hand
SELECT id, provider FROM videos WHERE state = 'generating' AND owner = :owner;

-- name: count_orphans
-- By provider, how many videos are in the hands of nobody who lives and works; `mine` counts as nobody too.
SELECT provider, COUNT(*) AS videos FROM videos
WHERE state IN ('submitting', 'generating', 'collecting', 'finishing')
  AND (owner IS NULL OR owner = :mine OR owner NOT IN (SELECT id FROM executors WHERE role <> 'api'))
GROUP BY provider;

-- name: adopt_videos
-- Those that an upstream is making are asked about one after the other within `spread` seconds.
UPDATE videos
SET owner = :owner, fence = fence + 1,
    next_poll_at = CASE WHEN state = 'generating' THEN :now + :spread * ((seq % 1000) / 1000.0) ELSE next_poll_at END
WHERE provider = :provider AND state IN ('submitting', 'generating', 'collecting', 'finishing')
  AND (owner IS NULL OR owner = :mine OR owner NOT IN (SELECT id FROM executors WHERE role <> 'api'))
RETURNING id, provider, state;

-- name: cancelled_in_hand
SELECT id, provider, upstream_id FROM videos WHERE owner = :owner AND state = 'cancelled' AND state_since > :since;

-- name: count_death
UPDATE videos SET deaths = deaths + 1 WHERE id = :id RETURNING deaths;

-- name: tombstone
UPDATE videos SET deleted_at = :now WHERE id = :id AND deleted_at IS NULL;

-- name: pin_source
-- A source whose files are about to go cannot be pinned any more.
UPDATE videos SET pins = pins + 1
WHERE id = :id AND deleted_at IS NULL AND state = 'completed' AND (expires_at IS NULL OR expires_at > :now);

-- name: unpin_source
UPDATE videos SET pins = pins - 1 WHERE id = :id;

-- name: count_unfinished
SELECT COUNT(*) AS videos FROM videos WHERE tenant = :tenant AND state NOT IN ('completed', 'failed', 'cancelled');

-- name: count_unfinished_by_provider
SELECT provider, COUNT(*) AS videos FROM videos WHERE state NOT IN ('completed', 'failed', 'cancelled') GROUP BY provider;

-- name: videos_to_expire
-- Completed, past their time, and needed by nobody's unfinished remix; in order of expiry, beginning behind one.
SELECT seq, id, tenant, state, expires_at FROM videos
WHERE expires_at <= :now AND deleted_at IS NULL AND purged_at IS NULL AND pins = 0
  AND (expires_at, seq) > (:at, :seq)
ORDER BY expires_at, seq LIMIT :limit;

-- name: videos_failed
SELECT seq, id, tenant, state FROM videos
WHERE state = 'failed' AND purged_at IS NULL AND deleted_at IS NULL AND pins = 0 AND seq > :seq
ORDER BY seq LIMIT :limit;

-- name: videos_to_purge
-- Deleted, at their end, and needed by nobody's unfinished remix; in order of deletion, beginning behind one.
SELECT seq, id, tenant, deleted_at FROM videos
WHERE deleted_at IS NOT NULL AND purged_at IS NULL AND pins = 0
  AND state IN ('completed', 'failed', 'cancelled') AND (deleted_at, seq) > (:at, :seq)
ORDER BY deleted_at, seq LIMIT :limit;

-- name: videos_purged
-- Whose files were removed until a moment; in order of removal, beginning behind one.
SELECT seq, id, tenant, purged_at FROM videos
WHERE purged_at <= :until AND (purged_at, seq) > (:at, :seq)
ORDER BY purged_at, seq LIMIT :limit;

-- name: note_purged
UPDATE videos SET purged_at = :now WHERE id = :id;

-- name: add_event
INSERT INTO events (id, video_id, tenant, kind, state, detail, at)
VALUES (:id, :video_id, :tenant, :kind, :state, :detail, :now);

-- name: events_of
SELECT kind, state, detail, at FROM events WHERE video_id = :video_id ORDER BY seq;
