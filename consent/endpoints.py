"""All that this package serves: its routes, and what they need to be open meanwhile."""

from collections.abc import AsyncIterator, Callable, Iterable

from aiohttp import web

from consent.notices import api as notice_api
from consent.notices import endpoints as notices
from consent.notices.shelf import shelf_context

routes: tuple[web.AbstractRouteDef, ...] = (*notices.routes, *notice_api.routes)
CONTEXTS: Iterable[Callable[[web.Application], AsyncIterator[None]]] = (shelf_context,)
