-- Whether a tenant's videos may be shown to other providers than their makers: 1 or 0, NULL for as the server is set.
ALTER TABLE tenants ADD COLUMN cross_provider INTEGER;
