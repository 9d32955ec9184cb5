-- The published API of 2021: requests are made in two steps, and nothing tells one call from its repetition.
CREATE TABLE legacy_tokens (
    digest     BLOB PRIMARY KEY,           -- SHA-256
    sub        TEXT NOT NULL REFERENCES citizens (sub),
    issued_at  INTEGER NOT NULL            -- unix ms
) STRICT, WITHOUT ROWID;

-- Made, and perhaps submitted: then it is in `requests` under the same id and number.
CREATE TABLE legacy_requests (
    id         TEXT PRIMARY KEY,
    number     TEXT NOT NULL UNIQUE,
    sub        TEXT NOT NULL REFERENCES citizens (sub),
    service_id TEXT NOT NULL,
    form       TEXT NOT NULL,              -- JSON
    data       TEXT NOT NULL,              -- JSON: whatever the client keeps there
    on_behalf_of TEXT,                     -- JSON
    created_at INTEGER NOT NULL            -- unix ms
) STRICT, WITHOUT ROWID;

CREATE INDEX legacy_requests_of ON legacy_requests (sub, created_at);
