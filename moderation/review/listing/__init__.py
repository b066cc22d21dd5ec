"""Finding comments for people: by tab, filters and words, page by page, whatever their number.

A page looks through a bounded number of the newest comments that may fit, and the next one goes on
from there.  A period is a range of ids, which are ordered by time.  Words (an author's name, too)
that are rare are asked for in the index of words, which names all comments that have them; frequent
ones are met soon enough by looking through.  So no page costs more than another.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from consent.retention import oldest_uuid7
from moderation.review.cases.store import waiting
from moderation.review.listing import store
from moderation.review.listing.store import Item, Wanted, Words
from moderation.review.searching import site_word
from service.db import Connection

HIGHEST = UUID(int=(1 << 128) - 1)
LOWEST = UUID(int=0)
LOOKED_THROUGH = 250  # comments by one page: more cost half as much again as a queue of 100
HITS_AT_MOST = 2000  # of the index of words; more of them are looked through instead
# Of words that one comment in a hundred has, or more, looking through soon fills a page; the index
# would count all of them first.
SELDOM = 0.01
EPOCH = datetime.fromtimestamp(0, UTC) + timedelta(days=1)
CLOCKS_DIFFER = timedelta(minutes=1)  # an id is made before its comment is dated
PAGE_ITEMS = 25


class Tab(StrEnum):
    HELD = "held"
    REJECTED = "rejected"
    APPROVED = "approved"
    REPORTED = "reported"
    APPEALS = "appeals"


ASKED_FOR = (Tab.REPORTED, Tab.APPEALS)  # whatever their state: somebody waits for an answer


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
    if tab in ASKED_FOR:
        return await _asked_for(conn, tab, wanted, size)
    wanted, lowest = _bounded(wanted)
    floor = await store.boundary(conn, tab, wanted, lowest, LOOKED_THROUGH)
    words = _words(wanted)
    if floor is not None and words:
        found = await _by_words(conn, tab, wanted, words, (floor, lowest), size)
        if found is not None:
            return found
    items = await store.walk(conn, tab, wanted, floor or lowest, size + 1)
    return _cut(items, size) or Page(tuple(items), floor or LOWEST, ended=floor is None)


async def _asked_for(conn: Connection, tab: Tab, wanted: Wanted, size: int) -> Page:
    """Those are few."""
    found = await waiting(conn, tab, wanted.site_ids, wanted.below, LOOKED_THROUGH)
    items = await store.named(conn, tab, wanted, found, size + 1)
    ended = len(found) < LOOKED_THROUGH
    return _cut(items, size) or Page(tuple(items), LOWEST if ended else found[-1][1], ended=ended)


def _bounded(wanted: Wanted) -> tuple[Wanted, UUID]:
    """Without ids that are younger than what is asked for; and the oldest id that is not older."""
    below, lowest = wanted.below, LOWEST
    if wanted.until:
        below = min(below, _oldest_id(wanted.until + CLOCKS_DIFFER))
    if wanted.since and wanted.since > EPOCH:
        lowest = _oldest_id(wanted.since - CLOCKS_DIFFER)
    return replace(wanted, below=below), lowest


def _oldest_id(moment: datetime) -> UUID:
    return oldest_uuid7(max(moment, EPOCH))


def _words(wanted: Wanted) -> Words:
    """Of authors the index knows names, and no addresses."""
    name = wanted.author if wanted.author and "@" not in wanted.author else None
    return Words(wanted.text, name)


async def _by_words(  # noqa: PLR0913, PLR0917  (what is asked, and how far back)
    conn: Connection,
    tab: Tab,
    wanted: Wanted,
    words: Words,
    bounds: tuple[UUID, UUID],
    size: int,
) -> Page | None:
    """What the index knows, and before it what came in since; None if it knows too many."""
    index = await store.indexed(conn, wanted.site_ids)
    if index.documents and await store.expected(conn, words) > SELDOM * index.documents:
        return None
    sites = " | ".join(f"'{site_word(site_id)}'" for site_id in wanted.site_ids)
    hits = await store.hits(conn, words, sites, HITS_AT_MOST + 1)
    if len(hits) > HITS_AT_MOST:
        return None
    floor, lowest = bounds
    indexed = index.reached >= floor
    floor = max(index.reached, floor)
    items = await store.walk(conn, tab, wanted, floor, size + 1)
    if len(items) <= size and indexed:
        older = [hit for hit in hits if lowest <= hit[1] < floor]
        below = replace(wanted, below=min(floor, wanted.below), text=None)
        if older:
            items += await store.named(conn, tab, below, older, size + 1 - len(items))
    return _cut(items, size) or Page(tuple(items), LOWEST if indexed else floor, ended=indexed)


def _cut(items: Sequence[Item], size: int) -> Page | None:
    """The page, if there are more than it takes."""
    if len(items) <= size:
        return None
    return Page(tuple(items[:size]), items[size - 1].id, ended=False)
