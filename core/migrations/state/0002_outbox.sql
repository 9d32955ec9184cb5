-- Writes on their way to the other side. An operation leaves this table only when its receipt has outlived
-- the gateway's idempotency window, or with sign-out.
CREATE TABLE operation (
    seq           INTEGER PRIMARY KEY AUTOINCREMENT,  -- the order in which the citizen acted
    id            TEXT NOT NULL UNIQUE,
    idempotency_key TEXT NOT NULL UNIQUE,             -- minted with the row, never changed
    kind          TEXT NOT NULL,
    order_group   TEXT NOT NULL,                      -- one after the other within a group; groups are independent
    state         TEXT NOT NULL CHECK (state IN ('new', 'sending', 'done', 'wedged', 'cancelled')),
    body          BLOB NOT NULL,                      -- sealed: the operation
    attempts      INTEGER NOT NULL DEFAULT 0,
    unreadable    INTEGER NOT NULL DEFAULT 0,         -- answers in a row that could not be read
    created_at    INTEGER NOT NULL,                   -- unix ms, like all times here
    first_sent_at INTEGER,
    next_at       INTEGER NOT NULL,
    finished_at   INTEGER,
    problem_code  TEXT,                               -- why it is wedged: a stable code
    problem_field TEXT,
    receipt       BLOB                                -- sealed: the answer
) STRICT;
CREATE INDEX operation_open ON operation (order_group, seq) WHERE state IN ('new', 'sending', 'wedged');
