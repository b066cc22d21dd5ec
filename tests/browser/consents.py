"""A month of consent as a small paper sees it, for pictures: a real log, by a moved clock."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

from consent.counts.store import Handed, add_shown
from consent.finding import found_site
from consent.ledger.batching import Ledger
from consent.ledger.entries import Draft
from service import clock, db, postgres
from service.secrets import open_secrets
from service.settings import Settings
from tests.consent import notice_factory

DAYS = 30
LANGUAGES = ("de", "de", "de", "ru", "en")


def fill(data, site):
    """Publish a cookie notice for ``site`` and let people decide for a month."""
    settings = Settings(data_dir=data)
    with postgres.using(settings) as dsn:
        asyncio.run(_fill(dsn, settings, site))


async def _fill(dsn, settings, name):
    draw = random.Random(1)  # noqa: S311  (pictures, not secrets)
    now = datetime.now(UTC)
    async with db.create_pool(dsn, 2) as pool, pool.acquire() as conn:
        site = await found_site(conn, await open_secrets(conn, settings), name)
        ledger = Ledger(pool, "comments.blatt.example")
        with patch.object(clock, "now", lambda: now - timedelta(days=DAYS)):
            edition = await notice_factory.publish(conn, site)
        for day in range(DAYS - 1, -1, -1):
            moment = now - timedelta(days=day)
            with patch.object(clock, "now", lambda moment=moment: moment):
                choices = [_choice(edition, draw) for _ in range(draw.randint(4, 14))]
                await asyncio.gather(*(ledger.append(site, choice) for choice in choices))
            shown = draw.randint(len(choices), 3 * len(choices))
            await add_shown(conn, {Handed(site.id, moment.date(), edition.row.sha256, "de"): shown})
        await ledger.close()


def _choice(edition, draw):
    purposes = sorted(edition.notice.optional_purposes)
    kind = draw.choices(("accept_all", "reject_all", "save", "withdraw_all"), (4, 5, 2, 1))[0]
    granted = {"accept_all": purposes, "save": purposes[:1]}.get(kind, [])
    visitor = f"visitor-{draw.randint(0, 40):04}"
    return Draft(
        edition=edition,
        language=draw.choice(LANGUAGES),
        action=kind,
        layer="banner" if kind != "withdraw_all" else "preferences",
        decisions={each: "granted" if each in granted else "refused" for each in purposes},
        subject=None if kind == "reject_all" else visitor,
    )
