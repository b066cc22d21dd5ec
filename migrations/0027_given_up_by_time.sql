-- What was given up is listed by its time whatever else was delivered; only these rows stand here.
CREATE INDEX deliveries_given_up_by_time ON outbox (site_id, id) WHERE state = 'given-up';
