"""Addresses that a mail can go to, whatever somebody wrote in their place."""

import re

from service import errors

LONGEST = 254  # RFC 5321, 4.5.3.1.3, without the brackets
LONGEST_LOCAL = 64
# RFC 5322's dot-atom; quoted local parts and address literals are nobody's mailbox.
LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


class BadAddress(errors.Invalid):
    """This is no e-mail address."""


def normal_address(text: str) -> str:
    """The address in ASCII, its domain in lower case.

    Raises ``BadAddress``; whatever the text, nothing else.
    """
    local, at, domain = text.strip().rpartition("@")
    try:
        domain = domain.encode("idna").decode().lower() if len(domain) <= LONGEST else ""
    except UnicodeError:
        raise BadAddress from None
    labels = domain.split(".")
    fits = len(local) <= LONGEST_LOCAL and len(local) + 1 + len(domain) <= LONGEST
    is_domain = len(labels) > 1 and all(map(LABEL.fullmatch, labels)) and not labels[-1].isdigit()
    if not (at and fits and is_domain and LOCAL.fullmatch(local)):
        raise BadAddress
    return f"{local}@{domain}"


def is_address(text: str | None) -> bool:
    try:
        normal_address(text or "")
    except BadAddress:
        return False
    return True
