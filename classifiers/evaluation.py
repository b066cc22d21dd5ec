"""One whole evaluation: every source by models that never saw it, ours and the floor."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers import actions, evaluate, floor, reliability
from classifiers.examples import Example, Labelled
from classifiers.folds import folds_of
from classifiers.pipeline import vectorise
from classifiers.train import SPAM_SHARE, Progress, Trained, source_weights
from classifiers.written import SOURCE as WRITTEN
from classifiers.written import read_held_out

FITS = floor.FITS + 1


@dataclass(frozen=True, slots=True)
class Evaluated:
    """Log-odds by row: NaN where no model was trained without the row's source."""

    rows: list[Labelled]
    trained: Trained
    floor: NDArray[np.float64]
    held_out: list[dict[str, Any]]  # figures of what nobody is trained on

    @property
    def is_spam(self) -> NDArray[np.bool_]:
        return self.trained.material.is_spam

    @property
    def ours(self) -> NDArray[np.float64]:
        return self.trained.left_out


def evaluated(
    trained: Trained, held_out: Sequence[Labelled] = (), *, seed: int, progress: Progress
) -> Evaluated:
    """The floor's fits come on top; ``progress`` is called FITS times.

    ``held_out`` are rows of sets that nobody is trained on, beside our own of that kind.
    """
    rows = trained.material.rows
    plain = floor.left_out(rows, seed=seed, progress=progress)
    others = of_held_out(trained, held_out, seed=seed)
    progress()
    return Evaluated(rows, trained, plain, others)


def of_held_out(
    trained: Trained, held_out: Sequence[Labelled], *, seed: int
) -> list[dict[str, Any]]:
    """The whole model and the whole floor, on ``held_out`` and what was written to be held out."""
    asked = [*held_out, *read_held_out(seed)]
    plain = floor.judged(trained.material.rows, asked, seed=seed)
    return evaluate.compare_parts(asked, trained.model.decide(vectorise(asked)), plain, seed=seed)


def figures(found: Evaluated, *, seed: int) -> dict[str, Any]:
    """Everything that the report says, as JSON would have it."""
    bins = reliability.bins_of(*_judged(found))
    return {
        "left_out": evaluate.compare(found.rows, found.ours, found.floor, seed=seed),
        "held_out": found.held_out,
        "parts": evaluate.measure(found.rows, found.ours, seed=seed),
        "languages": list(actions.by_language(found.rows, found.ours)),
        "rejected_ham": actions.rejected(found.rows, found.ours),
        "genres": list(_genres(found)),
        "availability": list(_availability(found)),
        "calibration": {
            "spam_share": SPAM_SHARE,
            "expected_calibration_error": reliability.calibration_error(bins),
            "bins": bins,
        },
    }


def _judged(
    found: Evaluated,
) -> tuple[NDArray[np.bool_], NDArray[np.float64], NDArray[np.float64]]:
    """Rows of sources left out, weighed so that each source counts the same."""
    judged = np.flatnonzero(~np.isnan(found.ours))
    is_spam = found.is_spam[judged]
    weights = source_weights([found.rows[i] for i in judged])
    return is_spam, found.ours[judged], reliability.under_prior(is_spam, weights, SPAM_SHARE)


def _genres(found: Evaluated) -> Iterator[dict[str, Any]]:
    """Written comments by genre, each judged by a model without that genre."""
    written = [(i, row) for i, row in enumerate(found.rows) if row.genre]
    for genre in sorted({row.genre for _, row in written}):
        chosen = np.array([i for i, row in written if row.genre == genre])
        chosen = chosen[~np.isnan(found.ours[chosen])]
        if len(chosen):
            marks = found.is_spam[chosen]
            counts = {"name": genre, "rows": len(chosen), "spam": int(marks.sum())}
            yield counts | actions.of_actions(marks, found.ours[chosen])


def _availability(found: Evaluated) -> Iterator[dict[str, Any]]:
    """How much is lost where a blog does not send everything."""
    whole = [i for i, row in enumerate(found.rows) if row.genre and _is_whole(row.example)]
    languages = sorted({found.rows[i].language for i in whole})
    for name, forget in FORGETTING.items() if whole else ():
        rows = [
            replace(found.rows[i], example=forget(found.rows[i].example), source=WRITTEN)
            for i in whole
        ]
        log_odds = _by_folds(found, whole, rows)
        for language in languages:
            chosen = np.array([i for i, row in enumerate(rows) if row.language == language])
            marks, judged = found.is_spam[np.array(whole)[chosen]], log_odds[chosen]
            if 0 < marks.sum() < len(marks) and not np.isnan(judged).any():
                area = evaluate.measured(evaluate.area, marks, judged, 0)
                counts = {"name": f"{language}, {name}", "rows": len(chosen)}
                counts |= {"spam": int(marks.sum()), "auc": area}
                yield counts | actions.of_actions(marks, judged)


def _by_folds(
    found: Evaluated, numbers: Sequence[int], rows: Sequence[Labelled]
) -> NDArray[np.float64]:
    """What models without the rows' genres say of them."""
    matrix, folds = vectorise(rows), folds_of(found.rows)[np.array(numbers)]
    log_odds = np.full(len(rows), np.nan)
    for number, model in enumerate(found.trained.without):
        out = np.flatnonzero(folds == number)
        if model is not None and len(out):
            log_odds[out] = model.decide(matrix.take(out))
    return log_odds


def _is_whole(example: Example) -> bool:
    known = (example.author, example.url, example.mail_domain, example.permalink, example.title)
    return None not in (*known, example.language)


def _everything(example: Example) -> Example:
    return example


def _no_sender(example: Example) -> Example:
    return replace(example, author=None, url=None, mail_domain=None)


def _text_alone(example: Example) -> Example:
    return Example(text=example.text)


FORGETTING: dict[str, Callable[[Example], Example]] = {
    "everything known": _everything,
    "no author, link or mail": _no_sender,
    "text alone": _text_alone,
}
