"""Entries of allow and block lists, spelt in one way before they are stored.

Whether an entry can be looked for, ``moderation.lists.validate`` says.
"""

import ipaddress
import re
from collections.abc import Callable

from service import errors
from service.sites.values import LISTED_FIELDS, ListEntry

DOMAIN = re.compile(r"[^\s/@:]{1,253}")
LONGEST_VALUE = 1000


class BadEntry(errors.Invalid):
    """This cannot stand in a list."""


def normal_entry(entry: ListEntry) -> ListEntry:
    """``entry`` in the one spelling it is stored in.  Raises ``BadEntry``."""
    value = entry.value.strip()
    if not value or len(value) > LONGEST_VALUE or entry.field not in LISTED_FIELDS:
        raise BadEntry("An entry of a list has 1 to %(most)d characters.", most=LONGEST_VALUE)
    return ListEntry(entry.list, entry.field, _NORMAL[entry.field](value))


def _word(value: str) -> str:
    return " ".join(value.split())


def _domain(value: str) -> str:
    domain = value.lower().removeprefix("*.").strip(".")
    if not DOMAIN.fullmatch(domain):
        raise BadEntry(
            "“%(value)s” is no domain: write casino.example, which covers all below it.",
            value=value,
        )
    return domain


def _address(value: str) -> str:
    try:
        network = ipaddress.ip_network(value, strict=False)
    except ValueError:
        raise BadEntry(
            "“%(value)s” is no address: write 192.0.2.7, 192.0.2.0/24 or 2001:db8::/64.",
            value=value,
        ) from None
    return str(network.network_address) if network.num_addresses == 1 else str(network)


def _email(value: str) -> str:
    local, at, domain = value.lower().rpartition("@")
    if not at or not local or not DOMAIN.fullmatch(domain):
        raise BadEntry(
            "“%(value)s” is no e-mail address: write ada@example.org, or *@example.org for all.",
            value=value,
        )
    return f"{local}@{domain}"


def _pattern(value: str) -> str:
    return value


_NORMAL: dict[str, Callable[[str], str]] = {
    "word": _word,
    "domain": _domain,
    "address": _address,
    "email": _email,
    "pattern": _pattern,
}
