"""``site delete``: first nobody can write for the site any more, then nothing of it is left."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from consent import erasures
from consent.erasures import ErasedSite
from consent.site_data import store
from consent.site_data.sweeping import Swept, sweep
from service import audit, clock, errors
from service.audit import ActorKind
from service.db import Connection
from service.sites.administration import ACTOR, UnknownSite

CLOSING_SECONDS = 1.0  # within this every process knows that the keys are revoked
POLL_SECONDS = 0.05
PATIENCE_SECONDS = 60.0


class StillWriting(errors.OperatorError):
    """A transaction that began before the keys were revoked does not end; try again later."""


async def delete_site(
    conn: Connection, name: str, data_dir: Path, tell: Callable[[str], None] = lambda _: None
) -> Swept:
    """Delete the site ``name`` with all that belongs to it, its part of the audit trail included.

    If it is interrupted after the journal was written, the next start of the service ends it.
    Raises ``UnknownSite`` or ``StillWriting``.
    """
    site = await store.find_site(conn, name)
    if site is None:
        raise UnknownSite(f"There is no site named {name}: see gatehouse site list.")
    async with conn.transaction():
        await store.close_doors(conn, site.id, clock.now())
    tell("keys, tokens and webhooks are revoked")
    await asyncio.sleep(CLOSING_SECONDS)
    await erasures.record(data_dir, ErasedSite(site.id, site.created_at))
    await _wait_for_older(conn)
    swept = await sweep(conn, site.id)
    tell(f"{swept.rows} rows are deleted")
    await _record(conn, name, swept)
    # A batch that was on its way while the keys were revoked may have ended since.
    await _wait_for_older(conn)
    await sweep(conn, site.id)
    return swept


async def _wait_for_older(conn: Connection) -> None:
    number = await store.transaction_number(conn)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not await store.older_are_over(conn, number):  # noqa: ASYNC110  (no event)
                await asyncio.sleep(POLL_SECONDS)
    except TimeoutError:
        raise StillWriting from None


async def _record(conn: Connection, name: str, swept: Swept) -> None:
    await audit.append(
        conn,
        audit.DEPLOYMENT,
        ActorKind.OPERATOR,
        ACTOR,
        "site.deleted",
        name,
        {"rows": swept.by_table},
    )
