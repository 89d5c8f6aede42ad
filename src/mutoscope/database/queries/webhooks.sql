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

-- name: lanes_due
-- Of so many deliveries that are due, those that wait the longest: their lanes, how many there are in each, and whether
-- it rests. Nothing is read of what waits for later.
SELECT lane, MIN(next_at) AS next_at, COUNT(*) AS deliveries,
       EXISTS (
           SELECT 1 FROM resting_lanes r WHERE r.lane = due.lane AND r.until > :now AND r.until <= :latest
       ) AS is_resting
FROM (
    SELECT lane, next_at FROM deliveries WHERE state = 'pending' AND next_at <= :now ORDER BY next_at LIMIT :limit
) AS due
GROUP BY lane ORDER BY 2;

-- name: lanes_waiting
-- Every lane in which something is to be sent, now or later.
SELECT DISTINCT lane FROM deliveries WHERE state = 'pending';

-- name: rest_lane
INSERT INTO resting_lanes (lane, endpoint_id, until) VALUES (:lane, :endpoint_id, :until)
ON CONFLICT (lane) DO UPDATE SET until = excluded.until WHERE resting_lanes.until < excluded.until;

-- name: wake_lanes
-- Of an endpoint: whoever changes its address, or sends again by hand, knows more than it said then.
DELETE FROM resting_lanes WHERE endpoint_id = :endpoint_id;

-- name: forget_rests
-- Those that are over, and those that lie further ahead than any can, because the clock was set back.
DELETE FROM resting_lanes WHERE until <= :now OR until > :latest;

-- name: claim_deliveries
-- Of two processes that look at the same time one gets each row: the other finds that it is not due any more. None of
-- a lane that rests, which may be since somebody looked.
UPDATE deliveries SET next_at = :until, owner = :owner
WHERE seq IN (
    SELECT seq FROM deliveries WHERE state = 'pending' AND lane = :lane AND next_at <= :now
    ORDER BY next_at, seq LIMIT :limit
) AND state = 'pending' AND next_at <= :now
  AND NOT EXISTS (SELECT 1 FROM resting_lanes r WHERE r.lane = :lane AND r.until > :now AND r.until <= :latest)
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
-- The whole schedule anew, under the same id; not while it is under way.
UPDATE deliveries SET state = 'pending', attempts = 0, next_at = :now, owner = NULL
WHERE endpoint_id = :endpoint_id AND id = :id AND (state <> 'pending' OR owner IS NULL);

-- name: replay_waiting
-- What waits for an endpoint with a new address, which nobody has tried yet.
UPDATE deliveries SET attempts = 0, next_at = :now
WHERE endpoint_id = :endpoint_id AND state = 'pending' AND owner IS NULL;

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

-- name: endpoint_at
SELECT 1 AS found FROM webhook_endpoints WHERE id = :id AND url = :url;

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

-- name: sealed_secrets
SELECT id, secret FROM webhook_endpoints ORDER BY seq;

-- name: change_endpoint
-- Whoever changes an endpoint wants it to be used.
UPDATE webhook_endpoints SET name = :name, url = :url, event_types = :event_types, updated_at = :now, disabled_at = NULL
WHERE id = :id;

-- name: rotate_endpoint
UPDATE webhook_endpoints
SET secret = :secret, hint = :hint, old_secret = :old_secret, old_until = :old_until, updated_at = :now
WHERE id = :id;

-- name: disable_endpoint
UPDATE webhook_endpoints SET disabled_at = :now WHERE id = :id AND url = :url AND disabled_at IS NULL;

-- name: drop_endpoint
DELETE FROM webhook_endpoints WHERE id = :id;
