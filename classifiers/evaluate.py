"""How good a model is on sources it was not trained on, with intervals, beside the floor."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifiers.examples import Labelled

FALSE_POSITIVES = 0.01
RESAMPLES = 300
HOLD, REJECT = 0.5, 0.98
SEPARATE = ("tubespam", "spintax_en", "tg_umputun", "techblog_en")
# Spam without honest comments of its own, and where those come from.
BORROWED = {"spintax_en": ("civil_toxic", "wiki_talk")}

Numbers = NDArray[np.float64]
Marks = NDArray[np.bool_]


class Measured(NamedTuple):
    """A figure with the middle 95 % of its bootstrap."""

    value: float
    low: float
    high: float


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


def of_actions(is_spam: Marks, log_odds: Numbers) -> dict[str, float]:
    """What the thresholds that ship would do."""
    probability = 1 / (1 + np.exp(-np.clip(log_odds, -500, 500)))
    ham, spam = probability[~is_spam], probability[is_spam]
    return {
        "ham_held": float((ham >= HOLD).mean()) if len(ham) else 0.0,
        "ham_rejected": float((ham >= REJECT).mean()) if len(ham) else 0.0,
        "spam_caught": float((spam >= HOLD).mean()) if len(spam) else 0.0,
        "spam_rejected": float((spam >= REJECT).mean()) if len(spam) else 0.0,
    }


def measure(rows: Sequence[Labelled], left_out: Numbers, *, seed: int = 0) -> list[dict[str, Any]]:
    """For each source, and the written comments by language: figures of models without them."""
    is_spam = np.array([row.is_spam for row in rows])
    found = []
    for name, chosen in _parts(rows):
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


def _parts(rows: Sequence[Labelled]) -> Iterable[tuple[str, NDArray[np.int64]]]:
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
    """Ours, the floor and the gain for each source that is judged by itself, then the means."""
    is_spam = np.array([row.is_spam for row in rows])
    found = []
    for source in SEPARATE:
        chosen = tested(rows, source)
        marks = is_spam[chosen]
        if not 0 < marks.sum() < len(marks) or np.isnan(ours[chosen]).any():
            continue
        pair = ours[chosen], floor[chosen]
        figures: dict[str, Any] = {"name": source, "spam": int(marks.sum()), "rows": len(marks)}
        for name, figure in (("auc", area), ("recall", recall)):
            figures[name] = {
                "ours": measured(figure, marks, pair[0], seed),
                "floor": measured(figure, marks, pair[1], seed),
                "gain": gained(figure, marks, *pair, seed),
            }
        found.append(figures)
    return found


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


def in_words(report: dict[str, Any]) -> str:
    """The report as a table; recall is at one honest comment in a hundred."""
    lines = [f"{'left out':14}{'spam':>6}{'rows':>7}   {'AUC: ours':24}{'floor':24}gain"]
    for figure, title in (("auc", ""), ("recall", f"\n{'':27}   recall at 1 % false positives")):
        lines += [title] if title else []
        for part in report["left_out"]:
            sides = "".join(f"{_interval(part[figure][side]):24}" for side in ("ours", "floor"))
            counts = f"{part['name']:14}{part['spam']:6}{part['rows']:7}"
            lines.append(f"{counts}   {sides}{_interval(part[figure]['gain'])}")
        mean = means(report["left_out"]).get(figure)
        if mean:
            values = "".join(f"{mean[side]:<24.3f}" for side in ("ours", "floor", "gain"))
            lines.append(f"{'mean':27}   {values}".rstrip())
    for title, key in (("by models without it", "parts"), ("written by others", "held_out")):
        lines += ["", *_actions(title, report[key])]
    return "\n".join(lines)


def _interval(figure: Sequence[float]) -> str:
    value, low, high = figure
    return f"{value:.3f} ({low:.3f}..{high:.3f})"


def _actions(title: str, parts: Sequence[dict[str, Any]]) -> list[str]:
    head = f"{title:28}{'rows':>6}{'spam':>6}  {'AUC':24}ham held, rejected   spam caught, rejected"
    lines = [head]
    for part in parts:
        area_found = _interval(part["auc"]) if "auc" in part else ""
        ham = f"{part['ham_held']:8.2%}{part['ham_rejected']:10.3%}"
        spam = f"{part['spam_caught']:13.1%}{part['spam_rejected']:10.1%}" if part["spam"] else ""
        counts = f"{part['name']:28}{part['rows']:6}{part['spam']:6}"
        lines.append(f"{counts}  {area_found:24}{ham}{spam}")
    return lines
