"""Changing the master key: everything sealed is opened with the old key and sealed with the new.

The order makes every crash harmless.  The new key is written beside the old one first; then one
transaction seals everything anew and exchanges the fingerprint; then the new file takes the old
one's place.  A crash before the commit leaves the old key in force, a crash after it leaves a
fingerprint that fits the file ``secret.key.new``, which the next start puts in place
(``secrets.open_secrets``).
"""

import secrets as random
from pathlib import Path

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


async def _seal_anew(conn: Connection, old: Secrets, new: Secrets) -> int:
    def again(purpose: str, sealed: bytes) -> bytes:
        return new.seal(purpose, old.unseal(purpose, sealed))

    sites = [
        (row.id, again(PEPPER_PURPOSE, row.pepper_sealed)) for row in await site_store.sites(conn)
    ]
    await site_store.reseal_sites(conn, sites)
    keys = []
    for row in await site_store.keys(conn):
        raw = old.unseal(KEY_PURPOSE, row.sealed)
        lookup = new.lookup(KEY_PURPOSE, raw.decode())
        keys.append((row.site_id, row.id, lookup, new.seal(KEY_PURPOSE, raw)))
    await site_store.reseal_keys(conn, keys)
    endpoints = [
        (site_id, endpoint_id, again(ENDPOINT_PURPOSE, sealed))
        for site_id, endpoint_id, sealed in await endpoint_store.sealed_endpoints(conn)
    ]
    await endpoint_store.reseal_endpoints(conn, endpoints)
    expiring = [
        (site_id, secret_id, again(ENDPOINT_PURPOSE, sealed))
        for site_id, secret_id, sealed in await endpoint_store.sealed_expiring(conn)
    ]
    await endpoint_store.reseal_expiring(conn, expiring)
    token_key = await token_store.read_key(conn)
    if token_key is not None:
        await token_store.reseal_key(conn, again(TOKEN_KEY_PURPOSE, token_key))
    model_key = await model_key_store.read_key(conn)
    if model_key is not None:
        await model_key_store.reseal_key(conn, again(MODEL_KEY_PURPOSE, model_key))
    webhooks = [
        (site_id, webhook_id, again(WEBHOOK_PURPOSE, sealed))
        for site_id, webhook_id, sealed in await webhook_store.sealed_webhooks(conn)
    ]
    await webhook_store.reseal_webhooks(conn, webhooks)
    seeds = [
        (user_id, again(second_factor.PURPOSE, sealed))
        for user_id, sealed in await account_store.sealed_second_factors(conn)
    ]
    await account_store.reseal_second_factors(conn, seeds)
    signing = [
        (site_id, key_id, again(SIGNING_KEY_PURPOSE, sealed))
        for site_id, key_id, sealed in await signing_store.sealed_keys(conn)
    ]
    await signing_store.reseal_keys(conn, signing)
    await store.replace_fingerprint(conn, new.fingerprint)
    count = len(sites) + len(keys) + len(endpoints) + (token_key is not None)
    count += len(webhooks) + len(seeds) + len(signing) + len(expiring) + (model_key is not None)
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
