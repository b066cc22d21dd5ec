"""The whole evaluation, its page, and whether probabilities are honest."""

import builtins
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers import artifacts, evaluate, evaluation, reliability, report, told
from classifiers.card import card
from classifiers.report import plots
from classifiers.train import ignore, manifest_of, train
from tests.classifiers.conftest import labelled

ODDS = st.lists(st.tuples(st.booleans(), st.floats(-30, 30)), min_size=2, max_size=50).filter(
    lambda pairs: {True, False} == {is_spam for is_spam, _ in pairs}
)


@pytest.fixture(scope="module")
def found(rows):
    sourced = [
        labelled(
            row.example.text,
            spam=row.is_spam,
            source=("tubespam", "techblog_en", "tg_umputun")[number // 2 % 3],
        )
        for number, row in enumerate(rows)
    ]
    return evaluation.evaluated(train(sourced, seed=1), seed=1, progress=ignore)


@pytest.fixture(scope="module")
def figures(found):
    return evaluation.figures(found, seed=1)


def test_every_source_is_judged_beside_the_floor(figures):
    names = {part["name"] for part in figures["left_out"]}

    assert names == {"tubespam", "techblog_en", "tg_umputun"}
    assert json.loads(json.dumps(figures))["calibration"]["bins"]


def test_what_nobody_trained_on_is_judged_beside_the_floor_too(figures):
    names = {part["name"] for part in figures["held_out"]}

    assert {"written", "written, de", "written, en", "written, ru"} <= names
    for part in figures["held_out"]:
        value, low, high = part["auc"]["gain"]
        assert low <= value <= high


def test_the_tables_name_every_source_and_what_is_held_and_rejected(figures):
    text = told.in_words(figures)

    assert text.count("techblog_en") >= 3
    assert "at most 1% held, 0.05% rejected" in text
    assert "called honest by their set, and rejected" in text


def test_the_card_says_how_the_floor_did(found, figures):
    manifest = manifest_of(found.trained, seed=1) | {"held_out": figures["held_out"]}

    text = card({"version": "abc", "sha256": "abc"} | artifacts.describe() | manifest)

    assert "| written, de | 60 | 150 | AUC |" in text
    assert "exact interval" in text


def test_the_page_shows_curves_and_mistakes_and_asks_nobody(found, figures, tmp_path):
    page = tmp_path / "report.html"

    report.write(found, figures, page)

    text = page.read_text("utf-8")
    assert text.count("<svg") == 2 * 3 + 1
    assert "techblog_en" in text
    assert 'class="mistake"' in text
    assert "<script" not in text
    assert "src=" not in text


def test_a_comment_full_of_markup_is_shown_as_text(found, figures, tmp_path):
    page = tmp_path / "report.html"
    row = found.rows[0]
    object.__setattr__(row.example, "text", "<script>alert(1)</script>")

    report.write(found, figures, page)

    assert "<script" not in page.read_text("utf-8")


def test_without_matplotlib_the_page_is_refused_in_a_sentence(
    found, figures, tmp_path, monkeypatch
):
    load = builtins.__import__

    def missing(name, *args, **kwargs):
        if name.startswith("matplotlib"):
            raise ModuleNotFoundError(name=name)
        return load(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", missing)

    with pytest.raises(report.Unable, match="extra"):
        report.write(found, figures, tmp_path / "report.html")


@given(ODDS)
def test_curves_rise_from_nothing_to_all(pairs):
    is_spam = np.array([is_spam for is_spam, _ in pairs])
    log_odds = np.array([value for _, value in pairs])

    found = plots.roc(is_spam, log_odds)
    precision = plots.precision_recall(is_spam, log_odds)

    assert (np.diff(found) >= 0).all()
    assert found[-1] == 1
    assert ((precision > 0) & (precision <= 1)).all()
    assert precision[-1] >= is_spam.mean() - 1e-9


def test_honest_probabilities_have_no_calibration_error_and_bold_ones_have():
    dice = np.random.default_rng(0)
    log_odds = dice.normal(size=200_000)
    is_spam = dice.random(200_000) < reliability.probabilities(log_odds)
    weights = np.ones(200_000)

    honest = reliability.calibration_error(reliability.bins_of(is_spam, log_odds, weights))
    bold = reliability.calibration_error(reliability.bins_of(is_spam, 3 * log_odds, weights))

    assert honest < 0.01
    assert bold > 0.1


@given(ODDS)
def test_bins_hold_all_the_weight(pairs):
    is_spam = np.array([is_spam for is_spam, _ in pairs])
    weights = reliability.under_prior(is_spam, np.ones(len(pairs)), 0.1)

    bins = reliability.bins_of(is_spam, np.array([value for _, value in pairs]), weights)

    assert sum(each.weight for each in bins) == pytest.approx(1)
    assert weights[is_spam].sum() == pytest.approx(0.1)


def test_area_counts_ties_half():
    assert evaluate.area(np.array([True, False]), np.array([0.0, 0.0])) == 0.5
