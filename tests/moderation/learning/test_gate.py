import numpy as np

from moderation.learning import gate
from moderation.learning.gate import CLASS_LEAST, HeldOut

REJECT = 3.9


def held_out(current, candidate, *, count=100, languages=None):
    """As many spam as ham, each with its log-odds times the direction that is right."""
    is_spam = np.arange(2 * count) % 2 == 0
    dice = np.random.default_rng(1)
    noise = dice.normal(0, 0.3, 2 * count)
    signs = np.where(is_spam, 1.0, -1.0)
    return HeldOut(
        is_spam,
        signs * current + noise,
        signs * candidate + noise,
        languages or ["de"] * (2 * count),
    )


def test_a_candidate_that_is_better_is_promoted_with_its_figures():
    outcome = gate.judge(held_out(0.5, 2.0), REJECT)

    assert outcome.promoted
    assert outcome.reason.startswith("promoted")
    assert [each.language for each in outcome.figures] == ["all", "de"]


def test_a_candidate_that_is_the_same_is_kept_back():
    outcome = gate.judge(held_out(1.0, 1.0), REJECT)

    assert not outcome.promoted
    assert "not better beyond doubt" in outcome.reason


def test_a_candidate_that_is_worse_is_kept_back():
    assert not gate.judge(held_out(2.0, 0.5), REJECT).promoted


def test_too_few_labels_of_a_class_are_not_enough_evidence():
    outcome = gate.judge(held_out(0.5, 3.0, count=CLASS_LEAST - 1), REJECT)

    assert not outcome.promoted
    assert "not enough evidence" in outcome.reason


def test_nothing_at_all_is_not_enough_evidence():
    empty = HeldOut(np.empty(0, np.bool_), np.empty(0), np.empty(0), [])

    assert "not enough evidence" in gate.judge(empty, REJECT).reason


def test_a_candidate_that_rejects_one_honest_comment_more_is_kept_back():
    found = held_out(0.5, 3.0)
    found.candidate[1] = 5.0

    outcome = gate.judge(found, REJECT)

    assert not outcome.promoted
    assert "would reject 1 honest" in outcome.reason


def test_a_candidate_that_is_worse_in_one_language_is_kept_back():
    found = held_out(1.0, 4.0, languages=["de"] * 150 + ["ru"] * 50)
    found.candidate[150:] = -found.candidate[150:] / 8

    outcome = gate.judge(found, 1000)

    assert not outcome.promoted
    assert outcome.reason.endswith("worse in ru")


def test_the_same_labels_get_the_same_answer():
    assert gate.judge(held_out(0.5, 1.0), REJECT) == gate.judge(held_out(0.5, 1.0), REJECT)
