"""``gatehouse mail ...``: try the relay, and see what became of mails."""

import asyncio
from argparse import Namespace
from dataclasses import asdict

from uuid_utils.compat import uuid7

from service import audit, clock, errors
from service.commands.running import Subparsers, on_database, say, say_json, table, with_json
from service.db import Connection
from service.mail import normal_address, store
from service.mail.relay import Failure
from service.mail.sending import courier_of, written
from service.mail.store import Claimed, Listed
from service.secrets import Secrets
from service.settings import Settings

LISTED = 50
STATES = ("waiting", "sent", "given-up")


class NoRelay(errors.OperatorError):
    """No mail is sent: set GATEHOUSE_SMTP_URL and GATEHOUSE_MAIL_FROM."""

    exit_code = errors.USAGE


class NotTaken(errors.OperatorError):
    """The relay did not take the mail."""


def add_commands(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("mail", help="try the mail relay, and see what became of mails")
    actions = parser.add_subparsers(metavar="ACTION", required=True)

    trial = actions.add_parser("test", help="send a mail at once")
    trial.add_argument("address", metavar="ADDRESS", help="to whom")
    trial.set_defaults(run=run_test)

    listing = actions.add_parser("list", help="list mails, the newest first, without addresses")
    listing.add_argument("--state", choices=STATES)
    listing.add_argument("--limit", type=int, default=LISTED, help="how many (default: 50)")
    with_json(listing)
    listing.set_defaults(run=run_list)


def run_test(args: Namespace) -> int:
    settings = Settings.from_env()
    if not settings.smtp_url:
        raise NoRelay
    failure = asyncio.run(_send(settings, normal_address(args.address)))
    if failure is not None:
        raise NotTaken(f"The relay did not take the mail: {failure.error}.")
    say("The relay has taken the mail.")
    return 0


async def _send(settings: Settings, address: str) -> Failure | None:
    text = "This mail was sent by gatehouse mail test: the relay works.\n"
    mail = Claimed(
        audit.DEPLOYMENT, uuid7(), 1, clock.now(), None, "en", address, "Gatehouse", text
    )
    async with courier_of(settings) as courier:
        return await courier.send(address, written(mail, settings.mail_from)) if courier else None


def run_list(args: Namespace) -> int:
    async def work(conn: Connection, _secrets: Secrets) -> list[Listed]:
        return await store.newest(conn, args.state, args.limit)

    rows = on_database(work)
    if args.json:
        say_json([{**asdict(row), "id": str(row.id)} for row in rows])
    elif not rows:
        say("No such mail.")
    else:
        say(table([("MAIL", "SITE", "STATE", "TRIES", "NEXT OR LAST", "ERROR"), *map(_line, rows)]))
    return 0


def _line(row: Listed) -> tuple[str, ...]:
    moment = row.finished_at or row.due_at
    return (
        str(row.id),
        row.site or "",
        row.state,
        str(row.attempts),
        f"{moment:%Y-%m-%d %H:%M:%S} UTC",
        row.last_error or "",
    )
