"""What must be true before anything is served: a database that fits, a key that fits, a site."""

from dataclasses import dataclass
from datetime import timedelta

import structlog

from migrations import migrate
from service import db, errors, settings
from service import store as chassis
from service.accounts import administration as accounts
from service.accounts import store as account_store
from service.accounts.values import Role
from service.db import Connection
from service.postgres.place import make_folder
from service.secrets import Secrets, open_secrets
from service.sites import administration, store
from service.sites.directory import SERVING_LOCK

log = structlog.get_logger()

DEMO_NAME = "demo"
DEMO_URL = "http://localhost"
DEMO_LANGUAGE = "en"
FIRST_USER = "admin"
FIRST_LINK_LIFETIME = timedelta(days=7)


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


async def first_link(conn: Connection) -> str | None:
    """The secret of a link by which the first person signs in; None once anybody did.

    The first account is made if there is none.  Each start that still needs a link gives a new one.
    """
    if await account_store.anybody_signed_in(conn):
        return None
    if not await account_store.count_users(conn):
        new = await accounts.add(
            conn,
            name=FIRST_USER,
            roles={Role.ADMINISTRATOR},
            link_lifetime=FIRST_LINK_LIFETIME,
        )
        return new.link
    first = await account_store.find_user(conn, FIRST_USER)
    if first is None or first.disabled_at is not None:
        return None  # the operator made accounts of their own, with links
    return (await accounts.sign_in_link(conn, FIRST_USER, FIRST_LINK_LIFETIME)).link


async def _with_key(
    conn: Connection, secrets: Secrets, site: store.SiteRow
) -> Demonstration | None:
    for row in reversed(await administration.keys_of(conn, site.id)):
        if row.revoked_at is None and row.expires_at is None:
            return Demonstration(site.name, site.url, administration.readable_key(secrets, row))
    return None
