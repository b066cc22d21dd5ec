"""What a client asks about its key: is it valid, what was it used for, what is its plan."""

import hashlib
import hmac

from aiohttp import web

from moderation import statistics
from moderation.akismet.answers import CSV, VALID, say, say_json
from moderation.akismet.endpoints import (
    API_KEY_FIRST,
    KEY_FIRST,
    admit,
    endpoint,
)
from moderation.akismet.fields import yes
from moderation.forms import Form, wanted
from moderation.statistics import SITES_AT_MOST, Order, Page, Span
from service.db import POOL, connection

ASKED = wanted(
    *("api_key", "key", "blog", "from", "extended"),
    *("month", "filter", "format", "order", "limit", "offset"),
)
_ORDERS = frozenset(Order)
_SPANS = frozenset(Span)
OFFSET_AT_MOST = 1_000_000


@endpoint("verify-key")
async def verify_key(request: web.Request) -> web.Response:
    await admit(request, ASKED, KEY_FIRST)
    return say(VALID)


@endpoint("deactivate")
async def deactivate(request: web.Request) -> web.Response:
    """The plugin was switched off.  Its key stays as it is: the owner revokes keys."""
    await admit(request, ASKED, KEY_FIRST)
    return say("deactivated")


@endpoint("test")
async def connection_test(_request: web.Request) -> web.Response:
    return say("connected")


@endpoint("compatible-plugins")
async def compatible_plugins(_request: web.Request) -> web.Response:
    return say_json([])


@endpoint("usage-limit")
async def usage_limit(request: web.Request) -> web.Response:
    call = await admit(request, ASKED, API_KEY_FIRST)
    extended = yes(call.form.text("extended"))
    async with connection(request.app[POOL]) as conn:
        return say_json(await statistics.usage(conn, call.key.site.id, extended=extended))


@endpoint("key-sites")
async def key_sites(request: web.Request) -> web.Response:
    """The blogs that used the site's keys in a month; ``format=csv`` makes a table of it."""
    call = await admit(request, ASKED, API_KEY_FIRST)
    page = _page(call.form)
    async with connection(request.app[POOL]) as conn:
        found, total = await statistics.sites(conn, call.key.site.id, page)
    if call.form.text("format").lower() == "csv":
        return say(statistics.as_csv(call.raw_key, page, found, total), kind=CSV)
    return say_json({page.name: found, "limit": page.limit, "offset": page.offset, "total": total})


def _page(form: Form) -> Page:
    order = form.text("order").lower()
    return Page(
        month=statistics.month_of(form.text("month").strip()),
        part_of_address=form.text("filter").strip(),
        order=Order(order) if order in _ORDERS else Order.TOTAL,
        limit=max(1, _number(form.text("limit"), SITES_AT_MOST, SITES_AT_MOST)),
        offset=_number(form.text("offset"), 0, OFFSET_AT_MOST),
    )


def _number(text: str, default: int, most: int) -> int:
    """``text`` as a number up to ``most``; ``default`` where it is none."""
    digits = text.strip()
    if not (digits.isascii() and digits.isdecimal()):
        return default
    return min(int(digits[:9]), most)


@endpoint("get-stats")
async def get_stats(request: web.Request) -> web.Response:
    return await _stats(request)


@endpoint("get-key-stats")
async def get_key_stats(request: web.Request) -> web.Response:
    return await _stats(request)


async def _stats(request: web.Request) -> web.Response:
    """The whole site's: a blog under two addresses is one blog to its owner."""
    call = await admit(request, ASKED, KEY_FIRST)
    asked = call.form.text("from")
    span = Span(asked) if asked in _SPANS else Span.SIX_MONTHS
    async with connection(request.app[POOL]) as conn:
        return say_json(await statistics.summary(conn, call.key.site.id, span))


@endpoint("get-subscription")
async def get_subscription(request: web.Request) -> web.Response:
    """The plugin stores a key only if this says that it is active."""
    call = await admit(request, ASKED, KEY_FIRST)
    return say_json(
        {
            "account_id": call.key.site.id,
            "account_type": "self-hosted",
            "account_name": "Gatehouse",
            "status": "active",
            "next_billing_date": False,
            "limit_reached": False,
        }
    )


@endpoint("verify-wpcom-key")
async def verify_wpcom_key(request: web.Request) -> web.Response:
    call = await admit(request, ASKED, API_KEY_FIRST)
    return say_json({"status": "active", "api_key": call.raw_key, "account_type": "self-hosted"})


@endpoint("token")
async def token(request: web.Request) -> web.Response:
    """Proves to nobody but us that its bearer knew the key; it opens nothing."""
    call = await admit(request, ASKED, API_KEY_FIRST)
    message = f"akismet token {call.key.key_id}".encode()
    return say(hmac.digest(call.key.site.pepper, message, hashlib.sha256).hex())
