-- What the citizen does to a request that the gateway has, from then until it has that too: one thing at a time.
CREATE TABLE request_change (
    request_id   TEXT PRIMARY KEY NOT NULL,  -- by the gateway's random id
    operation_id TEXT NOT NULL               -- in the outbox
) STRICT;
-- The request that a draft answers; none: it becomes a new one.
ALTER TABLE draft ADD COLUMN request_id TEXT;
