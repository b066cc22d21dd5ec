"""Entries as the rows of a table, made from the leaves themselves, many at a time.

A row costs a few microseconds: what repeats (notices, decisions, signals) is put into words once
and remembered by its bytes, and the rest is looked at by one expression.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TypeAlias

import msgspec
from msgspec import Raw, Struct

COLUMNS = (
    *("index", "receipt_id", "event_type", "server_time", "client_time", "site"),
    *("subject_pseudonym", "subject_erased", "action", "layer", "decisions_json"),
    *("services_json", "notice_kind", "notice_version", "notice_lang", "notice_sha256"),
    *("text_sha256", "bundle_sha256", "legal_basis", "jurisdiction", "valid_until"),
    *("previous_receipt", "withdrawn_at", "gpc", "dnt", "ip_truncated", "country", "leaf_hash"),
)
REMEMBERED = 4096  # of what repeats, each
NOTHING = Raw(b"null")

# Index, leaf, the hash in the log, and whether what it commits to can still be opened.
Row: TypeAlias = tuple[int, str, bytes, bool]


class _Leaf(Struct):
    """What a row needs of a leaf."""

    receipt: str
    type: str
    time: str
    site: str
    decisions: Raw
    services: Raw
    client_time: str | None = None
    subject_commitment: str | None = None
    action: str | None = None
    layer: str | None = None
    notice: Raw = NOTHING
    legal_basis: str | None = None
    jurisdiction: str | None = None
    valid_until: str | None = None
    previous: str | None = None
    signals: Raw = NOTHING


class _Notice(Struct):
    kind: str | None = None
    version: str | None = None
    lang: str | None = None
    sha256: str | None = None
    text_sha256: str | None = None
    bundle_sha256: str | None = None


class _Signals(Struct):
    gpc: bool | None = None
    dnt: bool | None = None


_decode = msgspec.json.Decoder(_Leaf).decode
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_QUOTED = re.compile('[",\r\n]')
# Receipt, two times, commitment, end and receipt before: as they are nearly always, nothing that
# would have to be quoted or guarded.  A comma within one of them makes too many.
_PLAIN = re.compile(r"(?:[0-9A-Za-z][0-9A-Za-z:.+-]*)?(?:,(?:[0-9A-Za-z][0-9A-Za-z:.+-]*)?){5}")


def header() -> str:
    return ",".join(COLUMNS) + "\r\n"


def render(rows: Iterable[Row]) -> str:
    """Lines of CSV, in the order of ``COLUMNS``; no field is a formula to a spreadsheet."""
    return "".join([_line(*row) for row in rows])


def field(value: str | None) -> str:
    """As it stands in a table: quoted where that is needed, and never a formula."""
    if not value:
        return ""
    if value.startswith(_FORMULA):
        value = f"'{value}"
    elif not _QUOTED.search(value):
        return value
    return '"' + value.replace('"', '""') + '"'


_repeated = lru_cache(REMEMBERED)(field)


def _line(index: int, leaf: str, leaf_hash: bytes, is_open: bool) -> str:
    said = _decode(leaf)
    receipt, time, client_time, subject, end, previous = _own(said)
    erased = "" if said.subject_commitment is None else "false" if is_open else "true"
    return (
        f"{index},{receipt},{_repeated(said.type)},{time},{client_time},{_repeated(said.site)},"
        f"{subject},{erased},{_repeated(said.action)},{_repeated(said.layer)},"
        f"{_object(bytes(said.decisions))},{_object(bytes(said.services))},"
        f"{_notice(bytes(said.notice))},{_repeated(said.legal_basis)},"
        f"{_repeated(said.jurisdiction)},{end},{previous},"
        f"{time if said.type == 'withdrawn' else ''},{_signals(bytes(said.signals))},"
        f",,{leaf_hash.hex()}\r\n"
    )


def _own(said: _Leaf) -> Sequence[str]:
    """What no other entry says."""
    own = (
        said.receipt,
        said.time,
        said.client_time or "",
        said.subject_commitment or "",
        said.valid_until or "",
        said.previous or "",
    )
    return own if _PLAIN.fullmatch(",".join(own)) else [field(each) for each in own]


@lru_cache(REMEMBERED)
def _object(raw: bytes) -> str:
    return field(raw.decode())


@lru_cache(REMEMBERED)
def _notice(raw: bytes) -> str:
    said = msgspec.json.decode(raw, type=_Notice | None) or _Notice()
    return ",".join(field(getattr(said, name)) for name in _Notice.__struct_fields__)


@lru_cache(REMEMBERED)
def _signals(raw: bytes) -> str:
    said = msgspec.json.decode(raw, type=_Signals | None) or _Signals()
    return f"{_truth(said.gpc)},{_truth(said.dnt)}"


def _truth(value: bool | None) -> str:
    return "" if value is None else str(value).lower()
