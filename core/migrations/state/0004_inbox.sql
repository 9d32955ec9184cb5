-- What the citizen did with messages: an overlay on the pulled rows.
CREATE TABLE inbox_change (
    message_id    TEXT NOT NULL,
    change        TEXT NOT NULL CHECK (change IN ('read', 'deleted')),
    operation_id  TEXT NOT NULL,
    acked_version INTEGER,              -- the message's version that shows the change; NULL until acknowledged
    PRIMARY KEY (message_id, change)
) STRICT, WITHOUT ROWID;
