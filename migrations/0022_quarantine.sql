-- What the machine rejected stays for a while and can be brought back; what nobody decided on goes then.

-- The blog was advised to discard the comment, and kept nothing that could come back.
ALTER TABLE comments ADD COLUMN discarded boolean NOT NULL DEFAULT false;

-- Found at once, whatever the number of comments: only what is still in quarantine stands here.
CREATE INDEX comments_in_quarantine ON comments (site_id, id)
    WHERE action = 'reject' AND decision_id IS NULL AND origin = 'check' AND NOT observed;
