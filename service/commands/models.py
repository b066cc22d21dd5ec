"""``gatehouse models ...``: what sites have learnt, their models, promotion and rollback: options.

The work is done by packages that take a second to import, so it is passed in and imported when it
is wanted.
"""

from argparse import Namespace
from collections.abc import Callable
from typing import TypeAlias

from service.commands.running import Subparsers, with_json

Run: TypeAlias = Callable[[Namespace], int]

ACTIONS = {
    "show": "one model of a site with its manifest",
    "promote": "put a model of a site in place, whatever the gate said of it",
    "rollback": "take a site back to the model before the current one",
    "retrain": "train a model of the site's labels, and promote it if it is better",
    "labels": "the labels that a site learns from, how much each counts, and which contradict",
}
VERSIONED = ("show", "promote")


def add_commands(subparsers: Subparsers, run: Run) -> None:
    models = subparsers.add_parser(
        "models", help="what sites have learnt: list, show, promote, roll back, retrain"
    )
    actions = models.add_subparsers(metavar="ACTION", dest="action", required=True)
    listing = actions.add_parser("list", help="the models of all sites, or of one")
    listing.add_argument("name", metavar="NAME", nargs="?", help="the site")
    with_json(listing)
    listing.set_defaults(run=run)
    for action, purpose in ACTIONS.items():
        parser = actions.add_parser(action, help=purpose)
        parser.add_argument("name", metavar="NAME", help="the site")
        if action in VERSIONED:
            parser.add_argument("version", metavar="VERSION", type=int)
        with_json(parser)
        parser.set_defaults(run=run)
