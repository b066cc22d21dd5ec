"""What the ledger does by itself: let consent end, sign checkpoints, check everything again."""

from datetime import timedelta
from uuid import UUID

import orjson
import structlog

from consent.ledger import signing, store, subjects, verifying, writing
from consent.ledger.batching import BATCH, origin_base
from consent.ledger.entries import Draft, Type
from consent.ledger.outside import UnreadableCheckpoint
from consent.ledger.store import Ended
from consent.ledger.writing import LedgerClosed
from consent.notices import publishing
from consent.notices.shelf import Published
from service import clock
from service.db import Connection
from service.schedule import job
from service.secrets import Secrets, open_secrets
from service.settings import Settings
from service.signing import NoSigningKey
from service.sites import Directory, Site

log = structlog.get_logger()


@job("consent_checkpoints", every=timedelta(minutes=1))
async def sign(conn: Connection, settings: Settings) -> int:
    """Sign every log that grew; how many."""
    secrets = await open_secrets(conn, settings)
    signed = 0
    for site in await sites(conn, secrets):
        head = await store.head(conn, site.id)
        if head is None or head.closed:
            continue
        newest = await store.newest_checkpoint(conn, site.id, head.epoch)
        if newest is None or newest.size < head.size:
            signed += await _signed(conn, secrets, settings, site)
    return signed


async def _signed(conn: Connection, secrets: Secrets, settings: Settings, site: Site) -> bool:
    try:
        await signing.checkpoint(conn, secrets, settings.data_dir, site)
    except (LedgerClosed, NoSigningKey, UnreadableCheckpoint, OSError) as error:
        # Entries are still taken: they are signed once the key or the file is back.
        log.error("checkpoint.not_signed", site_id=site.id, error=type(error).__name__)  # noqa: TRY400
        return False
    return True


@job("consent_expiry", every=timedelta(hours=1))
async def expire(conn: Connection, settings: Settings) -> int:
    """Write into the log that consents ended; how many (EDPB 05/2020, 111)."""
    secrets = await open_secrets(conn, settings)
    now, written = clock.now(), 0
    for site in await sites(conn, secrets):
        published = await publishing.all_of(conn, site.id)
        while rows := await store.ended(conn, site.id, now, BATCH):
            written += await _expired(conn, settings, site, published, rows)
    return written


async def _expired(
    conn: Connection, settings: Settings, site: Site, published: Published, rows: list[Ended]
) -> int:
    origin = f"{origin_base(settings.public_url)}/consent/{site.name}"
    drafts = [_expiry(site, published, row) for row in rows]
    async with conn.transaction():
        await writing.append(conn, site, origin, drafts)
    return len(drafts)


def _expiry(site: Site, published: Published, row: Ended) -> Draft:
    leaf = orjson.loads(row.leaf)
    opened = subjects.Sealer(site).unseal(row.salt, row.encrypted)
    return Draft(
        type=Type.EXPIRED,
        edition=published.get(leaf["notice"]["sha256"]),
        language=leaf["notice"]["lang"],
        subject=opened["subject"],
        previous=UUID(leaf["receipt"]),
    )


@job("consent_verification", every=timedelta(hours=6))
async def verify(conn: Connection, settings: Settings) -> int:
    """Check every log from its leaves to its signatures; how many entries are right."""
    secrets = await open_secrets(conn, settings)
    checked = 0
    for site in await sites(conn, secrets):
        await known_outside(conn, settings, site)
        checked += (await verifying.verify_logged(conn, site.id)).entries
    return checked


async def known_outside(conn: Connection, settings: Settings, site: Site) -> None:
    """Close the log if it is behind what is known outside."""
    head = await store.head(conn, site.id)
    if head is None or head.closed:
        return
    try:
        await signing.require_extending(conn, settings.data_dir, site, head)
    except LedgerClosed:
        return  # it was said when it was closed
    except UnreadableCheckpoint:
        log.exception("checkpoint.unreadable", site_id=site.id)


async def sites(conn: Connection, secrets: Secrets) -> list[Site]:
    """All there are, read anew: a job runs seldom."""
    directory = Directory(secrets)
    await directory.reload(conn)
    return list(directory)
