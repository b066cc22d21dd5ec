"""``gatehouse user ...``: accounts of people who moderate, audit and administer."""

from argparse import Namespace
from datetime import datetime, timedelta

from service import clock
from service.accounts import administration, store
from service.accounts.administration import DEFAULT_LANGUAGE, LANGUAGES, BadUser, NewUser
from service.accounts.store import UserRow
from service.accounts.values import Role
from service.commands.running import Subparsers, on_database, say, say_json, table, with_json
from service.db import Connection
from service.secrets import Secrets
from service.settings import Settings

LONGEST_DAYS = 3650
LONGEST_LINK_HOURS = 24 * 30
ROLE_ROW = tuple[int, str, str | None, datetime | None]


def add_commands(subparsers: Subparsers) -> None:
    user = subparsers.add_parser("user", help="make, list and disable accounts of people")
    actions = user.add_subparsers(metavar="ACTION", required=True)

    add = actions.add_parser("add", help="make an account and print a link to sign in by")
    add.add_argument("name", metavar="NAME", help="what they sign in as")
    add.add_argument(
        "--role",
        dest="roles",
        action="append",
        required=True,
        choices=[str(role) for role in Role],
        help="what they may do; may be given several times",
    )
    add.add_argument(
        "--site",
        dest="sites",
        action="append",
        default=[],
        help="where they may do it (default: on every site); may be given several times",
    )
    add.add_argument(
        "--language", default=DEFAULT_LANGUAGE, choices=LANGUAGES, help="of the pages they see"
    )
    add.add_argument("--days", type=float, help="when the roles end (default: never)")
    with_json(add)
    add.set_defaults(run=add_user)

    listing = actions.add_parser("list", help="list accounts and what they may do")
    with_json(listing)
    listing.set_defaults(run=list_users)

    link = actions.add_parser("sign-in-link", help="print a link that opens an account once")
    link.add_argument("name", metavar="NAME")
    link.add_argument("--hours", type=float, default=24.0, help="how long it opens (default: 24)")
    with_json(link)
    link.set_defaults(run=print_link)

    disable = actions.add_parser("disable", help="shut an account and sign it out everywhere")
    disable.add_argument("name", metavar="NAME")
    disable.set_defaults(run=disable_user)

    factor = actions.add_parser(
        "drop-second-factor", help="ask no codes of somebody who lost their telephone"
    )
    factor.add_argument("name", metavar="NAME")
    factor.set_defaults(run=drop_second_factor)


def add_user(args: Namespace) -> int:
    lifetime = _lifetime(args.days)

    async def work(conn: Connection, _secrets: Secrets) -> NewUser:
        return await administration.add(
            conn,
            name=args.name,
            roles={Role(role) for role in args.roles},
            sites=args.sites,
            language=args.language,
            lifetime=lifetime,
        )

    return _say_link(on_database(work), as_json=args.json)


def _lifetime(days: float | None) -> timedelta | None:
    if days is None:
        return None
    if not 0 < days <= LONGEST_DAYS:
        raise BadUser(f"Roles last up to {LONGEST_DAYS} days, or without --days for ever.")
    return timedelta(days=days)


def _say_link(user: NewUser, *, as_json: bool) -> int:
    address = link_address(Settings.from_env(), user.link)
    if as_json:
        say_json({"id": user.id, "name": user.name, "sign_in_link": address})
    else:
        say(address)
    return 0


def link_address(settings: Settings, secret: str) -> str:
    return f"{settings.public_url}/sign-in/{secret}"


def list_users(args: Namespace) -> int:
    async def work(conn: Connection, _secrets: Secrets) -> tuple[list[UserRow], list[ROLE_ROW]]:
        return await store.users(conn), await store.roles(conn)

    users, roles = on_database(work)
    if args.json:
        say_json([_described(user, roles) for user in users])
    elif not users:
        say("There is no account yet: gatehouse user add NAME --role administrator")
    else:
        say(_shown(users, roles))
    return 0


def _described(user: UserRow, roles: list[ROLE_ROW]) -> dict[str, object]:
    return {
        "id": user.id,
        "name": user.name,
        "language": user.language,
        "state": _state(user),
        "password": user.password_hash is not None,
        "second_factor": user.totp_sealed is not None,
        "signed_in_at": user.signed_in_at,
        "roles": [
            {"role": role, "site": site, "expires_at": end}
            for user_id, role, site, end in roles
            if user_id == user.id
        ],
    }


def _state(user: UserRow) -> str:
    return "disabled" if user.disabled_at is not None else "in use"


def _shown(users: list[UserRow], roles: list[ROLE_ROW]) -> str:
    shown = [("NAME", "STATE", "LAST SIGN-IN", "MAY BE")]
    for user in users:
        seen = user.signed_in_at.date().isoformat() if user.signed_in_at else "never"
        granted = [_written(row) for row in roles if row[0] == user.id]
        shown.append((user.name, _state(user), seen, ", ".join(granted)))
    return table(shown)


def _written(row: ROLE_ROW) -> str:
    _, role, site, end = row
    written = f"{role} of {site or 'every site'}"
    if end is None:
        return written
    return f"{written} {'until' if end > clock.now() else 'ended'} {end.date().isoformat()}"


def print_link(args: Namespace) -> int:
    if not 0 < args.hours <= LONGEST_LINK_HOURS:
        raise BadUser(f"A link opens for up to {LONGEST_LINK_HOURS} hours.")

    async def work(conn: Connection, _secrets: Secrets) -> NewUser:
        return await administration.sign_in_link(conn, args.name, timedelta(hours=args.hours))

    return _say_link(on_database(work), as_json=args.json)


def disable_user(args: Namespace) -> int:
    async def work(conn: Connection, _secrets: Secrets) -> None:
        await administration.disable(conn, args.name)

    on_database(work)
    say(f"{args.name} cannot sign in any more.")
    return 0


def drop_second_factor(args: Namespace) -> int:
    async def work(conn: Connection, _secrets: Secrets) -> None:
        await administration.drop_second_factor(conn, args.name)

    on_database(work)
    say(f"{args.name} is asked for no code any more.")
    return 0
