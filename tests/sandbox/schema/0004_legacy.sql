-- Of ХУР, which the citizen has agreed to; separated by spaces.
ALTER TABLE legacy_tokens ADD COLUMN operations TEXT NOT NULL DEFAULT '';
