"""Restoring: everything is checked before anything is touched, and a failure changes nothing."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import migrations
from service import audit, clock, db, errors, postgres, secrets
from service import store as chassis
from service.audit import ActorKind
from service.backup import archive, programs, store
from service.backup.aftercare import Aftercare
from service.backup.archive import DamagedBackup, Manifest
from service.db import Connection
from service.postgres.place import made_by, settle
from service.secrets import Secrets
from service.settings import Settings
from service.sites.directory import SERVING_LOCK

ACTOR = "command line"
TRANSACTION_TIMEOUT_SINCE = 17  # pg_restore sets it from this version on, and older servers refuse


class RefusedBackup(errors.OperatorError):
    """This back-up cannot be restored here."""


class NotEmpty(errors.OperatorError):
    """The database is not empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    manifest: Manifest
    migrated: list[str]  # migrations that were applied afterwards
    erased: int  # rows that came back and had been erased
    outlived: int  # rows whose time was up
    aside: Path | None = None  # where the cluster is now that stood here before


def restore(
    settings: Settings,
    path: Path,
    aftercare: Aftercare,
    *,
    replace: bool = False,
    without_journal: bool = False,
) -> Restored:
    """Load a back-up into the empty database of ``settings``, and make it fit to be served from.

    With ``replace``, the embedded server's cluster is put aside first, and put back if anything
    fails.  Raises ``errors.OperatorError``.
    """
    manifest = archive.read_manifest(path)
    _require_fitting(path, manifest, settings)
    if not without_journal:
        _require_journal(manifest, settings, aftercare)
    archive.check_dump(path, manifest)
    with _target(settings, replace=replace) as (dsn, aside):
        return asyncio.run(_load(dsn, settings, path, manifest, aftercare, aside))


def _require_fitting(path: Path, manifest: Manifest, settings: Settings) -> None:
    ours = Secrets(existing_key(settings))
    if manifest.secret_fingerprint != ours.fingerprint.hex():
        raise RefusedBackup(
            "The back-up was made under another master key than the one here: restore the key that"
            " belongs to it, and change it afterwards if need be."
        )
    if not manifest.is_authentic(ours):
        raise DamagedBackup(f"{path} is damaged: its manifest is not what was written.")
    for name, digest in manifest.schema.items():
        if name not in migrations.FILES or (
            migrations.digest(migrations.FILES[name]).hex() != digest
        ):
            raise RefusedBackup(
                f"The back-up was made by a newer or another Gatehouse ({manifest.gatehouse}, with"
                f" the migration {name}): restore it with that version or a later one."
            )


def existing_key(settings: Settings) -> str:
    """The master key; unlike a start, this makes none.  Raises ``RefusedBackup``."""
    file = settings.data_dir / secrets.FILE
    if not settings.secret_key and not file.exists():
        raise RefusedBackup(
            f"The master key of this database is not here: put it into {file} (mode 0600) or into"
            " GATEHOUSE_SECRET_KEY first."
        )
    return settings.secret_key or secrets.read(file)


def _require_journal(manifest: Manifest, settings: Settings, aftercare: Aftercare) -> None:
    if manifest.journal is None:
        return
    here = aftercare.reached(settings.data_dir)
    if here is None or here[0] != manifest.journal or here[1] < manifest.journal_bytes:
        raise RefusedBackup(
            f"The erasure journal that goes with this back-up is not in {settings.data_dir}: copy"
            " it there, or say --without-journal if it is lost, and erase again what was erased"
            " since."
        )


@contextmanager
def _target(settings: Settings, *, replace: bool) -> Iterator[tuple[str, Path | None]]:
    """The DSN to load into, and where the cluster is that stood there before."""
    if settings.database_url:
        if replace:
            raise RefusedBackup(
                "An outside server is not replaced: make an empty database there, and name it in"
                " GATEHOUSE_DATABASE_URL."
            )
        yield settings.database_url, None
        return
    place = settle(settings.data_dir, settings.postgres_user, newest=True)
    server = postgres.embedded(settings, place)
    if not replace and made_by(place.cluster) not in {
        None,
        programs.version_of(place.binaries / "postgres"),
    }:
        raise NotEmpty(
            "The database here was made by another PostgreSQL: run gatehouse upgrade-database to"
            " keep it, or say --replace to put it aside."
        )
    aside = server.set_aside(f"cluster.before-{clock.now():%Y%m%dT%H%M%S}") if replace else None
    try:
        server.join()
        try:
            yield server.dsn, aside
        finally:
            server.leave()
    except BaseException:
        if aside is not None:
            server.put_back(aside)
        raise


async def _load(  # noqa: PLR0913, PLR0917  (all that is known by now)
    dsn: str,
    settings: Settings,
    path: Path,
    manifest: Manifest,
    aftercare: Aftercare,
    aside: Path | None,
) -> Restored:
    async with db.connected(dsn) as conn:
        db.require_version(conn)
        await _require_empty(conn, manifest)
        program = _program(conn.get_server_version().major, manifest)
        dump = archive.dump_of(path, manifest)
        await asyncio.to_thread(programs.restore, program, dsn, dump)
        migrated = await migrations.migrate(conn)
        await secrets.open_secrets(conn, settings)
        await store.compress_texts(conn)
        await store.count_rows(conn)
        erased = await aftercare.repeat_erasures(conn, settings)
        outlived = await aftercare.enforce_retention(conn, settings)
        details = {"taken_at": manifest.taken_at, "erased": erased, "outlived": outlived}
        await audit.append(
            conn,
            audit.DEPLOYMENT,
            ActorKind.OPERATOR,
            ACTOR,
            "backup.restored",
            "database",
            details,
        )
    return Restored(
        manifest=manifest, migrated=migrated, erased=erased, outlived=outlived, aside=aside
    )


def _program(server: int, manifest: Manifest) -> Path:
    major, program = programs.fitting("pg_restore", max(server, manifest.pg_dump))
    if server < TRANSACTION_TIMEOUT_SINCE <= major:
        raise RefusedBackup(
            f"The back-up can only be read by pg_restore of PostgreSQL {major} here, which does not"
            f" write into PostgreSQL {server}: install postgresql-client-{server} and take it anew,"
            f" or restore it into PostgreSQL {TRANSACTION_TIMEOUT_SINCE} or newer."
        )
    return program


async def _require_empty(conn: Connection, manifest: Manifest) -> None:
    """And keep it so: until ``conn`` ends, no service starts and nobody migrates."""
    major = conn.get_server_version().major
    if major < manifest.postgres:
        raise RefusedBackup(
            f"The back-up was made by PostgreSQL {manifest.postgres} and the database here is"
            f" {major}: restore it into PostgreSQL {manifest.postgres} or newer."
        )
    for lock in (SERVING_LOCK, migrations.LOCK):
        if not await chassis.try_lock(conn, lock):
            raise NotEmpty("Gatehouse uses this database just now: stop it, then restore.")
    if not await store.is_empty(conn):
        raise NotEmpty(
            "The database here is not empty: say --replace to put an embedded one aside, or name"
            " an empty one in GATEHOUSE_DATABASE_URL."
        )
