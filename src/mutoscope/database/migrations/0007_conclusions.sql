-- Settled or released, once: also when the operator and the engine conclude at the same moment.
CREATE UNIQUE INDEX ledger_conclusion ON ledger (video_id) WHERE kind IN ('settled', 'released');
