"""Carrying the embedded database over to the PostgreSQL that comes with this Gatehouse.

A cluster is only ever opened by the major version that made it.  So its old binaries run it once
more, it is dumped by the new pg_dump, put aside, and restored into a new cluster.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from service import clock, errors, postgres
from service.backup import programs, restoring, taking
from service.backup.aftercare import Aftercare
from service.backup.restoring import Restored
from service.postgres.place import Place, installations, made_by, run_as, settle
from service.settings import Settings


class NoUpgrade(errors.OperatorError):
    """The database cannot be upgraded here."""


@dataclass(frozen=True, slots=True)
class Upgraded:
    before: int  # major versions
    after: int
    restored: Restored


def upgrade(
    settings: Settings,
    aftercare: Aftercare,
    old_binaries: Path | None = None,
    tell: Callable[[int], object] = lambda _: None,
) -> Upgraded | None:
    """Dump by the old server, restore into the new one; None if there is nothing to upgrade.

    The old cluster stays, aside.  A failure leaves everything as it was.  Raises
    ``errors.OperatorError``.
    """
    if settings.database_url:
        raise NoUpgrade("An outside server is upgraded by its own tools.")
    place = settle(settings.data_dir, settings.postgres_user, newest=True)
    before, after = made_by(place.cluster), max(installations())
    if before is None or before == after:
        return None
    old = _old_place(settings, place, before, old_binaries)
    target = settings.data_dir / f"before-upgrade-{clock.now():%Y%m%dT%H%M%S}.tar"
    server = postgres.embedded(settings, old)
    server.join()
    try:
        asyncio.run(taking.take(server.dsn, settings, target, aftercare, tell))
    finally:
        server.leave()
    try:
        restored = restoring.restore(settings, target, aftercare, replace=True)
    finally:
        target.unlink()
    return Upgraded(before, after, restored)


def _old_place(settings: Settings, place: Place, major: int, given: Path | None) -> Place:
    """``place`` with binaries of ``major`` that its owner can run.  Raises ``NoUpgrade``."""
    if given is None and major in installations():
        return settle(settings.data_dir, settings.postgres_user)
    folder = given or programs.SYSTEM / str(major) / "bin"
    if programs.version_of(folder / "postgres") == major:
        said = run_as(place.owner, [folder / "postgres", "--version"])
        if said.returncode == 0:
            return replace(place, binaries=folder)
    raise NoUpgrade(
        f"The database was made by PostgreSQL {major}, and its programs are needed once more:"
        f" install them (Debian: postgresql-{major}) or name their folder by --old-binaries; or"
        " restore a back-up that was made before the upgrade (gatehouse restore FILE --replace)."
    )
