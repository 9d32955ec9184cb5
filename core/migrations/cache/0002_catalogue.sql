-- The catalogue of public services and the administrative units. Public data, stored plain.
CREATE TABLE organisation (
    id           TEXT PRIMARY KEY NOT NULL,
    name_mn      TEXT NOT NULL,
    name_en      TEXT,
    sort_key     TEXT NOT NULL,         -- orders by the Mongolian alphabet
    abbreviation TEXT
) STRICT;
CREATE TABLE service (
    id              TEXT PRIMARY KEY NOT NULL,
    organisation_id TEXT NOT NULL,
    name_mn         TEXT NOT NULL,
    name_en         TEXT,
    sort_key        TEXT NOT NULL,      -- orders by the Mongolian alphabet
    kind            TEXT NOT NULL,      -- JSON, as are fee and duration
    fee             TEXT NOT NULL,
    duration        TEXT NOT NULL,
    online          INTEGER NOT NULL,
    sample          INTEGER NOT NULL,
    popularity      INTEGER NOT NULL
) STRICT;
CREATE INDEX service_by_name ON service (sort_key, id);
CREATE INDEX service_by_organisation ON service (organisation_id);
CREATE TABLE service_area (
    service_id TEXT NOT NULL REFERENCES service (id) ON DELETE CASCADE,
    area_code  TEXT NOT NULL,
    PRIMARY KEY (service_id, area_code)
) STRICT, WITHOUT ROWID;
CREATE TABLE service_detail (
    service_id TEXT PRIMARY KEY NOT NULL,
    body       TEXT NOT NULL            -- JSON: description, requirements
) STRICT;
CREATE TABLE area (
    code        TEXT PRIMARY KEY NOT NULL,
    kind        TEXT NOT NULL,
    name_mn     TEXT NOT NULL,
    name_en     TEXT,
    parent      TEXT,
    postal_code TEXT
) STRICT;
CREATE INDEX area_by_parent ON area (parent, code);
