"""``gatehouse site export`` and ``site delete``: their options.

The work is done by the package that knows about erasure, so it is passed in.
"""

from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from service.commands.running import Subparsers, with_json

Run: TypeAlias = Callable[[Namespace], int]


def add_commands(site_actions: Subparsers, export: Run, delete: Run) -> None:
    """Add ``export`` and ``delete`` to the actions of ``gatehouse site``."""
    taking = site_actions.add_parser(
        "export",
        help="write everything of a site as JSON lines, without keys and secrets",
    )
    taking.add_argument("name", metavar="NAME")
    taking.add_argument("--to", metavar="FILE", type=Path, required=True, help="a new file")
    with_json(taking)
    taking.set_defaults(run=export)

    deleting = site_actions.add_parser(
        "delete", help="delete a site with everything that belongs to it, for good"
    )
    deleting.add_argument("name", metavar="NAME")
    deleting.add_argument("--yes", action="store_true", help="really; there is no way back")
    with_json(deleting)
    deleting.set_defaults(run=delete)
