"""``gatehouse consent ledger ...``: check a log, change its key, begin another one."""

from argparse import Namespace

from consent.finding import found_site
from consent.ledger import jobs, signing, store, verifying
from service.commands.running import Subparsers, on_database, say, say_json, with_json
from service.db import Connection
from service.secrets import Secrets
from service.settings import Settings


def add_commands(families: Subparsers) -> None:
    parser = families.add_parser("ledger", help="check a log, change its key, begin another one")
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    check = _action(actions, "check", "check the whole log, from its leaves to its signatures")
    check.set_defaults(run=run_check)
    rotate = _action(actions, "rotate-key", "sign with a new key from now on")
    rotate.set_defaults(run=run_rotate)
    epoch = _action(actions, "new-epoch", "begin a new log after one that was closed")
    epoch.set_defaults(run=run_epoch)


def _action(actions: Subparsers, name: str, purpose: str) -> Subparsers:
    parser = actions.add_parser(name, help=purpose)
    parser.add_argument("--site", required=True)
    with_json(parser)
    return parser


def run_check(args: Namespace) -> int:
    """Exit code 1 if anything is wrong."""
    settings = Settings.from_env()

    async def work(conn: Connection, secrets: Secrets) -> dict[str, object]:
        site = await found_site(conn, secrets, args.site)
        await jobs.known_outside(conn, settings, site)
        verified = await verifying.verify(conn, site.id)
        head = await store.head(conn, site.id)
        closed = head.closed if head else None
        return {"entries": verified.entries, "faults": dict(verified.faults), "closed": closed}

    found = on_database(work, settings)
    is_right = not found["faults"] and found["closed"] is None
    if args.json:
        say_json(found)
    elif is_right:
        say(f"{found['entries']} entries, all as they were signed.")
    else:
        say(f"{found['entries']} entries; closed: {found['closed']}; faults: {found['faults']}")
    return 0 if is_right else 1


def run_rotate(args: Namespace) -> int:
    settings = Settings.from_env()

    async def work(conn: Connection, secrets: Secrets) -> str:
        site = await found_site(conn, secrets, args.site)
        return (await signing.rotate(conn, secrets, settings.data_dir, site)).vkey

    _answer(args, "vkey", on_database(work, settings))
    return 0


def run_epoch(args: Namespace) -> int:
    settings = Settings.from_env()

    async def work(conn: Connection, secrets: Secrets) -> str:
        site = await found_site(conn, secrets, args.site)
        return await signing.open_epoch(conn, secrets, settings.data_dir, site)

    _answer(args, "origin", on_database(work, settings))
    return 0


def _answer(args: Namespace, name: str, value: str) -> None:
    if args.json:
        say_json({name: value})
    else:
        say(value)
