-- Tables with more than one writer to come: labels, the audit trail, the outbox.

-- What a person says of a comment.  Append-only in spirit: the newest label of a comment counts.
CREATE TABLE labels (
    site_id    integer NOT NULL,
    id         uuid NOT NULL,  -- UUIDv7: time-ordered
    comment_id uuid NOT NULL,
    label      text NOT NULL CONSTRAINT labels_are_spam_or_ham CHECK (label IN ('spam', 'ham')),
    source     text NOT NULL CONSTRAINT label_sources
               CHECK (source IN ('akismet', 'api', 'moderator', 'appeal', 'import')),
    reporter   bigint,         -- keyed hash per site of who said it; null if nobody is named
    created_at timestamptz NOT NULL,
    PRIMARY KEY (site_id, id),
    FOREIGN KEY (site_id, comment_id) REFERENCES comments (site_id, id) ON DELETE CASCADE
);
CREATE INDEX labels_of_a_comment ON labels (site_id, comment_id, id DESC);

-- Who did what.  Site 0 is the deployment itself.
CREATE TABLE audit_trail (
    site_id     integer NOT NULL,
    id          uuid NOT NULL,  -- UUIDv7: time-ordered
    recorded_at timestamptz NOT NULL,
    actor_kind  text NOT NULL CONSTRAINT audit_actors
                CHECK (actor_kind IN ('operator', 'site-key', 'user', 'job')),
    actor       text NOT NULL,
    action      text NOT NULL,
    subject     text NOT NULL,
    details     jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (site_id, id)
);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Retention sets this for its own transaction; nothing else may.
    IF TG_OP = 'DELETE' AND current_setting('gatehouse.retention', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END;
$$;

CREATE TRIGGER append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_trail
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Who outside is told of what, per site.
CREATE TABLE endpoints (
    site_id       integer NOT NULL REFERENCES sites ON DELETE CASCADE,
    id            integer GENERATED ALWAYS AS IDENTITY,
    kind          text NOT NULL CONSTRAINT endpoint_kinds
                  CHECK (kind IN ('standard-webhook', 'akismet-callback', 'wordpress-rest')),
    url           text NOT NULL,
    secret_sealed bytea,
    events        text[] NOT NULL,  -- comment.held, comment.approved, comment.rejected, comment.decided
    enabled       boolean NOT NULL DEFAULT true,
    created_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (site_id, id)
);
CREATE TRIGGER endpoints_changed AFTER INSERT OR UPDATE OR DELETE ON endpoints
    FOR EACH STATEMENT EXECUTE FUNCTION announce_site_change();

-- Deliveries: ids and state only; what is sent is rendered when it is sent, so that a delivery whose
-- comment is gone has nothing to say.  No foreign key: it would cost a look-up on every check.
CREATE TABLE outbox (
    site_id      integer NOT NULL,
    id           uuid NOT NULL,  -- UUIDv7: the order per comment and endpoint
    endpoint_id  integer NOT NULL,
    comment_id   uuid NOT NULL,
    event        text NOT NULL,
    state        text NOT NULL DEFAULT 'waiting' CONSTRAINT delivery_states
                 CHECK (state IN ('waiting', 'delivered', 'given-up')),
    attempts     integer NOT NULL DEFAULT 0,
    due_at       timestamptz NOT NULL,
    lease        uuid,           -- who is sending it; checked when the sending is finished
    leased_until timestamptz,
    finished_at  timestamptz,
    last_error   text,           -- class and status only
    PRIMARY KEY (site_id, id),
    CONSTRAINT finished_exactly_if_final CHECK ((state = 'waiting') = (finished_at IS NULL))
);
CREATE INDEX deliveries_due ON outbox (due_at, id) WHERE state = 'waiting';
CREATE INDEX deliveries_of_a_comment ON outbox (site_id, comment_id);

-- Recurring jobs: one row each with its lease, and a history that people can read.
CREATE TABLE jobs (
    name         text PRIMARY KEY,
    due_at       timestamptz NOT NULL,
    lease        uuid,
    leased_until timestamptz
);
CREATE TABLE job_runs (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name        text NOT NULL,
    started_at  timestamptz NOT NULL,
    finished_at timestamptz,
    outcome     text,            -- 'done', or the class of the error
    changed     bigint           -- rows it changed
);
CREATE INDEX job_runs_by_name ON job_runs (name, id DESC);
