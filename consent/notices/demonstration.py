"""The notices of the demonstration site, from the drafts that ship."""

import json
from typing import Any

from consent.finding import found_site
from consent.ledger.batching import origin_base
from consent.notices import drafts, publishing
from consent.notices.document import Kind
from consent.notices.publishing import Publisher
from service.audit import ActorKind
from service.db import Connection
from service.secrets import Secrets
from service.settings import Settings
from service.sites import Site
from service.sites.administration import ACTOR
from service.start import DEMO_NAME

KINDS = (Kind.COOKIE, Kind.COMMENT_PROCESSING, Kind.PRIVACY_POLICY, Kind.TERMS)


async def furnish(conn: Connection, secrets: Secrets, settings: Settings) -> None:
    """Publish what the demonstration site lacks; what an operator published there stays."""
    site = await found_site(conn, secrets, DEMO_NAME)
    published = await publishing.all_of(conn, site.id)
    for kind in KINDS:
        if published.newest(kind) is None:
            await _publish(conn, site, settings, kind)


async def _publish(conn: Connection, site: Site, settings: Settings, kind: Kind) -> None:
    raw = json.dumps(_notice(kind, settings)).encode()
    origin = f"{origin_base(settings.public_url)}/consent/{site.name}"
    by = Publisher(ActorKind.OPERATOR, ACTOR)
    await publishing.publish(conn, site, origin, raw, by)


def _notice(kind: Kind, settings: Settings) -> dict[str, Any]:
    """Nobody is responsible for a blog that is none, so it says who runs it."""
    notice = drafts.draft(kind)
    notice["controller"].update(
        name="Gatehouse, Demo",
        address="Demo",
        contact="Gatehouse",
        url=settings.public_url,
    )
    return notice
