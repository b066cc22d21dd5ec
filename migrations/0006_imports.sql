-- A first import: comments that a blog had before it knew us; and sites that are only observed.

ALTER TABLE comments DROP CONSTRAINT comment_origins;
ALTER TABLE comments ADD CONSTRAINT comment_origins CHECK (origin IN ('check', 'submission', 'import'));

-- Answered with "approve" whatever the verdict, because the site was only observed at that time.
ALTER TABLE comments ADD COLUMN observed boolean NOT NULL DEFAULT false;

-- How far each file has been taken in.  A batch and the position behind it are committed together,
-- so that an import that was stopped goes on exactly where it ended.
CREATE TABLE imports (
    site_id     integer NOT NULL REFERENCES sites ON DELETE CASCADE,
    sha256      bytea NOT NULL CONSTRAINT import_digest_is_32_bytes CHECK (octet_length(sha256) = 32),
    position    bigint NOT NULL DEFAULT 0,  -- lines, or comments, of the file that are seen to
    imported    bigint NOT NULL DEFAULT 0,
    known       bigint NOT NULL DEFAULT 0,  -- stood here already
    outlived    bigint NOT NULL DEFAULT 0,  -- older than comments are kept
    refused     bigint NOT NULL DEFAULT 0,  -- cannot be read, or not be stored
    labelled    bigint NOT NULL DEFAULT 0,
    started_at  timestamptz NOT NULL,
    finished_at timestamptz,
    PRIMARY KEY (site_id, sha256)
);
