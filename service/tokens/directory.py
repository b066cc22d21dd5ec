"""Every process's own copy of the tokens.

It is as fresh as the directory of sites: a change of a token counts as one of the sites, and
whoever looks a token up after that reads them anew.
"""

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator

from aiohttp import web

from service import clock, db
from service.db import Pool
from service.secrets import SECRETS, Secrets
from service.sites import DIRECTORY, Directory
from service.tokens import store
from service.tokens.store import TokenRow
from service.tokens.values import Token

PREFIX = "gh_"
KEY_PURPOSE = "token key"
LONGEST = 100  # characters: anything longer is not worth hashing


def lookup(key: bytes, raw: str) -> bytes:
    """32 bytes by which a token can be found and from which it cannot be read."""
    return hmac.digest(key, raw.encode(), hashlib.sha256)


class TokenDirectory:
    """Tokens by what they are.  A look-up touches the database only after a change."""

    def __init__(self, secrets: Secrets, sites: Directory, pool: Pool) -> None:
        self._secrets = secrets
        self._sites = sites
        self._pool = pool
        self._key: bytes | None = None
        self._tokens: dict[bytes, Token] = {}
        self._used: set[tuple[int, int]] = set()  # (token, day): what is written down
        self._revision = 0  # of the sites, when the tokens were read
        self._reading = asyncio.Lock()

    async def token(self, raw: str) -> Token | None:
        """The token, in use or not; None if we never issued it.

        Raises ``DatabaseUnavailable`` where it cannot be known whether one was revoked.
        """
        if not raw.startswith(PREFIX) or len(raw) > LONGEST or not raw.isascii():
            return None
        async with self._reading:
            if self._revision != self._sites.revision:
                await self._read()
        return self._tokens.get(lookup(self._key, raw)) if self._key else None

    async def _read(self) -> None:
        # Taken before the tokens are read: what changes meanwhile is read again.
        revision = self._sites.revision
        async with db.connection(self._pool) as conn:
            sealed = await store.read_key(conn)
            rows = await store.tokens(conn)
        self._key = self._secrets.unseal(KEY_PURPOSE, sealed) if sealed else None
        self._tokens = {row.lookup: _token(row) for row in rows}
        self._revision = revision

    async def note_use(self, token: Token) -> None:
        """Write down the day of the use, once a day for each token and process."""
        today = clock.now().date()
        use = (token.id, today.toordinal())
        if use in self._used:
            return
        self._used.add(use)
        async with db.connection(self._pool) as conn:
            await store.note_use(conn, token.id, today)


TOKENS = web.AppKey("TOKENS", TokenDirectory)


async def tokens_context(app: web.Application) -> AsyncIterator[None]:
    """``cleanup_ctx`` hook: needs the pool and the directory of sites, and keeps nothing open."""
    app[TOKENS] = TokenDirectory(app[SECRETS], app[DIRECTORY], app[db.POOL])
    yield


def _token(row: TokenRow) -> Token:
    return Token(row.id, row.site_id, frozenset(row.scopes), row.expires_at, row.revoked_at)
