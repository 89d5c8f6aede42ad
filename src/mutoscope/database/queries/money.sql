-- name: caps_of
-- The caps of a caller's tenant and key, as JSON.
SELECT tenants.caps AS tenant_caps, keys.caps AS key_caps
FROM tenants LEFT JOIN keys ON keys.id = :key_id AND keys.tenant = tenants.name
WHERE tenants.name = :tenant;

-- name: set_tenant_caps
UPDATE tenants SET caps = :caps WHERE name = :name;

-- name: consent_of
SELECT cross_provider FROM tenants WHERE name = :tenant;

-- name: set_consent
UPDATE tenants SET cross_provider = :cross_provider WHERE name = :tenant;

-- name: set_key_caps
UPDATE keys SET caps = :caps WHERE (id = :id OR prefix = :id) AND revoked_at IS NULL;

-- name: open_budget
INSERT INTO budgets (scope, period, amount) VALUES (:scope, :period, 0) ON CONFLICT (scope, period) DO NOTHING;

-- name: spend_budget
-- The one place where money is admitted: counted only if the cap still holds afterwards.
UPDATE budgets SET amount = amount + :amount
WHERE scope = :scope AND period = :period AND amount + :amount <= :cap;

-- name: correct_budget
UPDATE budgets SET amount = amount + :amount WHERE scope = :scope AND period = :period;

-- name: budget_of
SELECT amount FROM budgets WHERE scope = :scope AND period = :period;

-- name: budgets_of
SELECT period, amount FROM budgets WHERE scope = :scope ORDER BY period;

-- name: add_ledger
INSERT INTO ledger (video_id, attempt, kind, tenant, key_id, amount, currency, at, day)
VALUES (:video_id, 0, :kind, :tenant, :key_id, :amount, :currency, :now, :day);

-- name: note_charge
UPDATE videos SET charged = :charged WHERE id = :id;

-- name: conclusion_of
SELECT kind FROM ledger WHERE video_id = :video_id AND kind IN ('settled', 'released');

-- name: ledger_of
SELECT kind, amount, currency, at FROM ledger WHERE video_id = :video_id ORDER BY seq;

-- name: held_videos
-- Ended, paid for or not: nobody knows yet.
SELECT id, price, currency, provider, upstream_id, state, error_code FROM videos
WHERE price IS NOT NULL AND state IN ('completed', 'failed', 'cancelled') AND NOT EXISTS (
    SELECT 1 FROM ledger WHERE video_id = videos.id AND kind IN ('settled', 'released')
) ORDER BY seq;

-- name: held_video
SELECT * FROM videos
WHERE id = :id AND price IS NOT NULL AND state IN ('completed', 'failed', 'cancelled') AND NOT EXISTS (
    SELECT 1 FROM ledger WHERE video_id = videos.id AND kind IN ('settled', 'released')
);

-- name: usage_by_key
SELECT l.key_id AS name, COUNT(DISTINCT CASE WHEN l.kind = 'reserved' THEN l.video_id END) AS videos,
       SUM(CASE WHEN l.kind = 'settled' THEN l.amount ELSE 0 END) AS spent,
       SUM(CASE WHEN l.kind = 'reserved' AND c.kind IS NULL THEN l.amount ELSE 0 END) AS held
FROM ledger l
LEFT JOIN ledger c ON c.video_id = l.video_id AND c.kind IN ('settled', 'released')
WHERE l.tenant = :tenant AND l.day >= :first AND l.day <= :last
GROUP BY l.key_id ORDER BY l.key_id;

-- name: usage_by_model
SELECT v.model AS name, COUNT(DISTINCT CASE WHEN l.kind = 'reserved' THEN l.video_id END) AS videos,
       SUM(CASE WHEN l.kind = 'settled' THEN l.amount ELSE 0 END) AS spent,
       SUM(CASE WHEN l.kind = 'reserved' AND c.kind IS NULL THEN l.amount ELSE 0 END) AS held
FROM ledger l
JOIN videos v ON v.id = l.video_id
LEFT JOIN ledger c ON c.video_id = l.video_id AND c.kind IN ('settled', 'released')
WHERE l.tenant = :tenant AND l.day >= :first AND l.day <= :last
GROUP BY v.model ORDER BY v.model;

-- name: usage_by_day
SELECT l.day AS name, COUNT(DISTINCT CASE WHEN l.kind = 'reserved' THEN l.video_id END) AS videos,
       SUM(CASE WHEN l.kind = 'settled' THEN l.amount ELSE 0 END) AS spent,
       SUM(CASE WHEN l.kind = 'reserved' AND c.kind IS NULL THEN l.amount ELSE 0 END) AS held
FROM ledger l
LEFT JOIN ledger c ON c.video_id = l.video_id AND c.kind IN ('settled', 'released')
WHERE l.tenant = :tenant AND l.day >= :first AND l.day <= :last
GROUP BY l.day ORDER BY l.day;

-- name: switch_of
SELECT value, at FROM switches WHERE name = :name;

-- name: set_switch
INSERT INTO switches (name, value, at) VALUES (:name, :value, :now)
ON CONFLICT (name) DO UPDATE SET value = :value, at = :now;
