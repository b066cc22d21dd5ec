-- The record of consent: one append-only Merkle log (RFC 6962) a site, checkpoints, and, apart from it
-- and deletable, what its salted commitments open to.

-- Ed25519 keys of sites, sealed under the master key.  A retired one signs no more and stays, so that
-- what it signed can be verified.
CREATE TABLE signing_keys (
    site_id    integer NOT NULL,
    id         integer GENERATED ALWAYS AS IDENTITY,
    name       text NOT NULL,
    public     bytea NOT NULL CONSTRAINT public_keys_are_32_bytes CHECK (octet_length(public) = 32),
    sealed     bytea NOT NULL,
    created_at timestamptz NOT NULL,
    retired_at timestamptz,
    PRIMARY KEY (site_id, id)
);
CREATE UNIQUE INDEX one_signing_key_is_in_use ON signing_keys (site_id, name) WHERE retired_at IS NULL;

-- The head of each log.  Its row lock is what puts appends in order; the frontier (the hashes of the
-- complete subtrees, the largest first) is all that an append and a root need.
CREATE TABLE consent_logs (
    site_id   integer NOT NULL,
    epoch     integer NOT NULL CONSTRAINT epochs_begin_with_one CHECK (epoch >= 1),
    origin    text NOT NULL,
    size      bigint NOT NULL DEFAULT 0,
    frontier  bytea NOT NULL DEFAULT '',
    last_time timestamptz NOT NULL,
    closed    text CONSTRAINT reasons_to_close CHECK (closed IN ('behind', 'inconsistent', 'superseded')),
    PRIMARY KEY (site_id, epoch),
    CONSTRAINT frontiers_are_hashes CHECK (octet_length(frontier) % 32 = 0)
) WITH (fillfactor = 30);

-- `hashes` is the leaf's hash and those of the nodes that it completes, one level after the other: so
-- node (level, position) stands with entry (position + 1) * 2^level - 1 and needs no row of its own.
CREATE TABLE consent_entries (
    site_id      integer NOT NULL,
    epoch        integer NOT NULL,
    index        bigint NOT NULL,
    recorded_at  timestamptz NOT NULL,
    type         text NOT NULL CONSTRAINT entry_types CHECK (type IN (
                 'given', 'refused', 'renewed', 'withdrawn', 'expired', 'notice_acknowledged', 'signal',
                 'erased', 'notice_published', 'export_made', 'key_rotated', 'epoch_opened')),
    receipt_id   uuid NOT NULL,
    event_id     uuid,
    request_hash bytea,
    leaf         text NOT NULL,
    hashes       bytea NOT NULL CONSTRAINT hashes_are_32_bytes_each
                 CHECK (octet_length(hashes) % 32 = 0 AND octet_length(hashes) > 0),
    PRIMARY KEY (site_id, epoch, index),
    CONSTRAINT events_come_with_their_request CHECK ((event_id IS NULL) = (request_hash IS NULL))
);
CREATE UNIQUE INDEX receipts_are_unique ON consent_entries (site_id, receipt_id);
CREATE UNIQUE INDEX events_are_unique ON consent_entries (site_id, event_id) WHERE event_id IS NOT NULL;

CREATE TRIGGER append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON consent_entries
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What a commitment opens to.  Deleting the row is what erasure is: without the salt nobody can tell
-- whether a commitment was to a given value.
CREATE TABLE consent_openings (
    site_id      integer NOT NULL,
    epoch        integer NOT NULL,
    index        bigint NOT NULL,
    kind         text,                   -- of the notice
    salt         bytea NOT NULL CONSTRAINT salts_are_32_bytes CHECK (octet_length(salt) = 32),
    subject_hash bytea CONSTRAINT subject_hashes_are_16_bytes CHECK (octet_length(subject_hash) = 16),
    encrypted    bytea NOT NULL,         -- the committed values, under a key of the site's pepper
    in_force     boolean NOT NULL,       -- the newest decision of this subject and kind, with a grant in it
    ends_at      timestamptz NOT NULL,   -- when the consent ends; what retention counts from
    PRIMARY KEY (site_id, epoch, index)
);
CREATE INDEX openings_of_a_subject ON consent_openings (site_id, subject_hash, kind, epoch DESC, index DESC)
    WHERE subject_hash IS NOT NULL;
CREATE INDEX consents_that_end ON consent_openings (site_id, ends_at) WHERE in_force;

CREATE TABLE consent_checkpoints (
    site_id   integer NOT NULL,
    epoch     integer NOT NULL,
    size      bigint NOT NULL,
    root      bytea NOT NULL CONSTRAINT roots_are_32_bytes CHECK (octet_length(root) = 32),
    note      text NOT NULL,
    signed_at timestamptz NOT NULL,
    PRIMARY KEY (site_id, epoch, size)
);
CREATE TRIGGER append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON consent_checkpoints
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
