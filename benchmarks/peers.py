"""AUC beside the filters that people use: bogofilter, SpamAssassin's Bayes, fastText.

All learn the text of the same rows and judge the same sources that they never saw.  Debian has the
first two (``bogofilter``, ``spamassassin``); fastText is used where Python can import it.  What is
not installed is left out and named.
"""

import importlib.util
import mailbox
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.report import Goal, Report, options
from classifiers import evaluate
from classifiers.examples import Labelled, share_of
from classifiers.folds import SOURCES, folds_of
from classifiers.pipeline import fit, vectorise
from classifiers.train import read_rows

BESIDE = Path(__file__).parents[2] / "shared"
BETTER = Goal(at_least=0.0)
SEED = 0
_SPAMASSASSIN = """\
loadplugin Mail::SpamAssassin::Plugin::Check
loadplugin Mail::SpamAssassin::Plugin::Bayes
util_rb_tld com org net de ru
use_bayes 1
use_bayes_rules 1
bayes_auto_learn 0
bayes_min_spam_num 1
bayes_min_ham_num 1
bayes_path {place}/bayes
body BAYES_ANY eval:check_bayes('0.00', '1.00')
score BAYES_ANY 0.001
report_safe 0
clear_headers
add_header all Bayes _BAYES_
"""
_FASTTEXT = {"lr": 0.5, "epoch": 10, "wordNgrams": 2, "minn": 2, "maxn": 5, "bucket": 1_000_000}

Texts = Sequence[str]
Marks = NDArray[np.bool_]
Scores = NDArray[np.float64]
Peer = Callable[[Texts, Marks, Texts], Scores]  # learns the first two, judges the third


def main(argv: Sequence[str]) -> int:
    """``--requests`` is the most honest rows of a source; SpamAssassin needs minutes for more."""
    chosen = options("peers", argv, requests=1500, quick_requests=40)
    sets = Path(os.environ.get("GATEHOUSE_TEST_SHARED", BESIDE)) / "data" / "train"
    report = Report("peers: AUC on sources left out, text only for them")
    if not sets.is_dir():
        report.note("the labelled sets are not here: there is no source to leave out")
    rows = _thinned(read_rows(sets if sets.is_dir() else None, seed=SEED), chosen.requests)
    peers = _installed(report)
    for number, sources in enumerate(SOURCES[: 1 if chosen.quick else None]):
        if sources[0] in {row.source for row in rows}:
            _compare(rows, number, sources[0], peers, report)
    report.print()
    report.save(chosen.json)
    return 0


def _thinned(rows: Sequence[Labelled], most: int) -> list[Labelled]:
    """At most ``most`` of each source and class, weighing no less."""
    counts: dict[tuple[str, bool], int] = {}
    for row in rows:
        counts[row.source, row.is_spam] = counts.get((row.source, row.is_spam), 0) + 1
    kept = []
    for number, row in enumerate(rows):
        share = min(1.0, most / counts[row.source, row.is_spam])
        if share == 1 or share_of(f"{row.group}:{number}", SEED) < share:
            kept.append(replace(row, weight=row.weight / share))
    return kept


def _installed(report: Report) -> dict[str, Peer]:
    peers: dict[str, Peer] = {}
    if shutil.which("bogofilter"):
        peers["bogofilter"] = bogofilter
    if shutil.which("sa-learn") and shutil.which("spamassassin"):
        peers["SpamAssassin's Bayes"] = spamassassin
    if importlib.util.find_spec("fasttext"):
        peers["fastText"] = fasttext
    missing = {"bogofilter", "SpamAssassin's Bayes", "fastText"} - peers.keys()
    if missing:
        report.note(f"not installed: {', '.join(sorted(missing))}")
    return peers


def _compare(
    rows: Sequence[Labelled], number: int, source: str, peers: dict[str, Peer], report: Report
) -> None:
    folds = folds_of(rows)
    learnt = np.flatnonzero(folds != number).tolist()
    asked = evaluate.tested(rows, source).tolist()
    is_spam = np.array([row.is_spam for row in rows])
    ours = _ours([rows[i] for i in learnt], is_spam[learnt], [rows[i] for i in asked])
    texts = [row.example.text for row in rows]
    reached = evaluate.area(is_spam[asked], ours)
    report.add(f"{source}: ours", "AUC", [reached])
    for name, judge in peers.items():
        scores = judge([texts[i] for i in learnt], is_spam[learnt], [texts[i] for i in asked])
        report.add(f"{source}: {name}", "AUC", [evaluate.area(is_spam[asked], scores)])
        gain = evaluate.gained(evaluate.area, is_spam[asked], ours, scores, SEED)
        report.add(f"{source}: ours above {name}", "AUC", [gain.value], BETTER)


def _ours(learnt: Sequence[Labelled], is_spam: Marks, asked: Sequence[Labelled]) -> Scores:
    weights = np.array([row.weight for row in learnt])
    return fit(vectorise(learnt), is_spam, weights, seed=SEED).decide(vectorise(asked))


def bogofilter(texts: Texts, is_spam: Marks, asked: Texts) -> Scores:
    with tempfile.TemporaryDirectory() as place:
        for option, chosen in (("-s", is_spam), ("-n", ~is_spam)):
            box = _mailbox(Path(place) / f"learn{option}", _of(texts, chosen))
            _run(["bogofilter", "-d", place, option, "-M", "-I", str(box)], ok=(0,))
        box = _mailbox(Path(place) / "asked", asked)
        said = _run(["bogofilter", "-d", place, "-TT", "-M", "-I", str(box)], ok=(0, 1, 2))
    return np.array([float(line.split()[-1]) for line in said.splitlines() if line.strip()])


def spamassassin(texts: Texts, is_spam: Marks, asked: Texts) -> Scores:
    with tempfile.TemporaryDirectory() as place:
        rules = Path(place) / "rules"
        rules.mkdir()
        (rules / "bayes.cf").write_text(_SPAMASSASSIN.format(place=place), "utf-8")
        where = [f"--configpath={rules}", f"--siteconfigpath={rules}", f"--prefspath={place}/prefs"]
        (Path(place) / "prefs").touch()
        for option, chosen in (("--spam", is_spam), ("--ham", ~is_spam)):
            box = _mailbox(Path(place) / f"learn{option}", _of(texts, chosen))
            _run(["sa-learn", *where, "--no-sync", "--mbox", option, str(box)], ok=(0,))
        _run(["sa-learn", *where, "--sync"], ok=(0,))
        box = _mailbox(Path(place) / "asked", asked)
        said = _run(["spamassassin", *where, "--local", "--mbox", str(box)], ok=(0,))
        scored = Path(place) / "scored"
        scored.write_text(said, "utf-8")
        # It answers in an order of its own.
        told = {mail["Message-Id"]: mail["X-Spam-Bayes"] for mail in mailbox.mbox(scored)}
    return np.array([float(told[_id(number, box)]) for number in range(len(asked))])


def fasttext(texts: Texts, is_spam: Marks, asked: Texts) -> Scores:
    library: Any = importlib.import_module("fasttext")
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".txt") as learnt:
        for text, spam in zip(texts, is_spam, strict=True):
            learnt.write(f"__label__{'spam' if spam else 'ham'} {_line(text)}\n")
        learnt.flush()
        model = library.train_supervised(learnt.name, thread=1, verbose=0, **_FASTTEXT)
    # The compiled part is asked: what stands around it does not know NumPy 2.
    answers = (dict(model.f.predict(f"{_line(text)}\n", 2, 0.0, "strict")) for text in asked)
    told = ({label: share for share, label in answer.items()} for answer in answers)
    return np.array([each.get("__label__spam", 0.0) for each in told])


def _of(texts: Texts, chosen: Marks) -> list[str]:
    return [text for text, is_chosen in zip(texts, chosen, strict=True) if is_chosen]


def _line(text: str) -> str:
    return " ".join(text.split())


def _id(number: int, box: Path) -> str:
    """Its own in every box: who learns a message again forgets what it was before."""
    return f"<{number}.{box.name}@blog.example>"


def _mailbox(path: Path, texts: Texts) -> Path:
    box = mailbox.mbox(path)
    for number, text in enumerate(texts):
        mail = EmailMessage()
        mail["From"], mail["Message-Id"] = "comment@blog.example", _id(number, path)
        mail.set_content(text.encode("utf-8", "replace").decode("utf-8"))
        box.add(mail)
    box.close()
    return path


def _run(command: Sequence[str], *, ok: Sequence[int]) -> str:
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode not in ok:
        said = done.stderr.decode("utf-8", "replace")
        raise RuntimeError(f"{command[0]} ended with {done.returncode}: {said[:500]}")
    return done.stdout.decode("utf-8", "replace")
