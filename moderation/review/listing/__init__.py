"""Finding comments for people: by tab, filters and words, page by page, whatever their number.

A page looks through a bounded number of the newest comments that may fit.  Where words are asked
for, the index of words then finds older ones, if they are few enough to be looked at one by one;
otherwise the page ends there, and the next one goes on.  So no page costs more than another.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID

from moderation.review.listing import store
from moderation.review.listing.store import Item, Wanted
from moderation.review.searching import site_word
from service.db import Connection

HIGHEST = UUID(int=(1 << 128) - 1)
LOWEST = UUID(int=0)
LOOKED_THROUGH = 1000  # comments of each site by one page
HITS_AT_MOST = 2000  # of the index of words; more of them are looked through instead
PAGE_ITEMS = 25


class Tab(StrEnum):
    HELD = "held"
    REJECTED = "rejected"
    APPROVED = "approved"


@dataclass(frozen=True, slots=True)
class Page:
    """``next`` is where the next page begins; ``ended`` is that there is none.

    A page may be empty and yet not the last.
    """

    items: tuple[Item, ...]
    next: UUID
    ended: bool


async def page(conn: Connection, tab: Tab, wanted: Wanted, size: int = PAGE_ITEMS) -> Page:
    """The newest comments of the tab below ``wanted.below`` that fit."""
    floor = await store.boundary(conn, tab, wanted, LOOKED_THROUGH)
    items = await store.walk(conn, tab, wanted, floor or LOWEST, size + 1)
    if len(items) > size:
        return Page(tuple(items[:size]), items[size - 1].id, ended=False)
    if floor is None:
        return Page(tuple(items), LOWEST, ended=True)
    if wanted.text:
        return await _with_older(conn, tab, wanted, floor, items, size)
    return Page(tuple(items), floor, ended=False)


async def _with_older(  # noqa: PLR0913, PLR0917  (where the walk ended)
    conn: Connection, tab: Tab, wanted: Wanted, floor: UUID, items: Sequence[Item], size: int
) -> Page:
    sites = " | ".join(f"'{site_word(site_id)}'" for site_id in wanted.site_ids)
    hits = await store.hits(conn, wanted.text or "", sites, HITS_AT_MOST + 1)
    if len(hits) > HITS_AT_MOST:
        return Page(tuple(items), floor, ended=False)
    older = [hit for hit in hits if hit[1] < floor]
    below = replace(wanted, below=floor)
    found = [*items, *await store.named(conn, tab, below, older, size + 1 - len(items))]
    if len(found) > size:
        return Page(tuple(found[:size]), found[size - 1].id, ended=False)
    # The index may lack what came in lately, and all of that was looked through.
    return Page(tuple(found), LOWEST, ended=True)
