"""The newest checkpoint of each log, kept outside the database: in a file of the data folder.

Whatever was published is in the file first.  A database that comes back from a back-up is then
known to be behind, instead of signing a second history.
"""

import asyncio
import os
from pathlib import Path

from consent import checkpoints
from consent.checkpoints import Checkpoint
from service import errors

FOLDER = "ledger"


class UnreadableCheckpoint(errors.ServiceError):
    """The checkpoint that is kept outside the database cannot be read."""


async def known(data_dir: Path, site: str) -> Checkpoint | None:
    """The checkpoint that the outside knows.  Raises ``UnreadableCheckpoint``."""
    return await asyncio.to_thread(_read, data_dir / FOLDER / site)


async def keep(data_dir: Path, site: str, note: str) -> None:
    """Durable when it returns.  Raises ``OSError``."""
    await asyncio.to_thread(_write, data_dir / FOLDER / site, note)


def _read(path: Path) -> Checkpoint | None:
    try:
        return checkpoints.parsed(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise UnreadableCheckpoint from error


def _write(path: Path, note: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    with unfinished.open("w", encoding="utf-8") as file:
        file.write(note)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
    descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
