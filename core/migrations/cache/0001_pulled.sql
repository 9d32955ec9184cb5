-- What was pulled, how it is confirmed, and when that last happened. Not personal.
CREATE TABLE pulled (
    name   TEXT PRIMARY KEY NOT NULL,
    etag   TEXT,
    cursor INTEGER NOT NULL DEFAULT 0,
    as_of  INTEGER NOT NULL           -- unix ms
) STRICT;
