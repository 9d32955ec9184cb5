-- Whether an operation in steps has had an answer to one: then something of it has left, whatever its next step has done.
-- Of those that are under way when this comes, nobody knows.
ALTER TABLE operation ADD COLUMN steps INTEGER NOT NULL DEFAULT 1;
