-- Pushes that came while the app was locked: what to look at once it is open. Nothing in it is personal.
CREATE TABLE push_hint (
    area TEXT    PRIMARY KEY, -- inbox, requests or everything
    at   INTEGER NOT NULL     -- Unix milliseconds; of the last one
) STRICT, WITHOUT ROWID;
