"""``gatehouse import`` and ``gatehouse site observed``: their options.

The work is done by packages that take a second to import, so it is passed in and imported when it
is wanted.
"""

from argparse import ArgumentTypeError, Namespace
from collections.abc import Callable
from typing import TypeAlias

from service.commands.running import Subparsers, with_json

Run: TypeAlias = Callable[[Namespace], int]

FORMATS = ("wxr", "jsonl")
DAYS = 7
MOST_DAYS = 36_500


def add_commands(subparsers: Subparsers, run: Run) -> None:
    parser = subparsers.add_parser(
        "import",
        help="take in what a blog had before: comments, authors, the spam folder",
        description="Take in what a blog had before it was connected. Stopped, it goes on where"
        " it ended; done, it does nothing. Exit codes: 0 all is here, 1 something is not.",
    )
    parser.add_argument("name", metavar="NAME", help="the site")
    parser.add_argument("file", metavar="FILE", help="a WordPress export (WXR), or JSON lines")
    parser.add_argument("--format", choices=FORMATS, help="by default the first character tells")
    parser.add_argument("--dry-run", action="store_true", help="only read and count")
    labels = parser.add_mutually_exclusive_group()
    labels.add_argument(
        "--label-spam",
        dest="labels",
        action="store_true",
        default=True,
        help="the spam folder becomes labels that the model learns from (default)",
    )
    labels.add_argument("--no-labels", dest="labels", action="store_false", help="it does not")
    with_json(parser)
    parser.set_defaults(run=run)


def add_observed(site_actions: Subparsers, run: Run) -> None:
    """Add ``observed`` to the actions of ``gatehouse site``."""
    parser = site_actions.add_parser(
        "observed", help="what would have happened while the site was only observed"
    )
    parser.add_argument("name", metavar="NAME")
    parser.add_argument(
        "--days", type=_days, default=DAYS, help=f"today and the days before (default: {DAYS})"
    )
    with_json(parser)
    parser.set_defaults(run=run)


def _days(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:6]) <= MOST_DAYS):
        raise ArgumentTypeError(f"a number from 1 to {MOST_DAYS}")
    return int(text)
