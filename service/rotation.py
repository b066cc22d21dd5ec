"""Changing the master key: everything sealed is opened with the old key and sealed with the new.

The order makes every crash harmless.  The new key is written beside the old one first; then one
transaction seals everything anew and exchanges the fingerprint; then the new file takes the old
one's place.  A crash before the commit leaves the old key in force, a crash after it leaves a
fingerprint that fits the file ``secret.key.new``, which the next start puts in place
(``secrets.open_secrets``).
"""

import secrets as random
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from service import audit, errors, secrets, store
from service.accounts import second_factor
from service.accounts import store as account_store
from service.audit import ActorKind
from service.db import Connection
from service.endpoints import store as endpoint_store
from service.model_key import PURPOSE as MODEL_KEY_PURPOSE
from service.model_key import store as model_key_store
from service.outbox import ENDPOINT_PURPOSE
from service.secrets import FILE, NEW_FILE, Secrets
from service.settings import Settings
from service.signing import KEY_PURPOSE as SIGNING_KEY_PURPOSE
from service.signing import store as signing_store
from service.sites import store as site_store
from service.sites.directory import KEY_PURPOSE, PEPPER_PURPOSE, SERVING_LOCK
from service.tokens import store as token_store
from service.tokens.directory import KEY_PURPOSE as TOKEN_KEY_PURPOSE
from service.webhooks import store as webhook_store
from service.webhooks.values import WEBHOOK_PURPOSE


class StillServing(errors.OperatorError):
    """The master key cannot be changed while a service runs."""


class NoNewKey(errors.OperatorError):
    """There is no new master key to change to."""

    exit_code = errors.USAGE


async def rotate(
    conn: Connection, settings: Settings, old: Secrets, new_key_file: Path | None = None
) -> int:
    """Seal everything with a new key; how many secrets that were.

    Raises ``StillServing``, or ``NoNewKey`` where the key comes from the environment and
    ``new_key_file`` does not hold the next one.
    """
    if settings.secret_key and new_key_file is None:
        raise NoNewKey(
            "The master key comes from GATEHOUSE_SECRET_KEY, which we cannot change: write a new"
            " key into a file, name it by --new-key-file, and set the variable afterwards."
        )
    if not await store.try_lock(conn, SERVING_LOCK):
        raise StillServing(
            "Other processes of Gatehouse use this database: stop them, then change the key."
        )
    key = secrets.read(new_key_file) if new_key_file else random.token_hex(32)
    folder = settings.data_dir
    if not settings.secret_key:
        secrets.write(folder / NEW_FILE, key)
    async with conn.transaction():
        count = await _seal_anew(conn, old, Secrets(key))
    # If we were to crash here, the next start would do this.
    if not settings.secret_key:
        (folder / NEW_FILE).replace(folder / FILE)
    return count


class _Shelf(NamedTuple):
    """Rows of which the last column is sealed; what stands before it is their key."""

    purpose: str
    read: Callable[[Connection], Awaitable[Sequence[tuple[Any, ...]]]]
    write: Callable[[Connection, list[tuple[Any, ...]]], Awaitable[None]]


class _Single(NamedTuple):
    """One sealed key, once there is one."""

    purpose: str
    read: Callable[[Connection], Awaitable[bytes | None]]
    write: Callable[[Connection, bytes], Awaitable[None]]


async def _peppers(conn: Connection) -> list[tuple[int, bytes]]:
    return [(row.id, row.pepper_sealed) for row in await site_store.sites(conn)]


# A column that is sealed is named here, or the next change of the key makes it unreadable; a test
# compares.
_SHELVES = (
    _Shelf(PEPPER_PURPOSE, _peppers, site_store.reseal_sites),
    _Shelf(ENDPOINT_PURPOSE, endpoint_store.sealed_endpoints, endpoint_store.reseal_endpoints),
    _Shelf(ENDPOINT_PURPOSE, endpoint_store.sealed_expiring, endpoint_store.reseal_expiring),
    _Shelf(WEBHOOK_PURPOSE, webhook_store.sealed_webhooks, webhook_store.reseal_webhooks),
    _Shelf(
        second_factor.PURPOSE,
        account_store.sealed_second_factors,
        account_store.reseal_second_factors,
    ),
    _Shelf(SIGNING_KEY_PURPOSE, signing_store.sealed_keys, signing_store.reseal_keys),
)
_SINGLES = (
    _Single(TOKEN_KEY_PURPOSE, token_store.read_key, token_store.reseal_key),
    _Single(MODEL_KEY_PURPOSE, model_key_store.read_key, model_key_store.reseal_key),
)


async def _seal_anew(conn: Connection, old: Secrets, new: Secrets) -> int:
    count = await _seal_site_keys(conn, old, new)
    for shelf in _SHELVES:
        rows = [
            (*key, new.seal(shelf.purpose, old.unseal(shelf.purpose, sealed)))
            for *key, sealed in await shelf.read(conn)
        ]
        await shelf.write(conn, rows)
        count += len(rows)
    for single in _SINGLES:
        sealed = await single.read(conn)
        if sealed is not None:
            opened = old.unseal(single.purpose, sealed)
            await single.write(conn, new.seal(single.purpose, opened))
            count += 1
    await store.replace_fingerprint(conn, new.fingerprint)
    await audit.append(
        conn,
        audit.DEPLOYMENT,
        ActorKind.OPERATOR,
        "command line",
        "secret.rotated",
        "master key",
        {"sealed": count},
    )
    return count


async def _seal_site_keys(conn: Connection, old: Secrets, new: Secrets) -> int:
    """Keys of sites are also found by a keyed hash."""
    keys = []
    for row in await site_store.keys(conn):
        raw = old.unseal(KEY_PURPOSE, row.sealed)
        lookup = new.lookup(KEY_PURPOSE, raw.decode())
        keys.append((row.site_id, row.id, lookup, new.seal(KEY_PURPOSE, raw)))
    await site_store.reseal_keys(conn, keys)
    return len(keys)
