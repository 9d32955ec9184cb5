-- For whom the citizen may act, as the registers say. One row.
CREATE TABLE represented (
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    body BLOB NOT NULL                  -- sealed: JSON
) STRICT;
