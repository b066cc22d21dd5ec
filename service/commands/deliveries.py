"""``gatehouse deliveries ...``: what endpoints were told or wait for, and the same once more."""

from argparse import Namespace
from dataclasses import asdict
from uuid import UUID

from service import errors
from service.commands.running import Subparsers, on_database, say, say_json, table, with_json
from service.db import Connection
from service.outbox import DeliveryState, Event, replaying
from service.outbox.store import DeliveryRow, Wanted
from service.secrets import Secrets

LISTED = 50


class NothingNamed(errors.OperatorError):
    """Name deliveries, or say which by --state, --endpoint, --comment, --event or --error."""

    exit_code = errors.USAGE


def add_commands(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("deliveries", help="what endpoints were told, or wait for")
    actions = parser.add_subparsers(metavar="ACTION", required=True)

    listing = _with_filters(actions.add_parser("list", help="list deliveries, the newest first"))
    listing.add_argument("--limit", type=int, default=LISTED, help="how many (default: 50)")
    listing.add_argument("--below", type=UUID, metavar="ID", help="older than this delivery")
    listing.set_defaults(run=run_list)

    replay = _with_filters(actions.add_parser("replay", help="send deliveries once more"))
    replay.add_argument("ids", metavar="ID", nargs="*", type=UUID, help="which; or by the filters")
    replay.set_defaults(run=run_replay)


def _with_filters(parser: Subparsers) -> Subparsers:
    parser.add_argument("name", metavar="NAME", help="the site")
    parser.add_argument("--state", choices=[state.value for state in DeliveryState])
    parser.add_argument("--endpoint", type=int, metavar="NUMBER")
    parser.add_argument("--comment", type=UUID, metavar="ID")
    parser.add_argument("--event", choices=[event.value for event in Event])
    parser.add_argument("--error", metavar="TEXT", help="a part of the last error, as 503")
    with_json(parser)
    return parser


def run_list(args: Namespace) -> int:
    async def work(conn: Connection, _secrets: Secrets) -> list[DeliveryRow]:
        return await replaying.listed(conn, args.name, _wanted(args), args.limit)

    rows = on_database(work)
    if args.json:
        say_json([{**asdict(row), "id": str(row.id), "comment": str(row.comment)} for row in rows])
    elif not rows:
        say("No such delivery.")
    else:
        heads = ("DELIVERY", "TO", "EVENT", "STATE", "TRIES", "NEXT OR LAST", "ERROR")
        say(table([heads, *map(_line, rows)]))
    return 0


def run_replay(args: Namespace) -> int:
    wanted = _wanted(args)
    if not args.ids and wanted == Wanted():
        raise NothingNamed

    async def work(conn: Connection, _secrets: Secrets) -> int:
        return await replaying.replay(conn, args.name, args.ids or wanted)

    count = on_database(work)
    if args.json:
        say_json({"replayed": count})
    else:
        say(f"{count} deliveries are sent once more.")
    return 0 if count else errors.FAILED


def _wanted(args: Namespace) -> Wanted:
    return Wanted(
        state=DeliveryState(args.state) if args.state else None,
        endpoint=args.endpoint,
        comment=args.comment,
        event=args.event,
        error=args.error,
        below=getattr(args, "below", None),
    )


def _line(row: DeliveryRow) -> tuple[str, ...]:
    moment = row.finished_at or row.due_at
    return (
        str(row.id),
        str(row.endpoint),
        row.event,
        row.state,
        str(row.attempts),
        f"{moment:%Y-%m-%d %H:%M:%S} UTC",
        row.error or "",
    )
