-- Mails that wait to be sent.  Of one that is sent or given up, only that stays.
CREATE TABLE mails (
    site_id     integer NOT NULL,  -- 0: of the deployment itself
    id          uuid NOT NULL,     -- UUIDv7: time-ordered
    comment_id  uuid,              -- that it is about: it is erased with the comment
    recipient   text,
    language    text NOT NULL,
    subject     text,
    body        text,
    created_at  timestamptz NOT NULL,
    state       text NOT NULL DEFAULT 'waiting' CONSTRAINT mail_states
                CHECK (state IN ('waiting', 'sent', 'given-up')),
    attempts    integer NOT NULL DEFAULT 0,  -- counted as they begin
    due_at      timestamptz NOT NULL,
    finished_at timestamptz,
    last_error  text,              -- class and status only
    PRIMARY KEY (site_id, id),
    FOREIGN KEY (site_id, comment_id) REFERENCES comments (site_id, id) ON DELETE CASCADE,
    CONSTRAINT only_waiting_mails_have_content
        CHECK ((state = 'waiting') = (num_nonnulls(recipient, subject, body) = 3)
               AND (state = 'waiting') = (finished_at IS NULL)
               AND num_nonnulls(recipient, subject, body) IN (0, 3))
);
CREATE INDEX mails_due ON mails (due_at) WHERE state = 'waiting';
CREATE INDEX mails_of_a_comment ON mails (site_id, comment_id) WHERE comment_id IS NOT NULL;
