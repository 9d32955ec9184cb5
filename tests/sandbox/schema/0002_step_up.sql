-- RFC 9470: how lately and in which way a citizen has proven who they are, and what an app asked for.
ALTER TABLE authorizations ADD COLUMN acr_values TEXT;       -- the ways that are good enough, separated by spaces
ALTER TABLE authorizations ADD COLUMN auth_time  INTEGER;    -- when it was proven, known with the code
ALTER TABLE authorizations ADD COLUMN acr        TEXT;       -- and in which way
ALTER TABLE families       ADD COLUMN auth_time  INTEGER NOT NULL DEFAULT 0;
ALTER TABLE families       ADD COLUMN acr        TEXT;
