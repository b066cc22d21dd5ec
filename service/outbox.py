"""Who outside is told of what.  Deliveries are rows; what is sent is rendered when it is sent.

The statement that writes comments writes their deliveries too, so that one exists exactly if the
other does.  Nothing is sent yet.
"""

from collections.abc import Collection
from enum import StrEnum
from urllib.parse import urlsplit

from service import audit, errors, store
from service.audit import ActorKind
from service.db import Connection
from service.secrets import Secrets

ENDPOINT_PURPOSE = "endpoint secret"


class EndpointKind(StrEnum):
    """How an endpoint wants to be spoken to."""

    STANDARD_WEBHOOK = "standard-webhook"
    AKISMET_CALLBACK = "akismet-callback"
    WORDPRESS_REST = "wordpress-rest"


class Event(StrEnum):
    """What an endpoint can be told."""

    HELD = "comment.held"
    APPROVED = "comment.approved"
    REJECTED = "comment.rejected"
    DECIDED = "comment.decided"


class DeliveryState(StrEnum):
    WAITING = "waiting"
    DELIVERED = "delivered"
    GIVEN_UP = "given-up"


class BadEndpoint(errors.Invalid):
    """An endpoint needs an address like https://blog.example.org/hook and something to be told."""


async def register(  # noqa: PLR0913  (the columns)
    conn: Connection,
    site_id: int,
    kind: EndpointKind,
    url: str,
    events: Collection[Event],
    *,
    secret: bytes | None = None,
    secrets: Secrets | None = None,
) -> int:
    """Tell ``url`` of ``events`` from now on; the endpoint's id.

    ``secret`` is kept sealed by ``secrets``.  Raises ``BadEndpoint``.
    """
    _check(url, events)
    sealed = secrets.seal(ENDPOINT_PURPOSE, secret) if secrets and secret else None
    async with conn.transaction():
        endpoint_id = await store.insert_endpoint(conn, site_id, kind, url, sealed, sorted(events))
        details = {"endpoint": endpoint_id, "kind": kind, "events": sorted(events)}
        await audit.append(
            conn, site_id, ActorKind.OPERATOR, "command line", "endpoint.registered", kind, details
        )
    return endpoint_id


def _check(url: str, events: Collection[Event]) -> None:
    try:
        parts = urlsplit(url)
    except ValueError:
        raise BadEndpoint from None
    if not events or parts.scheme not in {"http", "https"} or not parts.hostname or parts.username:
        raise BadEndpoint
