import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation import history, screening
from moderation.history import Evidence
from moderation.verdicts import Action, Thresholds, decide, logistic
from tests import factories

SITE = factories.unsaved_site()


def judge(comment, site=SITE, evidence=history.NOTHING):
    scorer = factories.FakeScorer()
    (score,) = scorer.score([screening.example(comment, site)])
    return screening.judge(comment, site, score, scorer.version, evidence)


@given(
    st.text(),
    st.builds(
        Evidence,
        approved_author=st.booleans(),
        spam_address=st.booleans(),
        same_text=st.integers(0, 30),
        near_text=st.integers(0, 30),
        burst=st.integers(0, 30),
    ),
)
def test_the_findings_sum_exactly_to_the_log_odds_and_the_probability_follows(text, evidence):
    verdict = judge(factories.comment(text=text), evidence=evidence)

    assert math.fsum(finding.log_odds for finding in verdict.findings) == verdict.log_odds
    assert verdict.probability == logistic(verdict.log_odds)


@pytest.mark.parametrize(
    ("text", "action"), [("fine", "approve"), ("maybe", "hold"), ("spam", "reject")]
)
def test_the_sites_thresholds_decide(text, action):
    assert judge(factories.comment(text=text)).action == action


@given(st.floats(0, 1))
def test_a_probability_at_the_threshold_is_beyond_it(probability):
    thresholds = Thresholds(hold=probability, reject=probability)

    assert decide(probability, thresholds) is Action.REJECT


@given(st.floats(allow_nan=False))
def test_every_log_odds_has_a_probability(log_odds):
    assert 0 <= logistic(log_odds) <= 1


def test_a_ruling_decides_alone_weighs_nothing_and_stands_first():
    verdict = judge(factories.comment(text="spam", role="administrator"), evidence=history.NOTHING)

    assert verdict.action is Action.APPROVE
    assert verdict.findings[0].log_odds == 0
    assert verdict.findings[0].name == verdict.decided_by != ""
    assert verdict.probability > 0.9


@pytest.mark.parametrize(("label", "action"), [("spam", "reject"), ("ham", "approve")])
def test_a_person_who_decided_before_is_never_overruled(label, action):
    comment = factories.comment(text="maybe", role="administrator", honeypot_filled=True)

    assert judge(comment, evidence=Evidence(decision=label)).action == action


def test_only_a_probability_beyond_the_discard_threshold_makes_discardable():
    assert judge(factories.comment(text="spam spam")).discardable
    assert not judge(factories.comment(text="maybe")).discardable


@pytest.mark.parametrize(
    ("text", "action", "decided_by"),
    [
        ("https://a.example/ " * 20, "hold", "link_flood"),
        ("www.a.example " * 10_000, "hold", "link_flood"),
        ("spam https://a.example/ " * 20, "reject", ""),
        ("https://a.example/ " * 5, "approve", ""),
    ],
)
def test_a_flood_of_links_is_at_least_held(text, action, decided_by):
    verdict = judge(factories.comment(text=text))

    assert (verdict.action, verdict.decided_by) == (action, decided_by)
