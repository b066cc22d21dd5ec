"""``gatehouse rule`` and ``gatehouse reasons``: their options.

The work is done by a package that takes a second to import, so it is passed in.
"""

from argparse import Namespace
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

from service.commands.running import Subparsers, with_json

Run: TypeAlias = Callable[[Namespace], int]
FORMATS = ("csv", "json")
LANGUAGES = ("de", "en", "ru")


def add_commands(subparsers: Subparsers, run: Run) -> None:
    _add_rules(subparsers, run)
    parser = subparsers.add_parser("reasons", help="statements of reasons for removed comments")
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    export = actions.add_parser(
        "export",
        help="in the shape of the European transparency database; nothing personal",
    )
    export.add_argument("name", metavar="NAME", help="the site")
    export.add_argument("--since", type=_day, metavar="DATE", help="made on this day or later")
    export.add_argument("--until", type=_day, metavar="DATE", help="made before this day")
    export.add_argument("--format", choices=FORMATS, default="csv", help="(default: csv)")
    export.add_argument("--to", type=Path, metavar="FILE", help="(default: standard output)")
    export.set_defaults(run=run, what="export")


def _add_rules(subparsers: Subparsers, run: Run) -> None:
    parser = subparsers.add_parser("rule", help="house rules that a removal can be based on")
    actions = parser.add_subparsers(metavar="ACTION", required=True)

    listing = actions.add_parser("list", help="list the rules of a site")
    listing.add_argument("name", metavar="NAME", help="the site")
    with_json(listing)
    listing.set_defaults(run=run, what="list")

    put = actions.add_parser(
        "put",
        help="add a rule, or change it",
        description="The first change makes a copy of the rules that ship; they are then the"
        " site's own. What was cited already keeps the words it was cited in.",
    )
    put.add_argument("name", metavar="NAME", help="the site")
    put.add_argument("code", metavar="CODE", help="a short name, as off-topic")
    put.add_argument("--ground", choices=("terms", "law"), default="terms", help="(default: terms)")
    put.add_argument("--clause", required=True, help='where it stands: "3", "§ 185 StGB"')
    put.add_argument("--category", default="OTHER_VIOLATION_TC", help="of the European database")
    put.add_argument("--position", type=int, help="its place in the list (default: the last)")
    for language in LANGUAGES:
        put.add_argument(
            f"--{language}",
            nargs=2,
            metavar=("TITLE", "SENTENCE"),
            help="what the author reads; at least one language",
        )
    put.set_defaults(run=run, what="put")

    remove = actions.add_parser("remove", help="remove a rule; what cited it stays as it is")
    remove.add_argument("name", metavar="NAME", help="the site")
    remove.add_argument("code", metavar="CODE")
    remove.set_defaults(run=run, what="remove")


def _day(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
