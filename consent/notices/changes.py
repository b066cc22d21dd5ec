"""What may change from one version of a notice to the next, and under which name.

A wording that changes does not touch consent that was given; processing that changes does (EDPB
05/2020, 110).  So the class of a change is checked against the change: whoever calls a new purpose
editorial is refused.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec

from consent.notices.document import ChangeClass, Kind, Notice, Purpose

# What an editorial change may touch: words and looks.
EDITORIAL = frozenset(
    {"version", "change_class", "effective_from", "supersedes", "texts", "ui", "fallback_language"}
)
BACKDATED = timedelta(days=1)  # a file that was written yesterday


def refusals(notice: Notice, before: Notice | None, now: datetime) -> Iterator[str]:
    """Why ``notice`` may not follow ``before``; nothing if it may."""
    starts = moment_of(notice)
    if starts < now - BACKDATED:
        yield "A notice cannot take effect before it is published."
    if before is None:
        if notice.change_class is not ChangeClass.INITIAL:
            yield "The first notice of its kind has the change class initial."
        return
    if notice.change_class is ChangeClass.INITIAL:
        yield "There is an earlier notice of this kind, so this one is no initial one."
    if starts < moment_of(before):
        yield "A notice cannot take effect before the one that it supersedes."
    if notice.change_class is ChangeClass.EDITORIAL and (
        changed := _beyond_wording(before, notice)
    ):
        yield f"An editorial change is one of wording, but {', '.join(changed)} changed as well."
    if notice.change_class is not ChangeClass.NEW_PROCESSING:
        for sentence in new_processing(before, notice):
            yield f"{sentence} That is new processing, about which visitors are asked again."


def moment_of(notice: Notice) -> datetime:
    """When it takes effect.  Raises ``ValueError`` for a 31 February."""
    return datetime.fromisoformat(notice.effective_from)


def _beyond_wording(before: Notice, after: Notice) -> list[str]:
    old, new = _without_words(before), _without_words(after)
    return sorted(name for name in new if name not in EDITORIAL and old[name] != new[name])


def _without_words(notice: Notice) -> dict[str, Any]:
    """Everything, words in several languages replaced by nothing: adding one is editorial."""
    value: dict[str, Any] = _stripped(msgspec.to_builtins(notice))
    return value


def _stripped(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: bool(part)
            if name in {"justification", "alternative", "purpose", "text", "not_applicable"}
            else _stripped(part)
            for name, part in value.items()
        }
    return [_stripped(part) for part in value] if isinstance(value, list) else value


def new_processing(before: Notice, after: Notice) -> Iterator[str]:
    """What ``after`` asks consent for that ``before`` did not cover, a sentence each."""
    if after.kind is Kind.TERMS:
        return
    if (before.controller.name, before.controller.address) != (
        after.controller.name,
        after.controller.address,
    ):
        yield "Somebody else is the controller."
    earlier = {purpose.id: purpose for purpose in before.purposes}
    for purpose in after.purposes:
        known = earlier.get(purpose.id)
        if purpose.necessary:
            continue
        if known is None or known.necessary:
            yield f"The purpose {purpose.id} was not asked about before."
        else:
            yield from _widened(known, purpose)


def _widened(before: Purpose, after: Purpose) -> Iterator[str]:
    kept = before.id
    if before.dpv != after.dpv or before.legal_basis != after.legal_basis:
        yield f"The purpose {kept} became another one."
    if added := _services(after) - _services(before):
        yield f"The purpose {kept} brings new services ({', '.join(sorted(added))})."
    if added := set(after.recipients) - set(before.recipients):
        yield f"The purpose {kept} has new recipients ({', '.join(sorted(added))})."
    if added := set(after.personal_data) - set(before.personal_data):
        yield f"The purpose {kept} uses further data ({', '.join(sorted(added))})."
    if after.third_country and after.third_country != before.third_country:
        yield f"The purpose {kept} sends data to another country."


def _services(purpose: Purpose) -> set[str]:
    return {service.id for service in purpose.services}
