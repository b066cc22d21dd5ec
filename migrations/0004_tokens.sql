-- Tokens of programs that read, and what makes a repeated request of the API the same request.

-- The key of the tokens' hashes, sealed: it outlives a change of the master key, as tokens do.
CREATE TABLE token_key (
    single_row boolean PRIMARY KEY DEFAULT true CONSTRAINT one_token_key CHECK (single_row),
    sealed     bytea NOT NULL
);

-- A token is kept as a keyed hash only: it is shown once and never sent again.
CREATE TABLE tokens (
    id           integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site_id      integer REFERENCES sites ON DELETE CASCADE,  -- null: every site
    name         text NOT NULL CONSTRAINT token_names_are_bounded CHECK (length(name) BETWEEN 1 AND 100),
    lookup       bytea NOT NULL CONSTRAINT token_lookups_are_unique UNIQUE
                 CONSTRAINT token_lookup_is_32_bytes CHECK (octet_length(lookup) = 32),
    scopes       text[] NOT NULL CONSTRAINT tokens_open_something CHECK (cardinality(scopes) > 0),
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz,
    revoked_at   timestamptz,
    last_used_on date  -- a day is enough to find what nobody uses, and costs one write a day
);

-- The day of the last use is no change: no process needs to know it.
CREATE TRIGGER tokens_changed AFTER INSERT OR DELETE OR UPDATE OF lookup, scopes, expires_at, revoked_at ON tokens
    FOR EACH STATEMENT EXECUTE FUNCTION announce_site_change();

ALTER TABLE audit_trail DROP CONSTRAINT audit_actors;
ALTER TABLE audit_trail ADD CONSTRAINT audit_actors
    CHECK (actor_kind IN ('operator', 'site-key', 'token', 'user', 'job'));

-- Idempotency-Key headers of the last day: the comment that each one stands for.  The row is there
-- before its comment, so that of two requests with one key only one is taken in.
CREATE TABLE idempotency_keys (
    site_id    integer NOT NULL,
    key_hash   bytea NOT NULL CONSTRAINT key_hash_is_32_bytes CHECK (octet_length(key_hash) = 32),
    body_hash  bytea NOT NULL CONSTRAINT body_hash_is_32_bytes CHECK (octet_length(body_hash) = 32),
    comment_id uuid NOT NULL,
    claimed_at timestamptz NOT NULL,
    PRIMARY KEY (site_id, key_hash)
);
CREATE INDEX idempotency_keys_of_a_comment ON idempotency_keys (site_id, comment_id);
