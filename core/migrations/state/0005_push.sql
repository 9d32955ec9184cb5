-- Where pushes reach this phone, as last registered; asked for at sign-out, to be forgotten there too.
CREATE TABLE push_registration (
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    token BLOB NOT NULL                 -- sealed
) STRICT;
