-- A stand-in for the portal in a browser, signed in to from the phone. Times are unix ms; secrets are SHA-256.
CREATE TABLE web_sign_ins (
    id          BLOB PRIMARY KEY,         -- of the id in the QR code, which follows from the browser's cookie
    browser     BLOB NOT NULL UNIQUE,     -- of that cookie
    number      INTEGER NOT NULL,         -- what the page shows
    numbers     TEXT NOT NULL,            -- JSON: what the phone offers, that one among them
    asked_at    INTEGER NOT NULL,
    seen_by     TEXT,                     -- the citizen whose phone looked at it first, and alone may answer
    state       TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'approved', 'refused', 'burnt', 'used')),
    answered_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE web_sessions (
    cookie   BLOB PRIMARY KEY,
    sub      TEXT NOT NULL,
    began_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
