"""``learning``: how far 50 labels of a blog's queue bring a model that never saw the blog.

Each source is left out of the prior in turn and is the blog.  A fixed part of its comments (by
group: a post or a video is on one side only) is the later part that is measured; from the others
a moderator labels 50, four of five held ones and the others from all the rest, drawn anew for each
seed.
"""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID, uuid5

import numpy as np
from numpy.typing import NDArray

from classifiers import artifacts, evaluate, fingerprints, train
from classifiers.examples import Labelled, share_of
from classifiers.pipeline import Matrix, Model, fit
from moderation.learning.adjustment import adjust
from moderation.learning.poisoning import Label

SEEDS = 20
LABELS = 50
HELD = 40  # of them, as long as there are held ones
STEPS = (10, 20, 35, 50)
HOLD, REJECT = 0.0, 3.89  # log-odds of 0.5 and 0.98
WORST = -0.02
A_THIRD = 1 / 3
NAMESPACE = UUID(int=0)


def main(argv: Sequence[str]) -> int:
    args, _ = _parser().parse_known_args(argv)
    if not args.data.is_dir():
        print(f"learning: {args.data} is not here (--data FOLDER)")
        return 0
    print(f"{'left out':12}{'later':>7}{'spam':>6}  recall at 1 % false positives")
    print(f"{'':27}before   after {LABELS} (lowest..highest)   gap closed   worst step")
    for source in args.sources or evaluate.SEPARATE:
        _measure(source, args.data, 3 if args.quick else SEEDS)
    return 0


def _parser() -> argparse.ArgumentParser:
    shared = Path(os.environ.get("GATEHOUSE_TEST_SHARED", Path(__file__).parents[2] / "shared"))
    parser = argparse.ArgumentParser(prog="benchmarks learning")
    parser.add_argument("--data", type=Path, default=shared / "data/train")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--sources", nargs="*")
    return parser


def _measure(source: str, folder: Path, seeds: int) -> None:
    material = train.prepare(train.read_rows(folder, seed=0))
    own = evaluate.tested(material.rows, source)
    model = _prior(material, own, source)
    blog = [material.rows[place] for place in own]
    matrix, is_spam = material.matrix.take(own), material.is_spam[own]
    log_odds = model.decide(matrix)
    later = np.array([share_of(row.group, 7) < 0.5 for row in blog])
    labels = _labels(blog)
    before = evaluate.recall(is_spam[later], log_odds[later])
    gains = np.array(
        [_gains(labels, matrix, log_odds, model, is_spam, later, seed) for seed in range(seeds)]
    )
    after = before + gains[:, -1]
    closed = gains[:, -1].mean() / (1 - before) if before < 1 else 1.0
    print(
        f"{source:12}{later.sum():7}{is_spam[later].sum():6}  {before:8.3f}{after.mean():8.3f}"
        f" ({after.min():.3f}..{after.max():.3f}){'':11}{closed:6.1%}"
        f" {'yes' if closed >= A_THIRD else 'no ':5}{gains.min():+9.3f}"
        f" {'yes' if gains.min() >= WORST else 'no'}",
        flush=True,
    )
    means = ", ".join(f"{n}: {g:+.3f}" for n, g in zip(STEPS, gains.mean(axis=0), strict=True))
    print(f"{'':27}mean gain after labels {means}", flush=True)


def _prior(material: train.Material, own: NDArray[np.int64], source: str) -> Model:
    """A model of everything else, on the scale of the one that ships."""
    keep = np.array([row.source != source for row in material.rows])
    keep[own] = False
    chosen = np.flatnonzero(keep)
    rest = material.matrix.take(chosen)
    model = fit(rest, material.is_spam[chosen], material.weights[chosen], seed=0)
    scale = artifacts.load()[1]["calibration"]
    return model.calibrated(scale["slope"], scale["offset"])


def _labels(blog: Sequence[Labelled]) -> list[Label]:
    prints = fingerprints.fingerprints([row.example.text for row in blog])
    return [
        Label(
            id=uuid5(NAMESPACE, str(n)),
            comment_id=uuid5(NAMESPACE, str(n)),
            is_spam=row.is_spam,
            source="moderator",
            reporter=1,
            text=mark.text,
            near_a=mark.near_a,
            near_b=mark.near_b,
        )
        for n, (row, mark) in enumerate(zip(blog, prints, strict=True))
    ]


def _gains(  # noqa: PLR0913, PLR0917  (a blog and what is thought of it)
    labels: Sequence[Label],
    matrix: Matrix,
    log_odds: NDArray[np.float64],
    model: Model,
    is_spam: NDArray[np.bool_],
    later: NDArray[np.bool_],
    seed: int,
) -> list[float]:
    """What recall gains after each of ``STEPS`` labels."""
    queue = _queue(log_odds, later, seed)
    judged = np.flatnonzero(later)
    later_matrix, marks, base = matrix.take(judged), is_spam[judged], log_odds[judged]
    before = evaluate.recall(marks, base)
    gains = []
    for count in STEPS:
        chosen = queue[:count]
        found = adjust([labels[n] for n in chosen], matrix.take(chosen), log_odds[chosen], model)
        share = found.correction.decide(later_matrix, model.centres) if found.correction else 0.0
        gains.append(evaluate.recall(marks, base + share) - before)
    return gains


def _queue(log_odds: NDArray[np.float64], later: NDArray[np.bool_], seed: int) -> NDArray[np.int64]:
    """Held comments and others by turns, as long as there are held ones."""
    dice = np.random.default_rng(seed)
    earlier = dice.permutation(np.flatnonzero(~later))
    held = (log_odds[earlier] >= HOLD) & (log_odds[earlier] < REJECT)
    first, second = earlier[held][:HELD], earlier[~held]
    rest = second[: LABELS - len(first)]
    return np.asarray(dice.permutation(np.concatenate([first, rest])))
