-- name: idempotency_of
SELECT fingerprint, video_id AS made FROM idempotency WHERE tenant = :tenant AND key = :key AND expires_at > :now;

-- name: add_idempotency
INSERT INTO idempotency (tenant, key, fingerprint, video_id, expires_at)
VALUES (:tenant, :key, :fingerprint, :made, :expires_at);

-- name: forget_idempotency
-- A key whose time is over may be used anew.
DELETE FROM idempotency WHERE tenant = :tenant AND key = :key AND expires_at <= :now;

-- name: forget_old_idempotency
DELETE FROM idempotency WHERE expires_at <= :now;

-- name: add_receipt
INSERT INTO receipts (key_id, fingerprint, made, claimed, at) VALUES (:key_id, :fingerprint, :made, :claimed, :now);

-- name: claim_receipt
-- The nth retry of a request takes what one of its earlier attempts made, and no other nth retry takes the same.
UPDATE receipts SET claimed = :count
WHERE seq = (
    SELECT seq FROM receipts
    WHERE key_id = :key_id AND fingerprint = :fingerprint AND at > :since AND claimed < :count
    ORDER BY claimed DESC, seq LIMIT 1
)
RETURNING made;

-- name: forget_old_receipts
DELETE FROM receipts WHERE at <= :before;

-- name: input_of
SELECT media_type, bytes, probe FROM inputs WHERE tenant = :tenant AND sha256 = :sha256;

-- name: add_character
INSERT INTO characters (id, tenant, name, input, created_at) VALUES (:id, :tenant, :name, :input, :now);

-- name: character_of_tenant
-- The one look-up by which a caller reaches a character.
SELECT id, name, input, created_at FROM characters WHERE tenant = :tenant AND id = :id;
