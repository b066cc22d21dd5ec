"""Figures, curves and mistakes on one page, without a request to anywhere."""

from pathlib import Path
from typing import Any

import jinja2
import numpy as np

from classifiers import actions, evaluate
from classifiers.evaluation import Evaluated
from classifiers.folds import folds_of
from classifiers.report import plots
from classifiers.report.worst import worst
from classifiers.scorer import Scorer

_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=jinja2.StrictUndefined,
)


class Unable(Exception):
    """The page needs a library that is not installed."""


def write(found: Evaluated, report: dict[str, Any], target: Path) -> None:
    """Raises Unable without matplotlib, and OSError."""
    try:
        drawn = {
            "curves": [_curves(source, found) for source in _sources(found)],
            "reliability": plots.reliability(report["calibration"]["bins"]),
        }
    except ModuleNotFoundError as error:
        message = f'--html needs {error.name}: install gatehouse with the extra "report"'
        raise Unable(message) from error
    page = _TEMPLATES.get_template("page.html").render(
        report=report,
        means=evaluate.means(report["left_out"]),
        mistakes={"Honest comments that look like spam": False, "Spam that looks honest": True},
        worst=_worst(found),
        aims={"held": actions.HELD_MOST, "rejected": actions.REJECTED_MOST},
        **drawn,
    )
    target.write_text(page, encoding="utf-8")


def _sources(found: Evaluated) -> list[str]:
    present = {row.source for row in found.rows}
    return [source for source in evaluate.SEPARATE if source in present]


def _curves(source: str, found: Evaluated) -> dict[str, str]:
    chosen = evaluate.tested(found.rows, source)
    marks = found.is_spam[chosen]
    judged = [
        (name, marks, log_odds[chosen])
        for name, log_odds in (("ours", found.ours), ("floor", found.floor))
    ]
    return {
        "source": source,
        "roc": plots.curves(plots.roc, judged, ("honest comments called spam", "spam found")),
        "precision": plots.curves(
            plots.precision_recall, judged, ("spam found", "spam among what is called spam")
        ),
    }


def _worst(found: Evaluated) -> dict[bool, Any]:
    trained = found.trained
    scorers = [
        None if model is None else Scorer(model, version="left out") for model in trained.without
    ]
    folds = folds_of(found.rows)
    return {
        is_spam: worst(found.rows, scorers, folds, found.ours, is_spam=is_spam)
        for is_spam in (False, True)
    }


def _probability(log_odds: float) -> float:
    return float(1 / (1 + np.exp(-log_odds)))


_TEMPLATES.filters["probability"] = _probability
