-- The citizen's requests as pulled, and the forms of services (public).
CREATE TABLE request (
    id           TEXT PRIMARY KEY NOT NULL,
    version      INTEGER NOT NULL,
    submitted_at INTEGER NOT NULL,      -- unix ms
    body         BLOB NOT NULL          -- sealed: the request
) STRICT;
CREATE INDEX request_by_time ON request (submitted_at DESC, id DESC);
CREATE TABLE form (
    service_id TEXT PRIMARY KEY NOT NULL,
    body       TEXT NOT NULL            -- JSON, null where a service has no form
) STRICT;
