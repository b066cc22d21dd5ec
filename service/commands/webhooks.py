"""``gatehouse site webhook ...``: which platforms report to a site, and by which secrets."""

import sys
from argparse import Namespace
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import TypeAlias

from service import clock, errors
from service.commands.running import Subparsers, on_database, say, say_json, table, with_json
from service.db import Connection
from service.secrets import Secrets
from service.settings import Settings
from service.sites.administration import BadSiteSetting
from service.webhooks import administration
from service.webhooks.administration import Kind, NewWebhook, Proof, UnknownPlatform
from service.webhooks.store import WebhookRow

GRACE_DAYS = 7.0
LONGEST_GRACE_DAYS = 3650
STANDARD_INPUT = "-"

# Asked only by these commands: the platforms' packages take a second to import.
Kinds: TypeAlias = Callable[[], Mapping[str, Kind]]


class NoSecret(errors.OperatorError):
    """The file of the secret cannot be read, or is empty."""

    exit_code = errors.USAGE


def add_commands(site_actions: Subparsers, kinds: Kinds) -> None:
    """``kinds`` are the platforms; this package knows none."""
    parser = site_actions.add_parser("webhook", help="which platforms report comments by webhook")
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    add = _with_secret(actions.add_parser("add", help="print an address and a secret"))
    add.set_defaults(run=run_add, kinds=kinds)

    rotate = _with_secret(actions.add_parser("rotate", help="print a new secret; old ones run out"))
    rotate.add_argument(
        "--grace-days",
        type=float,
        default=GRACE_DAYS,
        help="how long the old secret still works (default: 7)",
    )
    rotate.set_defaults(run=run_rotate, kinds=kinds)

    remove = _with_platform(actions.add_parser("remove", help="believe a platform no more"))
    remove.set_defaults(run=run_remove, kinds=kinds)

    listing = actions.add_parser("list", help="list the webhooks of a site")
    listing.add_argument("name", metavar="NAME", help="the site")
    with_json(listing)
    listing.set_defaults(run=run_list)


def _with_platform(parser: Subparsers) -> Subparsers:
    parser.add_argument("name", metavar="NAME", help="the site")
    parser.add_argument("--platform", required=True, help="see docs/webhooks.md")
    with_json(parser)
    return parser


def _with_secret(parser: Subparsers) -> Subparsers:
    with_secret_file(parser, "take the secret that the platform made from here")
    return _with_platform(parser)


def with_secret_file(parser: Subparsers, purpose: str) -> None:
    """An option for a secret that is not made here; ``read_secret`` reads it."""
    parser.add_argument("--secret-file", metavar="FILE", help=f"{purpose} (- is standard input)")


def run_add(args: Namespace) -> int:
    kind, given = _kind(args), read_secret(args)

    async def work(conn: Connection, secrets: Secrets) -> NewWebhook:
        return await administration.add(conn, secrets, args.name, kind, given)

    return _show(args, on_database(work), given)


def run_rotate(args: Namespace) -> int:
    kind, given = _kind(args), read_secret(args)
    if not 0 <= args.grace_days <= LONGEST_GRACE_DAYS:  # also refuses NaN
        raise BadSiteSetting(f"The grace period lies between 0 and {LONGEST_GRACE_DAYS} days.")

    async def work(conn: Connection, secrets: Secrets) -> NewWebhook:
        grace = timedelta(days=args.grace_days)
        return await administration.rotate(conn, secrets, args.name, kind, grace, given=given)

    return _show(args, on_database(work), given)


def run_remove(args: Namespace) -> int:
    kind = _kind(args)

    async def work(conn: Connection, _secrets: Secrets) -> int:
        return await administration.remove(conn, args.name, kind.platform)

    count = on_database(work)
    if args.json:
        say_json({"removed": count})
    else:
        say(f"{kind.title} is not believed any more ({count} secrets removed).")
    return 0


def run_list(args: Namespace) -> int:
    async def work(conn: Connection, _secrets: Secrets) -> list[WebhookRow]:
        return await administration.listed(conn, args.name)

    rows = on_database(work)
    if args.json:
        say_json([_described(row) for row in rows])
    elif not rows:
        say(f"No webhook yet: gatehouse site webhook add {args.name} --platform PLATFORM")
    else:
        lines = [tuple(map(str, _described(row).values())) for row in rows]
        say(table([("NUMBER", "PLATFORM", "SECRET", "STATE", "SINCE", "UNTIL"), *lines]))
    return 0


def _kind(args: Namespace) -> Kind:
    kinds: Mapping[str, Kind] = args.kinds()
    kind = kinds.get(args.platform.replace("-", "_"))
    if kind is None:
        raise UnknownPlatform(f"The platforms are {', '.join(sorted(kinds))}.")
    return kind


def read_secret(args: Namespace) -> str:
    """The secret in the file, without white space around it; empty if none is named."""
    if args.secret_file is None:
        return ""
    try:
        if args.secret_file == STANDARD_INPUT:
            secret = sys.stdin.readline().strip()
        else:
            secret = Path(args.secret_file).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise NoSecret from None
    if not secret:
        raise NoSecret
    return secret


def _show(args: Namespace, webhook: NewWebhook, given: str) -> int:
    """What the platform must be told; a secret that it made itself is not repeated."""
    in_path = webhook.kind.proof is Proof.PATH
    url = f"{Settings.from_env().public_url}/webhooks/{args.name}"
    if in_path:
        url = f"{url}/{webhook.secret}"
    shown = {"platform": webhook.kind.platform, "url": url, "number": webhook.id}
    if not in_path and not given:
        shown["secret"] = webhook.secret
    if args.json:
        say_json(shown)
    else:
        say(url)
        if "secret" in shown:
            say(webhook.secret)
    return 0


def _described(row: WebhookRow) -> dict[str, object]:
    return {
        "number": row.id,
        "platform": row.platform,
        "secret": "signs" if row.path_hash is None else "in the address",
        "state": _state(row),
        "since": f"{row.created_at:%Y-%m-%d %H:%M} UTC",
        "until": f"{row.expires_at:%Y-%m-%d %H:%M} UTC" if row.expires_at else "",
    }


def _state(row: WebhookRow) -> str:
    if row.expires_at is None:
        return "in use"
    return "expired" if row.expires_at <= clock.now() else "running out"
