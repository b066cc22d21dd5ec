import io
import json
import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from classifiers import evaluate, floor
from classifiers.scoring import Thresholds, score_lines
from classifiers.train import FITS
from tests.classifiers.conftest import labelled

THRESHOLDS = Thresholds(0.5, 0.98)


def answers(scorer, *lines):
    output, complaints = io.BytesIO(), io.StringIO()
    refused = score_lines(lines, scorer, THRESHOLDS, output, complaints)
    return [json.loads(line) for line in output.getvalue().splitlines()], refused, complaints


def test_a_line_is_answered_by_probability_action_and_findings(scorer):
    (answer,), refused, _ = answers(
        scorer,
        b'{"text": "Win $$$ 1000 at our casino", "author": "casino", "url": "http://casino.top/b",'
        b' "permalink": "https://b.de/p", "post_title": "P", "date": "2026-01-01", "lang": "de"}',
    )

    assert refused == 0
    assert set(answer) == {"probability", "action", "findings"}
    assert answer["action"] in {"hold", "reject"}
    assert {"name", "log_odds", "value"} == set(answer["findings"][0])


def test_a_bad_line_is_named_and_the_others_stand(scorer):
    found, refused, complaints = answers(
        scorer, b'{"text": "a"}', b"{", b'{"author": "b"}', b"\xff", b'{"text": "c"}'
    )

    assert refused == 3
    assert ["error" in answer for answer in found] == [False, True, True, True, False]
    assert [line.split(":")[0] for line in complaints.getvalue().splitlines()] == [
        "line 2",
        "line 3",
        "line 4",
    ]


@given(line=st.binary(max_size=200))
def test_whatever_the_bytes_a_line_is_answered(scorer, line):
    found, _, _ = answers(scorer, line)

    assert len(found) == 1


def test_the_command_ends_quietly_when_nobody_reads_on():
    program = f"{sys.executable} -m service score | head -n 1"
    lines = b'{"text": "hello"}\n' * 5000

    done = subprocess.run(["/bin/sh", "-c", program], input=lines, capture_output=True, check=False)

    assert done.stdout.startswith(b'{"probability":')
    assert done.stderr == b""


def test_the_command_says_that_it_refused_a_line():
    done = subprocess.run(
        [sys.executable, "-m", "service", "score"], input=b"{\n", capture_output=True, check=False
    )

    assert done.returncode == 1
    assert b"line 1" in done.stderr


def test_figures_of_ours_and_of_the_floor_stand_side_by_side(trained):
    rows = [
        labelled(f"{text} {n}", spam=spam, source="tubespam")
        for n in range(20)
        for text, spam in (("buy pills", True), ("a fine article", False))
    ]
    log_odds = evaluate.np.array([1.0 if row.is_spam else -1.0 for row in rows])

    (compared,) = evaluate.compare(rows, log_odds, -log_odds)

    assert compared["auc"]["ours"].value == 1
    assert compared["auc"]["floor"].value == 0
    assert compared["auc"]["gain"].low > 0
    assert FITS + floor.FITS > 2
