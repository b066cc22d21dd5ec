"""``gatehouse doctor``: what is in order, what is not, and what to do about it.

To add a check, write an async generator that yields ``Finding`` and enter it in ``CHECKS``.
"""

import asyncio
import http.client
import shutil
import tempfile
from argparse import Namespace
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, dataclass
from typing import TypeAlias

import migrations
from service import clock, db, errors, postgres, processes, secrets, store
from service.commands.running import Subparsers, quiet, say, say_json, table, with_json
from service.db import Connection
from service.postgres.place import NoPlace, make_folder
from service.settings import BadSetting, Settings

LEAST_FREE_BYTES = 500_000_000
MOST_SKEW_SECONDS = 5.0
PROBE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Finding:
    check: str
    ok: bool
    text: str  # how it is, or what is wrong and what to do


# What other packages have to say: raises ``OperatorError``, or returns how it is.
Examination: TypeAlias = Callable[[], str]


def add_commands(subparsers: Subparsers, examinations: dict[str, Examination]) -> None:
    doctor = subparsers.add_parser("doctor", help="say what is wrong here, and what to do")
    with_json(doctor)
    doctor.set_defaults(run=run_doctor, examinations=examinations)


def run_doctor(args: Namespace) -> int:
    """0 if all is well, 1 if something is not."""
    quiet()
    findings = asyncio.run(_examine(args.examinations))
    if args.json:
        say_json([asdict(finding) for finding in findings])
    else:
        rows = [("ok" if f.ok else "problem", f.check, f.text) for f in findings]
        say(table(rows))
    return 0 if all(finding.ok for finding in findings) else 1


async def _examine(examinations: dict[str, Examination]) -> list[Finding]:
    try:
        settings = Settings.from_env()
    except BadSetting as error:
        return [Finding("settings", ok=False, text=str(error))]
    findings = [Finding("settings", ok=True, text="every setting can be read")]
    findings += [_folder(settings), _disk(settings), _port(settings)]
    findings += await _database(settings)
    findings += [_examined(name, examine) for name, examine in examinations.items()]
    return findings


def _folder(settings: Settings) -> Finding:
    try:
        make_folder(settings.data_dir)
        with tempfile.TemporaryFile(dir=settings.data_dir):
            pass
    except (NoPlace, OSError) as error:
        why = str(error) if isinstance(error, NoPlace) else error.strerror
        text = f"{settings.data_dir} cannot be written to ({why}): see to its owner and its mode"
        return Finding("data folder", ok=False, text=text)
    return Finding("data folder", ok=True, text=f"{settings.data_dir} can be written to")


def _disk(settings: Settings) -> Finding:
    folder = settings.data_dir
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    text = f"{free / 1e9:.1f} GB free"
    if free < LEAST_FREE_BYTES:
        text += f", {LEAST_FREE_BYTES / 1e9} GB are needed: make room, or comments are refused"
    return Finding("disk", ok=free >= LEAST_FREE_BYTES, text=text)


def _port(settings: Settings) -> Finding:
    where = f"{settings.host} port {settings.port}"
    try:
        for sock in processes.bind(settings, patience_seconds=0):
            sock.close()
    except errors.OperatorError as error:
        if _is_ours(settings):
            return Finding("port", ok=True, text=f"Gatehouse answers on {where}")
        return Finding("port", ok=False, text=str(error))
    return Finding("port", ok=True, text=f"{where} is free")


def _is_ours(settings: Settings) -> bool:
    connection = http.client.HTTPConnection(settings.host, settings.port, timeout=PROBE_SECONDS)
    try:
        connection.request("GET", "/livez")
        return connection.getresponse().headers.get("Server") == "gatehouse"
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


async def _database(settings: Settings) -> list[Finding]:
    try:
        with postgres.using(settings) as dsn:
            async with db.connected(dsn) as conn:
                return [
                    finding
                    for check in (_server, _migrations, _secret, _clock)
                    async for finding in check(conn, settings)
                ]
    except errors.OperatorError as error:
        return [Finding("database", ok=False, text=str(error))]


async def _server(conn: Connection, settings: Settings) -> AsyncIterator[Finding]:
    db.require_version(conn)
    version = conn.get_server_version()
    kind = "an outside" if settings.database_url else "the embedded"
    yield Finding("database", ok=True, text=f"{kind} PostgreSQL {version.major}.{version.micro}")


async def _migrations(conn: Connection, _settings: Settings) -> AsyncIterator[Finding]:
    try:
        waiting = await migrations.pending(conn)
    except migrations.BadMigration as error:
        yield Finding("migrations", ok=False, text=str(error))
        return
    text = "the database is up to date"
    if waiting:
        text = f"{len(waiting)} are to be applied: run gatehouse migrate, or start the service"
    yield Finding("migrations", ok=not waiting, text=text)


async def _secret(conn: Connection, settings: Settings) -> AsyncIterator[Finding]:
    if "0001_sites.sql" in await migrations.pending(conn):
        return
    stored = await store.fingerprint(conn)
    path = settings.data_dir / secrets.FILE
    if not settings.secret_key and not path.exists():
        text = "there is none yet; the first start makes it"
        if stored is not None:
            text = f"the key of this database is missing: restore {path} from your back-up"
        yield Finding("master key", ok=stored is None, text=text)
        return
    ours = secrets.Secrets(settings.secret_key or secrets.read(path))
    fits = stored in {None, ours.fingerprint}
    text = "it fits the database" if fits else "it is another database's: restore the right one"
    yield Finding("master key", ok=fits, text=text)


async def _clock(conn: Connection, _settings: Settings) -> AsyncIterator[Finding]:
    skew = abs((await store.server_time(conn) - clock.now()).total_seconds())
    text = f"{skew:.1f} s between us and the database"
    if skew > MOST_SKEW_SECONDS:
        text += ": set both clocks by NTP"
    yield Finding("clock", ok=skew <= MOST_SKEW_SECONDS, text=text)


def _examined(name: str, examine: Examination) -> Finding:
    try:
        return Finding(name, ok=True, text=examine())
    except Exception as error:  # noqa: BLE001  (an operator asks what is wrong: anything may be)
        said = errors.sentence(error)
        return Finding(name, ok=False, text=said)
