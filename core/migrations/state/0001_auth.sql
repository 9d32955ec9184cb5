-- The citizen this file belongs to, and their tokens. One row; it stays, without tokens, when the session has ended.
CREATE TABLE auth_session (
    id                INTEGER PRIMARY KEY CHECK (id = 1),
    citizen           BLOB    NOT NULL, -- sealed
    tokens            BLOB,             -- sealed; NULL: the session can't be renewed
    token_set         TEXT    NOT NULL, -- random name of these tokens: another process sees that they changed
    access_expires_at INTEGER NOT NULL, -- Unix milliseconds by the device's clock
    renewing_until    INTEGER NOT NULL DEFAULT 0 -- Unix milliseconds; a process is asking for new tokens until then
) STRICT;

-- Sign-ins begun and not completed. A row is deleted when its callback comes: a state is good once.
CREATE TABLE auth_attempt (
    state_digest TEXT    PRIMARY KEY, -- SHA-256 in hex: the state itself is not stored
    attempt      BLOB    NOT NULL,    -- sealed
    begun_at     INTEGER NOT NULL     -- Unix milliseconds
) STRICT, WITHOUT ROWID;
