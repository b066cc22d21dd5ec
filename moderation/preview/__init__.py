"""What other thresholds would have made of the comments of the last days.

One statement reads how many comments there were of each probability; any thresholds are then
compared without asking the database again.  What a list or rule decided alone stays as it is.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

from consent.retention import oldest_uuid7
from moderation.preview import store
from moderation.preview.store import BUCKETS, Cell
from moderation.verdicts import Action, Thresholds
from service import clock
from service.db import Connection
from service.sites import Site, SiteSettings

DAYS = 30
AT_MOST = 50_000  # comments that are looked at: more of them change no decision, but take time
BARS = 44

# The bars show log-odds: thresholds crowd where probabilities are close to one.
LEAST, MOST = -4.0, 9.2  # 1.8 % and 99.99 %


@dataclass(frozen=True, slots=True)
class Bar:
    """Comments of about the same probability; ``height`` is a share of the highest bar's."""

    percent: float  # where it begins
    action: Action
    comments: int
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """``now`` is by the thresholds in force, ``then`` by those that were asked about."""

    comments: int
    oldest: datetime | None  # of the comments looked at, where not all of ``DAYS`` could be
    now: Mapping[Action, int]
    then: Mapping[Action, int]
    stopped_approved: int  # newly held or rejected, though people approved them
    passed_rejected: int  # newly approved, though people rejected them
    discarded_now: int
    discarded_then: int
    bars: Sequence[Bar]

    def more(self, action: Action) -> int:
        """How many more there would have been; negative for fewer."""
        return self.then[action] - self.now[action]

    @property
    def differs(self) -> bool:
        return any(map(self.more, Action)) or self.discarded_then != self.discarded_now


def thresholds_of(settings: SiteSettings) -> Thresholds:
    return Thresholds(
        settings.hold_threshold, settings.reject_threshold, settings.discard_threshold
    )


# While somebody drags a slider, the same comments are compared again and again.  A site that
# changes is another object, and what was remembered goes with the old one.
REMEMBERED = timedelta(seconds=15)
_remembered: WeakKeyDictionary[Site, tuple[datetime, list[Cell]]] = WeakKeyDictionary()


async def read_lately(conn: Connection, site: Site) -> list[Cell]:
    """What ``read`` says, or said a moment ago."""
    now = clock.now()
    moment, cells = _remembered.get(site, (None, []))
    if moment is None or not now - REMEMBERED < moment <= now:
        cells = await read(conn, site.id)
        _remembered[site] = (now, cells)
    return cells


async def read(conn: Connection, site_id: int) -> list[Cell]:
    """What ``compare`` compares: the last ``DAYS`` days, or their newest ``AT_MOST`` comments."""
    since = oldest_uuid7(clock.now() - timedelta(days=DAYS))
    return await store.cells(conn, site_id, since, AT_MOST)


def compare(cells: Iterable[Cell], now: Thresholds, then: Thresholds) -> Preview:
    """Pure; a pass over ``cells``, of which there are at most as many as comments."""
    cells = list(cells)
    total = sum(cell.comments for cell in cells)
    before: Counter[Action] = Counter(dict.fromkeys(Action, 0))
    after = before.copy()
    stopped = passed = 0
    for cell in cells:
        old, new = _action(cell, now), _action(cell, then)
        before[old] += cell.comments
        after[new] += cell.comments
        if old is Action.APPROVE and new is not old and cell.person == Action.APPROVE:
            stopped += cell.comments
        if new is Action.APPROVE and old is not new and cell.person == Action.REJECT:
            passed += cell.comments
    return Preview(
        comments=total,
        oldest=min(cell.oldest for cell in cells) if total >= AT_MOST else None,
        now=before,
        then=after,
        stopped_approved=stopped,
        passed_rejected=passed,
        discarded_now=_discarded(cells, now),
        discarded_then=_discarded(cells, then),
        bars=_bars(cells, then),
    )


def _action(cell: Cell, thresholds: Thresholds) -> Action:
    """As ``screening.judge`` has it: a rule that asks for a person's eyes saves nothing."""
    rejected = cell.bucket >= _bucket(thresholds.reject)
    if cell.ruling == "asks":
        return Action.REJECT if rejected else Action.HOLD
    if cell.ruling is not None:
        return Action(cell.ruling)
    if rejected:
        return Action.REJECT
    return Action.HOLD if cell.bucket >= _bucket(thresholds.hold) else Action.APPROVE


def _discarded(cells: Iterable[Cell], thresholds: Thresholds) -> int:
    least = _bucket(thresholds.discard)
    return sum(
        cell.comments
        for cell in cells
        if cell.bucket >= least and _action(cell, thresholds) is Action.REJECT
    )


def _bucket(probability: float) -> int:
    """The first whose comments are all at or beyond ``probability``."""
    return math.ceil(probability * BUCKETS - 1e-6)


def _bars(cells: Iterable[Cell], thresholds: Thresholds) -> list[Bar]:
    """What the model alone decides, by log-odds; the first and the last bar have the rest."""
    counted: Counter[int] = Counter()
    for cell in cells:
        if cell.ruling is None:
            counted[_place((min(cell.bucket, BUCKETS - 1) + 0.5) / BUCKETS)] += cell.comments
    highest = max(counted.values(), default=1)
    return [
        Bar(
            percent=_beginning(place) * 100,
            action=_zone(place, thresholds),
            comments=counted[place],
            # The root, so that a few comments are still to be seen beside thousands.
            height=math.sqrt(counted[place] / highest),
        )
        for place in range(BARS)
    ]


def _place(probability: float) -> int:
    share = (math.log(probability / (1 - probability)) - LEAST) / (MOST - LEAST)
    return min(max(int(share * BARS), 0), BARS - 1)


def _beginning(place: int) -> float:
    if not place:
        return 0.0
    return 1 / (1 + math.exp(-(LEAST + (MOST - LEAST) * place / BARS)))


def _zone(place: int, thresholds: Thresholds) -> Action:
    middle = 1 / (1 + math.exp(-(LEAST + (MOST - LEAST) * (place + 0.5) / BARS)))
    if middle >= thresholds.reject:
        return Action.REJECT
    return Action.HOLD if middle >= thresholds.hold else Action.APPROVE
