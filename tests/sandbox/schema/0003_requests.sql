-- What a step asks of the citizen, JSON: names of the form's fields to correct, documents to bring.
ALTER TABLE request_history ADD COLUMN asked TEXT NOT NULL DEFAULT '{}';
