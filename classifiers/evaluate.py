"""How good a model is on sources it was not trained on, with intervals, beside the floor.

``actions`` says what the thresholds do, ``told`` puts all of it into a table.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers.actions import Measured, of_actions
from classifiers.examples import Labelled

FALSE_POSITIVES = 0.01
RESAMPLES = 300
SEPARATE = ("tubespam", "spintax_en", "tg_umputun", "techblog_en")
# Spam without honest comments of its own, and where those come from.
BORROWED = {"spintax_en": ("civil_toxic", "wiki_talk")}

Numbers = NDArray[np.float64]
Marks = NDArray[np.bool_]


def area(is_spam: Marks, log_odds: Numbers) -> float:
    """AUC: how often spam scores above ham; ties count half."""
    spam, ham = np.sort(log_odds[is_spam]), np.sort(log_odds[~is_spam])
    below = np.searchsorted(ham, spam, "left").sum() + np.searchsorted(ham, spam, "right").sum()
    return float(below / (2 * len(spam) * len(ham)))


def recall(is_spam: Marks, log_odds: Numbers) -> float:
    """Share of spam above all but FALSE_POSITIVES of the honest comments."""
    limit = np.quantile(log_odds[~is_spam], 1 - FALSE_POSITIVES, method="higher")
    return float((log_odds[is_spam] > limit).mean())


def resampled(is_spam: Marks, seed: int, times: int = RESAMPLES) -> Iterable[NDArray[np.int64]]:
    """Rows drawn anew, spam and ham each as many as there are."""
    dice = np.random.default_rng(seed)
    spam, ham = np.flatnonzero(is_spam), np.flatnonzero(~is_spam)
    for _ in range(times):
        yield np.concatenate([dice.choice(spam, len(spam)), dice.choice(ham, len(ham))])


def measured(
    figure: Callable[[Marks, Numbers], float], is_spam: Marks, log_odds: Numbers, seed: int
) -> Measured:
    values = [figure(is_spam[drawn], log_odds[drawn]) for drawn in resampled(is_spam, seed)]
    low, high = np.quantile(values, [0.025, 0.975])
    return Measured(figure(is_spam, log_odds), float(low), float(high))


def gained(
    figure: Callable[[Marks, Numbers], float],
    is_spam: Marks,
    ours: Numbers,
    floor: Numbers,
    seed: int,
) -> Measured:
    """How much ``ours`` is above ``floor``, on the same rows drawn."""
    values = [
        figure(is_spam[drawn], ours[drawn]) - figure(is_spam[drawn], floor[drawn])
        for drawn in resampled(is_spam, seed)
    ]
    low, high = np.quantile(values, [0.025, 0.975])
    return Measured(figure(is_spam, ours) - figure(is_spam, floor), float(low), float(high))


def tested(rows: Sequence[Labelled], source: str) -> NDArray[np.int64]:
    """Where the rows stand by which a source is judged."""
    ham = BORROWED.get(source, ())
    chosen = (row.source == source or (row.source in ham and not row.is_spam) for row in rows)
    return np.flatnonzero(np.fromiter(chosen, dtype=np.bool_, count=len(rows)))


def measure(rows: Sequence[Labelled], left_out: Numbers, *, seed: int = 0) -> list[dict[str, Any]]:
    """For each source, and the written comments by language: figures of models without them."""
    is_spam = np.array([row.is_spam for row in rows])
    found = []
    for name, chosen in parts(rows):
        judged = chosen[~np.isnan(left_out[chosen])]
        if not len(judged):
            continue
        marks, log_odds = is_spam[judged], left_out[judged]
        figures: dict[str, Any] = {"rows": len(judged), "spam": int(marks.sum())}
        if 0 < marks.sum() < len(marks):
            figures["auc"] = measured(area, marks, log_odds, seed)
            figures["recall_at_1_percent"] = measured(recall, marks, log_odds, seed)
        found.append({"name": name} | figures | of_actions(marks, log_odds))
    return found


def parts(rows: Sequence[Labelled]) -> Iterable[tuple[str, NDArray[np.int64]]]:
    """Each source, and what has genres by language."""
    for source in sorted({row.source for row in rows}):
        yield source, tested(rows, source)
    keys = {(row.source, row.language) for row in rows if row.genre}
    for source, language in sorted(keys):
        chosen = (row.source == source and row.language == language for row in rows)
        marked = np.fromiter(chosen, dtype=np.bool_, count=len(rows))
        yield f"{source}, {language}", np.flatnonzero(marked)


def compare(
    rows: Sequence[Labelled], ours: Numbers, floor: Numbers, *, seed: int = 0
) -> list[dict[str, Any]]:
    """Ours, the floor and the gain for each source that is judged by itself."""
    named = [(source, tested(rows, source)) for source in SEPARATE]
    return list(_beside(named, rows, (ours, floor), seed))


def compare_parts(
    rows: Sequence[Labelled], ours: Numbers, floor: Numbers, *, seed: int = 0
) -> list[dict[str, Any]]:
    """The same for every source and language of rows that nobody was trained on."""
    return list(_beside(list(parts(rows)), rows, (ours, floor), seed))


def _beside(
    named: Sequence[tuple[str, NDArray[np.int64]]],
    rows: Sequence[Labelled],
    pair: tuple[Numbers, Numbers],
    seed: int,
) -> Iterable[dict[str, Any]]:
    is_spam = np.array([row.is_spam for row in rows])
    for name, chosen in named:
        marks, ours, floor = is_spam[chosen], pair[0][chosen], pair[1][chosen]
        if not 0 < marks.sum() < len(marks) or np.isnan(ours).any() or np.isnan(floor).any():
            continue
        figures: dict[str, Any] = {"name": name, "spam": int(marks.sum()), "rows": len(marks)}
        for key, figure in (("auc", area), ("recall", recall)):
            figures[key] = {
                "ours": measured(figure, marks, ours, seed),
                "floor": measured(figure, marks, floor, seed),
                "gain": gained(figure, marks, ours, floor, seed),
            }
        yield figures | of_actions(marks, ours)


def means(compared: Sequence[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Over sources, each counted once."""
    return {
        name: {
            side: float(np.mean([part[name][side][0] for part in compared]))
            for side in ("ours", "floor", "gain")
        }
        for name in ("auc", "recall")
        if compared
    }
