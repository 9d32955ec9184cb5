-- When the session ends by itself, how lately its citizen has proven who they are, and what is known of the server.
-- Times are Unix milliseconds by the device's clock.
ALTER TABLE auth_session ADD COLUMN begun_at         INTEGER; -- the sign-in or step-up that these tokens come from
ALTER TABLE auth_session ADD COLUMN ends_at          INTEGER; -- NULL: the server did not say
ALTER TABLE auth_session ADD COLUMN authenticated_at INTEGER; -- NULL: the server did not say
ALTER TABLE auth_session ADD COLUMN acr              TEXT;    -- in which way, by the server's name for it
ALTER TABLE auth_session ADD COLUMN rotates          INTEGER NOT NULL DEFAULT 0; -- it was seen to replace a refresh token
