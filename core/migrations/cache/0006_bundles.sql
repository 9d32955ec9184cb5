-- The bundles as they came (public), and what the registers answered about the citizen. One row each.
CREATE TABLE bundles (
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    body TEXT NOT NULL                  -- JSON
) STRICT;
CREATE TABLE register_answers (
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    body BLOB NOT NULL                  -- sealed: JSON
) STRICT;
