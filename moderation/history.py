"""What the database knows that bears on a new comment: its twin, author, text and address.

``Keys`` is how a comment is looked up, ``Evidence`` what was found.  To let another fact weigh, add
it to ``Evidence`` and write a function decorated with ``@signal``: it returns bounded, stated
log-odds, because no training data can weigh it.
"""

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from socket import AF_INET, AF_INET6, inet_ntop, inet_pton
from uuid import UUID

from msgspec import Struct

from classifiers.fingerprints import Fingerprints
from moderation.comments import Comment
from moderation.verdicts import Finding, Verdict
from service.sites import Site

PERIOD = timedelta(hours=6)
TEXT_WINDOW_PERIODS = 2  # the same text counts within 6 to 12 hours
REPEAT_WINDOW = timedelta(seconds=60)  # an identical check within it is the same check
BURST_WINDOW = timedelta(minutes=10)
TELLING_CHARACTERS = 40  # "Thank you!" and "+1" are everybody's words
COUNTED_AT_MOST = 20  # beyond this, more copies say no more

_MAPPED_IPV4 = bytes(10) + b"\xff\xff"  # RFC 4291, 2.5.5.2


class Keys(Struct, frozen=True, gc=False):
    """Signed 64-bit hashes to find a comment again; keyed per site where they name a person."""

    identity: int
    text: int
    near_a: int | None
    near_b: int | None
    author: int | None
    address: int | None


@dataclass(frozen=True, slots=True)
class Earlier:
    """The first of several identical checks, with the verdict that the others share."""

    id: UUID
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was found; counts stop at ``COUNTED_AT_MOST``, and none includes the comment itself."""

    first: Earlier | None = None
    decision: str | None = None  # "spam", "ham" or "hold": what a person said of this very comment
    approved_author: bool = False
    spam_address: bool = False
    same_text: int = 0  # comments with the same text on other posts
    near_text: int = 0  # comments with nearly the same text on other posts
    burst: int = 0  # comments from the same address within ``BURST_WINDOW``


NOTHING = Evidence()


def telling(evidence: Evidence, comment: Comment) -> Evidence:
    """``evidence`` without the copies of a text so short that many people write it."""
    if evidence.same_text and len(comment.text) < TELLING_CHARACTERS:
        return replace(evidence, same_text=0)
    return evidence


def period(moment: datetime) -> int:
    """``moment`` in units of six hours since 1970; leads the history indexes."""
    return int(moment.timestamp() // PERIOD.total_seconds())


def minute(moment: datetime) -> int:
    return int(moment.timestamp() // 60)


def keys(comment: Comment, site: Site, fingerprints: Fingerprints) -> Keys:
    return Keys(
        identity(comment, site),
        fingerprints.text,
        fingerprints.near_a,
        fingerprints.near_b,
        author_hash(comment, site),
        address_hash(comment.address, site),
    )


def identity(comment: Comment, site: Site) -> int:
    """All of what makes two checks the same; a platform's delivery id alone, where it has one."""
    if comment.delivery_id is not None:
        return keyed_hash(site, "delivery", comment.delivery_id)
    return keyed_hash(
        site,
        "identity",
        comment.text,
        comment.author or "",
        comment.email or "",
        comment.url or "",
        comment.address or "",
        comment.permalink or "",
        comment.platform_post_id or "",
        comment.kind,
        comment.recheck_reason,
        comment.role,
        comment.origin,
        "test" if comment.is_test else "",
        "precheck" if comment.is_precheck else "",
        "honeypot" if comment.honeypot_filled else "",
    )


def author_hash(comment: Comment, site: Site) -> int | None:
    """One author is a name *and* an e-mail address, as in WordPress; None unless both are given."""
    if not comment.email or not comment.author:
        return None
    return keyed_hash(
        site, "author", comment.author.strip().casefold(), comment.email.strip().casefold()
    )


def address_hash(address: str | None, site: Site) -> int | None:
    """IPv4 addresses count singly, IPv6 by their /64: a household owns that many."""
    if not address:
        return None
    if ":" in address:
        packed = inet_pton(AF_INET6, address)
        if packed.startswith(_MAPPED_IPV4):
            return address_hash(inet_ntop(AF_INET, packed[12:]), site)
        address = packed[:8].hex()
    return keyed_hash(site, "address", address)


def keyed_hash(site: Site, purpose: str, *parts: str) -> int:
    """Signed 64-bit BLAKE2b under the site's pepper; never the same on two sites."""
    hasher = _hasher(site.pepper, purpose).copy()
    hasher.update("\x1f".join(parts).encode())
    return int.from_bytes(hasher.digest(), "big", signed=True)


@lru_cache(maxsize=4096)
def _hasher(pepper: bytes, purpose: str) -> "hashlib.blake2b":
    """A hasher that has taken in the key, which costs as much as a short text."""
    return hashlib.blake2b(digest_size=8, key=pepper, person=purpose.encode())


Signal = Callable[[Evidence], Finding | None]
SIGNALS: list[Signal] = []


def signal(function: Signal) -> Signal:
    SIGNALS.append(function)
    return function


@signal
def approved_author(evidence: Evidence) -> Finding | None:
    """A name and address with an approved comment: WordPress itself would publish the next one."""
    return Finding("approved_author", -2.0) if evidence.approved_author else None


@signal
def spam_address(evidence: Evidence) -> Finding | None:
    """Addresses change hands and are shared: an earlier spam from one asks for a look, no more."""
    return Finding("spam_address", 1.5) if evidence.spam_address else None


@signal
def same_text(evidence: Evidence) -> Finding | None:
    """The same words under other posts: 1.2 for the first copy, up to 4 for twenty."""
    return _copies("same_text", evidence.same_text, 1.2, 4.0)


@signal
def near_text(evidence: Evidence) -> Finding | None:
    """Nearly the same words under other posts; half as telling, since short praise looks alike."""
    return _copies("near_text", evidence.near_text, 0.8, 3.0)


@signal
def burst(evidence: Evidence) -> Finding | None:
    """A lively reader posts three comments in ten minutes; more is a machine's pace."""
    more = evidence.burst - 3
    if more <= 0:
        return None
    return Finding("burst", round(min(0.4 * more, 2.5), 4), {"comments": evidence.burst})


def _copies(name: str, count: int, first: float, most: float) -> Finding | None:
    if not count:
        return None
    log_odds = first + (most - first) * math.log(count) / math.log(COUNTED_AT_MOST)
    return Finding(name, round(min(log_odds, most), 4), {"comments": count})
