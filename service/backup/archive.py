"""The file of a back-up: a tar of ``manifest.json`` and ``database.dump``.

The dump is streamed behind room that was left for the manifest, which needs its length and digest
and is written last; then the file gets its name.  So a file that has its name is whole.  Any tar
unpacks it, and pg_restore reads what comes out (pg_dump's custom format).  The manifest is
authenticated by the master key, because a dump is a program that runs in the database: only our own
are let in.
"""

import hashlib
import hmac
import os
import secrets as random
import tarfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import msgspec

from service import errors
from service.secrets import Secrets

FORMAT = 1
MANIFEST, DUMP = "manifest.json", "database.dump"
MANIFEST_BYTES = 65_536  # room for a thousand migrations
BLOCK_BYTES = tarfile.BLOCKSIZE
DUMP_OFFSET = BLOCK_BYTES + MANIFEST_BYTES + BLOCK_BYTES
CHUNK_BYTES = 1 << 20
PURPOSE = "backup manifest"


class DamagedBackup(errors.OperatorError):
    """The back-up is not whole."""


class NotWritten(errors.OperatorError):
    """The back-up cannot be written."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What must be known of a back-up before it is touched."""

    format: int = FORMAT
    gatehouse: str  # the version that made it
    schema: dict[str, str]  # each migration that was applied -> SHA-256 of its text
    postgres: int  # major version of the server
    pg_dump: int  # major version of the program, which its reader must not fall short of
    secret_fingerprint: str  # of the master key that opens what is sealed in it
    journal: str | None  # the erasure journal it goes with, and how far that reached
    journal_bytes: int = 0
    taken_at: str  # ISO 8601, UTC
    dump_bytes: int = 0
    dump_sha256: str = ""
    mac: str = ""  # of all the rest, by the master key

    def authenticated(self, secrets: Secrets) -> "Manifest":
        return msgspec.structs.replace(self, mac=self._mac(secrets))

    def is_authentic(self, secrets: Secrets) -> bool:
        return hmac.compare_digest(self.mac.encode(), self._mac(secrets).encode())

    def _mac(self, secrets: Secrets) -> str:
        content = msgspec.json.encode(msgspec.structs.replace(self, mac=""), order="sorted")
        return secrets.lookup(PURPOSE, content.decode()).hex()


def write(
    path: Path,
    dump: Iterable[bytes],
    manifest: Manifest,
    secrets: Secrets,
    tell: Callable[[int], object] = lambda _: None,
) -> None:
    """Write the back-up, durable and with mode 0600; ``tell`` hears the bytes of each chunk.

    Raises ``NotWritten``, or what ``dump`` raises; either way nothing is left behind.
    """
    try:
        with _unfinished(path) as file:
            file.seek(DUMP_OFFSET)
            digest, size = hashlib.sha256(), 0
            for chunk in dump:
                file.write(chunk)
                digest.update(chunk)
                size += len(chunk)
                tell(len(chunk))
            file.write(b"\0" * (-size % BLOCK_BYTES + 2 * BLOCK_BYTES))
            known = msgspec.structs.replace(
                manifest, dump_bytes=size, dump_sha256=digest.hexdigest()
            )
            _write_heads(file, known.authenticated(secrets))
    except OSError as error:
        raise NotWritten(
            f"The back-up cannot be written to {path} ({error.strerror}); nothing is left of it."
        ) from error


def _write_heads(file: IO[bytes], manifest: Manifest) -> None:
    text = msgspec.json.format(msgspec.json.encode(manifest), indent=2)
    file.seek(0)
    file.write(_tar_head(MANIFEST, MANIFEST_BYTES))
    file.write(text.ljust(MANIFEST_BYTES, b"\n"))
    file.write(_tar_head(DUMP, manifest.dump_bytes))


def _tar_head(name: str, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o600
    return info.tobuf(tarfile.GNU_FORMAT)  # its sizes are not bounded by 8 GiB


@contextmanager
def _unfinished(path: Path) -> Iterator[IO[bytes]]:
    """A file that gets the name ``path`` if the block ends well, and else is gone."""
    partial = path.with_name(f".{path.name}.{random.token_hex(4)}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_manifest(path: Path) -> Manifest:
    """Raises ``DamagedBackup``, whatever the bytes."""
    try:
        with path.open("rb") as file:
            head = file.read(DUMP_OFFSET)
    except OSError as error:
        raise DamagedBackup(f"{path} cannot be read ({error.strerror}).") from error
    try:
        infos = [
            tarfile.TarInfo.frombuf(head[at : at + BLOCK_BYTES], "utf-8", "strict")
            for at in (0, DUMP_OFFSET - BLOCK_BYTES)
        ]
        text = head[BLOCK_BYTES : BLOCK_BYTES + MANIFEST_BYTES]
        manifest = msgspec.json.decode(text, type=Manifest)
    except (tarfile.TarError, ValueError, RecursionError) as error:
        raise DamagedBackup(
            f"{path} is no back-up of Gatehouse, or its beginning is damaged."
        ) from error
    if [info.name for info in infos] != [MANIFEST, DUMP]:
        raise DamagedBackup(f"{path} is no back-up of Gatehouse, or its beginning is damaged.")
    if manifest.format != FORMAT:
        raise DamagedBackup(
            f"{path} is a back-up of format {manifest.format}, which this Gatehouse cannot read:"
            f" use the version that made it ({manifest.gatehouse}) or a later one."
        )
    return manifest


def check_dump(path: Path, manifest: Manifest) -> None:
    """Read the whole dump once.  Raises ``DamagedBackup`` if a bit of it differs."""
    digest, size = hashlib.sha256(), 0
    for chunk in dump_of(path, manifest):
        digest.update(chunk)
        size += len(chunk)
    if size != manifest.dump_bytes or digest.hexdigest() != manifest.dump_sha256:
        raise DamagedBackup(f"{path} is damaged: its digest is not that of its manifest.")


def dump_of(path: Path, manifest: Manifest) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(DUMP_OFFSET)
        left = manifest.dump_bytes
        while left and (chunk := file.read(min(CHUNK_BYTES, left))):
            left -= len(chunk)
            yield chunk
