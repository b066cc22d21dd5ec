-- The review queue: what people decided, how comments are found, who is looking at which.

-- What a person made of the comment; null leaves it to the verdict.
ALTER TABLE comments ADD COLUMN decision text
    CONSTRAINT decisions_are_actions CHECK (decision IN ('approve', 'hold', 'reject'));
ALTER TABLE comments ADD COLUMN decision_id uuid;  -- the one that stands

-- Everything that was ever decided, in order.  What is needed to take one back stands with it.
CREATE TABLE decisions (
    site_id        integer NOT NULL,
    id             uuid NOT NULL,  -- UUIDv7: time-ordered
    comment_id     uuid NOT NULL,
    decided_at     timestamptz NOT NULL,
    choice         text NOT NULL CONSTRAINT choices
                   CHECK (choice IN ('approve', 'spam', 'reject', 'hold', 'undo')),
    actor_kind     text NOT NULL,
    actor          text NOT NULL,
    batch          uuid NOT NULL,  -- what was decided by one act
    state          text,           -- of the comment from then on; null is the verdict
    state_before   text,
    standing       uuid,           -- the decision that stands from then on; null is none
    before         uuid,           -- the decision that stood until then
    undoes         uuid,
    label_id       uuid,           -- the label that it gave
    label_before   text,
    author_before  timestamptz,    -- since when the author was approved, if so
    address_before timestamptz,    -- when the address was last accused, if so
    PRIMARY KEY (site_id, id),
    FOREIGN KEY (site_id, comment_id) REFERENCES comments (site_id, id) ON DELETE CASCADE
);
CREATE INDEX decisions_of_a_comment ON decisions (site_id, comment_id, id);
CREATE INDEX decisions_of_a_batch ON decisions (site_id, batch);

-- Labels that people gave until now were decisions, too.
INSERT INTO decisions (site_id, id, comment_id, decided_at, choice, actor_kind, actor, batch, state,
                       standing, label_id)
SELECT DISTINCT ON (site_id, comment_id)
       site_id, id, comment_id, created_at, CASE label WHEN 'spam' THEN 'spam' ELSE 'approve' END,
       CASE source WHEN 'webhook' THEN 'webhook' ELSE 'site-key' END, '', id,
       CASE label WHEN 'spam' THEN 'reject' ELSE 'approve' END, id, id
  FROM labels
 WHERE source <> 'import'
 ORDER BY site_id, comment_id, id DESC;
UPDATE comments AS c
   SET decision = d.state, decision_id = d.id
  FROM decisions AS d
 WHERE d.site_id = c.site_id AND d.comment_id = c.id;

-- The queue is small and the table is not: whatever its size, the queue is found at once.
CREATE INDEX comments_held ON comments (site_id, id)
    WHERE coalesce(decision, action) = 'hold' AND first_id IS NULL AND NOT is_test;
CREATE INDEX comments_held_alike ON comments (site_id, coalesce(near_hash_a, text_hash), id)
    WHERE coalesce(decision, action) = 'hold' AND first_id IS NULL AND NOT is_test;

-- Words of comments, for the search of moderators; filled by a job, so that no check waits for it.
-- Beside the words stand the site and the author, in a form that no text can have.
CREATE TABLE comment_search (
    site_id    integer NOT NULL,
    comment_id uuid NOT NULL,
    document   tsvector NOT NULL,
    indexed_at timestamptz NOT NULL,
    PRIMARY KEY (site_id, comment_id),
    FOREIGN KEY (site_id, comment_id) REFERENCES comments (site_id, id) ON DELETE CASCADE
);
CREATE INDEX comment_search_words ON comment_search USING gin (document);
CREATE TABLE search_progress (
    site_id integer PRIMARY KEY REFERENCES sites ON DELETE CASCADE,
    reached uuid NOT NULL  -- comments up to here have their words in comment_search
);

-- Who is looking at a comment at this moment.
CREATE TABLE review_claims (
    site_id    integer NOT NULL,
    comment_id uuid NOT NULL,
    user_id    integer NOT NULL REFERENCES users ON DELETE CASCADE,
    claimed_at timestamptz NOT NULL,
    PRIMARY KEY (site_id, comment_id),
    FOREIGN KEY (site_id, comment_id) REFERENCES comments (site_id, id) ON DELETE CASCADE
);
