"""One master key, and from it a key of its own for every purpose.

``GATEHOUSE_SECRET_KEY`` or the file ``secret.key`` in the data folder is the master key.  What must
be found again without being readable is kept as HMAC, what must be sent again is sealed.  The
fingerprint of the master key stands in the database, so that a wrong key is noticed at the start
and not when the first seal does not open.
"""

import hashlib
import hmac
import os
import secrets
from functools import cache
from pathlib import Path

from aiohttp import web
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from service import errors, store
from service.db import Connection
from service.settings import Settings

FILE = "secret.key"
NEW_FILE = "secret.key.new"  # exists only while a rotation is under way, or after one that crashed
FINGERPRINT_BYTES = 16
NONCE_BYTES = 12
FORMAT = b"\x01"  # AES-256-GCM, 12-byte nonce in front, purpose as associated data


class WrongSecretKey(errors.OperatorError):
    """The master key does not fit the database."""


class BrokenSeal(errors.ServiceError):
    """What was sealed cannot be opened with our key."""


class Secrets:
    """Everything that is derived from one master key.  Never logged, never shown."""

    def __init__(self, master_key: str) -> None:
        self._master = master_key.encode()
        self.subkey = cache(self._derive)
        self._cipher = cache(lambda purpose: AESGCM(self.subkey(f"seal {purpose}")))
        self.fingerprint = self.subkey("fingerprint")[:FINGERPRINT_BYTES]

    def _derive(self, purpose: str) -> bytes:
        return HKDF(SHA256(), 32, salt=b"gatehouse", info=purpose.encode()).derive(self._master)

    def lookup(self, purpose: str, value: str) -> bytes:
        """32 bytes by which ``value`` can be found and from which it cannot be read."""
        return hmac.digest(self.subkey(f"lookup {purpose}"), value.encode(), hashlib.sha256)

    def seal(self, purpose: str, content: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return FORMAT + nonce + self._cipher(purpose).encrypt(nonce, content, purpose.encode())

    def unseal(self, purpose: str, sealed: bytes) -> bytes:
        """Raises ``BrokenSeal`` for another key, another purpose, or changed bytes."""
        nonce, content = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
        try:
            if sealed[:1] != FORMAT:
                raise BrokenSeal
            return self._cipher(purpose).decrypt(nonce, content, purpose.encode())
        except (InvalidTag, ValueError) as error:
            raise BrokenSeal from error

    def __repr__(self) -> str:
        return f"Secrets({self.fingerprint.hex()[:8]}...)"


SECRETS = web.AppKey("SECRETS", Secrets)


async def open_secrets(conn: Connection, settings: Settings) -> Secrets:
    """The secrets that fit this database; a new database takes the key it meets.

    Ends a rotation that crashed between the database and the file.  Raises ``WrongSecretKey``.
    """
    ours = Secrets(settings.secret_key or read_or_make(settings.data_dir / FILE))
    stored = await store.adopt_fingerprint(conn, ours.fingerprint)
    if stored == ours.fingerprint:
        return ours
    if not settings.secret_key:
        waiting = settings.data_dir / NEW_FILE
        if waiting.exists() and Secrets(read(waiting)).fingerprint == stored:
            waiting.replace(settings.data_dir / FILE)
            return Secrets(read(settings.data_dir / FILE))
    raise WrongSecretKey(_mismatch(settings))


def read_or_make(path: Path) -> str:
    """The key in ``path``, made with mode 0600 if missing.  Several processes get the same one."""
    if not path.exists():
        unfinished = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        write(unfinished, secrets.token_hex(32))
        try:
            os.link(unfinished, path)  # unlike a rename, it never replaces what another one made
        except FileExistsError:
            pass
        finally:
            unfinished.unlink()
        _sync_folder(path.parent)
    return read(path)


def read(path: Path) -> str:
    """Raises ``WrongSecretKey`` if there is no key in it."""
    try:
        key = path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise WrongSecretKey(
            f"The master key in {path} cannot be read ({type(error).__name__}):"
            " restore it from your back-up, or give us the right to read it."
        ) from error
    if len(key) < 32:  # noqa: PLR2004  (as GATEHOUSE_SECRET_KEY)
        raise WrongSecretKey(
            f"The master key in {path} is too short: restore it from your back-up."
        )
    return key


def write(path: Path, key: str) -> None:
    """Durable, and readable by nobody else from the first moment."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"{key}\n")
        file.flush()
        os.fsync(file.fileno())
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _mismatch(settings: Settings) -> str:
    where = (
        "GATEHOUSE_SECRET_KEY" if settings.secret_key else f"the key in {settings.data_dir / FILE}"
    )
    return (
        f"This database was sealed with another master key than {where}:"
        " restore the key that belongs to it; without it, site keys cannot be read."
    )
