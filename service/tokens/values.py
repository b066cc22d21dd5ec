"""What a token is, as values.  To guard something new, add a scope and ask for it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Scope(StrEnum):
    """What a token opens.  A site key opens ``WRITES`` of its own site and nothing else."""

    COMMENTS_READ = "comments.read"
    COMMENTS_WRITE = "comments.write"
    STATISTICS_READ = "statistics.read"
    AUDIT_READ = "audit.read"
    CONSENT_READ = "consent.read"
    CONSENT_WRITE = "consent.write"


WRITES = frozenset({Scope.COMMENTS_WRITE})


@dataclass(frozen=True, slots=True)
class Token:
    """A token that was issued once, and what it opens as long as it is in use."""

    id: int
    site_id: int | None  # None: every site
    scopes: frozenset[str]
    expires_at: datetime | None
    revoked_at: datetime | None

    def is_valid(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)
