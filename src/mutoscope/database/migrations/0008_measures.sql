-- What was measured of a stored clip: its size, seconds and fps. The models that a clip may be sent to have limits.
ALTER TABLE assets ADD COLUMN probe TEXT NOT NULL DEFAULT '{}';
