"""The learning part of the command line: ``train``, ``evaluate`` and ``score``."""

import argparse
import json
import sys
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from tqdm import tqdm

from classifiers import actions, evaluation, report, scoring, told
from classifiers import train as training
from classifiers.artifacts import MODELS, UnfitModel, save
from classifiers.backends import Backend, Place, Unreachable, working
from classifiers.card import card
from classifiers.evaluation import evaluated
from classifiers.scorer import load_default
from classifiers.sets import UnreadableSet, read_sets

Subparsers = Any  # argparse names its type with an underscore

_REFUSALS = (UnreadableSet, UnfitModel, training.UnfitRows, report.Unable, Unreachable, OSError)


def add_commands(subparsers: Subparsers) -> None:
    """``train``, ``evaluate`` and ``score``; each sets ``run``, from arguments to an exit code."""
    train = _add(subparsers, "train", "make a model from labelled comments", run_train)
    _add_data(train)
    train.add_argument("--out", type=Path, default=MODELS, help="folder of model and manifest")
    train.add_argument("--card", type=Path, help="write the model card there, too")
    evaluating = _add(subparsers, "evaluate", "measure a model against a simple one", run_evaluate)
    _add_data(evaluating)
    evaluating.add_argument("--json", action="store_true", help="print figures as JSON")
    evaluating.add_argument("--html", type=Path, help="write a report with curves to this file")
    score = _add(subparsers, "score", "judge comments from standard input", run_score)
    score.add_argument("--hold", type=float, default=actions.HOLD, help="hold from here on")
    score.add_argument("--reject", type=float, default=actions.REJECT, help="reject from here on")
    _add_place(score, "batches judged at the same time")


def _add(
    subparsers: Subparsers,
    name: str,
    purpose: str,
    run: Callable[[argparse.Namespace], int],
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = subparsers.add_parser(
        name, help=purpose, description=f"{purpose.capitalize()}.", epilog=run.__doc__
    )
    parser.set_defaults(run=run)
    return parser


def _add_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "data", type=Path, nargs="?", help="folder of JSON-lines sets; without, our own texts only"
    )
    parser.add_argument(
        "--held-out",
        type=Path,
        metavar="FOLDER",
        help="sets to measure on, and never to train on: look at them once a release",
    )
    parser.add_argument("--seed", type=int, default=0)
    _add_place(parser, "models fitted at the same time")


def _add_place(parser: argparse.ArgumentParser, jobs: str) -> None:
    parser.add_argument("--jobs", type=_positive, default=1, metavar="N", help=jobs)
    parser.add_argument(
        "--backend",
        choices=[backend.value for backend in Backend],
        default=Backend.LOKY.value,
        help="where they run: processes (loky), threads, or a Dask cluster",
    )
    parser.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="of the Dask cluster, such as tcp://10.0.0.7:8786; without, one of --jobs processes",
    )


def _positive(text: str) -> int:
    if text.isdecimal() and int(text) > 0:
        return int(text)
    raise argparse.ArgumentTypeError("must be a number from 1 on")


def _place(args: argparse.Namespace) -> Place:
    return Place(Backend(args.backend), args.jobs, args.scheduler)


def _watched(purpose: str, steps: int) -> "tqdm[Any]":
    return tqdm(total=steps, desc=purpose, file=sys.stderr, disable=None, leave=False)


def _refuse(error: Exception) -> int:
    sys.stderr.write(f"gatehouse: {error}\n")
    return 1


def run_train(args: argparse.Namespace) -> int:
    """The same data and seed make the same file, byte for byte."""
    try:
        rows = training.read_rows(args.data, seed=args.seed)
        with working(_place(args)), closing(_watched("training", training.FITS)) as bar:
            trained = training.train(rows, seed=args.seed, progress=bar.update)
        described = training.manifest_of(trained, seed=args.seed)
        if args.held_out:
            asked = read_sets(args.held_out)
            described["held_out"] = evaluation.of_held_out(trained, asked, seed=args.seed)
        manifest = save(trained.model, described, args.out)
        if args.card:
            args.card.write_text(card(manifest), encoding="utf-8")
    except _REFUSALS as error:
        return _refuse(error)
    sys.stdout.write(f"model {manifest['version']} of {len(rows)} comments in {args.out}\n")
    return 0


def run_evaluate(args: argparse.Namespace) -> int:
    """Each source is judged by models that never saw it: ours, and the floor on the same rows."""
    try:
        rows = training.read_rows(args.data, seed=args.seed)
        asked = read_sets(args.held_out) if args.held_out else []
        steps = training.FITS + evaluation.FITS
        with working(_place(args)), closing(_watched("evaluating", steps)) as bar:
            trained = training.train(rows, seed=args.seed, progress=bar.update)
            found = evaluated(trained, asked, seed=args.seed, progress=bar.update)
        figures = evaluation.figures(found, seed=args.seed)
        if args.html:
            report.write(found, figures, args.html)
    except _REFUSALS as error:
        return _refuse(error)
    text = json.dumps(figures, indent=1) if args.json else told.in_words(figures)
    sys.stdout.write(f"{text}\n")
    return 0


def run_score(args: argparse.Namespace) -> int:
    """One JSON object a line in, one out, in order; the exit code is 1 if a line was refused."""
    lines = scoring.bounded(sys.stdin.buffer)
    bar = tqdm(lines, desc="scoring", unit=" comments", file=sys.stderr, disable=None, leave=False)
    try:
        with working(_place(args)) as workers:
            refused = _score(args, bar, workers)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        # Whoever read has seen enough; the interpreter must not flush into the pipe again.
        sys.stdout = None
        return 0
    except (UnfitModel, Unreachable) as error:
        return _refuse(error)
    return 1 if refused else 0


def _score(args: argparse.Namespace, lines: Iterable[bytes], workers: int) -> int:
    thresholds = scoring.Thresholds(args.hold, args.reject)
    written = sys.stdout.buffer, sys.stderr
    if _place(args).is_here:
        return scoring.score_lines(lines, load_default(), thresholds, *written)
    return scoring.score_parcels(lines, workers, thresholds, *written)
