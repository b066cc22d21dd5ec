-- Attempts that failed, each with its time: a delivery itself remembers only the last one.
CREATE TABLE delivery_attempts (
    site_id     integer NOT NULL,
    delivery_id uuid NOT NULL,
    ended_at    timestamptz NOT NULL,
    attempt     integer NOT NULL,  -- counted anew when a delivery is sent once more
    error       text NOT NULL,     -- class or status only
    PRIMARY KEY (site_id, delivery_id, ended_at),
    FOREIGN KEY (site_id, delivery_id) REFERENCES outbox (site_id, id) ON DELETE CASCADE
);
