-- Claims stay quick however many deliveries wait: the oldest of a comment and endpoint, and a lease
-- that ran out, are each one step in an index.

DROP INDEX deliveries_of_a_comment;
CREATE INDEX deliveries_of_a_comment ON outbox (site_id, comment_id, endpoint_id, id);

CREATE INDEX deliveries_leased ON outbox (site_id, endpoint_id, leased_until)
 WHERE lease IS NOT NULL;
