-- The deployment, its sites (blogs), their keys and lists, and the revision every process watches.

-- One row, always: which master key sealed what this database holds.
CREATE TABLE deployment (
    single_row         boolean PRIMARY KEY DEFAULT true CONSTRAINT one_deployment CHECK (single_row),
    secret_fingerprint bytea NOT NULL CONSTRAINT fingerprint_is_16_bytes CHECK (octet_length(secret_fingerprint) = 16),
    created_at         timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE sites (
    id            integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name          text NOT NULL CONSTRAINT site_names_are_unique UNIQUE
                  CONSTRAINT site_names_fit_in_urls CHECK (name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
    url           text NOT NULL,
    language      text NOT NULL,
    settings      jsonb NOT NULL DEFAULT '{}'
                  CONSTRAINT settings_are_an_object CHECK (jsonb_typeof(settings) = 'object'),
    pepper_sealed bytea NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now()
);

-- Keys are found by a keyed hash and kept sealed, because the Akismet webhook wants the key itself.
CREATE TABLE site_keys (
    site_id    integer NOT NULL REFERENCES sites ON DELETE CASCADE,
    id         integer GENERATED ALWAYS AS IDENTITY,
    lookup     bytea NOT NULL CONSTRAINT key_lookups_are_unique UNIQUE
               CONSTRAINT key_lookup_is_32_bytes CHECK (octet_length(lookup) = 32),
    sealed     bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,  -- end of the grace period after a rotation
    revoked_at timestamptz,
    PRIMARY KEY (site_id, id)
);

CREATE TABLE site_lists (
    site_id    integer NOT NULL REFERENCES sites ON DELETE CASCADE,
    list       text NOT NULL CONSTRAINT lists_allow_or_block CHECK (list IN ('allow', 'block')),
    field      text NOT NULL CONSTRAINT listed_fields CHECK (field IN ('word', 'domain', 'address', 'email', 'pattern')),
    value      text NOT NULL CONSTRAINT listed_values_are_bounded CHECK (length(value) BETWEEN 1 AND 1000),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (site_id, list, field, value)
);

-- Every process keeps sites, keys and lists in memory; a change here tells it to read them anew.
CREATE TABLE site_revision (
    single_row boolean PRIMARY KEY DEFAULT true CONSTRAINT one_revision CHECK (single_row),
    revision   bigint NOT NULL
);
INSERT INTO site_revision (revision) VALUES (1);

CREATE FUNCTION announce_site_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE site_revision SET revision = revision + 1;
    PERFORM pg_notify('gatehouse_sites', '');
    RETURN NULL;
END;
$$;

CREATE TRIGGER sites_changed AFTER INSERT OR UPDATE OR DELETE ON sites
    FOR EACH STATEMENT EXECUTE FUNCTION announce_site_change();
CREATE TRIGGER site_keys_changed AFTER INSERT OR UPDATE OR DELETE ON site_keys
    FOR EACH STATEMENT EXECUTE FUNCTION announce_site_change();
CREATE TRIGGER site_lists_changed AFTER INSERT OR UPDATE OR DELETE ON site_lists
    FOR EACH STATEMENT EXECUTE FUNCTION announce_site_change();
