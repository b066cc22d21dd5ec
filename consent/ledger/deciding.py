"""What a choice is, given what stood before: consent, refusal, renewal or withdrawal.

Whoever never granted anything and refuses has refused; whoever grants less than before has
withdrawn, whatever they grant anew beside it; whoever grants the same again has renewed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from consent.ledger.entries import Draft, Type, granted_of

NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Before:
    """What a subject's newest decision about this kind of notice granted; nothing if it ended."""

    decisions: Mapping[str, str] = field(default_factory=dict)
    services: Mapping[str, str] = field(default_factory=dict)


def decide(draft: Draft, before: Before) -> tuple[Type, frozenset[str]]:
    """The entry's type, and the purposes and services whose consent it withdraws."""
    had = granted_of(before.decisions) | _services(before.services)
    now = draft.granted | _services(draft.services)
    lost = had - now
    if draft.type is not None:
        return draft.type, lost if draft.type is Type.SIGNAL else NOTHING
    if lost:
        return Type.WITHDRAWN, lost
    if not now:
        return Type.REFUSED, NOTHING
    return (Type.RENEWED if now == had else Type.GIVEN), NOTHING


def _services(services: Mapping[str, str]) -> frozenset[str]:
    """Told apart from purposes of the same name."""
    return frozenset([f"service:{name}" for name in granted_of(services)]) if services else NOTHING
