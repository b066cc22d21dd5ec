"""What the thresholds do to honest comments, and how sure that is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers import actions
from classifiers.actions import by_language, exact, of_actions, rejected
from tests.classifiers.conftest import labelled


def test_an_interval_is_the_one_that_tables_give():
    assert exact(0, 100).high == pytest.approx(0.036217, abs=1e-6)
    assert exact(5, 100) == pytest.approx((0.05, 0.016432, 0.112835), abs=1e-6)


@given(st.integers(0, 2000).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_a_share_lies_within_its_interval(counts):
    value, low, high = exact(*counts)

    assert 0 <= low <= value <= high <= 1


def test_of_no_comments_nothing_is_known():
    assert exact(0, 0)[1:] == (0.0, 1.0)


def test_shares_are_those_of_the_thresholds_that_ship():
    is_spam = np.array([True, True, False, False])
    log_odds = np.array([9.0, -1.0, 1.0, -9.0])

    found = of_actions(is_spam, log_odds)

    assert {name: share.value for name, share in found.items()} == {
        "ham_held": 0.5,
        "ham_rejected": 0.0,
        "spam_caught": 0.5,
        "spam_rejected": 0.5,
    }


@pytest.fixture
def mistaken(monkeypatch):
    """Of three honest German comments of a set, the first is rejected and was read to be spam."""
    rows = [
        labelled(f"{word} kostenlos", spam=False, source="germeval2018_de", language="de")
        for word in ("Casino", "Brücke", "Radweg")
    ]
    digests = frozenset({actions.digest_of(rows[0])})
    monkeypatch.setattr(actions, "_unmarked", lambda: digests)
    return rows, np.array([9.0, -3.0, -3.0])


def test_spam_that_nobody_marked_is_listed_and_counted_both_ways(mistaken):
    rows, log_odds = mistaken

    labelled_so, corrected = by_language(rows, log_odds)

    assert [part["name"] for part in (labelled_so, corrected)] == ["de", "de, corrected"]
    assert labelled_so["ham_rejected"].value == pytest.approx(1 / 3)
    assert corrected["ham_rejected"].value == 0
    (listed,) = rejected(rows, log_odds)
    assert listed["unmarked_spam"]
    assert listed["text"] == "Casino kostenlos"


def test_comments_written_for_training_are_no_sample_of_a_language(mistaken):
    rows, log_odds = mistaken
    ours = [labelled("Geschrieben", spam=False, source="written", language="de")]

    found = list(by_language([*rows, *ours], np.array([*log_odds, 9.0])))

    assert found[0]["rows"] == len(rows)


def test_every_digest_that_ships_names_its_set():
    lines = actions.UNMARKED.read_text("utf-8").splitlines()

    entries = [line.split() for line in lines if not line.startswith("#")]
    assert all(len(digest) == 16 and source for digest, source in entries)
    assert len({digest for digest, _ in entries}) == len(entries)
