"""Signing keys of sites: Ed25519, sealed under the master key, rotated without being forgotten.

Who signs what with them is not known here; a key is found by site and name.
"""

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from service import clock, errors
from service.db import Connection
from service.secrets import BrokenSeal, Secrets
from service.signing import store
from service.signing.store import KeyRow

KEY_PURPOSE = "signing key"


class NoSigningKey(errors.Unavailable):
    """The signing key cannot be used right now."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    name: str
    public: bytes
    private: Ed25519PrivateKey


async def in_use(conn: Connection, secrets: Secrets, site_id: int, name: str) -> SigningKey:
    """The key that signs for ``name``, made if there is none.

    Raises ``NoSigningKey`` if it cannot be opened, or is not the one whose public half is known.
    """
    row = await _row(conn, site_id, name) or await _made(conn, secrets, site_id, name)
    try:
        private = Ed25519PrivateKey.from_private_bytes(secrets.unseal(KEY_PURPOSE, row.sealed))
    except (BrokenSeal, ValueError) as error:
        raise NoSigningKey from error
    if private.public_key().public_bytes_raw() != row.public:
        raise NoSigningKey
    return SigningKey(row.name, row.public, private)


async def rotate(conn: Connection, secrets: Secrets, site_id: int, name: str) -> SigningKey:
    """Retire the key in use and make a new one; the old one can still be verified with."""
    await store.retire(conn, site_id, name, clock.now())
    return await in_use(conn, secrets, site_id, name)


async def _row(conn: Connection, site_id: int, name: str) -> KeyRow | None:
    rows = [row for row in await store.keys(conn, site_id) if row.name == name]
    return next((row for row in rows if row.retired_at is None), None)


async def _made(conn: Connection, secrets: Secrets, site_id: int, name: str) -> KeyRow:
    private = Ed25519PrivateKey.generate()
    sealed = secrets.seal(KEY_PURPOSE, private.private_bytes_raw())
    public = private.public_key().public_bytes_raw()
    await store.insert_key(conn, site_id, name, public, sealed, clock.now())
    row = await _row(conn, site_id, name)  # of two that make one at once, the first one's counts
    if row is None:
        raise NoSigningKey
    return row


__all__ = ["KEY_PURPOSE", "KeyRow", "NoSigningKey", "SigningKey", "in_use", "rotate"]
