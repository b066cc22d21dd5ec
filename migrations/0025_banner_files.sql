-- What drew the question under a published notice stays what it was, as long as the notice: for ever.

CREATE TABLE banner_files (
    sha256  bytea PRIMARY KEY CONSTRAINT files_are_named_by_digest CHECK (sha256 = sha256(content)),
    kind    text NOT NULL CONSTRAINT a_kind_of_file CHECK (kind IN ('js', 'css')),
    content bytea NOT NULL
);
