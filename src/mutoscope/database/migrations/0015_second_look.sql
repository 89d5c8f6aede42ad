-- Videos whose files were removed, by when: what a process that was frozen stored later is looked for once more.
CREATE INDEX videos_purged ON videos (purged_at, seq) WHERE purged_at IS NOT NULL;
