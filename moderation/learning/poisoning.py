"""How much each label counts, so that no single reporter and no campaign moves a site.

- Nearly the same text counts once, however often and under however many names it is reported.
- Where nearly the same text is called spam and ham, neither counts: a person must look.
- A report that calls spam what stands approved under another author's name counts a tenth: copying
  honest words and reporting the copy must not teach that the words are spam.
- Beside others, one reporter counts at most as much as all others together (or ``ALONE``), and less
  the more of what they say contradicts what the model is sure of.  The blog's only reporter is the
  blog itself and counts in full, as do moderators who sign in here.

Pure: values in, values out.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

MODERATOR = "moderator"  # the source of labels whose giver signed in here
ALONE = 25.0  # labels at most of one reporter while others have said little
COPIED = 0.1
SURE_LOG_ODDS = 2.0  # odds of 7 to 1
# As if a reporter had agreed with the model twice before: a first contradiction proves nothing.
BENEFIT = 2.0


class Doubt(StrEnum):
    """Why a label counts less; people read these."""

    REPEATED = "repeated"
    CONTRADICTED = "contradicted"
    COPIED = "copied"


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """The newest label of one comment, with what tells it from others."""

    id: UUID
    comment_id: UUID
    is_spam: bool
    source: str
    reporter: int | None
    text: int  # fingerprints
    near_a: int | None
    near_b: int | None
    language: str = "und"
    copied: bool = False  # nearly the same text stands approved under another author's name


@dataclass(frozen=True, slots=True)
class Weighed:
    """A label with its weight, from 0 to 1, and what speaks against it."""

    label: Label
    weight: float
    doubts: frozenset[Doubt] = field(default_factory=frozenset)


def weigh(labels: Sequence[Label], log_odds: Mapping[UUID, float]) -> list[Weighed]:
    """Weights of ``labels``, in their order; ``log_odds`` are the model's, by comment."""
    weighed = _reported_once(labels)
    factors = _of_reporters(weighed, log_odds)
    return [
        Weighed(each.label, each.weight * factors[_reporter(each.label)], each.doubts)
        for each in weighed
    ]


def _reported_once(labels: Sequence[Label]) -> list[Weighed]:
    groups = _groups(labels)
    members = defaultdict(list)
    for label, group in zip(labels, groups, strict=True):
        members[group].append(label.is_spam)
    return [_alone(label, members[group]) for label, group in zip(labels, groups, strict=True)]


def _alone(label: Label, group: Sequence[bool]) -> Weighed:
    if len(set(group)) > 1:
        return Weighed(label, 0.0, frozenset({Doubt.CONTRADICTED}))
    doubts = {Doubt.REPEATED} if len(group) > 1 else set()
    weight = 1 / len(group)
    if label.is_spam and label.copied:
        doubts.add(Doubt.COPIED)
        weight *= COPIED
    return Weighed(label, weight, frozenset(doubts))


def _groups(labels: Sequence[Label]) -> list[int]:
    """Number of the group of each: labels that share a fingerprint belong together."""
    parents = list(range(len(labels)))

    def root(place: int) -> int:
        while parents[place] != place:
            parents[place] = parents[parents[place]]
            place = parents[place]
        return place

    first: dict[tuple[str, int], int] = {}
    for place, label in enumerate(labels):
        for mark in _marks(label):
            parents[root(place)] = root(first.setdefault(mark, place))
    return [root(place) for place in range(len(labels))]


def _marks(label: Label) -> Iterable[tuple[str, int]]:
    yield "text", label.text
    if label.near_a is not None:
        yield "a", label.near_a
    if label.near_b is not None:
        yield "b", label.near_b


def _reporter(label: Label) -> tuple[str, int | None]:
    """Labels of one source that name nobody are one reporter's."""
    return (label.source if label.reporter is None else "", label.reporter)


def _of_reporters(
    weighed: Sequence[Weighed], log_odds: Mapping[UUID, float]
) -> dict[tuple[str, int | None], float]:
    own: dict[tuple[str, int | None], list[Weighed]] = defaultdict(list)
    for each in weighed:
        own[_reporter(each.label)].append(each)
    if len(own) <= 1:
        return dict.fromkeys(own, 1.0)
    trusts = {name: _trust(labels, log_odds) for name, labels in own.items()}
    best = max(trusts.values())
    counts = {
        name: sum(each.weight for each in labels) * trusts[name] / best
        for name, labels in own.items()
    }
    total = sum(counts.values())
    factors = {}
    for name, labels in own.items():
        cap = max(total - counts[name], ALONE)
        factors[name] = trusts[name] / best * min(1.0, cap / max(counts[name], 1e-9))
        if all(each.label.source == MODERATOR for each in labels):
            factors[name] = 1.0
    return factors


def _trust(labels: Sequence[Weighed], log_odds: Mapping[UUID, float]) -> float:
    """Share of what they say that does not contradict what the model is sure of."""
    against = sum(
        each.weight
        for each in labels
        if (log_odds[each.label.comment_id] > 0) != each.label.is_spam
        and abs(log_odds[each.label.comment_id]) >= SURE_LOG_ODDS
    )
    said = sum(each.weight for each in labels)
    return (said - against + BENEFIT) / (said + BENEFIT)
