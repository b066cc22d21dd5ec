"""How much each label counts, so that no single reporter and no campaign moves a site.

- Nearly the same text counts once, however often and under however many names it is reported.
- Where nearly the same text is called spam and ham, neither counts: a person must look.  Only what
  moderators who signed in here agree on stands against others who contradict it.
- A report that calls spam what stands approved under another author's name counts a tenth: copying
  honest words and reporting the copy must not teach that the words are spam.
- Beside others, one reporter counts at most as much as all others together (or ``ALONE``), and less
  the more of what they say contradicts what the model is sure of once the others have taught it.
  The blog's only reporter is the blog itself and counts in full, as do moderators who sign in here.

Pure: values in, values out.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

MODERATOR = "moderator"  # the source of labels whose giver signed in here
ALONE = 25.0  # labels at most of one reporter while others have said little
COPIED = 0.1
SURE_LOG_ODDS = 2.0  # odds of 7 to 1
# As if a reporter had agreed with the model twice before: a first contradiction proves nothing.
BENEFIT = 2.0
SUSPECTS_MOST = 5  # reporters whose labels are held against what the others teach

Reporter: TypeAlias = tuple[str, int | None]


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
    """Weights of ``labels``, in their order.

    ``log_odds``, by comment, are what the model and the labels of all others say of it.
    """
    weighed = _reported_once(labels)
    factors = _of_reporters(weighed, log_odds)
    return [
        Weighed(each.label, each.weight * factors[reporter_of(each.label)], each.doubts)
        for each in weighed
    ]


def _reported_once(labels: Sequence[Label]) -> list[Weighed]:
    """Each text counts once; of what is contradicted, only what moderators agree on."""
    everybody, moderators = _said(labels), _said([each for each in labels if _signed_in(each)])
    weighed = []
    for label in labels:
        contradicted = everybody.contradict(label)
        upheld = contradicted and _signed_in(label) and not moderators.contradict(label)
        alike = (moderators if upheld else everybody).alike(label)
        weighed.append(_alone(label, alike, contradicted=contradicted, upheld=upheld))
    return weighed


@dataclass(frozen=True, slots=True)
class _Said:
    """What was said of each text, and how many labels are of nearly the same one."""

    classes: Mapping[tuple[str, int, int], set[bool]]
    marks: Counter[tuple[str, int]]

    def contradict(self, label: Label) -> bool:
        return any(len(self.classes[name]) > 1 for name in _names(label))

    def alike(self, label: Label) -> int:
        """This one included."""
        return max(self.marks[mark] for mark in _marks(label))


def _said(labels: Sequence[Label]) -> _Said:
    classes = defaultdict(set)
    for label in labels:
        for name in _names(label):
            classes[name].add(label.is_spam)
    return _Said(classes, Counter(mark for label in labels for mark in _marks(label)))


def _alone(label: Label, alike: int, *, contradicted: bool, upheld: bool) -> Weighed:
    doubts = set()
    weight = 1 / alike
    if contradicted:
        doubts.add(Doubt.CONTRADICTED)
        weight *= upheld
    elif alike > 1:
        doubts.add(Doubt.REPEATED)
    if label.is_spam and label.copied and weight:
        doubts.add(Doubt.COPIED)
        weight *= COPIED
    return Weighed(label, weight, frozenset(doubts))


def _signed_in(label: Label) -> bool:
    return label.source == MODERATOR


def _names(label: Label) -> Iterable[tuple[str, int, int]]:
    """What only the same text has, or one in which hardly a word differs."""
    yield "text", label.text, 0
    if label.near_a is not None and label.near_b is not None:
        yield "near", label.near_a, label.near_b


def _marks(label: Label) -> Iterable[tuple[str, int]]:
    yield "text", label.text
    if label.near_a is not None:
        yield "a", label.near_a
    if label.near_b is not None:
        yield "b", label.near_b


def reporter_of(label: Label) -> Reporter:
    """Labels of one source that name nobody are one reporter's."""
    # Anyone may report under a moderator's name.
    named = label.source if _signed_in(label) or label.reporter is None else ""
    return named, label.reporter


def suspects(weighed: Sequence[Weighed]) -> list[Reporter]:
    """Those who say most, where there are several; who signs in here is none."""
    said: Counter[Reporter] = Counter()
    for each in weighed:
        said[reporter_of(each.label)] += 1
    trusted = {reporter_of(each.label) for each in weighed if _signed_in(each.label)}
    if len(said) <= 1:
        return []
    return [name for name, _ in said.most_common(SUSPECTS_MOST) if name not in trusted]


def _of_reporters(
    weighed: Sequence[Weighed], log_odds: Mapping[UUID, float]
) -> dict[Reporter, float]:
    own: dict[Reporter, list[Weighed]] = defaultdict(list)
    for each in weighed:
        own[reporter_of(each.label)].append(each)
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
        if all(_signed_in(each.label) for each in labels):
            factors[name] = 1.0
    return factors


def _trust(labels: Sequence[Weighed], log_odds: Mapping[UUID, float]) -> float:
    """Share of what they say that does not contradict what the model is sure of, squared.

    Squared, because what contradicts pulls with its whole weight and what agrees hardly pulls.
    """
    against = sum(
        each.weight
        for each in labels
        if (log_odds[each.label.comment_id] > 0) != each.label.is_spam
        and abs(log_odds[each.label.comment_id]) >= SURE_LOG_ODDS
    )
    said = sum(each.weight for each in labels)
    return float(((said - against + BENEFIT) / (said + BENEFIT)) ** 2)
