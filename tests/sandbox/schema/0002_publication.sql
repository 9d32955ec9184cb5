-- Which publication of the public documents this is: a serial number, raised whenever their content is another.
CREATE TABLE publication (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    content TEXT    NOT NULL, -- hash over all of them
    serial  INTEGER NOT NULL
) STRICT;
