-- QPay: what merchants ask to be paid, and what was paid.
CREATE TABLE qpay_invoices (
    id                TEXT PRIMARY KEY,    -- a UUID
    sender_invoice_no TEXT NOT NULL UNIQUE,
    description       TEXT NOT NULL,
    amount_mnt        INTEGER NOT NULL,
    callback_url      TEXT NOT NULL,
    expires_at        INTEGER,             -- unix ms
    cancelled         INTEGER NOT NULL DEFAULT 0 CHECK (cancelled IN (0, 1))
) STRICT, WITHOUT ROWID;

CREATE TABLE qpay_payments (
    id         TEXT PRIMARY KEY,           -- digits
    invoice_id TEXT NOT NULL REFERENCES qpay_invoices (id),
    status     TEXT NOT NULL CHECK (status IN ('NEW', 'FAILED', 'PAID', 'REFUNDED')),
    amount_mnt INTEGER NOT NULL,
    wallet     TEXT NOT NULL,              -- the bank, in words
    at         INTEGER NOT NULL,           -- unix ms
    refund_due INTEGER NOT NULL DEFAULT 0 CHECK (refund_due IN (0, 1))
) STRICT, WITHOUT ROWID;

CREATE INDEX qpay_payments_of ON qpay_payments (invoice_id, at);

-- The gateway: what a service costs the citizen, and what is known of its payment.
ALTER TABLE requests ADD COLUMN fee_mnt    INTEGER NOT NULL DEFAULT 0;
ALTER TABLE requests ADD COLUMN paid_state TEXT;           -- NULL: free

-- One live invoice per request, whatever happens: the second is refused by the index.
CREATE TABLE invoices (
    sender_invoice_no TEXT PRIMARY KEY,    -- 26-000123.1: at most 45 characters
    request_id        TEXT NOT NULL REFERENCES requests (id),
    amount_mnt        INTEGER NOT NULL,
    expires_at        INTEGER NOT NULL,    -- unix ms
    live              INTEGER NOT NULL CHECK (live IN (0, 1)),
    qpay_id           TEXT UNIQUE,         -- NULL until QPay has answered
    answer            TEXT                 -- what the citizen is given, JSON
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX one_live_invoice ON invoices (request_id) WHERE live;

-- As QPay last told them.
CREATE TABLE payments (
    id         TEXT PRIMARY KEY,           -- QPay's
    request_id TEXT NOT NULL REFERENCES requests (id),
    status     TEXT NOT NULL,
    amount_mnt INTEGER NOT NULL,
    wallet     TEXT NOT NULL,
    at         INTEGER NOT NULL            -- unix ms, when it was first seen
) STRICT, WITHOUT ROWID;
