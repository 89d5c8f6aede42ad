-- The upstream's id of the job, as a callback told it: one to a URL that holds this attempt's nonce.
ALTER TABLE intents ADD COLUMN called_back TEXT;
CREATE INDEX intents_by_nonce ON intents (nonce);
