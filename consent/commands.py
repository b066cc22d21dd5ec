"""``gatehouse consent ...``: notices, the ledger, and what an auditor takes along."""

from consent.export import command as export
from consent.ledger import command as ledger
from consent.notices import command as notices
from service.commands.running import Subparsers


def add_commands(subparsers: Subparsers) -> None:
    consent = subparsers.add_parser("consent", help="notices, the record of consent, its export")
    families = consent.add_subparsers(metavar="ACTION", required=True)
    for family in (notices, ledger, export):
        family.add_commands(families)
