-- As which document what was pulled is signed, in which version, and by which key. NULL: it is not signed.
ALTER TABLE pulled ADD COLUMN document TEXT;
ALTER TABLE pulled ADD COLUMN version INTEGER NOT NULL DEFAULT 0;
ALTER TABLE pulled ADD COLUMN signed_by TEXT;
