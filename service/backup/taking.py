"""Taking a back-up: of one moment, while the service goes on."""

import asyncio
import importlib.metadata
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from migrations import store as migration_store
from service import clock, db, errors
from service.backup import archive, programs, store
from service.backup.aftercare import Aftercare
from service.backup.archive import Manifest
from service.backup.restoring import existing_key
from service.db import Connection
from service.secrets import Secrets, open_secrets
from service.settings import Settings


class NothingThere(errors.OperatorError):
    """There is nothing to back up: this database was never used."""


class AlreadyThere(errors.OperatorError):
    """There is a file of this name already: choose another, no back-up is overwritten."""

    exit_code = errors.USAGE


async def take(
    dsn: str,
    settings: Settings,
    target: Path,
    aftercare: Aftercare,
    tell: Callable[[int], object] = lambda _: None,
) -> Manifest:
    """Write the back-up ``target``; the schema stays as it is, old or new.

    ``tell`` hears how many bytes were written, again and again.  Raises ``errors.OperatorError``.
    """
    if await asyncio.to_thread(target.exists):
        raise AlreadyThere
    async with db.connected(dsn) as conn:
        db.require_version(conn)
        if not await migration_store.applied(conn):
            raise NothingThere
        existing_key(settings)
        secrets = await open_secrets(conn, settings)
        # Read before the snapshot is taken: what is journaled in between is applied twice.
        reached = await asyncio.to_thread(aftercare.reached, settings.data_dir)
        # One snapshot for the manifest and for the dump.
        async with conn.transaction(isolation="repeatable_read", readonly=True):
            snapshot = await store.export_snapshot(conn)
            manifest, program = await _describe(conn, secrets, reached)
            await asyncio.to_thread(_write, target, dsn, snapshot, program, manifest, secrets, tell)
    return archive.read_manifest(target)


async def _describe(
    conn: Connection, secrets: Secrets, reached: tuple[str, int] | None
) -> tuple[Manifest, Path]:
    server = conn.get_server_version().major
    major, program = programs.fitting("pg_dump", server)
    applied = await migration_store.applied(conn)
    manifest = Manifest(
        gatehouse=importlib.metadata.version("gatehouse"),
        schema={name: digest.hex() for name, digest in sorted(applied.items())},
        postgres=server,
        pg_dump=major,
        secret_fingerprint=secrets.fingerprint.hex(),
        journal=reached[0] if reached else None,
        journal_bytes=reached[1] if reached else 0,
        taken_at=clock.now().isoformat(timespec="seconds"),
    )
    return manifest, program


def _write(  # noqa: PLR0913, PLR0917  (all that is known by now)
    target: Path,
    dsn: str,
    snapshot: str,
    program: Path,
    manifest: Manifest,
    secrets: Secrets,
    tell: Callable[[int], object],
) -> None:
    with closing(programs.dump(program, dsn, snapshot)) as dump:
        archive.write(target, dump, manifest, secrets, tell)
