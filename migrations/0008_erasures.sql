-- How far each erasure journal (a file in a data folder) has been applied to this database.  A
-- restored database stands where it stood when it was dumped, so that what follows is applied again.
CREATE TABLE erasure_journals (
    journal       uuid PRIMARY KEY,
    applied_bytes bigint NOT NULL CONSTRAINT applied_is_a_position CHECK (applied_bytes >= 0)
);
