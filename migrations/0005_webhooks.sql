-- Webhooks in: the secrets by which platforms prove that they report for a site, and what is needed
-- so that a redelivery hears the first verdict, whenever it comes.

-- A secret that signatures are computed with is kept sealed.  One that stands in the path is kept as
-- a hash under the site's pepper: it is compared, never computed with, and shown once.
CREATE TABLE site_webhooks (
    site_id    integer NOT NULL REFERENCES sites ON DELETE CASCADE,
    id         integer GENERATED ALWAYS AS IDENTITY,
    platform   text NOT NULL
               CONSTRAINT platforms_are_modules CHECK (platform ~ '^[a-z][a-z0-9_]{0,62}$'),
    sealed     bytea,
    path_hash  bytea CONSTRAINT path_hash_is_32_bytes CHECK (octet_length(path_hash) = 32),
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,  -- end of the grace period after a rotation
    PRIMARY KEY (site_id, id),
    CONSTRAINT a_secret_signs_or_stands_in_the_path CHECK ((sealed IS NULL) <> (path_hash IS NULL))
);

CREATE TRIGGER site_webhooks_changed AFTER INSERT OR UPDATE OR DELETE ON site_webhooks
    FOR EACH STATEMENT EXECUTE FUNCTION announce_site_change();

-- The identity of a comment that came with a delivery id is the hash of that id alone.  No time in
-- front: a platform may deliver again after days.
CREATE UNIQUE INDEX one_first_delivery ON comments (site_id, identity_hash)
    WHERE first_id IS NULL AND delivery_id IS NOT NULL;

-- Deliveries that labelled a comment: one that is delivered again, after a person has thought better
-- of it, must not label the comment once more.
CREATE TABLE webhook_reports (
    site_id       integer NOT NULL,
    delivery_hash bigint NOT NULL,  -- keyed per site
    comment_id    uuid NOT NULL,
    PRIMARY KEY (site_id, delivery_hash),
    FOREIGN KEY (site_id, comment_id) REFERENCES comments (site_id, id) ON DELETE CASCADE
);
CREATE INDEX reports_of_a_comment ON webhook_reports (site_id, comment_id);

-- What a platform reports of a comment is a label like any other, and says whence it came.
ALTER TABLE labels DROP CONSTRAINT label_sources;
ALTER TABLE labels ADD CONSTRAINT label_sources
    CHECK (source IN ('akismet', 'api', 'moderator', 'appeal', 'import', 'webhook'));
ALTER TABLE audit_trail DROP CONSTRAINT audit_actors;
ALTER TABLE audit_trail ADD CONSTRAINT audit_actors
    CHECK (actor_kind IN ('operator', 'site-key', 'token', 'user', 'job', 'webhook'));
