-- Notices: what people are told and asked.  A row is one version, addressed by the SHA-256 of its
-- canonical JSON (RFC 8785), and never changes.

CREATE TABLE notices (
    site_id        integer NOT NULL,
    sha256         bytea NOT NULL CONSTRAINT notice_digest_is_32_bytes CHECK (octet_length(sha256) = 32),
    kind           text NOT NULL CONSTRAINT notice_kinds
                   CHECK (kind IN ('cookie', 'comment_processing', 'privacy_policy', 'terms')),
    version        text NOT NULL,
    change_class   text NOT NULL CONSTRAINT change_classes
                   CHECK (change_class IN ('initial', 'editorial', 'material', 'new_processing')),
    effective_from timestamptz NOT NULL,
    supersedes     bytea,
    document       text NOT NULL,
    published_at   timestamptz NOT NULL,
    sequence       integer GENERATED ALWAYS AS IDENTITY,  -- the order in which they were published
    PRIMARY KEY (site_id, sha256),
    CONSTRAINT notice_versions_are_unique UNIQUE (site_id, kind, version),
    CONSTRAINT notice_digest_is_that_of_the_document CHECK (sha256 = sha256(convert_to(document, 'UTF8'))),
    CONSTRAINT only_the_first_supersedes_nothing CHECK ((change_class = 'initial') = (supersedes IS NULL)),
    CONSTRAINT superseded_notices_exist FOREIGN KEY (site_id, supersedes) REFERENCES notices (site_id, sha256)
);

-- Of two that are published at once, one follows the other.
CREATE UNIQUE INDEX notices_have_one_successor ON notices (site_id, kind, coalesce(supersedes, ''::bytea));

-- Every process keeps the notices in memory, and reads them anew after this.
CREATE TRIGGER notices_changed AFTER INSERT ON notices
    FOR EACH STATEMENT EXECUTE FUNCTION announce_site_change();
CREATE TRIGGER append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON notices
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
