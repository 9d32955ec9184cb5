-- How much of a request's history the citizen has looked at: what came since is new.
CREATE TABLE request_seen (
    id    TEXT PRIMARY KEY NOT NULL,  -- the request, by the gateway's random id
    steps INTEGER NOT NULL            -- of its history, looked at
) STRICT;
