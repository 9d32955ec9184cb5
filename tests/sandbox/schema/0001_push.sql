-- Which phones a citizen is reached at: written by PUT and DELETE /v1/push/registration.
CREATE TABLE push_registrations (
    token         TEXT PRIMARY KEY,
    sub           TEXT NOT NULL,
    registered_at INTEGER NOT NULL -- unix ms
) STRICT, WITHOUT ROWID;

CREATE INDEX push_registrations_by_sub ON push_registrations (sub);

-- Messages on their way to a phone; a row goes when the phone has fetched it.
CREATE TABLE push_messages (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    token     TEXT NOT NULL,
    bytes     BLOB NOT NULL,
    queued_at INTEGER NOT NULL -- unix ms
) STRICT;

CREATE INDEX push_messages_by_token ON push_messages (token, id);
