-- When people want to be told that comments wait for them.  No row: never.
CREATE TABLE waiting_notices (
    user_id    integer PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    address    text NOT NULL,
    rhythm     text NOT NULL CONSTRAINT rhythms CHECK (rhythm IN ('hourly', 'daily', 'number')),
    hour       integer NOT NULL CONSTRAINT hours_of_a_day CHECK (hour BETWEEN 0 AND 23),
    number     integer NOT NULL CONSTRAINT numbers_are_counted CHECK (number BETWEEN 1 AND 1000),
    time_zone  text NOT NULL,
    looked_at  timestamptz NOT NULL,  -- when it was last asked whether anything waits
    told_up_to uuid                   -- the newest comment that they were told of
);
