-- An operation that makes no sense without another, such as a request without its file.
ALTER TABLE operation ADD COLUMN needs TEXT;
CREATE INDEX operation_needs ON operation (needs) WHERE needs IS NOT NULL;
