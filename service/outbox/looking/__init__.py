"""Deliveries as people look for them: over several sites, by what they know, page by page.

A page looks through a bounded number of each site's deliveries, so that no filter is slow however
many there are; where these hold less than a page, the next one goes on.
"""

from dataclasses import dataclass, replace
from uuid import UUID

from service.db import Connection
from service.outbox.looking import store
from service.outbox.looking.store import Found, Sought

HIGHEST = UUID(int=(1 << 128) - 1)
LOWEST = UUID(int=0)
LOOKED_THROUGH = 10_000  # of each site by one page
PAGE_DELIVERIES = 50


@dataclass(frozen=True, slots=True)
class Page:
    """``next`` is where the next page begins; None where there is none."""

    deliveries: tuple[Found, ...]
    next: UUID | None


async def page(conn: Connection, sought: Sought, size: int = PAGE_DELIVERIES) -> Page:
    """The newest that fit.  A page may be empty and yet not the last."""
    reached = None
    if sought.guid is None:
        reached = await store.floor(conn, sought, LOOKED_THROUGH)
    if reached is not None and reached <= sought.floor:
        reached = None
    found = await store.walk(conn, replace(sought, floor=reached or sought.floor), size + 1)
    if len(found) > size:
        return Page(tuple(found[:size]), found[size - 1].id)
    return Page(tuple(found), reached)
