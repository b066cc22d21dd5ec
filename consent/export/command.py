"""``gatehouse consent export`` and ``verify``."""

import getpass
import os
import sys
from argparse import Namespace
from collections.abc import AsyncGenerator
from contextlib import aclosing, contextmanager
from pathlib import Path
from typing import Any

from tqdm import tqdm

from consent import checkpoints
from consent.checkpoints import BadNote
from consent.export import bundles, filters, recording, rows, verify
from consent.export.recording import Export, Exporter
from consent.finding import found_site
from service import errors
from service.audit import ActorKind
from service.commands.running import Subparsers, on_database, say
from service.db import Connection
from service.secrets import Secrets
from service.settings import Settings

FORMS = ("bundle", "csv", "jsonl")


class NotExported(errors.OperatorError):
    """The export cannot be written."""


def add_commands(families: Subparsers) -> None:
    export = families.add_parser("export", help="write the record of consent to a file")
    export.add_argument("--site", required=True)
    export.add_argument("--format", choices=FORMS, default="bundle")
    export.add_argument("--to", metavar="FILE", type=Path, required=True)
    export.add_argument("--reason", default="", help="why; it stands in the log")
    export.add_argument("--from", dest="since", default="", help="entries from this time on")
    export.add_argument("--until", default="", help="entries before this time")
    for name in ("type", "purpose", "state"):
        export.add_argument(f"--{name}", default="", help=f"only entries of this {name}")
    export.add_argument(
        "--checkpoint",
        metavar="FILE",
        type=Path,
        help="a checkpoint that the auditor holds, so that a filtered bundle reaches it",
    )
    export.set_defaults(run=run_export)

    check = families.add_parser("verify", help="check a bundle, as its own verify.py does")
    check.add_argument("bundle", type=Path)
    check.add_argument("--vkey", help="the verification key that you hold from before")
    check.add_argument("--checkpoint", type=Path, help="a checkpoint that you hold from before")
    check.set_defaults(run=run_verify)


def run_verify(args: Namespace) -> int:
    return verify.verified(args.bundle, args.vkey, args.checkpoint)


def run_export(args: Namespace) -> int:
    settings = Settings.from_env()
    wanted = filters.filter_from(
        {
            "from": args.since,
            "to": args.until,
            "type": args.type,
            "purpose": args.purpose,
            "state": args.state,
        }
    )
    exporter = Exporter(ActorKind.OPERATOR, _user(), args.reason)
    cuts = _cuts(args.checkpoint)

    async def work(conn: Connection, secrets: Secrets) -> int:
        site = await found_site(conn, secrets, args.site)
        export = await recording.record(
            conn, secrets, settings.data_dir, site, args.format, wanted, exporter
        )
        with _new_file(args.to) as path, _progress(export) as bar:
            if args.format == "bundle":
                await bundles.write(conn, secrets, export, path, cuts=cuts, tell=bar.update)
            else:
                await _write(path, (rows.csv if args.format == "csv" else rows.jsonl)(conn, export))
        return export.size

    size = on_database(work, settings)
    say(f"The log of {size} entries is exported to {args.to}.")
    return 0


async def _write(path: Path, parts: AsyncGenerator[str, None]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        async with aclosing(parts):
            async for part in parts:
                file.write(part)


def _cuts(checkpoint: Path | None) -> tuple[int, ...]:
    if checkpoint is None:
        return ()
    try:
        return (checkpoints.parsed(checkpoint.read_text("utf-8")).size,)
    except (OSError, UnicodeDecodeError, BadNote) as error:
        raise NotExported(f"The checkpoint cannot be read ({type(error).__name__}).") from error


def _progress(export: Export) -> Any:
    return tqdm(total=2 * export.size, unit=" entries", disable=None, leave=False, file=sys.stderr)


@contextmanager
def _new_file(path: Path) -> Any:
    """A file beside ``path`` that takes its place once it is whole."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.touch(mode=0o600)
        yield partial
        descriptor = os.open(partial, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
        partial.replace(path)
    except OSError as error:
        raise NotExported(f"The export cannot be written to {path} ({error.strerror}).") from error
    finally:
        partial.unlink(missing_ok=True)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "command line"
