-- Documents that hold up the trust in others, so not where the platform may empty them. Public, the same for everybody.
-- `pulled` as in cache.db.
CREATE TABLE pulled (
    name      TEXT PRIMARY KEY NOT NULL,
    etag      TEXT,
    cursor    INTEGER NOT NULL DEFAULT 0,
    as_of     INTEGER NOT NULL, -- unix ms
    document  TEXT,
    version   INTEGER NOT NULL DEFAULT 0,
    signed_by TEXT
) STRICT;
CREATE TABLE trusted_document (
    name TEXT PRIMARY KEY NOT NULL,
    body TEXT NOT NULL -- JSON
) STRICT;
