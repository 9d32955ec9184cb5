-- The operations of ХУР that the citizen has agreed to and whose way in gives a right to, separated by spaces. What was
-- begun before has agreed to none.
ALTER TABLE authorizations ADD COLUMN operations TEXT NOT NULL DEFAULT '';
ALTER TABLE families       ADD COLUMN operations TEXT NOT NULL DEFAULT '';
