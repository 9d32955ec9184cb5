-- Files that the citizen picked, until the request that speaks of them has arrived. Parts of 32 KiB, the last one shorter.
CREATE TABLE attachment (
    id         TEXT PRIMARY KEY NOT NULL,   -- random, and the gateway's name for it too
    created_at INTEGER NOT NULL,            -- unix ms
    size       INTEGER NOT NULL,            -- as announced, in bytes
    stored     INTEGER NOT NULL DEFAULT 0,  -- bytes that are here
    body       BLOB NOT NULL,               -- sealed: name, type, digest
    announced  INTEGER NOT NULL DEFAULT 0,  -- the gateway expects it
    arrived    INTEGER NOT NULL DEFAULT 0,  -- bytes that the gateway has
    part       INTEGER NOT NULL,            -- bytes to send at once
    in_flight  INTEGER NOT NULL DEFAULT 0,  -- 0 nothing, 1 a question, 2 a part
    restarts   INTEGER NOT NULL DEFAULT 0,  -- how often the gateway wanted it from the start
    stumbles   INTEGER NOT NULL DEFAULT 0,  -- how often it got no further
    bound      INTEGER NOT NULL DEFAULT 0   -- an operation sends it
) STRICT;
CREATE TABLE attachment_part (
    attachment_id TEXT NOT NULL REFERENCES attachment (id) ON DELETE CASCADE,
    n             INTEGER NOT NULL,
    content       BLOB NOT NULL,            -- sealed: the bytes
    PRIMARY KEY (attachment_id, n)
) STRICT;
