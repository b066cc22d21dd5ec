"""``gatehouse consent ...``: notices, the ledger, and what an auditor takes along."""

from consent.notices import command as notices
from service.commands.running import Subparsers


def add_commands(subparsers: Subparsers) -> None:
    consent = subparsers.add_parser("consent", help="notices, the record of consent, its export")
    families = consent.add_subparsers(metavar="ACTION", required=True)
    notices.add_commands(families)
