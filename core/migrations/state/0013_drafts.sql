-- What a citizen is filling in: kept at each change, until the request has arrived.
CREATE TABLE draft (
    id              TEXT PRIMARY KEY NOT NULL,  -- random
    begun_at        INTEGER NOT NULL,           -- unix ms, like all times here
    changed_at      INTEGER NOT NULL,
    confirmation_id TEXT,                       -- what it was last confirmed as
    body            BLOB NOT NULL               -- sealed: the form it was filled in on, and the answers
) STRICT;
CREATE INDEX draft_changed ON draft (changed_at, id);
-- The draft that speaks of a file: it lives as long.
ALTER TABLE attachment ADD COLUMN draft_id TEXT;
