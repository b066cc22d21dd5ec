"""What must be true before anything is served: a database that fits, a key that fits, a site."""

from dataclasses import dataclass

import structlog

from migrations import migrate
from service import db, errors, settings
from service import store as chassis
from service.db import Connection
from service.postgres.place import make_folder
from service.secrets import Secrets, open_secrets
from service.sites import administration, store
from service.sites.directory import SERVING_LOCK

log = structlog.get_logger()

DEMO_NAME = "demo"
DEMO_URL = "http://localhost"
DEMO_LANGUAGE = "en"


@dataclass(frozen=True, slots=True)
class Demonstration:
    """The site of the first start, as long as it is there."""

    name: str
    url: str
    key: str


class KeyIsChanging(errors.OperatorError):
    """The master key is being changed just now; try again in a moment."""


async def prepare(conn: Connection, wanted: settings.Settings, *, serving: bool = False) -> Secrets:
    """Migrate the database and open the secrets.  Raises ``errors.OperatorError``.

    If ``serving``, the master key cannot be changed until ``conn`` is closed.
    """
    db.require_version(conn)
    make_folder(wanted.data_dir)  # for the master key and the erasure journal
    if serving and not await chassis.try_shared_lock(conn, SERVING_LOCK):
        raise KeyIsChanging
    for name in await migrate(conn):
        log.info("migration.applied", migration=name)
    return await open_secrets(conn, wanted)


async def demonstration(conn: Connection, secrets: Secrets) -> Demonstration | None:
    """The demonstration site, added if there is no site at all; None if it was taken away."""
    if not (sites := await store.sites(conn)):
        await administration.add(
            conn, secrets, url=DEMO_URL, name=DEMO_NAME, language=DEMO_LANGUAGE
        )
        log.info("demonstration.added", site=DEMO_NAME)
        sites = await store.sites(conn)
    for site in sites:
        if site.name == DEMO_NAME:
            return await _with_key(conn, secrets, site)
    return None


async def _with_key(
    conn: Connection, secrets: Secrets, site: store.SiteRow
) -> Demonstration | None:
    for row in reversed(await administration.keys_of(conn, site.id)):
        if row.revoked_at is None and row.expires_at is None:
            return Demonstration(site.name, site.url, administration.readable_key(secrets, row))
    return None
