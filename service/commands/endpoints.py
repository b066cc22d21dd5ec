"""``gatehouse endpoint ...``: who outside is told of what."""

from argparse import Namespace
from datetime import timedelta

from service import clock
from service.commands.running import Subparsers, on_database, say, say_json, table, with_json
from service.commands.webhooks import LONGEST_GRACE_DAYS, read_secret, with_secret_file
from service.db import Connection
from service.endpoints import administration
from service.endpoints.administration import NewSecret, Wish
from service.endpoints.store import EndpointRow
from service.outbox import EndpointKind, Event
from service.secrets import Secrets
from service.sites.administration import YES_OR_NO, BadSiteSetting

GRACE_DAYS = 1.0
ADDABLE = (EndpointKind.STANDARD_WEBHOOK, EndpointKind.WORDPRESS_REST)


def add_commands(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("endpoint", help="whom to tell what became of comments")
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    _add_add(actions)
    _add_changes(actions)

    listing = actions.add_parser("list", help="list endpoints and how they fare")
    listing.add_argument("name", metavar="NAME", nargs="?", help="the site (default: all)")
    with_json(listing)
    listing.set_defaults(run=run_list)


def _add_add(actions: Subparsers) -> None:
    add = actions.add_parser("add", help="add an endpoint and print the secret we sign with")
    add.add_argument("name", metavar="NAME", help="the site")
    add.add_argument("url", metavar="URL", help="where to post; of WordPress: the blog's address")
    add.add_argument("--kind", choices=ADDABLE, default=ADDABLE[0], help="default: %(default)s")
    _with_events(add)
    add.add_argument(
        "--private", action="store_true", help="it may be at a private or loopback address"
    )
    _with_password(add)
    add.set_defaults(run=run_add)


def _add_changes(actions: Subparsers) -> None:
    change = _with_number(actions.add_parser("set", help="change an endpoint"))
    for option, meaning in (
        ("enabled", "whether it is told anything"),
        ("private", "whether it may be at a private or loopback address"),
    ):
        change.add_argument(f"--{option}", choices=("yes", "no"), help=meaning)
    _with_events(change)
    change.set_defaults(run=run_set)

    rotate = _with_number(actions.add_parser("rotate", help="print a new secret; old ones run out"))
    rotate.add_argument(
        "--grace-days",
        type=float,
        default=GRACE_DAYS,
        help="how long we sign with the old secret too (default: 1)",
    )
    _with_password(rotate)
    rotate.set_defaults(run=run_rotate)

    remove = _with_number(actions.add_parser("remove", help="tell an endpoint nothing more"))
    remove.set_defaults(run=run_remove)


def _with_number(parser: Subparsers) -> Subparsers:
    parser.add_argument("name", metavar="NAME", help="the site")
    parser.add_argument("number", metavar="NUMBER", type=int, help="see endpoint list")
    with_json(parser)
    return parser


def _with_events(parser: Subparsers) -> None:
    parser.add_argument(
        "--event",
        action="append",
        default=[],
        metavar="EVENT",
        help=f"of what (again for more): {', '.join(event.value for event in Event)}",
    )


def _with_password(parser: Subparsers) -> None:
    with_secret_file(parser, "the secret, or WordPress's application password, from here")
    parser.add_argument("--user", default="", help="of WordPress, whose application password it is")
    if not any(action.dest == "json" for action in parser._actions):  # noqa: SLF001
        with_json(parser)


def run_add(args: Namespace) -> int:
    wish = Wish(
        kind=EndpointKind(args.kind),
        url=args.url,
        events=administration.events_named(args.event),
        allow_private=args.private,
        secret=read_secret(args),
        user=args.user,
    )

    async def work(conn: Connection, secrets: Secrets) -> NewSecret:
        return await administration.add(conn, secrets, args.name, wish)

    return _show(args, on_database(work))


def run_set(args: Namespace) -> int:
    events = administration.events_named(args.event)

    async def work(conn: Connection, _secrets: Secrets) -> EndpointRow:
        return await administration.change(
            conn,
            args.name,
            args.number,
            enabled=YES_OR_NO.get(args.enabled or ""),
            allow_private=YES_OR_NO.get(args.private or ""),
            events=events,
        )

    row = on_database(work)
    if args.json:
        say_json(_described(args.name, row))
    else:
        say(f"Endpoint {row.id} of {args.name}: {_state(row)}, hears {_hears(row)}.")
    return 0


def run_rotate(args: Namespace) -> int:
    if not 0 <= args.grace_days <= LONGEST_GRACE_DAYS:  # also refuses NaN
        raise BadSiteSetting(f"The grace period lies between 0 and {LONGEST_GRACE_DAYS} days.")
    given = read_secret(args)

    async def work(conn: Connection, secrets: Secrets) -> NewSecret:
        grace = timedelta(days=args.grace_days)
        return await administration.rotate(
            conn, secrets, args.name, args.number, grace, given=given, user=args.user
        )

    return _show(args, on_database(work))


def run_remove(args: Namespace) -> int:
    async def work(conn: Connection, _secrets: Secrets) -> None:
        await administration.remove(conn, args.name, args.number)

    on_database(work)
    if args.json:
        say_json({"removed": args.number})
    else:
        say(f"Endpoint {args.number} of {args.name} is told nothing more.")
    return 0


def run_list(args: Namespace) -> int:
    async def work(conn: Connection, _secrets: Secrets) -> list[tuple[str, EndpointRow]]:
        return await administration.listed(conn, args.name)

    found = on_database(work)
    if args.json:
        say_json([_described(site, row) for site, row in found])
    elif not found:
        say("No endpoint yet: gatehouse endpoint add NAME URL")
    else:
        heads = ("SITE", "NUMBER", "KIND", "STATE", "WAITING", "GIVEN UP", "HEARS", "ADDRESS")
        lines = [
            (
                *(site, str(row.id), row.kind, _state(row)),
                *(str(row.waiting), str(row.given_up), _hears(row), row.url),
            )
            for site, row in found
        ]
        say(table([heads, *lines]))
    return 0


def _show(args: Namespace, new: NewSecret) -> int:
    if args.json:
        shown: dict[str, object] = {"number": new.endpoint}
        say_json(shown | ({"secret": new.value} if new.value else {}))
    else:
        say(new.value or f"Endpoint {new.endpoint} of {args.name}.")
    return 0


def _described(site: str, row: EndpointRow) -> dict[str, object]:
    return {
        "site": site,
        "number": row.id,
        "kind": row.kind,
        "url": row.url,
        "events": row.events,
        "enabled": row.enabled,
        "state": _state(row),
        "private": row.allow_private,
        "waiting": row.waiting,
        "given_up": row.given_up,
        "failures": row.failures,
    }


def _state(row: EndpointRow) -> str:
    if not row.enabled:
        return f"off ({row.switched_off})" if row.switched_off else "off"
    if row.paused_until is not None and row.paused_until > clock.now():
        return f"failing, next try {row.paused_until:%H:%M:%S} UTC"
    return "failing" if row.failures else "in use"


def _hears(row: EndpointRow) -> str:
    return ",".join(event.removeprefix("comment.") for event in row.events)
