-- Messages as pulled. A deleted one stays as a tombstone, so that an old page of the feed can't bring it back.
CREATE TABLE message (
    id      TEXT PRIMARY KEY NOT NULL,
    version INTEGER NOT NULL,
    sent_at INTEGER NOT NULL,           -- unix ms
    read    INTEGER NOT NULL,
    deleted INTEGER NOT NULL,
    body    BLOB                        -- sealed: the message; NULL when deleted
) STRICT;
CREATE INDEX message_by_time ON message (sent_at DESC, id DESC);
