"""What ``gatehouse site export`` and ``site delete`` do and say."""

import os
import secrets as random
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tqdm import tqdm

from consent.site_data import deleting, exporting
from consent.site_data.sweeping import Swept
from service import errors
from service.commands.running import on_database, say, say_json
from service.db import Connection
from service.secrets import Secrets
from service.settings import Settings


class NotWritten(errors.OperatorError):
    """The export cannot be written."""


class NotMeant(errors.OperatorError):
    """Deleting a site cannot be undone: add --yes if you mean it."""

    exit_code = errors.USAGE


def run_export(args: Namespace) -> int:
    async def work(conn: Connection, _secrets: Secrets) -> int:
        rows = -1  # the first line is the site
        with _new_file(args.to) as file, tqdm(unit=" rows", disable=None, leave=False) as bar:
            async for line in exporting.export(conn, args.name):
                file.write(line)
                rows += 1
                bar.update()
        return rows

    rows = on_database(work)
    if args.json:
        say_json({"file": str(args.to), "rows": rows})
    else:
        say(f"{rows} rows are in {args.to}.")
    return 0


def run_delete(args: Namespace) -> int:
    if not args.yes:
        raise NotMeant
    settings = Settings.from_env()

    async def work(conn: Connection, _secrets: Secrets) -> Swept:
        return await deleting.delete_site(conn, args.name, settings.data_dir)

    swept = on_database(work, settings)
    if args.json:
        say_json({"name": args.name, "deleted": swept.by_table})
    else:
        say(f"The site {args.name} is gone, and {swept.rows} rows with it.")
        say("Back-ups that were made before still hold it, until they are deleted.")
    return 0


@contextmanager
def _new_file(path: Path) -> Iterator[IO[bytes]]:
    """Durable and of mode 0600, or not there at all; a file that is there is not overwritten."""
    if path.exists():
        raise NotWritten(f"{path} is there already: choose another name.")
    partial = path.with_name(f".{path.name}.{random.token_hex(4)}")
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        raise NotWritten(f"The export cannot be written to {path} ({error.strerror}).") from error
    finally:
        partial.unlink(missing_ok=True)
