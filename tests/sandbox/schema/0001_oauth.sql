-- Keys and secrets made at the first start, so that a restart changes nothing for clients. Never leave the sandbox.
CREATE TABLE secrets (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- One row per sign-in: pushed, then at ДАН, then a code, then redeemed. Times are unix ms; secrets are SHA-256.
CREATE TABLE authorizations (
    id              INTEGER PRIMARY KEY,
    request_uri     BLOB NOT NULL UNIQUE,
    client_id       TEXT NOT NULL,
    redirect_uri    TEXT NOT NULL,
    scope           TEXT NOT NULL,
    state           TEXT NOT NULL,
    nonce           TEXT NOT NULL,
    code_challenge  TEXT NOT NULL,
    jkt             TEXT NOT NULL,        -- RFC 7638 thumbprint of the DPoP key
    pushed_at       INTEGER NOT NULL,
    dan_state       BLOB UNIQUE,          -- set when the request URI is used, which it is once
    code            BLOB UNIQUE,
    code_issued_at  INTEGER,
    sub             TEXT,
    regnum          TEXT,
    family          INTEGER REFERENCES families (id) -- set when the code is redeemed, which it is once
) STRICT;

-- A family is everything one sign-in led to: revoked as a whole.
CREATE TABLE families (
    id         INTEGER PRIMARY KEY,
    client_id  TEXT NOT NULL,
    sub        TEXT NOT NULL,
    regnum     TEXT NOT NULL,
    scope      TEXT NOT NULL,
    jkt        TEXT NOT NULL,
    began_at   INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT;

CREATE INDEX families_by_regnum ON families (regnum);

CREATE TABLE refresh_tokens (
    token      BLOB PRIMARY KEY,          -- SHA-256
    family     INTEGER NOT NULL REFERENCES families (id),
    expires_at INTEGER NOT NULL,
    rotated_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE access_tokens (
    token      BLOB PRIMARY KEY,          -- SHA-256
    family     INTEGER NOT NULL REFERENCES families (id),
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX access_tokens_by_expiry ON access_tokens (expires_at);

-- DPoP proofs seen, for as long as their iat could still be accepted.
CREATE TABLE proofs (
    proof   BLOB PRIMARY KEY,             -- SHA-256 of thumbprint and jti
    seen_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX proofs_by_time ON proofs (seen_at);
