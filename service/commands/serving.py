"""``gatehouse serve``, ``worker`` and ``migrate``."""

import asyncio
import os
import signal
import sys
from argparse import Namespace
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TypeAlias

import structlog

from migrations import migrate
from service import db, logs, postgres, processes, schedule, serving, start
from service.backup.aftercare import Aftercare
from service.commands.backup import MakeAftercare
from service.commands.running import Subparsers, quiet, say, with_json
from service.commands.running import say_json as say_in_json
from service.commands.users import link_address
from service.db import Connection
from service.mail import sending as mail_sending  # noqa: F401  (its job is found by being imported)
from service.outbox import Prepare
from service.outbox.sending import sending
from service.postgres import Server
from service.secrets import Secrets
from service.settings import PREFIX, RULES, Settings
from service.start import Demonstration

log = structlog.get_logger()

CHILD = "serve-process"


# Asked only by the worker: what it knows takes a second to import.
MakePrepare: TypeAlias = Callable[[], Prepare]
# What the demonstration site shows; asked only where there is one.
Furnish: TypeAlias = Callable[[Connection, Secrets, Settings], Awaitable[None]]


def add_commands(
    subparsers: Subparsers, aftercare: MakeAftercare, prepare: MakePrepare, furnish: Furnish
) -> None:
    serve = subparsers.add_parser("serve", help="answer requests until told to stop")
    for option, kind in (("host", str), ("port", int), ("processes", int)):
        doc = RULES[f"{PREFIX}{option.upper()}"].doc
        serve.add_argument(f"--{option}", type=kind, help=f"{doc} ({PREFIX}{option.upper()})")
    serve.set_defaults(run=partial(run_serve, aftercare, furnish))

    worker = subparsers.add_parser("worker", help="run the recurring jobs and send deliveries")
    worker.set_defaults(run=partial(run_worker, aftercare, prepare))

    update = subparsers.add_parser("migrate", help="bring the database up to date")
    with_json(update)
    update.set_defaults(run=run_migrate)


def run_serve(aftercare: MakeAftercare, furnish: Furnish, args: Namespace) -> int:
    settings = Settings.from_env({**os.environ, **_options(args)})
    logs.configure(settings.log_level)
    # Until the supervisor takes over, an ending must still stop the database.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    listeners = processes.bind(settings)
    with _database(settings) as (dsn, server):
        demo, link = asyncio.run(_prepare(settings, dsn, aftercare(), furnish))
        command = [sys.executable, "-m", "service", CHILD]
        supervisor = processes.Supervisor(settings, listeners, command)
        with processes.watching(server):
            supervisor.run(lambda: _announce(settings, demo, link))
    return 0


def run_worker(aftercare: MakeAftercare, prepare: MakePrepare, _args: Namespace) -> int:
    settings = Settings.from_env()
    logs.configure(settings.log_level)
    with _database(settings) as (dsn, server), processes.watching(server):
        asyncio.run(_work(settings, dsn, aftercare(), prepare()))
    return 0


def run_migrate(args: Namespace) -> int:
    quiet()
    with postgres.using(Settings.from_env()) as dsn:
        applied = asyncio.run(_migrate(dsn))
    if args.json:
        say_in_json(applied)
    else:
        say("\n".join(applied) or "The database is up to date.")
    return 0


@contextmanager
def _database(settings: Settings) -> Iterator[tuple[str, Server | None]]:
    if settings.database_url:
        yield settings.database_url, None
        return
    server = postgres.embedded(settings)
    server.join()
    try:
        yield server.dsn, server
    finally:
        server.leave()


def _options(args: Namespace) -> dict[str, str]:
    given = {name: getattr(args, name) for name in ("host", "port", "processes")}
    return {PREFIX + name.upper(): str(value) for name, value in given.items() if value is not None}


async def _migrate(dsn: str) -> list[str]:
    async with db.connected(dsn) as conn:
        db.require_version(conn)
        return await migrate(conn)


async def _prepare(
    settings: Settings, dsn: str, aftercare: Aftercare, furnish: Furnish
) -> tuple[Demonstration | None, str | None]:
    async with db.connected(dsn) as conn:
        secrets = await start.prepare(conn, settings)
        # This database may have come back from a back-up, by whatever means.
        await aftercare.repeat_erasures(conn, settings)
        demo = await start.demonstration(conn, secrets)
        if demo is not None:
            await furnish(conn, secrets, settings)
        return demo, await start.first_link(conn)


def _announce(settings: Settings, demo: Demonstration | None, link: str | None) -> None:
    lines = [f"Gatehouse listens on {settings.public_url}"]
    if demo is not None:
        lines.append(f"Demonstration site {demo.name} ({demo.url}): key {demo.key}")
        lines.append(f"Demonstration blog: {settings.public_url}/demo")
    if link is not None:
        lines.append(f"Sign in, once, by {link_address(settings, link)}")
    sys.stderr.write("".join(f"{line}\n" for line in lines))
    sys.stderr.flush()


async def _work(settings: Settings, dsn: str, aftercare: Aftercare, prepare: Prepare) -> None:
    async with db.connected(dsn) as conn:
        secrets = await start.prepare(conn, settings)
        await aftercare.repeat_erasures(conn, settings)
    ending = asyncio.Event()
    serving.watch_for_the_end(ending)
    async with (
        db.create_pool(dsn, settings.pool_size) as pool,
        sending(pool, secrets, prepare),
    ):
        working = asyncio.create_task(schedule.work(pool, dsn, settings))
        log.info("worker.started", jobs=len(schedule.JOBS))
        await ending.wait()
        working.cancel()
        await asyncio.wait([working])
    log.info("worker.ended")
