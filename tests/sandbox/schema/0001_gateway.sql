-- The registers: people who do not exist, and what ХУР says of them. Times here and below: unix ms.
CREATE TABLE citizens (
    sub              TEXT PRIMARY KEY,
    regnum           TEXT NOT NULL UNIQUE, -- upper case
    civil_id         TEXT NOT NULL UNIQUE,
    clan_name        TEXT NOT NULL,
    parent_name      TEXT NOT NULL,
    given_name       TEXT NOT NULL,
    birth_date       TEXT NOT NULL,        -- YYYY-MM-DD
    gender           TEXT NOT NULL CHECK (gender IN ('male', 'female')),
    phone            TEXT NOT NULL,
    aimag_code       TEXT NOT NULL,
    soum_code        TEXT NOT NULL,
    bag_code         TEXT NOT NULL,
    formatted        TEXT NOT NULL,
    one_time_code    TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE register_answers (
    regnum    TEXT NOT NULL REFERENCES citizens (regnum),
    operation TEXT NOT NULL,               -- as ХУР names it: WS100101_getCitizenIDCardInfo
    answer    TEXT NOT NULL,               -- JSON
    PRIMARY KEY (regnum, operation)
) STRICT, WITHOUT ROWID;

-- The last version given to anything in a citizen's feed: it only grows, also when rows go.
CREATE TABLE feed_versions (
    sub     TEXT NOT NULL,
    feed    TEXT NOT NULL CHECK (feed IN ('requests', 'inbox')),
    version INTEGER NOT NULL,
    PRIMARY KEY (sub, feed)
) STRICT, WITHOUT ROWID;

-- The last number given in a year of Ulaanbaatar: 26-000123.
CREATE TABLE request_numbers (
    year INTEGER PRIMARY KEY,
    last INTEGER NOT NULL
) STRICT;

CREATE TABLE requests (
    id              TEXT PRIMARY KEY,
    number          TEXT NOT NULL UNIQUE,
    sub             TEXT NOT NULL REFERENCES citizens (sub),
    service_id      TEXT NOT NULL,
    service_name_mn TEXT NOT NULL,         -- as it was called when the citizen applied
    service_name_en TEXT,
    organisation_mn TEXT NOT NULL,
    organisation_en TEXT,
    status          TEXT NOT NULL,
    form            TEXT NOT NULL,         -- JSON
    form_version    INTEGER NOT NULL,
    shown_digest    TEXT NOT NULL,         -- SHA-256 of what the citizen confirmed
    submitted_at    INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    version         INTEGER NOT NULL,
    outcome_mn      TEXT,
    outcome_en      TEXT,
    UNIQUE (sub, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE request_history (
    request_id TEXT NOT NULL REFERENCES requests (id),
    position   INTEGER NOT NULL,
    status     TEXT NOT NULL,
    at         INTEGER NOT NULL,
    actor_kind TEXT NOT NULL CHECK (actor_kind IN ('citizen', 'clerk', 'system')),
    actor_name TEXT NOT NULL,
    note_mn    TEXT,
    note_en    TEXT,
    PRIMARY KEY (request_id, position)
) STRICT, WITHOUT ROWID;

-- A deleted message keeps its row as a tombstone, with its texts gone.
CREATE TABLE inbox (
    id         TEXT PRIMARY KEY,
    sub        TEXT NOT NULL REFERENCES citizens (sub),
    kind       TEXT NOT NULL CHECK (kind IN ('request_status', 'notice')),
    title_mn   TEXT NOT NULL,
    title_en   TEXT,
    body_mn    TEXT NOT NULL,
    body_en    TEXT,
    sender_mn  TEXT NOT NULL,
    sender_en  TEXT,
    request_id TEXT REFERENCES requests (id),
    sent_at    INTEGER NOT NULL,
    read_at    INTEGER,
    deleted    INTEGER NOT NULL DEFAULT 0 CHECK (deleted IN (0, 1)),
    version    INTEGER NOT NULL,
    UNIQUE (sub, version)
) STRICT, WITHOUT ROWID;

-- What was asked under a key and what was answered. The effect and its answer are one transaction, so a row
-- still in progress has had no effect.
CREATE TABLE idempotency (
    sub         TEXT NOT NULL,
    key         TEXT NOT NULL,
    fingerprint BLOB NOT NULL,             -- SHA-256 of method, path and canonical body
    state       TEXT NOT NULL CHECK (state IN ('in_progress', 'done')),
    status      INTEGER,
    body        TEXT,                      -- JSON, the bytes that were answered
    stored_at   INTEGER NOT NULL,
    PRIMARY KEY (sub, key),
    CHECK ((state = 'done') = (status IS NOT NULL AND body IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_by_age ON idempotency (stored_at);
