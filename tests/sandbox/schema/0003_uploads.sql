-- Files that phones send piece by piece. The phone mints the ids: each citizen's are a space of their own.
CREATE TABLE uploads (
    sub         TEXT NOT NULL REFERENCES citizens (sub),
    id          TEXT NOT NULL,
    name        TEXT NOT NULL,
    media_type  TEXT NOT NULL,
    size        INTEGER NOT NULL,          -- bytes
    sha256      TEXT NOT NULL,             -- hex, of the whole
    received    INTEGER NOT NULL,          -- bytes; as long as the pieces together
    complete    INTEGER NOT NULL CHECK (complete IN (0, 1)),
    touched_at  INTEGER NOT NULL,          -- unix ms
    PRIMARY KEY (sub, id),
    CHECK (received <= size AND (complete = 0 OR received = size))
) STRICT, WITHOUT ROWID;

CREATE TABLE upload_pieces (
    sub    TEXT NOT NULL,
    id     TEXT NOT NULL,
    offset INTEGER NOT NULL,
    bytes  BLOB NOT NULL,
    PRIMARY KEY (sub, id, offset),
    FOREIGN KEY (sub, id) REFERENCES uploads (sub, id) ON DELETE CASCADE
) STRICT;

-- What belongs to a request stays, however old.
CREATE TABLE request_files (
    request_id TEXT NOT NULL REFERENCES requests (id),
    origin     TEXT NOT NULL CHECK (origin IN ('form', 'document')), -- an answer, or a document asked for later
    field      TEXT NOT NULL,              -- where in the form, or which of the documents
    sub        TEXT NOT NULL,
    upload_id  TEXT NOT NULL,
    PRIMARY KEY (request_id, origin, field),
    FOREIGN KEY (sub, upload_id) REFERENCES uploads (sub, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX request_files_by_upload ON request_files (sub, upload_id);
