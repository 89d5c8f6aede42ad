-- name: newest_event
-- Of all tenants: where a reader begins.
SELECT COALESCE(MAX(seq), 0) AS seq FROM events;

-- name: events_after
-- Of all tenants, in order of their numbers: one reader of each process tells them to all who listen.
SELECT seq, id, video_id, tenant, kind, at FROM events WHERE seq > :seq ORDER BY seq LIMIT :limit;

-- name: writers_of_events
-- For PostgreSQL alone. An INSERT takes this lock before it draws a number, and gives it back behind its commit.
SELECT DISTINCT virtualtransaction AS transaction FROM pg_locks
WHERE locktype = 'relation' AND relation = CAST('events' AS regclass) AND mode = 'RowExclusiveLock' AND granted
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database());

-- name: event_of_tenant
SELECT seq FROM events WHERE tenant = :tenant AND id = :id;

-- name: count_events_between
-- Those that have a public type (domain/events.py), up to a limit.
SELECT COUNT(*) AS events FROM (
    SELECT 1 FROM events
    WHERE tenant = :tenant AND seq > :first AND seq <= :last
      AND kind IN ('created', 'claimed', 'derived', 'gave_up', 'deleted')
    LIMIT :limit
) AS found;

-- name: events_between
SELECT seq, id, video_id, tenant, kind, at FROM events
WHERE tenant = :tenant AND seq > :first AND seq <= :last
  AND kind IN ('created', 'claimed', 'derived', 'gave_up', 'deleted')
ORDER BY seq LIMIT :limit;

-- name: events_of_video_between
SELECT seq, id, video_id, tenant, kind, at FROM events
WHERE video_id = :video_id AND tenant = :tenant AND seq > :first AND seq <= :last
  AND kind IN ('created', 'claimed', 'derived', 'gave_up', 'deleted')
ORDER BY seq;

-- name: newest_event_of_tenant
SELECT id FROM events
WHERE tenant = :tenant AND seq <= :last AND kind IN ('created', 'claimed', 'derived', 'gave_up', 'deleted')
ORDER BY seq DESC LIMIT 1;

-- name: videos_moving
SELECT id, progress FROM videos
WHERE tenant = :tenant AND state IN ('generating', 'collecting', 'finishing') AND deleted_at IS NULL
ORDER BY seq DESC LIMIT :limit;

-- name: key_by_id
SELECT id FROM keys WHERE id = :id AND revoked_at IS NULL;
