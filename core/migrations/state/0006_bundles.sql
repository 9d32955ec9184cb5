-- How far the citizen is with bundles. One sealed value, so that not even their names are in clear.
CREATE TABLE bundle_progress (
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    body BLOB NOT NULL                  -- sealed
) STRICT;
