-- What is open is what has not ended: an operation that is taken up, put off or wedged stays in its place in the index.
DROP INDEX operation_open;
CREATE INDEX operation_open ON operation (order_group, seq) WHERE finished_at IS NULL;
