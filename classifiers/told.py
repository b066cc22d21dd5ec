"""Figures of an evaluation as tables for a terminal."""

from collections.abc import Iterator, Sequence
from typing import Any

from classifiers.actions import HELD_MOST, REJECTED_MOST
from classifiers.evaluate import means

Figures = dict[str, Any]


def in_words(report: Figures) -> str:
    """Recall is at one honest comment in a hundred; intervals are of 95 %."""
    lines = [*_beside("left out", report["left_out"]), ""]
    lines += [*_beside("nobody trained on it", report["held_out"]), ""]
    lines += [*_actions("by models without it", report["parts"]), ""]
    lines += [*_languages(report["languages"]), ""]
    lines += _rejected(report["rejected_ham"])
    return "\n".join(lines).rstrip()


def _beside(title: str, parts: Sequence[Figures]) -> Iterator[str]:
    """Ours, the floor, and the difference on the same rows."""
    for figure, name in (("auc", "AUC"), ("recall", "recall at 1 % FP")):
        yield f"{title:21}{'spam':>6}{'rows':>7}   {name + ': ours':33}{'floor':24}gain"
        for part in parts:
            sides = "".join(f"{interval(part[figure][side]):24}" for side in ("floor",))
            counts = f"{part['name']:21}{part['spam']:6}{part['rows']:7}"
            ours, gain = interval(part[figure]["ours"]), interval(part[figure]["gain"])
            yield f"{counts}   {ours:33}{sides}{gain}"
        mean = means(parts).get(figure)
        if mean:
            values = f"{mean['ours']:<33.3f}{mean['floor']:<24.3f}{mean['gain']:.3f}"
            yield f"{'mean':34}   {values}"


def interval(figure: Sequence[float]) -> str:
    value, low, high = figure
    return f"{value:.3f} ({low:.3f}..{high:.3f})"


def percent(figure: Sequence[float], digits: int) -> str:
    value, low, high = (f"{100 * each:.{digits}f}" for each in figure)
    return f"{value} % ({low}..{high})"


def _actions(title: str, parts: Sequence[Figures]) -> Iterator[str]:
    yield (
        f"{title:28}{'rows':>6}{'spam':>6}  {'AUC':24}ham held, rejected   spam caught, rejected"
    )
    for part in parts:
        area = interval(part["auc"]) if "auc" in part else ""
        ham = f"{part['ham_held'][0]:8.2%}{part['ham_rejected'][0]:10.3%}"
        caught = f"{part['spam_caught'][0]:13.1%}{part['spam_rejected'][0]:10.1%}"
        counts = f"{part['name']:28}{part['rows']:6}{part['spam']:6}"
        yield f"{counts}  {area:24}{ham}{caught if part['spam'] else ''}"


def _languages(languages: Sequence[Figures]) -> Iterator[str]:
    yield (
        f"honest comments of sources left out: at most {HELD_MOST:.0%} held,"
        f" {REJECTED_MOST:.2%} rejected (95 % by Clopper and Pearson)"
    )
    yield f"{'language':16}{'honest':>7}  {'held':24}{'rejected':27}{'spam':>5}  caught"
    for part in languages:
        honest = f"{part['name']:16}{part['rows'] - part['spam']:7}"
        held, rejected = percent(part["ham_held"], 2), percent(part["ham_rejected"], 3)
        caught = percent(part["spam_caught"], 1) if part["spam"] else ""
        yield f"{honest}  {held:24}{rejected:27}{part['spam']:5}  {caught}".rstrip()


def _rejected(rows: Sequence[Figures]) -> Iterator[str]:
    yield f"called honest by their set, and rejected: {len(rows)}"
    for row in rows:
        read = "spam that nobody marked" if row["unmarked_spam"] else ""
        yield f"{row['probability']:.3f}  {row['source']:18}{read:24}{row['text']}"
