-- Who was told what, as far as that can be known.

-- The relay may have the mail: it was handed over, or the connection broke before an answer came.
ALTER TABLE mails ADD COLUMN perhaps_taken boolean NOT NULL DEFAULT false;
UPDATE mails SET perhaps_taken = true WHERE state = 'sent' OR state = 'waiting' AND attempts > 0;

-- The mail that says that the removal does not stand any more; one that was taken back is gone.
ALTER TABLE statements ADD COLUMN restored_mail_id uuid;
