"""What back-ups need of the package that knows about erasure, which the chassis may not import."""

from pathlib import Path
from typing import Protocol

from service.db import Connection
from service.settings import Settings


class Aftercare(Protocol):
    """Implemented by ``consent.aftercare``."""

    def reached(self, data_dir: Path) -> tuple[str, int] | None:
        """The erasure journal's name and length; None if there is none."""

    async def repeat_erasures(self, conn: Connection, settings: Settings) -> int:
        """Erase again what came back; the number of rows."""

    async def enforce_retention(self, conn: Connection, settings: Settings) -> int:
        """Delete and shorten what has outlived its time; the number of rows."""
