-- Forms are kept as they came; what was kept in another form is asked for again.
DELETE FROM form;
DELETE FROM pulled WHERE name LIKE 'form/%';
