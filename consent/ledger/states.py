"""What somebody's consent is now: asked by the blog before it does what needs one."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from consent.ledger import store, subjects
from consent.notices.document import Kind
from consent.notices.shelf import Published
from service import clock
from service.db import Connection
from service.sites import Site


@dataclass(frozen=True, slots=True)
class State:
    """``ask_again`` is true where nothing valid was decided, or new processing came since."""

    kind: Kind
    state: str  # granted, refused, withdrawn, expired or unknown
    decisions: dict[str, str] = field(default_factory=dict)
    services: dict[str, str] = field(default_factory=dict)
    receipt_id: str | None = None
    valid_until: datetime | None = None
    ask_again: bool = True


UNKNOWN = "unknown"


async def state(
    conn: Connection, site: Site, published: Published, subject: str, kind: Kind
) -> State:
    """The state of one subject.  What is unknown, expired or no longer covered permits nothing."""
    now = clock.now()
    key = (subjects.subject_hash(site, subject), str(kind))
    rows = await store.newest_decisions(conn, site.id, [key])
    if not rows:
        return State(kind, UNKNOWN)
    leaf = orjson.loads(rows[0].leaf)
    ends_at = rows[0].ends_at
    if not rows[0].in_force:
        ended = {"expired": "expired", "withdrawn": "withdrawn"}.get(leaf["type"], "refused")
        return State(kind, ended, receipt_id=leaf["receipt"])
    if ends_at <= now:
        return State(kind, "expired", receipt_id=leaf["receipt"])
    return State(
        kind,
        "granted",
        leaf["decisions"],
        leaf["services"],
        leaf["receipt"],
        ends_at,
        ask_again=not _covered(published, leaf, now),
    )


def _covered(published: Published, leaf: dict[str, Any], now: datetime) -> bool:
    edition = published.get(leaf["notice"]["sha256"])
    return edition is not None and published.covers(edition, now)


def permits(found: State, purpose: str) -> bool:
    """Whether what needs consent for ``purpose`` may be done now."""
    return (
        found.state == "granted"
        and not found.ask_again
        and found.decisions.get(purpose) == "granted"
    )
