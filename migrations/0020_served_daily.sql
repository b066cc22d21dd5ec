-- How often a notice was handed out and what was decided, by day, so that rates can be told without
-- following anybody.  Rows are only ever added, and added up once their day is over.
CREATE TABLE served_daily (
    site_id      integer NOT NULL,
    day          date NOT NULL,   -- UTC
    id           uuid NOT NULL,
    notice       bytea NOT NULL,
    language     text NOT NULL,   -- the one the notice was read in
    shown        bigint NOT NULL DEFAULT 0,
    accepted_all bigint NOT NULL DEFAULT 0,
    refused_all  bigint NOT NULL DEFAULT 0,
    chosen       bigint NOT NULL DEFAULT 0,
    withdrawn    bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (site_id, day, id)
);

-- Up to where each log's decisions are in the counts: those are exact, whoever counts.
CREATE TABLE consent_counted (
    site_id integer NOT NULL,
    epoch   integer NOT NULL,
    size    bigint NOT NULL,
    PRIMARY KEY (site_id, epoch)
);
