"""``gatehouse consent notice ...``: draft, publish, list."""

import sys
from argparse import Namespace
from pathlib import Path

from consent.finding import found_site, origin_of
from consent.notices import drafts, publishing
from consent.notices.answers import described
from consent.notices.document import Kind
from consent.notices.publishing import Publisher
from consent.notices.reading import LONGEST_BYTES
from consent.notices.shelf import Edition, Published
from service import errors
from service.audit import ActorKind
from service.commands.running import Subparsers, on_database, say, say_json, table, with_json
from service.db import Connection
from service.secrets import Secrets
from service.sites.administration import ACTOR

STANDARD_INPUT = "-"


class NoNotice(errors.OperatorError):
    """The file of the notice cannot be read."""

    exit_code = errors.USAGE


def add_commands(families: Subparsers) -> None:
    notice = families.add_parser("notice", help="draft, publish and list notices")
    actions = notice.add_subparsers(metavar="ACTION", required=True)

    draft = actions.add_parser("draft", help="print a notice to begin with, in three languages")
    draft.add_argument("--kind", required=True, choices=[str(kind) for kind in Kind])
    draft.set_defaults(run=run_draft)

    publish = actions.add_parser("publish", help="publish a notice, for ever")
    publish.add_argument("file", metavar="FILE", help="the notice in JSON (- is standard input)")
    publish.add_argument("--site", required=True)
    with_json(publish)
    publish.set_defaults(run=run_publish)

    listing = actions.add_parser("list", help="list the notices of a site")
    listing.add_argument("--site", required=True)
    with_json(listing)
    listing.set_defaults(run=run_list)


def run_draft(args: Namespace) -> int:
    say_json(drafts.draft(Kind(args.kind)))
    return 0


def run_publish(args: Namespace) -> int:
    raw = _content(args.file)

    async def work(conn: Connection, secrets: Secrets) -> Edition:
        site = await found_site(conn, secrets, args.site)
        by = Publisher(ActorKind.OPERATOR, ACTOR)
        return await publishing.publish(conn, site, origin_of(site), raw, by)

    edition = on_database(work)
    if args.json:
        say_json(described(edition))
    else:
        say(f"{edition.kind} {edition.notice.version} is published: {edition.sha256}")
    return 0


def run_list(args: Namespace) -> int:
    async def work(conn: Connection, secrets: Secrets) -> Published:
        return await publishing.all_of(conn, (await found_site(conn, secrets, args.site)).id)

    published = on_database(work)
    if args.json:
        say_json([described(each) for each in published.editions])
    elif not published.editions:
        say("There is no notice yet: gatehouse consent notice draft --kind cookie")
    else:
        say(table([("KIND", "VERSION", "CHANGE", "IN FORCE FROM", "DIGEST"), *_lines(published)]))
    return 0


def _lines(published: Published) -> list[tuple[str, ...]]:
    return [
        (
            str(each.kind),
            each.notice.version,
            str(each.notice.change_class),
            each.notice.effective_from,
            each.sha256,
        )
        for each in published.editions
    ]


def _content(file: str) -> bytes:
    try:
        if file == STANDARD_INPUT:
            return sys.stdin.buffer.read(LONGEST_BYTES + 1)
        return Path(file).read_bytes()
    except OSError as error:
        raise NoNotice(f"The notice cannot be read ({type(error).__name__}).") from error
