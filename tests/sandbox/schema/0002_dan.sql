-- The ways in of ДАН: how a citizen proves who they are, and that they agreed. `id` is replaced when they have proven
-- it, so that the form they proved it in can't agree for them.
ALTER TABLE dan_transactions ADD COLUMN way TEXT;            -- app | sms_sent | sms_received | bank | signature
ALTER TABLE dan_transactions ADD COLUMN claimed TEXT;        -- the registration number as typed, in upper case
ALTER TABLE dan_transactions ADD COLUMN word TEXT;           -- the code sent or shown, or the challenge
ALTER TABLE dan_transactions ADD COLUMN word_at INTEGER;
ALTER TABLE dan_transactions ADD COLUMN sends INTEGER NOT NULL DEFAULT 0;
ALTER TABLE dan_transactions ADD COLUMN message_at INTEGER;  -- when the citizen's own message came
ALTER TABLE dan_transactions ADD COLUMN bank_request BLOB;   -- SHA-256 of what the bank was asked with
ALTER TABLE dan_transactions ADD COLUMN proven_at INTEGER;
ALTER TABLE dan_transactions ADD COLUMN agreed_at INTEGER;

CREATE UNIQUE INDEX dan_transactions_by_bank_request ON dan_transactions (bank_request);
CREATE INDEX dan_transactions_by_claim ON dan_transactions (claimed, began_at);

-- Messages between ДАН and phones. Only the control reads them.
CREATE TABLE dan_messages (
    id         INTEGER PRIMARY KEY,
    to_citizen INTEGER NOT NULL,          -- 1, or 0 for a message to the special number
    number     TEXT NOT NULL,             -- the citizen's side
    text       TEXT NOT NULL,
    at         INTEGER NOT NULL
) STRICT;

-- Digital signatures: ДАН's register knows the public key; the rest is the citizen's token, which the control plays.
CREATE TABLE dan_signature_keys (
    regnum     TEXT PRIMARY KEY,
    public_key BLOB NOT NULL,             -- P-256, SEC 1 uncompressed
    pkcs8      BLOB NOT NULL,
    wrong_pins INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- The stand-in bank's side: what it was asked for, once each.
CREATE TABLE bank_requests (
    request         BLOB PRIMARY KEY,     -- SHA-256
    began_at        INTEGER NOT NULL,
    wrong_passwords INTEGER NOT NULL DEFAULT 0,
    ended_at        INTEGER
) STRICT, WITHOUT ROWID;
