-- Labels that came, whatever their dates: imported ones are as old as their comments, and of two that
-- are written at the same time the older may be committed last.  So what is still to be learnt is
-- noted, and not found by comparing.

CREATE TABLE label_changes (
    site_id integer NOT NULL REFERENCES sites ON DELETE CASCADE,
    id      uuid NOT NULL DEFAULT gen_random_uuid(),
    PRIMARY KEY (site_id, id)
);

CREATE FUNCTION remember_label_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO label_changes (site_id)
    SELECT DISTINCT site_id
      FROM come;
    RETURN NULL;
END;
$$;

CREATE TRIGGER labels_came AFTER INSERT ON labels REFERENCING NEW TABLE AS come
    FOR EACH STATEMENT EXECUTE FUNCTION remember_label_change();

INSERT INTO label_changes (site_id)
SELECT DISTINCT site_id
  FROM labels;
