"""What deliveries, endpoints and answers are, as values."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias
from uuid import UUID

from service.db import Connection
from service.secrets import Secrets

if TYPE_CHECKING:
    from service.outbox.client import Client

ENDPOINT_PURPOSE = "endpoint secret"


class EndpointKind(StrEnum):
    """How an endpoint wants to be spoken to."""

    STANDARD_WEBHOOK = "standard-webhook"
    AKISMET_CALLBACK = "akismet-callback"
    WORDPRESS_REST = "wordpress-rest"


# Kinds that speak to the blog itself: what it told us, it is not told again.
BLOG_KINDS = (EndpointKind.AKISMET_CALLBACK, EndpointKind.WORDPRESS_REST)


class Event(StrEnum):
    """What an endpoint can be told."""

    HELD = "comment.held"
    APPROVED = "comment.approved"
    REJECTED = "comment.rejected"
    DECIDED = "comment.decided"
    CONSENT_RECORDED = "consent.recorded"
    CONSENT_WITHDRAWN = "consent.withdrawn"
    CONSENT_EXPIRED = "consent.expired"
    NOTICE_PUBLISHED = "notice.published"

    @property
    def is_of_comment(self) -> bool:
        return self.startswith("comment.")


class DeliveryState(StrEnum):
    WAITING = "waiting"
    DELIVERED = "delivered"
    GIVEN_UP = "given-up"


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that is ours to send until its lease runs out, and whom it goes to."""

    site_id: int
    id: UUID
    endpoint_id: int
    comment_id: UUID
    event: str
    attempts: int  # this one included
    lease: UUID
    kind: str
    url: str
    allow_private: bool
    failures: int  # of the endpoint, lately
    sealed: tuple[bytes, ...] = field(repr=False)  # its secrets, the newest first


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one attempt."""

    error: str = ""  # class or status of what went wrong, and nothing else; "" if it is delivered
    retry_after: timedelta | None = None  # before which the endpoint wants to hear nothing
    gone: bool = False  # the endpoint wants to hear nothing ever again
    unwell: bool = False  # it is the endpoint that fails, not this delivery
    hopeless: bool = False  # no other attempt can succeed

    @property
    def delivered(self) -> bool:
        return not self.error


DELIVERED = Outcome()

# One delivery, ready to be sent.  What it raises counts as a failed attempt.
Talk: TypeAlias = Callable[["Client"], Awaitable[Outcome]]

# Whoever knows what an event means makes the talks, by delivery id, of what was claimed.  A
# delivery that is left out has nothing left to say (its comment is erased) and is forgotten.
Prepare: TypeAlias = Callable[
    [Connection, Secrets, Sequence[Claimed]], Awaitable[Mapping[UUID, Talk]]
]


@dataclass(frozen=True, slots=True)
class Result:
    """A delivery after an attempt; ``due_at`` says when the next one is due, if any."""

    claimed: Claimed
    state: DeliveryState
    due_at: datetime | None
    error: str | None
    outcome: Outcome
