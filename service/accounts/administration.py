"""What an operator does to accounts.  Every change leaves an entry in the audit trail."""

import hashlib
import re
import secrets as random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import asyncpg

from service import audit, clock, errors
from service.accounts import store
from service.accounts.store import UserRow
from service.accounts.values import Role
from service.audit import ActorKind
from service.db import Connection
from service.sites import store as site_store

ACTOR = "command line"
NAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,99}")
LANGUAGES = ("de", "en", "ru")
DEFAULT_LANGUAGE = "en"
SECRET_BYTES = 32  # nobody guesses 256 bits, so a fast hash without salt is enough
LINK_LIFETIME = timedelta(days=1)


class BadUser(errors.Invalid):
    """The account cannot be made like this."""


class UserExists(errors.Conflict):
    """There is an account of this name already."""


class UnknownUser(errors.NotFound):
    """There is no such account."""


@dataclass(frozen=True, slots=True)
class NewUser:
    id: int
    name: str
    link: str  # the secret part of a sign-in link: shown once


async def add(  # noqa: PLR0913  (what an account is)
    conn: Connection,
    *,
    name: str,
    roles: Collection[Role],
    sites: Sequence[str] = (),
    language: str = DEFAULT_LANGUAGE,
    lifetime: timedelta | None = None,
    link_lifetime: timedelta = LINK_LIFETIME,
) -> NewUser:
    """Make an account with ``roles`` on ``sites`` (none named: on all), and a link to sign in by.

    ``lifetime`` ends the roles, not the account.  Raises ``BadUser`` or ``UserExists``.
    """
    name = normal_name(name)
    if not roles or language not in LANGUAGES:
        raise BadUser(f"An account has a role, and a language: {', '.join(LANGUAGES)}.")
    now = clock.now()
    try:
        async with conn.transaction():
            user_id = await store.insert_user(conn, name, language, now)
            expires_at = now + lifetime if lifetime is not None else None
            site_ids = await _site_ids(conn, sites)
            for role in sorted(roles):
                for site_id in site_ids:
                    await store.insert_role(conn, user_id, site_id, role, now, expires_at)
            details = {
                "roles": sorted(roles),
                "sites": [site_id for site_id in site_ids if site_id is not None],
                "lifetime_seconds": lifetime.total_seconds() if lifetime is not None else None,
            }
            await _record(conn, "user.added", user_id, details)
            link = await _link(conn, user_id, link_lifetime)
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name == "user_names_are_unique":
            raise UserExists(f"There is an account {name} already: choose another.") from error
        raise
    return NewUser(user_id, name, link)


async def sign_in_link(conn: Connection, name: str, lifetime: timedelta = LINK_LIFETIME) -> NewUser:
    """A new link for the account; earlier ones that were not used open no more.

    Raises ``UnknownUser``.
    """
    async with conn.transaction():
        user = await _find(conn, name)
        await store.forget_links(conn, user.id)
        link = await _link(conn, user.id, lifetime)
        await _record(conn, "user.link_issued", user.id)
    return NewUser(user.id, user.name, link)


async def disable(conn: Connection, name: str) -> int:
    """Shut the account and end its sessions at once; its number.  Raises ``UnknownUser``."""
    async with conn.transaction():
        user = await _find(conn, name)
        await store.disable(conn, user.id, clock.now())
        await _record(conn, "user.disabled", user.id)
    return user.id


async def drop_second_factor(conn: Connection, name: str) -> None:
    """For who lost their telephone.  Raises ``UnknownUser``."""
    async with conn.transaction():
        user = await _find(conn, name)
        await store.set_second_factor(conn, user.id, None, None)
        await _record(conn, "user.second_factor_dropped", user.id)


def lookup(secret: str) -> bytes:
    """32 bytes by which a random secret can be found and from which it cannot be read."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def normal_name(name: str) -> str:
    """Raises ``BadUser``."""
    normal = name.strip().lower()
    if not NAME.fullmatch(normal):
        raise BadUser("The name of an account is a-z, 0-9 and . _ @ + -, at most 100 characters.")
    return normal


async def _link(conn: Connection, user_id: int, lifetime: timedelta) -> str:
    secret, now = random.token_urlsafe(SECRET_BYTES), clock.now()
    await store.insert_link(conn, lookup(secret), user_id, now, now + lifetime)
    return secret


async def _site_ids(conn: Connection, names: Sequence[str]) -> list[int | None]:
    found: list[int | None] = []
    for name in names:
        site = await site_store.find_site(conn, name)
        if site is None:
            raise BadUser(f"There is no site named {name}: see gatehouse site list.")
        found.append(site.id)
    return found or [None]


async def _find(conn: Connection, name: str) -> UserRow:
    user = await store.find_user(conn, name.strip().lower())
    if user is None or user.disabled_at is not None:
        raise UnknownUser(f"There is no account {name} in use: see gatehouse user list.")
    return user


async def _record(
    conn: Connection, action: str, user_id: int, details: Mapping[str, object] | None = None
) -> None:
    await audit.append(
        conn, audit.DEPLOYMENT, ActorKind.OPERATOR, ACTOR, action, f"user {user_id}", details
    )
