-- What the citizen said to registers that could fill in forms. One sealed value, so that not even their names are in clear.
CREATE TABLE prefill_consent (
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    body BLOB NOT NULL                  -- sealed
) STRICT;
