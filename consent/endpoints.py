"""All that this package serves: its routes, and what they need to be open meanwhile."""

from collections.abc import AsyncIterator, Callable, Iterable

from aiohttp import web

from consent.banner import endpoint as banner
from consent.counts import shown_context
from consent.events import endpoint as events
from consent.events.endpoint import limit_context
from consent.export import api as export_api
from consent.ledger import api as ledger_api
from consent.ledger import endpoints as ledger
from consent.ledger.batching import ledger_context
from consent.ledger.starting import outside_context
from consent.notices import api as notice_api
from consent.notices import endpoints as notices
from consent.notices.shelf import shelf_context
from consent.pages import ANSWERS
from consent.pages import routes as page_routes

routes: tuple[web.AbstractRouteDef, ...] = (
    *banner.routes,
    *notices.routes,
    *notice_api.routes,
    *events.routes,
    *ledger.routes,
    *ledger_api.routes,
    *export_api.routes,
    *page_routes,
)
CONTEXTS: Iterable[Callable[[web.Application], AsyncIterator[None]]] = (
    outside_context,
    shelf_context,
    shown_context,
    ledger_context,
    limit_context,
)

__all__ = ["ANSWERS", "CONTEXTS", "routes"]
