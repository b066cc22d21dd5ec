"""Ready-made notices, from the drafts that ship."""

import copy
import json

from consent.notices import drafts, publishing
from consent.notices.document import Kind
from consent.notices.publishing import Publisher
from service.audit import ActorKind

BY = Publisher(ActorKind.OPERATOR, "tests")
CONTROLLER = {
    "name": "Kasseler Blatt, Inh. Ada Muster",
    "address": "Obere Königsstraße 1, 34117 Kassel",
    "email": "redaktion@blatt.example",
    "contact": "Ada Muster",
}


def notice(kind=Kind.COOKIE, **changes):
    """A notice that may be published, as an operator writes it."""
    value = copy.deepcopy(drafts.draft(kind))
    value["controller"].update(CONTROLLER)
    return {**value, **changes}


def raw(kind=Kind.COOKIE, **changes):
    return json.dumps(notice(kind, **changes)).encode()


async def publish(conn, site, kind=Kind.COOKIE, **changes):
    return await publish_raw(conn, site, raw(kind, **changes))


async def publish_raw(conn, site, content):
    return await publishing.publish(conn, site, f"log.example/consent/{site.name}", content, BY)
