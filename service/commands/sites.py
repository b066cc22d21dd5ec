"""``gatehouse site ...``: blogs, their keys, settings and lists."""

from argparse import Namespace
from dataclasses import asdict
from datetime import datetime, timedelta

from service import clock
from service.commands.running import Subparsers, on_database, say, say_json, table, with_json
from service.db import Connection
from service.secrets import Secrets
from service.sites import administration, store
from service.sites.administration import BadSiteSetting, NewKey, Validate
from service.sites.store import KeyRow, SiteRow
from service.sites.values import LISTED_FIELDS, ListEntry, SiteSettings

GRACE_DAYS = 7.0


def add_commands(subparsers: Subparsers, validate: Validate) -> Subparsers:
    """``validate`` refuses what no list can hold.

    Other families add their actions on sites to what this returns.
    """
    site = subparsers.add_parser("site", help="add a blog, see to its keys, settings and lists")
    actions = site.add_subparsers(metavar="ACTION", required=True)
    _add_keys(actions)
    _add_settings(actions)
    for name, purpose in (("allow", "approved"), ("block", "rejected")):
        _add_list(actions, name, purpose, validate)
    return actions


def _add_keys(actions: Subparsers) -> None:
    add = actions.add_parser("add", help="add a site and print its key")
    add.add_argument("url", metavar="URL", help="the blog's address, https://blog.example.org")
    add.add_argument("--name", required=True, help="short name, part of addresses: a-z, 0-9, -")
    add.add_argument("--language", default="en", help="the blog's language (default: en)")
    add.add_argument(
        "--private",
        action="store_true",
        help="the blog may be at a private or loopback address; tell its plugin of decisions there",
    )
    with_json(add)
    add.set_defaults(run=add_site)

    listing = actions.add_parser("list", help="list sites")
    listing.add_argument("--keys", action="store_true", help="with their keys")
    with_json(listing)
    listing.set_defaults(run=list_sites)

    rotate = actions.add_parser("rotate-key", help="print a new key; the old one runs out")
    rotate.add_argument("name", metavar="NAME")
    rotate.add_argument(
        "--grace-days",
        type=float,
        default=GRACE_DAYS,
        help="how long the old key still works (default: 7)",
    )
    with_json(rotate)
    rotate.set_defaults(run=rotate_key)

    revoke = actions.add_parser("revoke-key", help="refuse a key from now on")
    revoke.add_argument("name", metavar="NAME")
    revoke.add_argument("key", metavar="KEY", help="the key, or its number in site list --keys")
    revoke.set_defaults(run=revoke_key)


def _add_settings(actions: Subparsers) -> None:
    settings = actions.add_parser("set", help="show settings, or change some: NAME KEY=VALUE ...")
    settings.add_argument("name", metavar="NAME")
    settings.add_argument(
        "changes", metavar="KEY=VALUE", nargs="*", help="as reject_threshold=0.99; =default resets"
    )
    with_json(settings)
    settings.set_defaults(run=change_settings)


def _add_list(actions: Subparsers, name: str, purpose: str, validate: Validate) -> None:
    parser = actions.add_parser(name, help=f"whose comments are {purpose}, whatever they say")
    verbs = parser.add_subparsers(metavar="ACTION", required=True)
    for verb, run in (("add", add_entry), ("remove", remove_entry)):
        change = verbs.add_parser(verb, help=f"{verb} an entry")
        change.add_argument("name", metavar="NAME", help="the site")
        change.add_argument("field", choices=LISTED_FIELDS)
        change.add_argument("value", metavar="VALUE")
        change.set_defaults(run=run, list=name, validate=validate)
    show = verbs.add_parser("list", help="show the entries")
    show.add_argument("name", metavar="NAME", help="the site")
    with_json(show)
    show.set_defaults(run=show_list, list=name)


def add_site(args: Namespace) -> int:
    async def work(conn: Connection, secrets: Secrets) -> NewKey:
        return await administration.add(
            conn,
            secrets,
            url=args.url,
            name=args.name,
            language=args.language,
            allow_private=args.private,
        )

    return _show_key(args, on_database(work))


def rotate_key(args: Namespace) -> int:
    if not 0 <= args.grace_days <= 3650:  # noqa: PLR2004  (ten years are for ever)
        raise BadSiteSetting("The grace period lies between 0 and 3650 days.")

    async def work(conn: Connection, secrets: Secrets) -> NewKey:
        grace = timedelta(days=args.grace_days)
        return await administration.rotate_key(conn, secrets, args.name, grace)

    return _show_key(args, on_database(work))


def _show_key(args: Namespace, key: NewKey) -> int:
    if args.json:
        say_json({"name": args.name, "key": key.value, "key_id": key.key_id})
    else:
        say(key.value)
    return 0


def revoke_key(args: Namespace) -> int:
    async def work(conn: Connection, secrets: Secrets) -> int:
        return await administration.revoke_key(conn, secrets, args.name, args.key)

    say(f"Key number {on_database(work)} of {args.name} is refused from now on.")
    return 0


def list_sites(args: Namespace) -> int:
    async def work(conn: Connection, secrets: Secrets) -> list[dict[str, object]]:
        keys = await store.keys(conn) if args.keys else []
        return [_described(site, keys, secrets) for site in await store.sites(conn)]

    found = on_database(work)
    if args.json:
        say_json(found)
    elif not found:
        say("There is no site yet: gatehouse site add URL --name NAME")
    else:
        say(_shown(found, with_keys=args.keys))
    return 0


def _described(site: SiteRow, keys: list[KeyRow], secrets: Secrets) -> dict[str, object]:
    described: dict[str, object] = {
        "name": site.name,
        "url": site.url,
        "language": site.language,
        "settings": site.settings,
        "created_at": site.created_at,
    }
    own = [row for row in keys if row.site_id == site.id]
    if own:
        described["keys"] = [
            {
                "id": row.id,
                "key": administration.readable_key(secrets, row),
                "state": _state(row, clock.now()),
                "expires_at": row.expires_at,
            }
            for row in own
        ]
    return described


def _state(row: KeyRow, now: datetime) -> str:
    if row.revoked_at is not None:
        return "revoked"
    if row.expires_at is None:
        return "in use"
    return "expired" if row.expires_at <= now else "running out"


def _shown(found: list[dict[str, object]], *, with_keys: bool) -> str:
    if not with_keys:
        rows = [(str(site["name"]), str(site["language"]), str(site["url"])) for site in found]
        return table([("NAME", "LANGUAGE", "URL"), *rows])
    keyed = [("NAME", "KEY", "NUMBER", "STATE", "UNTIL")]
    for site in found:
        keys = site.get("keys")
        for key in keys if isinstance(keys, list) else []:
            until = f"{key['expires_at']:%Y-%m-%d %H:%M} UTC" if key["expires_at"] else ""
            keyed.append((str(site["name"]), key["key"], str(key["id"]), key["state"], until))
    return table(keyed)


def change_settings(args: Namespace) -> int:
    changes = {}
    for change in args.changes:
        name, equals, value = change.partition("=")
        if not equals:
            raise BadSiteSetting(f"{name} is no change: say {name}=VALUE.")
        changes[name] = value

    async def work(conn: Connection, _secrets: Secrets) -> SiteSettings:
        return await administration.change_settings(conn, args.name, changes)

    settings = asdict(on_database(work))
    if args.json:
        say_json(settings)
    else:
        say(table([(name, str(value)) for name, value in settings.items()]))
    return 0


def add_entry(args: Namespace) -> int:
    entry = ListEntry(args.list, args.field, args.value)

    async def work(conn: Connection, _secrets: Secrets) -> bool:
        return await administration.add_entry(conn, args.name, entry, args.validate)

    say("Added." if on_database(work) else "It stood there already.")
    return 0


def remove_entry(args: Namespace) -> int:
    entry = ListEntry(args.list, args.field, args.value)

    async def work(conn: Connection, _secrets: Secrets) -> bool:
        return await administration.remove_entry(conn, args.name, entry)

    removed = on_database(work)
    say("Removed." if removed else "It did not stand there.")
    return 0 if removed else 1


def show_list(args: Namespace) -> int:
    async def work(conn: Connection, _secrets: Secrets) -> list[ListEntry]:
        return await administration.entries_of(conn, args.name)

    entries = [entry for entry in on_database(work) if entry.list == args.list]
    if args.json:
        say_json([{"field": entry.field, "value": entry.value} for entry in entries])
    elif entries:
        say(table([(entry.field, entry.value) for entry in entries]))
    return 0
