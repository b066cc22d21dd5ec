-- Comments with the verdict each one got, and what the history look-ups need.
--
-- `id` is a UUIDv7 and is the guid that clients hear.  `period` (six hours) and `minute` lead the
-- history indexes, so that inserts stay in one place of each index however many comments there are.
-- No foreign key to `sites` in tables written on every check: each insert would lock the site's row.

CREATE TABLE comments (
    site_id          integer NOT NULL,
    id               uuid NOT NULL,
    received_at      timestamptz NOT NULL,
    period           integer NOT NULL,  -- received_at in units of six hours since 1970
    minute           integer NOT NULL,  -- received_at in minutes since 1970
    key_id           integer,           -- the key it came with
    first_id         uuid,              -- the check that this one repeats; null for a first one
    origin           text NOT NULL CONSTRAINT comment_origins CHECK (origin IN ('check', 'submission')),
    counted          boolean NOT NULL,  -- in statistics, history and learning
    is_test          boolean NOT NULL,
    recheck_reason   text NOT NULL,
    delivery_id      text,

    kind             text NOT NULL,
    blog             text NOT NULL,
    permalink        text,
    title            text,
    context          text,
    languages        text NOT NULL,
    platform_id      text,
    platform_post_id text,
    parent_id        text,
    callback         text,
    submitted_at     timestamptz,
    role             text NOT NULL,

    author           text,
    email            text,
    url              text,
    address          inet,
    user_agent       text,
    referrer         text,
    text             text NOT NULL,

    identity_hash    bigint NOT NULL,  -- all of what makes two checks the same check
    text_hash        bigint NOT NULL,  -- the text in one spelling, links and digits aside
    near_hash_a      bigint,           -- two sketches of the text's word runs; null for short texts
    near_hash_b      bigint,
    author_hash      bigint,           -- keyed per site; null where name and address are missing
    address_hash     bigint,           -- keyed per site

    action           text NOT NULL CONSTRAINT verdict_actions CHECK (action IN ('approve', 'hold', 'reject')),
    probability      double precision NOT NULL CONSTRAINT probabilities CHECK (probability BETWEEN 0 AND 1),
    log_odds         double precision NOT NULL,
    findings         json NOT NULL,
    decided_by       text NOT NULL,
    model            text NOT NULL,
    adjustment       integer NOT NULL,

    PRIMARY KEY (site_id, id)
);

-- Two processes that take in the same check at once: the second finds the first here.
CREATE UNIQUE INDEX one_first_check ON comments (site_id, minute, identity_hash)
    WHERE first_id IS NULL;
CREATE INDEX comments_by_text ON comments (site_id, period, text_hash);
CREATE INDEX comments_by_near_a ON comments (site_id, period, near_hash_a) WHERE near_hash_a IS NOT NULL;
CREATE INDEX comments_by_near_b ON comments (site_id, period, near_hash_b) WHERE near_hash_b IS NOT NULL;
CREATE INDEX comments_by_address ON comments (site_id, period, address_hash) WHERE address_hash IS NOT NULL;

-- Long comments: lz4 costs a tenth of pglz.  Servers built without it keep their default.
DO $$
BEGIN
    ALTER TABLE comments ALTER COLUMN text SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN NULL;
END;
$$;

-- Authors with an approved comment; a row goes when a person calls their comment spam.
CREATE TABLE approved_authors (
    site_id     integer NOT NULL,
    author_hash bigint NOT NULL,
    approved_at timestamptz NOT NULL,
    PRIMARY KEY (site_id, author_hash)
);

-- Addresses whose comments a person called spam; kept as long as addresses are.
CREATE TABLE spam_addresses (
    site_id      integer NOT NULL,
    address_hash bigint NOT NULL,
    labelled_at  timestamptz NOT NULL,
    PRIMARY KEY (site_id, address_hash)
);

-- Counts by day and blog, insert-only: one row for each batch, so that no writer waits for another.
-- A job adds up the rows of a day; the sum is the same before and after.
CREATE TABLE daily_counts (
    site_id         integer NOT NULL,
    day             date NOT NULL,
    id              uuid NOT NULL,
    blog            text NOT NULL,
    calls           bigint NOT NULL,
    spam            bigint NOT NULL,
    ham             bigint NOT NULL,
    missed_spam     bigint NOT NULL,
    false_positives bigint NOT NULL,
    PRIMARY KEY (site_id, day, id)
);
