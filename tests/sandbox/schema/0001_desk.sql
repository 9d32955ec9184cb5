-- What a clerk sent from the desk, by the form it was sent with: a form sent twice acts once.
CREATE TABLE desk_forms (
    ticket   TEXT PRIMARY KEY,
    sent_at  INTEGER NOT NULL,            -- unix ms
    location TEXT NOT NULL                -- the page that says what was done
) STRICT, WITHOUT ROWID;
