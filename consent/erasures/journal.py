"""The file ``erasures.journal``: lines that are only ever added, each durable when ``append`` ends.

A line is a check sum (CRC-32, eight hexadecimal digits) and words: first ``journal UUID``, which
names the file, then ``comment SITE UUID`` or ``site SITE ADDED``, the moment the site was added in
microseconds since 1970.  To journal another kind of erasure, add a class with ``words``, and a line
to ``_READERS`` and to ``reapplying``.
"""

import asyncio
import fcntl
import os
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeAlias
from uuid import UUID, uuid4

FILE = "erasures.journal"
TAIL_BYTES = 4096  # far more than the longest line
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ErasedComment:
    """A comment and the checks that repeat it."""

    site_id: int
    comment_id: UUID

    @property
    def words(self) -> str:
        return f"comment {self.site_id} {self.comment_id}"


@dataclass(frozen=True, slots=True)
class ErasedSite:
    """Everything of a site.  ``added_at`` tells it from a later one that got the same number."""

    site_id: int
    added_at: datetime

    @property
    def words(self) -> str:
        return f"site {self.site_id} {(self.added_at - EPOCH) // timedelta(microseconds=1)}"


Entry: TypeAlias = ErasedComment | ErasedSite


@dataclass(frozen=True, slots=True)
class Mark:
    """Which journal, and how many bytes of it are complete lines."""

    journal: UUID
    end: int


async def record(folder: Path, *erased: Entry) -> None:
    """``append`` without keeping the event loop waiting for the disk."""
    await asyncio.to_thread(append, folder, erased)


def append(folder: Path, erased: Sequence[Entry]) -> None:
    """Add entries; on return they are on disk.

    Raises ``OSError``, having added nothing: the erasure must not be acknowledged then.
    """
    with _locked(folder / FILE) as descriptor:
        end = _complete_bytes(descriptor)
        # What follows the last line end was being written when a process died: never acknowledged.
        os.ftruncate(descriptor, end)
        lines = [] if end else [f"journal {uuid4()}"]
        lines += [entry.words for entry in erased]
        try:
            _write(descriptor, b"".join(map(_line, lines)))
            os.fsync(descriptor)
        except OSError:
            os.ftruncate(descriptor, end)
            raise
    if not end:
        _sync_folder(folder)


def mark(folder: Path) -> Mark | None:
    """How far the journal reaches now; None if nothing was ever erased, or it is lost."""
    try:
        with (folder / FILE).open("rb") as file:
            end = _complete_bytes(file.fileno())
            first = _parsed(file.readline())
    except FileNotFoundError:
        return None
    return Mark(first, end) if isinstance(first, UUID) else None


def entries(folder: Path, start: int, end: int) -> Iterator[Entry | None]:
    """The entries between two positions of ``mark``; None for a line that cannot be read."""
    with (folder / FILE).open("rb") as file:
        file.seek(start)
        while file.tell() < end and (line := file.readline()):
            found = _parsed(line)
            if not isinstance(found, UUID):
                yield found


def _line(words: str) -> bytes:
    return f"{zlib.crc32(words.encode()):08x} {words}\n".encode()


def _parsed(line: bytes) -> Entry | UUID | None:
    try:
        text = line.decode("ascii").removesuffix("\n")
        check, _, words = text.partition(" ")
        kind, *values = words.split(" ")
        if check != f"{zlib.crc32(words.encode()):08x}":
            return None
        return _READERS[kind](*values)
    except (ValueError, KeyError, TypeError, OverflowError):
        return None


_READERS: dict[str, Callable[..., Entry | UUID]] = {
    "journal": UUID,
    "comment": lambda site, comment: ErasedComment(int(site), UUID(comment)),
    "site": lambda site, added: ErasedSite(int(site), EPOCH + timedelta(microseconds=int(added))),
}


@contextmanager
def _locked(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def _complete_bytes(descriptor: int) -> int:
    size = os.fstat(descriptor).st_size
    start = max(size - TAIL_BYTES, 0)
    return start + os.pread(descriptor, size - start, start).rfind(b"\n") + 1


def _write(descriptor: int, content: bytes) -> None:
    while content:
        content = content[os.write(descriptor, content) :]


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
