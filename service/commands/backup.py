"""``gatehouse backup``, ``restore`` and ``upgrade-database``."""

import asyncio
from argparse import ArgumentTypeError, Namespace
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import NoReturn, TypeAlias

from tqdm import tqdm

from service import postgres
from service.backup import keeping, restoring, taking, upgrading
from service.backup.aftercare import Aftercare
from service.backup.restoring import Restored
from service.commands.running import Subparsers, quiet, say, say_json, with_json
from service.settings import Settings

MakeAftercare: TypeAlias = Callable[[], Aftercare]

MOST_DAYS = 3650


def add_commands(subparsers: Subparsers, aftercare: MakeAftercare) -> None:
    """``aftercare`` is called when a command needs it: importing it takes a moment."""
    backup = subparsers.add_parser(
        "backup",
        help="write a back-up, also while the service runs",
        description="Write the database into a file of mode 0600. The master key and the erasure"
        " journal are not in it: keep them too, and apart.",
    )
    where = backup.add_mutually_exclusive_group(required=True)
    where.add_argument("file", metavar="FILE", nargs="?", type=Path)
    where.add_argument("--to", metavar="DIR", type=Path, help="a new file in this folder")
    backup.add_argument(
        "--keep-days",
        type=_days,
        metavar="N",
        help="with --to: delete the back-ups there that are older",
    )
    with_json(backup)
    backup.set_defaults(run=partial(run_backup, aftercare))

    restore = subparsers.add_parser("restore", help="load a back-up into an empty database")
    restore.add_argument("file", metavar="FILE", type=Path)
    restore.add_argument(
        "--replace", action="store_true", help="put the embedded database aside that is here"
    )
    restore.add_argument(
        "--without-journal",
        action="store_true",
        help="the erasure journal is lost: erased comments may come back",
    )
    with_json(restore)
    restore.set_defaults(run=partial(run_restore, aftercare))

    upgrade = subparsers.add_parser(
        "upgrade-database",
        help="carry the embedded database over to the PostgreSQL of this Gatehouse",
    )
    upgrade.add_argument(
        "--old-binaries", metavar="DIR", type=Path, help="where postgres of the old version is"
    )
    with_json(upgrade)
    upgrade.set_defaults(run=partial(run_upgrade, aftercare))


def run_backup(aftercare: MakeAftercare, args: Namespace) -> int:
    settings = Settings.from_env()
    quiet()
    target = keeping.next_name(args.to) if args.to else args.file
    with postgres.using(settings) as dsn, _progress("dumped") as bar:
        manifest = asyncio.run(taking.take(dsn, settings, target, aftercare(), bar.update))
    dropped = []
    if args.to and args.keep_days is not None:
        dropped = keeping.drop_old(args.to, timedelta(days=args.keep_days))
    if args.json:
        say_json(
            {
                "file": str(target),
                "bytes": manifest.dump_bytes,
                "sha256": manifest.dump_sha256,
                "dropped": [str(path) for path in dropped],
            }
        )
    else:
        say(f"{target}: {manifest.dump_bytes / 1e6:.1f} MB, {len(manifest.schema)} migrations.")
        if dropped:
            say(f"{len(dropped)} older back-ups are deleted.")
    return 0


def run_restore(aftercare: MakeAftercare, args: Namespace) -> int:
    settings = Settings.from_env()
    quiet()
    restored = restoring.restore(
        settings,
        args.file,
        aftercare(),
        replace=args.replace,
        without_journal=args.without_journal,
    )
    if args.json:
        say_json(_as_json(restored))
    else:
        _tell(restored)
    return 0


def run_upgrade(aftercare: MakeAftercare, args: Namespace) -> int:
    settings = Settings.from_env()
    quiet()
    with _progress("dumped") as bar:
        done = upgrading.upgrade(settings, aftercare(), args.old_binaries, bar.update)
    if args.json:
        versions = {"before": done.before, "after": done.after} if done else {}
        say_json({**versions, **_as_json(done.restored)} if done else None)
    elif done is None:
        say("There is nothing to upgrade.")
    else:
        say(f"The database is PostgreSQL {done.after}'s now; it was {done.before}'s.")
        _tell(done.restored)
    return 0


def _tell(restored: Restored) -> None:
    say(f"The database is as it was at {restored.manifest.taken_at}.")
    if restored.migrated:
        say(f"{len(restored.migrated)} migrations were applied.")
    say(f"{restored.erased} rows that had been erased since are erased again.")
    say(f"{restored.outlived} rows whose time was up are deleted or shortened.")
    if restored.aside is not None:
        say(f"What was here before is in {restored.aside}: delete it when all is well.")


def _as_json(restored: Restored) -> dict[str, object]:
    return {
        "taken_at": restored.manifest.taken_at,
        "migrated": restored.migrated,
        "erased": restored.erased,
        "outlived": restored.outlived,
        "aside": str(restored.aside) if restored.aside else None,
    }


def _progress(what: str) -> "tqdm[NoReturn]":
    # None: only where a person looks at a terminal.
    return tqdm(desc=what, unit="B", unit_scale=True, disable=None, leave=False)


def _days(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:6]) <= MOST_DAYS):
        raise ArgumentTypeError(f"a number from 1 to {MOST_DAYS}")
    return int(text)
