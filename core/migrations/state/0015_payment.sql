-- What is paid for requests: the invoice, what the last check found, and each payment.
CREATE TABLE payment (
    id           TEXT PRIMARY KEY NOT NULL,   -- the request's; until that is known the confirmation's
    operation_id TEXT,                        -- what asks for the invoice
    look_id      TEXT,                        -- what asks whether it is paid
    looks        INTEGER NOT NULL DEFAULT 0,  -- answers that it has had
    looked_at    INTEGER,                     -- unix ms, like all times here
    body         BLOB NOT NULL                -- sealed: request, invoice, and what the last check found
) STRICT;
CREATE INDEX payment_operation ON payment (operation_id) WHERE operation_id IS NOT NULL;
CREATE TABLE receipt (
    id         TEXT PRIMARY KEY NOT NULL,     -- QPay's number of the payment
    request_id TEXT NOT NULL,
    paid_at    INTEGER NOT NULL,
    body       BLOB NOT NULL                  -- sealed: how much, whose app, for what
) STRICT;
CREATE INDEX receipt_request ON receipt (request_id);
CREATE INDEX receipt_paid ON receipt (paid_at, id);
