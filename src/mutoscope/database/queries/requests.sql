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
INSERT INTO receipts (key_id, fingerprint, made, lowest, highest, at)
VALUES (:key_id, :fingerprint, :made, :count, :count, :now);

-- name: claim_receipt
-- An attempt takes what another attempt of the same request made: a later one that comes first too. No two attempts of
-- one count take the same, and nobody takes what was deleted since.
UPDATE receipts
SET lowest = CASE WHEN :count < lowest THEN :count ELSE lowest END,
    highest = CASE WHEN :count > highest THEN :count ELSE highest END
WHERE seq = (
    SELECT seq FROM receipts
    WHERE key_id = :key_id AND fingerprint = :fingerprint AND at > :since AND (highest < :count OR lowest > :count)
      AND NOT EXISTS (SELECT 1 FROM videos WHERE videos.id = receipts.made AND videos.deleted_at IS NOT NULL)
    ORDER BY highest DESC, seq LIMIT 1
)
RETURNING made;

-- name: forget_old_receipts
DELETE FROM receipts WHERE at <= :before;

-- name: input_of
SELECT media_type, bytes, probe FROM inputs WHERE tenant = :tenant AND sha256 = :sha256;

-- name: use_input
INSERT INTO input_uses (tenant, sha256, video_id) VALUES (:tenant, :sha256, :video_id)
ON CONFLICT (tenant, sha256, video_id) DO NOTHING;

-- name: unused_inputs
-- Uploads that no video with files, no unfinished one and no character needs; a fresh one may be about to be used.
SELECT tenant, sha256 FROM inputs
WHERE created_at < :before
  AND NOT EXISTS (
    SELECT 1 FROM input_uses u JOIN videos v ON v.id = u.video_id
    WHERE u.tenant = inputs.tenant AND u.sha256 = inputs.sha256 AND v.purged_at IS NULL
  )
  AND NOT EXISTS (SELECT 1 FROM characters c WHERE c.tenant = inputs.tenant AND c.input = inputs.sha256)
ORDER BY created_at LIMIT :limit;

-- name: drop_input
-- Only if it was not used anew since it was found unused.
DELETE FROM inputs WHERE tenant = :tenant AND sha256 = :sha256 AND created_at < :before;

-- name: add_character
INSERT INTO characters (id, tenant, name, input, created_at) VALUES (:id, :tenant, :name, :input, :now);

-- name: character_of_tenant
-- The one look-up by which a caller reaches a character.
SELECT id, name, input, created_at FROM characters WHERE tenant = :tenant AND id = :id;

-- name: linked_asset
-- A stored file by its key, unless its video was deleted.
SELECT a.variant, a.key, a.media_type, a.bytes, a.sha256, a.stored_at
FROM videos v JOIN assets a ON a.video_id = v.id
WHERE v.tenant = :tenant AND v.id = :video_id AND v.deleted_at IS NULL AND a.key = :key;

-- name: linked_input
-- An upload, as long as a video that is not deleted was made with it, or a character is shown by it.
SELECT i.bytes, i.created_at AS stored_at FROM inputs i
WHERE i.tenant = :tenant AND i.sha256 = :sha256 AND (
    EXISTS (
        SELECT 1 FROM input_uses u JOIN videos v ON v.id = u.video_id
        WHERE u.tenant = i.tenant AND u.sha256 = i.sha256 AND v.deleted_at IS NULL
    )
    OR EXISTS (SELECT 1 FROM characters c WHERE c.tenant = i.tenant AND c.input = i.sha256)
);
