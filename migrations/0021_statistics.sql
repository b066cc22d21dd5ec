-- What people made of verdicts, and how long they took: for the page of statistics, at a bounded cost.

-- Comments that were held, beside those that were judged.
ALTER TABLE daily_counts ADD COLUMN held bigint NOT NULL DEFAULT 0;
INSERT INTO daily_counts (site_id, day, id, blog, calls, spam, ham, missed_spam, false_positives, held)
SELECT site_id, (received_at AT TIME ZONE 'UTC')::date, gen_random_uuid(), blog, 0, 0, 0, 0, 0, count(*)
  FROM comments
 WHERE action = 'hold' AND counted
 GROUP BY 1, 2, 4;

-- By the day of the comment, as in daily_counts: rows are only ever added, and added up by a job.
CREATE TABLE daily_outcomes (
    site_id  integer NOT NULL,
    day      date NOT NULL,
    id       uuid NOT NULL,
    language text NOT NULL,    -- that the text is written in; 'und' where that cannot be told
    verdict  text NOT NULL CONSTRAINT outcomes_are_of_verdicts
             CHECK (verdict IN ('approve', 'hold', 'reject')),
    outcome  text NOT NULL CONSTRAINT outcomes_are_choices
             CHECK (outcome IN ('approve', 'spam', 'reject', 'hold')),
    comments bigint NOT NULL,  -- less than none where decisions were taken back or changed
    PRIMARY KEY (site_id, day, id)
);
-- Of decisions until now nobody noted the language.
INSERT INTO daily_outcomes (site_id, day, id, language, verdict, outcome, comments)
SELECT c.site_id, (c.received_at AT TIME ZONE 'UTC')::date, gen_random_uuid(), 'und', c.action,
       d.choice, count(*)
  FROM comments AS c
  JOIN decisions AS d ON d.site_id = c.site_id AND d.id = c.decision_id
 WHERE c.counted AND d.choice <> 'undo'
 GROUP BY c.site_id, 2, c.action, d.choice;

-- How long a held comment waited for its first decision.
ALTER TABLE decisions ADD COLUMN waited interval;
UPDATE decisions AS d
   SET waited = greatest(d.decided_at - c.received_at, interval '0')
  FROM comments AS c
 WHERE c.site_id = d.site_id AND c.id = d.comment_id AND c.action = 'hold' AND c.counted
   AND d.before IS NULL AND d.choice NOT IN ('hold', 'undo')
   AND NOT EXISTS (SELECT FROM decisions AS u WHERE u.site_id = d.site_id AND u.undoes = d.id);
CREATE INDEX decisions_that_were_waited_for ON decisions (site_id, decided_at DESC) INCLUDE (waited)
    WHERE waited IS NOT NULL;
