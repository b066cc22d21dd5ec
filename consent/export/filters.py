"""Which entries somebody wants, from what they wrote in an address or on the command line."""

from collections.abc import Mapping
from datetime import UTC, datetime

from consent.export.store import Filter
from consent.ledger.entries import Decision, Type
from service import errors

NAMES = ("from", "to", "type", "purpose", "state")
LONGEST_PURPOSE = 40


class BadFilter(errors.Invalid):
    """The filter cannot be read."""


def filter_from(given: Mapping[str, str]) -> Filter:
    """``from`` and ``to`` are ISO 8601 (a day is its beginning, UTC).  Raises ``BadFilter``."""
    kind, state, purpose = given.get("type"), given.get("state"), given.get("purpose")
    if kind and not set(kind.split(",")) <= set(Type):
        raise BadFilter(f"type is one of {', '.join(Type)}, or several with commas.")
    if state and state not in set(Decision):
        raise BadFilter(f"state is one of {', '.join(Decision)}.")
    is_plain = not purpose or (purpose.isascii() and purpose.isprintable())
    if purpose and (len(purpose) > LONGEST_PURPOSE or not is_plain):
        raise BadFilter("purpose is the id of a purpose.")
    return Filter(
        since=_moment(given.get("from")),
        until=_moment(given.get("to")),
        types=tuple(kind.split(",")) if kind else None,
        purpose=purpose or None,
        state=state or None,
    )


def described(wanted: Filter) -> dict[str, object]:
    return {
        "from": wanted.since.isoformat() if wanted.since else None,
        "to": wanted.until.isoformat() if wanted.until else None,
        "type": list(wanted.types) if wanted.types else None,
        "purpose": wanted.purpose,
        "state": wanted.state,
    }


def _moment(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadFilter("from and to are like 2026-11-24 or 2026-11-24T12:00:00Z.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
