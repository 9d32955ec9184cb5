-- A sign-in at ДАН, from its login page to the answer about the citizen. Times are unix ms; secrets are SHA-256.
CREATE TABLE dan_transactions (
    id             BLOB PRIMARY KEY,      -- SHA-256 of the word in the login form
    redirect_uri   TEXT NOT NULL,
    state          TEXT NOT NULL,
    scope          TEXT NOT NULL,         -- JSON: [{services: [operation...], wsdl}]
    began_at       INTEGER NOT NULL,
    wrong_codes    INTEGER NOT NULL DEFAULT 0,
    ended_at       INTEGER,
    regnum         TEXT,                  -- who signed in
    code           BLOB UNIQUE,
    code_used_at   INTEGER,
    token          BLOB UNIQUE,
    token_until    INTEGER
) STRICT, WITHOUT ROWID;
