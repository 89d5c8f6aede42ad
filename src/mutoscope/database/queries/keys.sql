-- name: tenant_of_key
-- Whose key this is, by the hash of the whole key; nobody's once revoked.
SELECT id, tenant FROM keys WHERE hash = :hash AND revoked_at IS NULL;

-- name: tenant_of_key_id
-- The same by the key's id, for whoever has shown the key before.
SELECT id, tenant FROM keys WHERE id = :id AND revoked_at IS NULL;

-- name: any_key
SELECT 1 AS found FROM keys WHERE revoked_at IS NULL LIMIT 1;

-- name: add_tenant
INSERT INTO tenants (name, created_at) VALUES (:name, :now) ON CONFLICT (name) DO NOTHING;

-- name: add_key
INSERT INTO keys (id, tenant, name, prefix, hash, created_at)
VALUES (:id, :tenant, :name, :prefix, :hash, :now);

-- name: list_keys
SELECT id, tenant, name, prefix, created_at, revoked_at FROM keys ORDER BY created_at, id;

-- name: revoke_key
-- By its id or by the prefix that lists show; a second revocation changes nothing.
UPDATE keys SET revoked_at = :now WHERE (id = :id OR prefix = :id) AND revoked_at IS NULL;

-- name: keys_of_tenant
SELECT id, name, prefix, created_at, revoked_at FROM keys WHERE tenant = :tenant
ORDER BY CASE WHEN revoked_at IS NULL THEN 0 ELSE 1 END, created_at DESC, id;

-- name: revoke_key_of_tenant
UPDATE keys SET revoked_at = :now WHERE id = :id AND tenant = :tenant AND revoked_at IS NULL;

-- name: add_secret
-- The first that is made stays: processes that start together then have the same.
INSERT INTO secrets (name, value, made_at) VALUES (:name, :value, :now) ON CONFLICT (name) DO NOTHING;

-- name: secret_of
SELECT value FROM secrets WHERE name = :name;

-- name: take_secret
-- For whoever comes first, and only as long as it is younger than that.
DELETE FROM secrets WHERE name = :name AND made_at > :since RETURNING value;

-- name: forget_old_secrets
DELETE FROM secrets WHERE name LIKE :pattern AND made_at <= :since;

-- name: forget_secrets
DELETE FROM secrets;
