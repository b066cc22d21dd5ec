-- What sites have learnt from their labels: quick adjustments and retrained models of their own.

-- The key that authenticates them, sealed: it outlives a change of the master key.
CREATE TABLE model_key (
    single_row boolean PRIMARY KEY DEFAULT true CONSTRAINT one_model_key CHECK (single_row),
    sealed     bytea NOT NULL
);

-- A site's own models: corrections of the model that ships.  Executed when loaded, hence the code.
CREATE TABLE models (
    site_id  integer NOT NULL REFERENCES sites ON DELETE CASCADE,
    version  integer NOT NULL,
    state    text NOT NULL CONSTRAINT model_states
             CHECK (state IN ('current', 'earlier', 'kept back', 'rolled back', 'forgotten')),
    reason   text NOT NULL,
    made_at  timestamptz NOT NULL,
    manifest text NOT NULL,  -- JSON, byte for byte what the code authenticates
    code     bytea NOT NULL,
    packed   bytea,
    PRIMARY KEY (site_id, version),
    CONSTRAINT forgotten_models_hold_nothing CHECK ((packed IS NULL) = (state = 'forgotten'))
);
CREATE UNIQUE INDEX one_current_model ON models (site_id) WHERE state = 'current';

-- The quick adjustment: one row a site, replaced whole, so that nothing stays of what is erased.
CREATE TABLE site_adjustments (
    site_id  integer PRIMARY KEY REFERENCES sites ON DELETE CASCADE,
    version  integer NOT NULL,
    base     text NOT NULL,  -- the model that it corrects
    newest   uuid,           -- the newest label that was seen
    made_at  timestamptz NOT NULL,
    manifest text NOT NULL,
    code     bytea NOT NULL,
    packed   bytea           -- null: the labels ask for nothing
);

-- Labels that went, with their comments or alone: whatever learnt from them is made anew.
CREATE TABLE label_erasures (
    site_id integer NOT NULL REFERENCES sites ON DELETE CASCADE,
    id      uuid NOT NULL DEFAULT gen_random_uuid(),
    PRIMARY KEY (site_id, id)
);

CREATE FUNCTION remember_label_erasure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO label_erasures (site_id)
    SELECT DISTINCT g.site_id
      FROM gone AS g
      JOIN sites AS s ON s.id = g.site_id;
    RETURN NULL;
END;
$$;

CREATE TRIGGER labels_erased AFTER DELETE ON labels REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION remember_label_erasure();
