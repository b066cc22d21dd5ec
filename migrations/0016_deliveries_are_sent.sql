-- Deliveries are sent: whom they may reach, by which secrets, and who is left in peace for a while.

-- Private and loopback addresses are refused unless the operator said otherwise of this address.
ALTER TABLE endpoints ADD COLUMN allow_private boolean NOT NULL DEFAULT false;
ALTER TABLE endpoints ADD COLUMN switched_off text;  -- why: 'operator' or 'HTTP 410'
UPDATE endpoints SET switched_off = 'operator' WHERE NOT enabled;
ALTER TABLE endpoints ADD CONSTRAINT switched_off_for_a_reason CHECK (enabled = (switched_off IS NULL));

-- The Akismet plugin names its own address with each comment; who may be told stands here.
CREATE UNIQUE INDEX one_callback_endpoint ON endpoints (site_id) WHERE kind = 'akismet-callback';
INSERT INTO endpoints (site_id, kind, url, events)
SELECT id, 'akismet-callback', url, ARRAY['comment.decided']
  FROM sites
    ON CONFLICT DO NOTHING;

-- Secrets that a rotation replaced: deliveries bear their signatures too, until they have run out.
CREATE TABLE expiring_endpoint_secrets (
    site_id     integer NOT NULL,
    endpoint_id integer NOT NULL,
    id          integer GENERATED ALWAYS AS IDENTITY,
    sealed      bytea NOT NULL,
    expires_at  timestamptz NOT NULL,
    PRIMARY KEY (site_id, endpoint_id, id),
    FOREIGN KEY (site_id, endpoint_id) REFERENCES endpoints (site_id, id) ON DELETE CASCADE
);

-- Endpoints that fail lately.  No row: the last try went well.
CREATE TABLE endpoint_breakers (
    site_id      integer NOT NULL,
    endpoint_id  integer NOT NULL,
    failures     integer NOT NULL CONSTRAINT failures_are_counted CHECK (failures >= 0),
    paused_until timestamptz NOT NULL,
    PRIMARY KEY (site_id, endpoint_id),
    FOREIGN KEY (site_id, endpoint_id) REFERENCES endpoints (site_id, id) ON DELETE CASCADE
);

-- By endpoint, so that what waits for one that is down is not in the way of the others.
DROP INDEX deliveries_due;
CREATE INDEX deliveries_due ON outbox (site_id, endpoint_id, due_at, id) WHERE state = 'waiting';

-- What was given up stays, and is found without looking through all that was delivered.
CREATE INDEX deliveries_given_up ON outbox (site_id, endpoint_id, id) WHERE state = 'given-up';
