"""From the bytes that somebody wants to publish to a notice that may be published."""

import json
from datetime import datetime
from typing import Any

import msgspec

from consent.banner import files
from consent.notices import changes, rules
from consent.notices.document import ChangeClass, Kind, Notice
from consent.notices.shelf import Edition, Published
from service import errors

LONGEST_BYTES = 1_000_000
PROPOSED = ("site", "version", "effective_from", "supersedes", "change_class")


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
    return {**proposed, **value, **_drawn(value, files.library().sha256, files.style().sha256)}


def _drawn(value: dict[str, Any], bundle: str | None, css: str | None) -> dict[str, Any]:
    """``ui`` with what draws the question, where it leaves that to us."""
    ui = value.get("ui")
    if not isinstance(ui, dict) or ui.get("lib") != files.LIBRARY:
        return {}
    digests = {"bundle_sha256": bundle, "css_sha256": css}
    return {"ui": {**ui, **{name: ui.get(name) or digest for name, digest in digests.items()}}}


def is_again(raw: bytes, newest: Edition) -> bool:
    """Whether ``raw``, with what it leaves to us as it was then, is the notice ``newest``."""
    value, notice = _object(raw), newest.notice
    then = {name: getattr(notice, name) for name in PROPOSED}
    drawn = _drawn(value, newest.digests.bundle, newest.digests.css)
    try:
        return msgspec.convert({**then, **value, **drawn}, Notice) == notice
    except msgspec.ValidationError:
        return False


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
    return [
        *rules.refusals(notice),
        *changes.refusals(notice, before, now),
        *_undrawable(notice, published),
    ]


def _undrawable(notice: Notice, published: Published) -> list[str]:
    """A page could not be given what the notice says it was given."""
    if notice.ui is None or notice.ui.lib != files.LIBRARY:
        return []
    kept = {digest for each in published.editions for digest in _drawing(each.notice)}
    return [
        f"ui names a file ({digest[:12]}) that this service does not serve: leave its digest empty."
        for digest in _drawing(notice)
        if files.built_in(digest) is None and digest not in kept
    ]


def _drawing(notice: Notice) -> tuple[str, ...]:
    return (notice.ui.bundle_sha256, notice.ui.css_sha256) if notice.ui else ()
