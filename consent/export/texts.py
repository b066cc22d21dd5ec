"""What travels in a bundle beside its data: the program that checks it, and what it proves."""

from functools import cache
from importlib import resources

RETENTION = (
    "Entries are kept as long as the site. What their commitments open to is deleted three years"
    " after the consent has ended (GATEHOUSE_CONSENT_RETENTION_DAYS), or when it is erased on"
    " request; erased.csv lists those."
)
LIMITS = (
    (
        "It proves that the entries are complete up to the signed checkpoint, in this order, and"
        " unaltered since the earliest checkpoint that somebody else holds."
    ),
    "It does not prove that a person clicked, or which person.",
    "It does not prove that a notice was sufficient in law.",
    (
        "It does not show what an operator may have forged before the first checkpoint that"
        " somebody else holds."
    ),
    "Times are those of the server's clock; client_time is what the visitor's device claimed.",
)

TRAVELLING = ("README.md", "LIESMICH.md", "verify.py")


@cache
def files() -> dict[str, bytes]:
    """By name, their bytes."""
    folder = resources.files("consent.export")
    return {name: folder.joinpath(name).read_bytes() for name in TRAVELLING}
