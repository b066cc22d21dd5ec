"""What an entry of the log is: a leaf of canonical JSON without personal data, and its opening.

Whatever is personal stands in a leaf as a commitment only: the SHA-256 of a random salt and the
value.  The salt is kept apart and can be deleted, after which nobody can tell what was committed
to.
"""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import orjson

from consent.notices import durations
from consent.notices.answers import stamp
from consent.notices.shelf import Edition

VERSION = 1
SALT_BYTES = 32
_DOMAIN = b"consent-commit/v1\0"


class Type(StrEnum):
    GIVEN = "given"
    REFUSED = "refused"
    RENEWED = "renewed"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    ACKNOWLEDGED = "notice_acknowledged"
    SIGNAL = "signal"
    ERASED = "erased"
    NOTICE_PUBLISHED = "notice_published"
    EXPORT_MADE = "export_made"
    KEY_ROTATED = "key_rotated"
    EPOCH_OPENED = "epoch_opened"


class Decision(StrEnum):
    GRANTED = "granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


# What a person decided; the others are what the log says about itself.
DECIDED = frozenset({Type.GIVEN, Type.REFUSED, Type.RENEWED, Type.WITHDRAWN, Type.SIGNAL})


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What is to be recorded.  Of a choice the ledger finds out itself what it is (``type``)."""

    type: Type | None = None
    edition: Edition | None = None
    language: str | None = None
    action: str | None = None
    layer: str | None = None
    decisions: Mapping[str, str] = field(default_factory=dict)
    services: Mapping[str, str] = field(default_factory=dict)
    subject: str | None = None  # personal: it is committed to, never written into the leaf
    previous: UUID | None = None  # the receipt of the decision that this one follows
    client_time: str | None = None  # what the client's clock said; a claim
    signals: Mapping[str, bool] = field(default_factory=dict)
    event_id: UUID | None = None
    request_hash: bytes | None = None  # of all that a repetition must repeat
    detail: Mapping[str, Any] = field(default_factory=dict)
    private: Mapping[str, str] = field(default_factory=dict)  # personal, by name; committed to

    @property
    def granted(self) -> frozenset[str]:
        return granted_of(self.decisions)

    @property
    def committed(self) -> dict[str, str]:
        """All that is personal."""
        return {**self.private, **({"subject": self.subject} if self.subject is not None else {})}


def granted_of(decisions: Mapping[str, str]) -> frozenset[str]:
    """The names of what is granted."""
    return frozenset([name for name, each in decisions.items() if each == "granted"])


@dataclass(frozen=True, slots=True)
class Place:
    """Where, when and under which number an entry is written."""

    log: str  # the origin
    site: str
    index: int
    time: datetime
    receipt_id: UUID


def new_salt() -> bytes:
    return os.urandom(SALT_BYTES)


def commitment(salt: bytes, name: str, value: str) -> str:
    """64 hexadecimal digits that say nothing of ``value`` without ``salt``."""
    return hashlib.sha256(_DOMAIN + salt + name.encode() + b"\0" + value.encode()).hexdigest()


def leaf_of(  # noqa: PLR0913, PLR0917  (what a leaf says)
    draft: Draft,
    kind: Type,
    lost: frozenset[str],
    end: datetime | None,
    place: Place,
    commitments: Mapping[str, str],
) -> bytes:
    """The canonical bytes of the entry.

    ``lost`` are purposes whose consent it withdraws, ``end`` is that of what it grants,
    ``commitments`` are to all that is personal, by name.
    """
    value: dict[str, Any] = {
        "v": VERSION,
        "log": place.log,
        "site": place.site,
        "seq": place.index,
        "time": stamp(place.time),
        "type": kind,
        "receipt": str(place.receipt_id),
        "notice": _notice(draft),
        "decisions": dict(draft.decisions),
        "services": dict(draft.services),
        "withdrawn": sorted(lost),
        "action": draft.action,
        "layer": draft.layer,
        "legal_basis": _legal_basis(draft),
        "jurisdiction": draft.edition.notice.jurisdiction if draft.edition else None,
        "valid_until": _stamped(end),
        "previous": str(draft.previous) if draft.previous else None,
        "signals": dict(draft.signals),
        "client_time": draft.client_time,
    }
    for name, made in commitments.items():
        value[f"{name}_commitment"] = made
    if draft.detail:
        value["detail"] = dict(draft.detail)
    return canonical(value)


def canonical(value: Mapping[str, Any]) -> bytes:
    """RFC 8785 for what we write: names in ASCII, no floating-point numbers."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def ends(draft: Draft, kind: Type, time: datetime) -> datetime | None:
    """Until when what was granted holds; None where nothing was."""
    if draft.edition is None or kind not in DECIDED:
        return None
    if Decision.GRANTED not in draft.decisions.values():
        return None
    return durations.after(time, draft.edition.notice.validity)


def _stamped(moment: datetime | None) -> str | None:
    return stamp(moment) if moment is not None else None


def _notice(draft: Draft) -> dict[str, str | None] | None:
    if draft.edition is None:
        return None
    digests = draft.edition.digests
    return {
        "sha256": draft.edition.sha256,
        "kind": draft.edition.kind,
        "version": draft.edition.notice.version,
        "lang": draft.language,
        "text_sha256": digests.texts.get(draft.language or ""),
        "bundle_sha256": digests.bundle,
        "css_sha256": digests.css,
    }


def _legal_basis(draft: Draft) -> str | None:
    return "gdpr.6.1.a" if draft.decisions else None
