-- Whom a request is for, JSON; NULL: the citizen who sent it.
ALTER TABLE requests ADD COLUMN on_behalf_of TEXT;
