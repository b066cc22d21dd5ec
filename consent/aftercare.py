"""What a database needs before it is served from: erasures repeated, retention enforced."""

from pathlib import Path

from consent import erasures, retention
from consent.erasures import reapplying
from service import clock
from service.db import Connection
from service.settings import Settings


class Aftercare:
    """Implements ``service.backup.aftercare.Aftercare``."""

    def reached(self, data_dir: Path) -> tuple[str, int] | None:
        mark = erasures.mark(data_dir)
        return (str(mark.journal), mark.end) if mark else None

    async def repeat_erasures(self, conn: Connection, settings: Settings) -> int:
        return (await reapplying.reapply(conn, settings.data_dir)).rows

    async def enforce_retention(self, conn: Connection, settings: Settings) -> int:
        return await retention.enforce(conn, clock.now(), retention.periods(settings))
