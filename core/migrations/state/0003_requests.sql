-- What the citizen confirmed, and what the gateway acknowledged but no pull has brought yet.
CREATE TABLE confirmation (
    id           TEXT PRIMARY KEY NOT NULL,
    confirmed_at INTEGER NOT NULL,      -- unix ms
    operation_id TEXT UNIQUE,           -- what it became in the outbox
    request_id   TEXT,                  -- what it became at the gateway
    body         BLOB NOT NULL          -- sealed: what was shown and what is sent
) STRICT;
CREATE TABLE request_acknowledged (
    id      TEXT PRIMARY KEY NOT NULL,
    version INTEGER NOT NULL,
    body    BLOB NOT NULL               -- sealed: the request
) STRICT;
