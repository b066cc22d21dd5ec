"""A notice that somebody says they have read, as a form on the server hears it: information, not
consent."""

from uuid import uuid4

from aiohttp import web

from consent.events import rules
from consent.events.reading import Event
from consent.ledger.batching import LEDGER
from consent.ledger.store import Entry
from consent.notices.shelf import SHELF
from service import clock
from service.sites import Site


async def acknowledge(app: web.Application, site: Site, notice: str, language: str) -> Entry:
    """Record that the site's notice ``notice`` was read in ``language``; by whom, nobody notes.

    Raises ``NoticeOutdated`` for a digest that is none of the site's, and what the ledger raises.
    """
    event = Event(
        event_id=uuid4(),
        notice=notice,
        lang=language,
        action="acknowledge",
        layer="comment_form",
    )
    published = await app[SHELF].published(site.id)
    return await app[LEDGER].append(site, rules.checked(site, published, event, clock.now()))
