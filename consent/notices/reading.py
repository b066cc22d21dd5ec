"""From the bytes that somebody wants to publish to a notice that may be published."""

import json
from datetime import datetime
from typing import Any

import msgspec

from consent.notices import changes, rules
from consent.notices.document import ChangeClass, Kind, Notice
from consent.notices.shelf import Edition, Published
from service import errors

LONGEST_BYTES = 1_000_000


class MalformedNotice(errors.Invalid):
    """The notice is no JSON object in UTF-8 of at most a megabyte."""


class RefusedNotice(errors.Unprocessable):
    """The notice may not be published."""

    def __init__(self, sentences: list[str]) -> None:
        super().__init__(" ".join(sentences))
        self.sentences = sentences


def read(raw: bytes, site: str, published: Published, now: datetime) -> Notice:
    """The notice that ``raw`` is, with what it may leave to us filled in.

    That is the site, the version, the time from which it holds, and what it supersedes.  Raises
    ``MalformedNotice``, or ``RefusedNotice`` with a sentence for each thing that is wrong.
    """
    filled = _filled(_object(raw), site, published, now)
    try:
        notice = msgspec.convert(filled, Notice)
    except msgspec.ValidationError as error:
        raise RefusedNotice([f"{error}."]) from None
    if sentences := _refusals(notice, site, published, now):
        raise RefusedNotice(sentences)
    return notice


def _object(raw: bytes) -> dict[str, Any]:
    if len(raw) > LONGEST_BYTES:
        raise MalformedNotice
    try:
        value = json.loads(raw.decode(), object_pairs_hook=_unique)
        json.dumps(value, ensure_ascii=False).encode()  # raises for a lone surrogate
    except (ValueError, RecursionError):
        raise MalformedNotice from None
    if not isinstance(value, dict):
        raise MalformedNotice
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a name stands twice")
    return value


def _filled(
    value: dict[str, Any], site: str, published: Published, now: datetime
) -> dict[str, Any]:
    kind = value.get("kind")
    before = published.newest(Kind(kind)) if isinstance(kind, str) and kind in set(Kind) else None
    proposed = {
        "site": site,
        "version": _next_version(before, now),
        "effective_from": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "supersedes": before.sha256 if before else None,
    }
    if before is None:
        proposed["change_class"] = str(ChangeClass.INITIAL)
    return {**proposed, **value}


def _next_version(before: Edition | None, now: datetime) -> str:
    today = f"{now:%Y-%m-%d}"
    if before is None or not before.notice.version.startswith(f"{today}."):
        return f"{today}.1"
    return f"{today}.{int(before.notice.version.rpartition('.')[2]) + 1}"


def _refusals(notice: Notice, site: str, published: Published, now: datetime) -> list[str]:
    if notice.site != site:
        return [f"The notice is of the site {notice.site}, not of {site}."]
    try:
        changes.moment_of(notice)
    except ValueError:
        return ["effective_from is no time."]
    newest = published.newest(notice.kind)
    if notice.supersedes != (newest.sha256 if newest else None):
        return ["supersedes is not the newest notice of this kind: somebody published another one."]
    before = newest.notice if newest else None
    return [*rules.refusals(notice), *changes.refusals(notice, before, now)]
