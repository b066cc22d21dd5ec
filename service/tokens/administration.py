"""What an operator does to tokens.  Every change leaves an entry in the audit trail."""

import secrets as random
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta

from service import audit, clock, errors
from service.audit import ActorKind
from service.db import Connection
from service.secrets import Secrets
from service.sites import store as site_store
from service.tokens import store
from service.tokens.directory import KEY_PURPOSE, PREFIX, lookup
from service.tokens.values import Scope

ACTOR = "command line"
KEY_BYTES = 32
TOKEN_BYTES = 32  # nobody guesses 256 bits, so a token needs no salt and no slow hash
LONGEST_NAME = 100


class BadToken(errors.Invalid):
    """The token cannot be issued like this."""


class UnknownToken(errors.NotFound):
    """There is no such token in use."""


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token that was just issued; ``value`` is shown once."""

    id: int
    value: str


async def add(  # noqa: PLR0913  (what a token is)
    conn: Connection,
    secrets: Secrets,
    *,
    name: str,
    scopes: Collection[Scope],
    site: str | None,
    lifetime: timedelta | None = None,
) -> NewToken:
    """Issue a token for the site of that name, or for all of them.  Raises ``BadToken``."""
    if not 1 <= len(name.strip()) <= LONGEST_NAME:
        raise BadToken(f"The name of a token has 1 to {LONGEST_NAME} characters.")
    if not scopes:
        raise BadToken("A token needs at least one scope.")
    value = PREFIX + random.token_urlsafe(TOKEN_BYTES)
    now = clock.now()
    async with conn.transaction():
        site_id = await _site_id(conn, site)
        token_id = await store.insert_token(
            conn,
            site_id,
            name.strip(),
            lookup(await _key(conn, secrets), value),
            sorted(scopes),
            now,
            now + lifetime if lifetime is not None else None,
        )
        details = {
            "scopes": sorted(scopes),
            "lifetime_seconds": lifetime.total_seconds() if lifetime is not None else None,
        }
        await _record(conn, site_id, "token.added", token_id, details)
    return NewToken(token_id, value)


async def revoke(conn: Connection, token_id: int) -> None:
    """Refuse the token from now on, in every process within a second.  Raises ``UnknownToken``."""
    async with conn.transaction():
        site_id = await store.revoke_token(conn, token_id, clock.now())
        if site_id is None:
            raise UnknownToken(f"There is no token {token_id} in use: see gatehouse token list.")
        await _record(conn, site_id, "token.revoked", token_id)


async def _site_id(conn: Connection, name: str | None) -> int | None:
    if name is None:
        return None
    site = await site_store.find_site(conn, name)
    if site is None:
        raise BadToken(f"There is no site named {name}: see gatehouse site list.")
    return site.id


async def _key(conn: Connection, secrets: Secrets) -> bytes:
    """The key of the tokens' hashes, made with the first token."""
    await store.insert_key(conn, secrets.seal(KEY_PURPOSE, random.token_bytes(KEY_BYTES)))
    sealed = await store.read_key(conn)
    assert sealed is not None  # noqa: S101  (whoever made it, it stands there now)
    return secrets.unseal(KEY_PURPOSE, sealed)


async def _record(
    conn: Connection,
    site_id: int | None,
    action: str,
    token_id: int,
    details: Mapping[str, object] | None = None,
) -> None:
    await audit.append(
        conn,
        site_id or audit.DEPLOYMENT,
        ActorKind.OPERATOR,
        ACTOR,
        action,
        str(token_id),
        details,
    )
