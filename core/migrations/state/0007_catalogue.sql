-- What the citizen keeps of the catalogue: on this phone, newest last.
CREATE TABLE favourite (
    seq  INTEGER PRIMARY KEY,
    body BLOB NOT NULL          -- sealed: the service's id
) STRICT;
CREATE TABLE recent_search (
    seq  INTEGER PRIMARY KEY,
    body BLOB NOT NULL          -- sealed: the query
) STRICT;
