"""The append-only trail of who did what.  The database refuses to change or delete an entry."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from uuid_utils.compat import uuid7

from service import clock, store
from service.db import Connection

DEPLOYMENT = 0  # the site_id of what concerns no single site


class ActorKind(StrEnum):
    OPERATOR = "operator"
    SITE_KEY = "site-key"
    TOKEN = "token"  # noqa: S105  (a kind of actor)
    WEBHOOK = "webhook"
    USER = "user"
    JOB = "job"
    VISITOR = "visitor"  # somebody without an account, who is not named


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, as the trail names them."""

    kind: ActorKind
    name: str


OPERATOR = Actor(ActorKind.OPERATOR, "command line")


async def append(  # noqa: PLR0913, PLR0917  (who, what, on what)
    conn: Connection,
    site_id: int,
    actor_kind: ActorKind | str,
    actor: str,
    action: str,
    subject: str,
    details: Mapping[str, object] | None = None,
) -> None:
    """Record within the caller's transaction: the entry stands exactly if the act does.

    ``action`` is ``thing.happened``; ``details`` hold no comment, name or address.
    """
    await store.insert_audit(
        conn,
        site_id,
        uuid7(),
        clock.now(),
        str(actor_kind),
        actor,
        action,
        subject,
        dict(details or {}),
    )
