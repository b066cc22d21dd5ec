"""``gatehouse token ...``: tokens of programs that read, or write to more than one site."""

from argparse import Namespace
from datetime import datetime, timedelta

from service import clock
from service.commands.running import Subparsers, on_database, say, say_json, table, with_json
from service.db import Connection
from service.secrets import Secrets
from service.tokens import Scope, administration, store
from service.tokens.administration import BadToken, NewToken
from service.tokens.store import TokenRow

EVERY_SITE = "every site"
LONGEST_DAYS = 3650


def add_commands(subparsers: Subparsers) -> None:
    token = subparsers.add_parser("token", help="issue, list and revoke tokens of the API")
    actions = token.add_subparsers(metavar="ACTION", required=True)

    add = actions.add_parser("add", help="issue a token and print it, once")
    add.add_argument("name", metavar="NAME", help="what it is for, as you want to find it again")
    sites = add.add_mutually_exclusive_group(required=True)
    sites.add_argument("--site", help="the site that it opens")
    sites.add_argument("--every-site", action="store_true", help="it opens all sites")
    add.add_argument(
        "--scope",
        dest="scopes",
        action="append",
        required=True,
        choices=[str(scope) for scope in Scope],
        help="what it opens; may be given several times",
    )
    add.add_argument("--days", type=float, help="how long it works (default: until revoked)")
    with_json(add)
    add.set_defaults(run=add_token)

    listing = actions.add_parser("list", help="list tokens, without what they are")
    with_json(listing)
    listing.set_defaults(run=list_tokens)

    revoke = actions.add_parser("revoke", help="refuse a token from now on")
    revoke.add_argument("id", metavar="NUMBER", type=int, help="as in token list")
    revoke.set_defaults(run=revoke_token)


def add_token(args: Namespace) -> int:
    lifetime = _lifetime(args.days)

    async def work(conn: Connection, secrets: Secrets) -> NewToken:
        return await administration.add(
            conn,
            secrets,
            name=args.name,
            scopes={Scope(scope) for scope in args.scopes},
            site=args.site,
            lifetime=lifetime,
        )

    token = on_database(work)
    if args.json:
        say_json({"id": token.id, "token": token.value})
    else:
        say(token.value)
    return 0


def _lifetime(days: float | None) -> timedelta | None:
    if days is None:
        return None
    if not 0 < days <= LONGEST_DAYS:
        raise BadToken(f"A token works for up to {LONGEST_DAYS} days, or without --days for ever.")
    return timedelta(days=days)


def list_tokens(args: Namespace) -> int:
    async def work(conn: Connection, _secrets: Secrets) -> list[TokenRow]:
        return await store.tokens(conn)

    rows = on_database(work)
    if args.json:
        say_json([_described(row) for row in rows])
    elif not rows:
        say("There is no token yet: gatehouse token add NAME --site SITE --scope SCOPE")
    else:
        say(_shown(rows))
    return 0


def _described(row: TokenRow) -> dict[str, object]:
    return {
        "id": row.id,
        "name": row.name,
        "site": row.site,
        "scopes": row.scopes,
        "state": _state(row, clock.now()),
        "created_at": row.created_at,
        "expires_at": row.expires_at,
        "last_used_on": row.last_used_on,
    }


def _state(row: TokenRow, now: datetime) -> str:
    if row.revoked_at is not None:
        return "revoked"
    return "expired" if row.expires_at is not None and row.expires_at <= now else "in use"


def _shown(rows: list[TokenRow]) -> str:
    shown = [("NUMBER", "NAME", "SITE", "STATE", "LAST USED", "SCOPES")]
    for row in rows:
        used = row.last_used_on.isoformat() if row.last_used_on else "never"
        state = _state(row, clock.now())
        site = row.site or EVERY_SITE
        shown.append((str(row.id), row.name, site, state, used, ", ".join(row.scopes)))
    return table(shown)


def revoke_token(args: Namespace) -> int:
    async def work(conn: Connection, _secrets: Secrets) -> None:
        await administration.revoke(conn, args.id)

    on_database(work)
    say(f"Token {args.id} is refused from now on.")
    return 0
