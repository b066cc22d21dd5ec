-- People who work here: accounts, what each may do on which site, and how they come in.

CREATE TABLE users (
    id             integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name           text NOT NULL CONSTRAINT user_names_are_unique UNIQUE
                   CONSTRAINT user_names_are_plain CHECK (name ~ '^[a-z0-9][a-z0-9._@+-]{0,99}$'),
    language       text NOT NULL DEFAULT 'en',
    password_hash  text,    -- Argon2id with its own salt; null: only sign-in links open the account
    totp_sealed    bytea,   -- the second factor's seed; null: there is none
    totp_last_step bigint,  -- the newest code that was used: none opens twice
    created_at     timestamptz NOT NULL,
    signed_in_at   timestamptz,
    disabled_at    timestamptz
);

CREATE TABLE user_roles (
    user_id    integer NOT NULL REFERENCES users ON DELETE CASCADE,
    site_id    integer REFERENCES sites ON DELETE CASCADE,  -- null: every site
    role       text NOT NULL CONSTRAINT roles CHECK (role IN ('moderator', 'auditor', 'administrator')),
    granted_at timestamptz NOT NULL,
    expires_at timestamptz
);
CREATE UNIQUE INDEX roles_are_granted_once ON user_roles (user_id, role, coalesce(site_id, 0));

-- What a browser holds is 256 random bits; here stands their SHA-256, which opens nothing.
CREATE TABLE user_sessions (
    id         integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id    integer NOT NULL REFERENCES users ON DELETE CASCADE,
    lookup     bytea NOT NULL CONSTRAINT session_lookups_are_unique UNIQUE
               CONSTRAINT session_lookup_is_32_bytes CHECK (octet_length(lookup) = 32),
    created_at timestamptz NOT NULL,
    seen_at    timestamptz NOT NULL,  -- to a few minutes
    expires_at timestamptz NOT NULL,
    ended_at   timestamptz
);
CREATE INDEX sessions_of_a_user ON user_sessions (user_id);

CREATE TABLE sign_in_links (
    lookup     bytea PRIMARY KEY CONSTRAINT link_lookup_is_32_bytes CHECK (octet_length(lookup) = 32),
    user_id    integer NOT NULL REFERENCES users ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at    timestamptz
);
CREATE INDEX links_of_a_user ON sign_in_links (user_id);
