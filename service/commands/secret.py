"""``gatehouse secret rotate``: a new master key for everything that is sealed."""

from argparse import Namespace
from pathlib import Path

from service import rotation
from service.commands.running import Subparsers, on_database, say, say_json, with_json
from service.db import Connection
from service.secrets import Secrets
from service.settings import Settings


def add_commands(subparsers: Subparsers) -> None:
    secret = subparsers.add_parser("secret", help="change the master key")
    actions = secret.add_subparsers(metavar="ACTION", required=True)
    rotate = actions.add_parser("rotate", help="seal everything with a new key; stop serving first")
    rotate.add_argument(
        "--new-key-file",
        type=Path,
        metavar="FILE",
        help="take the new key from here (needed where GATEHOUSE_SECRET_KEY is set)",
    )
    with_json(rotate)
    rotate.set_defaults(run=run_rotate)


def run_rotate(args: Namespace) -> int:
    settings = Settings.from_env()

    async def work(conn: Connection, secrets: Secrets) -> int:
        return await rotation.rotate(conn, settings, secrets, args.new_key_file)

    count = on_database(work, settings)
    if args.json:
        say_json({"sealed": count})
    elif settings.secret_key:
        say(f"{count} secrets are sealed anew: now set GATEHOUSE_SECRET_KEY to the new key.")
    else:
        say(f"{count} secrets are sealed anew; the old key opens nothing any more.")
    return 0
