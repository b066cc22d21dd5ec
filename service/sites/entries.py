"""Entries of allow and block lists, checked and spelt in one way before they are stored."""

import ipaddress
import re
from collections.abc import Callable

import re2

from service import errors
from service.sites.values import LISTED_FIELDS, ListEntry

DOMAIN = re.compile(r"[^\s/@:]{1,253}")
LONGEST_VALUE = 1000
PATTERN_MEMORY_BYTES = 1 << 20  # what one compiled pattern may take


class BadEntry(errors.Invalid):
    """This cannot stand in a list."""


def normal_entry(entry: ListEntry) -> ListEntry:
    """``entry`` in the one spelling it is stored in.  Raises ``BadEntry``."""
    value = entry.value.strip()
    if not value or len(value) > LONGEST_VALUE or entry.field not in LISTED_FIELDS:
        raise BadEntry(
            f"A list holds {', '.join(LISTED_FIELDS)} of 1 to {LONGEST_VALUE} characters."
        )
    return ListEntry(entry.list, entry.field, _NORMAL[entry.field](value))


def _word(value: str) -> str:
    return " ".join(value.split())


def _domain(value: str) -> str:
    domain = value.lower().removeprefix("*.").strip(".")
    if not DOMAIN.fullmatch(domain):
        raise BadEntry("A domain is like casino.example; it stands for its subdomains too.")
    return domain


def _address(value: str) -> str:
    try:
        network = ipaddress.ip_network(value, strict=False)
    except ValueError:
        raise BadEntry("An address is like 192.0.2.7, 192.0.2.0/24 or 2001:db8::/64.") from None
    return str(network.network_address) if network.num_addresses == 1 else str(network)


def _email(value: str) -> str:
    local, at, domain = value.lower().rpartition("@")
    if not at or not local or not DOMAIN.fullmatch(domain):
        raise BadEntry("An e-mail address is like ada@example.org, or *@example.org for all of it.")
    return f"{local}@{domain}"


def _pattern(value: str) -> str:
    options = re2.Options()
    options.max_mem = PATTERN_MEMORY_BYTES
    options.log_errors = False
    try:
        re2.compile(value, options)
    except re2.error:
        raise BadEntry(
            "The pattern cannot be used: it is too large, or no regular expression of RE2's syntax"
            " (which has no back-references and no look-around)."
        ) from None
    return value


_NORMAL: dict[str, Callable[[str], str]] = {
    "word": _word,
    "domain": _domain,
    "address": _address,
    "email": _email,
    "pattern": _pattern,
}
