"""What every command shares: settings, a database, a place to write to."""

import asyncio
import sys
from argparse import ArgumentParser
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeAlias, TypeVar

import orjson

from service import db, logs, postgres, start
from service.db import Connection
from service.secrets import Secrets
from service.settings import Settings

Result = TypeVar("Result")
Work: TypeAlias = Callable[[Connection, Secrets], Awaitable[Result]]
Subparsers: TypeAlias = Any  # argparse keeps the class to itself


def on_database(work: Work[Result], settings: Settings | None = None) -> Result:
    """Do ``work`` on the database, migrated and with its secrets.

    Joins the embedded server if it runs, else runs it as long as this takes.
    """
    settings = settings or Settings.from_env()
    quiet()
    with postgres.using(settings) as dsn:
        return asyncio.run(_connected(work, settings, dsn))


async def _connected(work: Work[Result], settings: Settings, dsn: str) -> Result:
    async with db.connected(dsn) as conn:
        secrets = await start.prepare(conn, settings, serving=True)
        return await work(conn, secrets)


def quiet() -> None:
    """A command's output is its answer; of the log, only what is wrong, and on standard error."""
    logs.configure("warning", sys.stderr.buffer)


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def say_json(value: object) -> None:
    sys.stdout.write(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode() + "\n")


def table(rows: Sequence[tuple[str, ...]]) -> str:
    """Columns under each other; the last one is not padded."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def with_json(parser: ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="answer in JSON, for scripts")
