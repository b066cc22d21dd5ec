-- Tables of the consent log are written by the server itself: a value as a CSV field, which no
-- spreadsheet takes for a formula.
CREATE FUNCTION csv_field(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
           WHEN value IS NULL OR value = '' THEN ''
           WHEN value ~ '^[=+@\t\r-]' THEN '"''' || replace(value, '"', '""') || '"'
           WHEN value ~ '[",\r\n]' THEN '"' || replace(value, '"', '""') || '"'
           ELSE value
           END
$$;

-- What the log says about itself is rare, and looked for by every export.
CREATE INDEX entries_about_the_log ON consent_entries (site_id, epoch, type, index)
    WHERE type IN ('erased', 'export_made', 'key_rotated');

-- Which notice on the processing of comments was in force when a comment was checked.
ALTER TABLE comments ADD COLUMN notice bytea;
