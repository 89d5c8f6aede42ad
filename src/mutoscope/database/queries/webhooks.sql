-- name: add_deliveries
-- In the transaction of the event: to every endpoint that wants it, and to the address that the video itself names.
INSERT INTO deliveries (id, endpoint_id, lane, url, event_id, event_type, video_id, at, state, next_at)
SELECT CAST(:delivery AS TEXT) || '_' || CAST(e.seq AS TEXT), e.id,
       CASE WHEN e.url = '' THEN e.tenant || '/' || e.id || ' ' || v.callback_origin ELSE e.tenant || '/' || e.id END,
       CASE WHEN e.url = '' THEN v.callback_url END,
       :event_id, :event_type, v.id, :now, 'pending', :now
FROM webhook_endpoints e JOIN videos v ON v.id = :video_id
WHERE e.tenant = :tenant AND e.disabled_at IS NULL AND e.event_types LIKE :wanted
  AND (e.url <> '' OR v.callback_url IS NOT NULL);

-- name: lanes_of_deliveries
-- Every lane in which something waits, and since or until when. One step along the index for each, however many wait.
WITH RECURSIVE lanes (lane) AS (
    SELECT MIN(lane) FROM deliveries WHERE state = 'pending'
    UNION ALL
    SELECT (SELECT MIN(d.lane) FROM deliveries d WHERE d.state = 'pending' AND d.lane > lanes.lane)
    FROM lanes WHERE lanes.lane IS NOT NULL
)
SELECT lane, (SELECT MIN(d.next_at) FROM deliveries d WHERE d.state = 'pending' AND d.lane = lanes.lane) AS next_at
FROM lanes WHERE lane IS NOT NULL;

-- name: claim_deliveries
-- Of two processes that look at the same time one gets each row: the other finds that it is not due any more.
UPDATE deliveries SET next_at = :until, owner = :owner
WHERE seq IN (
    SELECT seq FROM deliveries WHERE state = 'pending' AND lane = :lane AND next_at <= :now
    ORDER BY next_at, seq LIMIT :limit
) AND state = 'pending' AND next_at <= :now
RETURNING *;

-- name: release_deliveries
-- What an earlier life of this process had in its hands.
UPDATE deliveries SET next_at = :now, owner = NULL WHERE state = 'pending' AND owner = :owner AND next_at > :now;

-- name: close_delivery
-- Only by whoever claimed it last: next_at is what that one wrote.
UPDATE deliveries
SET state = :state, attempts = :attempts, next_at = :next_at, owner = NULL, attempted_at = :now, status = :status,
    note = :note
WHERE id = :id AND state = 'pending' AND next_at = :claimed;

-- name: put_off_delivery
-- It was not tried.
UPDATE deliveries SET next_at = :next_at, owner = NULL, note = :note
WHERE id = :id AND state = 'pending' AND next_at = :claimed;

-- name: bury_deliveries
-- Of an endpoint that is gone or disabled, and has not been enabled since somebody looked.
UPDATE deliveries SET state = 'dead', owner = NULL, note = :note
WHERE endpoint_id = :endpoint_id AND state = 'pending'
  AND NOT EXISTS (SELECT 1 FROM webhook_endpoints WHERE id = :endpoint_id AND disabled_at IS NULL);

-- name: forget_old_deliveries
DELETE FROM deliveries WHERE state <> 'pending' AND at <= :before;

-- name: drop_deliveries
DELETE FROM deliveries WHERE endpoint_id = :endpoint_id;

-- name: delivery_of
SELECT * FROM deliveries WHERE endpoint_id = :endpoint_id AND id = :id;

-- name: deliveries_of
SELECT * FROM deliveries WHERE endpoint_id = :endpoint_id AND seq < :cursor ORDER BY seq DESC LIMIT :limit;

-- name: deliveries_of_tenant
-- For an operator, the newest first.
SELECT d.*, e.tenant, COALESCE(d.url, e.url) AS target
FROM deliveries d JOIN webhook_endpoints e ON e.id = d.endpoint_id
WHERE e.tenant = :tenant ORDER BY d.seq DESC LIMIT :limit;

-- name: replay_delivery
-- The whole schedule anew, under the same id.
UPDATE deliveries SET state = 'pending', attempts = 0, next_at = :now, owner = NULL
WHERE endpoint_id = :endpoint_id AND id = :id AND state <> 'pending';

-- name: replay_dead
UPDATE deliveries SET state = 'pending', attempts = 0, next_at = :now, owner = NULL
WHERE endpoint_id = :endpoint_id AND state = 'dead';

-- name: add_endpoint
-- The first of an id stays: processes that make a tenant's own row together then have the same.
INSERT INTO webhook_endpoints (id, tenant, name, url, event_types, secret, hint, created_at, updated_at)
VALUES (:id, :tenant, :name, :url, :event_types, :secret, :hint, :now, :now) ON CONFLICT (id) DO NOTHING;

-- name: endpoint
-- For the dispatcher, which serves every tenant.
SELECT * FROM webhook_endpoints WHERE id = :id;

-- name: endpoint_of_tenant
-- The one look-up by which a caller reaches an endpoint.
SELECT * FROM webhook_endpoints WHERE tenant = :tenant AND id = :id AND url <> '';

-- name: endpoints_of_tenant
SELECT * FROM webhook_endpoints WHERE tenant = :tenant AND url <> '' AND seq < :cursor ORDER BY seq DESC LIMIT :limit;

-- name: count_endpoints
SELECT COUNT(*) AS endpoints FROM webhook_endpoints WHERE tenant = :tenant AND url <> '';

-- name: all_endpoints
-- For an operator, with what waits and what was given up.
SELECT e.*, COUNT(CASE WHEN d.state = 'pending' THEN 1 END) AS pending, COUNT(CASE WHEN d.state = 'dead' THEN 1 END) AS dead
FROM webhook_endpoints e LEFT JOIN deliveries d ON d.endpoint_id = e.id
GROUP BY e.seq ORDER BY e.seq;

-- name: change_endpoint
-- Whoever changes an endpoint wants it to be used.
UPDATE webhook_endpoints SET name = :name, url = :url, event_types = :event_types, updated_at = :now, disabled_at = NULL
WHERE id = :id;

-- name: rotate_endpoint
UPDATE webhook_endpoints
SET secret = :secret, hint = :hint, old_secret = :old_secret, old_until = :old_until, updated_at = :now
WHERE id = :id;

-- name: disable_endpoint
-- Not one that was given another address while the old one answered.
UPDATE webhook_endpoints SET disabled_at = :now WHERE id = :id AND url = :url AND disabled_at IS NULL;

-- name: drop_endpoint
DELETE FROM webhook_endpoints WHERE id = :id;
