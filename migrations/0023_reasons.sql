-- Statements of reasons (DSA Art. 17), appeals of authors, reports of readers (Art. 16).

-- A mail tells of an act (a decision): while it waits, it is taken back with the act.
ALTER TABLE mails ADD COLUMN act uuid;
CREATE INDEX mails_of_an_act ON mails (site_id, act) WHERE state = 'waiting';

-- What a site asks of those who comment, in words that are cited; none: those that ship.
CREATE TABLE house_rules (
    site_id  integer NOT NULL REFERENCES sites ON DELETE CASCADE,
    code     text NOT NULL CONSTRAINT rule_codes CHECK (code ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
    position integer NOT NULL,
    ground   text NOT NULL CONSTRAINT rule_grounds CHECK (ground IN ('terms', 'law')),
    clause   text NOT NULL,
    category text NOT NULL,
    words    jsonb NOT NULL,  -- by language: {"de": ["title", "sentence"]}
    PRIMARY KEY (site_id, code)
);

CREATE TABLE statements (
    site_id             integer NOT NULL,
    id                  uuid NOT NULL,  -- UUIDv7: time-ordered
    comment_id          uuid NOT NULL,
    decision_id         uuid NOT NULL,
    made_at             timestamptz NOT NULL,
    restriction         text NOT NULL CONSTRAINT restrictions
                        CHECK (restriction IN ('removal', 'visibility', 'hold', 'account')),
    scope               text NOT NULL CONSTRAINT scopes CHECK (scope IN ('everywhere')),
    ends_at             timestamptz,    -- null: without a limit of time
    source              text NOT NULL CONSTRAINT statement_sources
                        CHECK (source IN ('notice16', 'own_initiative')),
    automated_detection boolean NOT NULL,
    automated_decision  boolean NOT NULL,
    ground              text NOT NULL CONSTRAINT statement_grounds CHECK (ground IN ('terms', 'law')),
    code                text NOT NULL,  -- of the rule; its words as they were then follow
    clause              text NOT NULL,
    category            text NOT NULL,
    title               text NOT NULL,
    sentence            text NOT NULL,
    note                text NOT NULL,  -- what the moderator adds for the author
    language            text NOT NULL,
    mail_id             uuid,
    not_sent_reason     text CONSTRAINT reasons_not_to_send
                        CHECK (not_sent_reason IN ('no_contact', 'no_relay', 'switched_off', 'told_of_appeal')),
    PRIMARY KEY (site_id, id),
    FOREIGN KEY (site_id, comment_id) REFERENCES comments (site_id, id) ON DELETE CASCADE,
    CONSTRAINT sent_or_not_for_a_reason CHECK ((mail_id IS NULL) = (not_sent_reason IS NOT NULL))
);
CREATE INDEX statements_of_a_comment ON statements (site_id, comment_id);

-- The author of a rejected comment asks a person to look at it (again).
CREATE TABLE appeals (
    site_id     integer NOT NULL,
    id          uuid NOT NULL,
    comment_id  uuid NOT NULL,
    against     uuid,           -- the decision that stood; null: the verdict
    words       text NOT NULL,
    language    text NOT NULL,
    made_at     timestamptz NOT NULL,
    due_at      timestamptz NOT NULL,
    outcome     text CONSTRAINT appeal_outcomes CHECK (outcome IN ('upheld', 'dismissed')),
    decided_at  timestamptz,
    decision_id uuid,           -- that settled it
    PRIMARY KEY (site_id, id),
    FOREIGN KEY (site_id, comment_id) REFERENCES comments (site_id, id) ON DELETE CASCADE,
    CONSTRAINT appeals_are_settled_by_a_decision CHECK (num_nonnulls(outcome, decided_at, decision_id) IN (0, 3))
);
CREATE UNIQUE INDEX one_open_appeal ON appeals (site_id, comment_id) WHERE outcome IS NULL;
CREATE INDEX appeals_of_a_comment ON appeals (site_id, comment_id);
CREATE INDEX appeals_by_decision ON appeals (site_id, decision_id) WHERE decision_id IS NOT NULL;

-- A reader says that a comment should not stand there (DSA Art. 16).
CREATE TABLE reader_reports (
    site_id     integer NOT NULL,
    id          uuid NOT NULL,
    comment_id  uuid NOT NULL,
    sameness    bigint NOT NULL,  -- keyed hash: who reports the same again adds to the first
    times       integer NOT NULL DEFAULT 1,
    reason      text NOT NULL,
    words       text NOT NULL,
    name        text,
    email       text,
    reporter    bigint,           -- keyed hash of the e-mail address, if one was given
    language    text NOT NULL,
    made_at     timestamptz NOT NULL,
    outcome     text CONSTRAINT report_outcomes CHECK (outcome IN ('removed', 'kept')),
    decided_at  timestamptz,
    decision_id uuid,             -- that settled it
    PRIMARY KEY (site_id, id),
    FOREIGN KEY (site_id, comment_id) REFERENCES comments (site_id, id) ON DELETE CASCADE,
    CONSTRAINT reports_are_settled_by_a_decision CHECK (num_nonnulls(outcome, decided_at, decision_id) IN (0, 3))
);
CREATE UNIQUE INDEX same_reports_are_merged ON reader_reports (site_id, comment_id, sameness);
CREATE INDEX open_reader_reports ON reader_reports (site_id, comment_id) WHERE outcome IS NULL;
CREATE INDEX reader_reports_of_a_reporter ON reader_reports (site_id, reporter) WHERE reporter IS NOT NULL;
CREATE INDEX reader_reports_by_decision ON reader_reports (site_id, decision_id) WHERE decision_id IS NOT NULL;

-- Authors and readers act, too, and are not named.
ALTER TABLE audit_trail DROP CONSTRAINT audit_actors;
ALTER TABLE audit_trail ADD CONSTRAINT audit_actors
    CHECK (actor_kind IN ('operator', 'site-key', 'token', 'user', 'job', 'webhook', 'visitor'));
