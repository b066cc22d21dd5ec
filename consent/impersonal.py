"""The other side of the data map: columns that say nothing about a person."""

# By table.
IMPERSONAL: dict[str, frozenset[str]] = {
    "schema_migrations": frozenset({"name", "sha256", "applied_at"}),
    "deployment": frozenset({"single_row", "secret_fingerprint", "created_at"}),
    "sites": frozenset(
        {"id", "name", "url", "language", "settings", "pepper_sealed", "created_at"}
    ),
    "site_keys": frozenset(
        {"site_id", "id", "lookup", "sealed", "created_at", "expires_at", "revoked_at"}
    ),
    "site_webhooks": frozenset(
        {"site_id", "id", "platform", "sealed", "path_hash", "created_at", "expires_at"}
    ),
    # Goes with its comment, by a foreign key.
    "webhook_reports": frozenset({"site_id", "delivery_hash", "comment_id"}),
    # What an operator lists is the operator's rule, kept until they lift it.
    "site_lists": frozenset({"site_id", "list", "field", "value", "created_at"}),
    "site_revision": frozenset({"single_row", "revision"}),
    "token_key": frozenset({"single_row", "sealed"}),
    # Tokens are of programs, and named after them.
    "tokens": frozenset(
        {
            *("id", "site_id", "name", "lookup", "scopes", "created_at", "expires_at"),
            *("revoked_at", "last_used_on"),
        }
    ),
    "users": frozenset({"id", "language", "totp_last_step", "created_at", "disabled_at"}),
    "user_roles": frozenset({"user_id", "site_id", "role", "granted_at", "expires_at"}),
    "waiting_notices": frozenset(
        {"user_id", "rhythm", "hour", "number", "time_zone", "told_up_to"}
    ),
    "user_sessions": frozenset({"id", "user_id", "lookup", "expires_at", "ended_at"}),
    "sign_in_links": frozenset({"lookup", "user_id", "expires_at"}),
    "idempotency_keys": frozenset({"site_id", "comment_id", "claimed_at"}),
    "comments": frozenset(
        {
            *("site_id", "id", "received_at", "period", "minute", "key_id", "first_id", "origin"),
            *("counted", "is_test", "recheck_reason", "delivery_id", "kind", "blog", "permalink"),
            *("title", "context", "languages", "platform_post_id", "callback"),
            *("action", "probability", "log_odds", "decided_by", "model", "adjustment"),
            *("observed", "notice", "decision", "decision_id", "discarded"),
        }
    ),
    "decisions": frozenset(
        {
            *("site_id", "id", "comment_id", "decided_at", "choice", "actor_kind", "batch"),
            *("state", "state_before", "standing", "before", "undoes", "label_id"),
            *("label_before", "waited"),
        }
    ),
    "comment_search": frozenset({"site_id", "comment_id", "indexed_at"}),
    "search_progress": frozenset({"site_id", "reached"}),
    "review_claims": frozenset({"site_id", "comment_id"}),
    "approved_authors": frozenset({"site_id"}),
    "spam_addresses": frozenset({"site_id"}),
    # Sums by day; nobody is told apart.
    "served_daily": frozenset(
        {
            *("site_id", "day", "id", "notice", "language", "shown", "accepted_all"),
            *("refused_all", "chosen", "withdrawn"),
        }
    ),
    "consent_counted": frozenset({"site_id", "epoch", "size"}),
    "daily_counts": frozenset(
        {
            *("site_id", "day", "id", "blog", "calls", "spam", "ham"),
            *("missed_spam", "false_positives", "held"),
        }
    ),
    "daily_outcomes": frozenset(
        {"site_id", "day", "id", "language", "verdict", "outcome", "comments"}
    ),
    "labels": frozenset({"site_id", "id", "comment_id", "label", "source", "created_at"}),
    "audit_trail": frozenset({"site_id", "id", "recorded_at", "actor_kind", "action"}),
    "endpoints": frozenset(
        {
            *("site_id", "id", "kind", "url", "secret_sealed", "events", "enabled"),
            *("created_at", "allow_private", "switched_off"),
        }
    ),
    "expiring_endpoint_secrets": frozenset(
        {"site_id", "endpoint_id", "id", "sealed", "expires_at"}
    ),
    "endpoint_breakers": frozenset({"site_id", "endpoint_id", "failures", "paused_until"}),
    "outbox": frozenset(
        {
            *("site_id", "id", "endpoint_id", "comment_id", "event", "state", "attempts"),
            *("due_at", "lease", "leased_until", "finished_at", "last_error"),
        }
    ),
    "house_rules": frozenset(
        {"site_id", "code", "position", "ground", "clause", "category", "words"}
    ),
    "statements": frozenset(
        {
            *("site_id", "id", "comment_id", "decision_id", "made_at", "restriction", "scope"),
            *("ends_at", "source", "automated_detection", "automated_decision", "ground", "code"),
            *("clause", "category", "title", "sentence", "language", "mail_id"),
            *("not_sent_reason", "restored_mail_id"),
        }
    ),
    "appeals": frozenset(
        {
            *("site_id", "id", "comment_id", "against", "language", "due_at", "outcome"),
            *("decided_at", "decision_id"),
        }
    ),
    "reader_reports": frozenset(
        {
            *("site_id", "id", "comment_id", "times", "reason", "language", "outcome"),
            *("decided_at", "decision_id"),
        }
    ),
    "mails": frozenset(
        {
            *("site_id", "id", "comment_id", "act", "language", "created_at", "state", "attempts"),
            *("due_at", "finished_at", "last_error", "perhaps_taken"),
        }
    ),
    # Goes with its delivery, by a foreign key.
    "delivery_attempts": frozenset({"site_id", "delivery_id", "ended_at", "attempt", "error"}),
    "imports": frozenset(
        {
            *("site_id", "sha256", "position", "imported", "known", "outlived", "refused"),
            *("labelled", "started_at", "finished_at"),
        }
    ),
    # Hashed n-grams that several comments share, made anew when one of these comments goes.
    "models": frozenset(
        {"site_id", "version", "state", "reason", "made_at", "manifest", "code", "packed"}
    ),
    "site_adjustments": frozenset(
        {"site_id", "version", "base", "newest", "made_at", "manifest", "code", "packed"}
    ),
    "model_key": frozenset({"single_row", "sealed"}),
    "label_changes": frozenset({"site_id", "id"}),
    "label_erasures": frozenset({"site_id", "id"}),
    # Public, and said about the controller only.
    "banner_files": frozenset({"sha256", "kind", "content"}),
    "notices": frozenset(
        {
            *("site_id", "sha256", "kind", "version", "change_class", "effective_from"),
            *("supersedes", "document", "published_at", "sequence"),
        }
    ),
    "signing_keys": frozenset(
        {"site_id", "id", "name", "public", "sealed", "created_at", "retired_at"}
    ),
    "consent_logs": frozenset(
        {"site_id", "epoch", "origin", "size", "frontier", "last_time", "closed"}
    ),
    # Of people only commitments, which nobody can open once the opening is deleted.
    "consent_entries": frozenset(
        {
            *("site_id", "epoch", "index", "recorded_at", "type", "receipt_id", "event_id"),
            *("request_hash", "leaf", "hashes"),
        }
    ),
    "consent_openings": frozenset({"site_id", "epoch", "index", "kind"}),
    "consent_checkpoints": frozenset({"site_id", "epoch", "size", "root", "note", "signed_at"}),
    "erasure_journals": frozenset({"journal", "applied_bytes"}),
    "jobs": frozenset({"name", "due_at", "lease", "leased_until"}),
    "job_runs": frozenset({"id", "name", "started_at", "finished_at", "outcome", "changed"}),
}
