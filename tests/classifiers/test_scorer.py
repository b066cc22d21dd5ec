import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix, hstack
from sklearn.linear_model import LogisticRegression

from classifiers import features, ngrams
from classifiers.examples import Example
from classifiers.fingerprints import fingerprints
from classifiers.pipeline import Model, vectorise
from classifiers.reading import read_examples
from classifiers.scorer import Scorer, load_default
from classifiers.spelled import spelled_buckets
from tests.classifiers.strategies import EXAMPLES


@given(st.lists(EXAMPLES, max_size=4))
def test_the_terms_of_any_comment_sum_to_its_log_odds(scorer, examples):
    for score, exact in zip(scorer.score(examples), scorer.log_odds(examples), strict=True):
        assert math.fsum(term.log_odds for term in score.terms) == score.log_odds
        assert score.log_odds == pytest.approx(exact, abs=1e-3)


@given(st.lists(EXAMPLES, min_size=1, max_size=5))
def test_company_in_a_batch_changes_nothing(scorer, examples):
    assert scorer.score(examples) == [scorer.score([example])[0] for example in examples]


def test_a_small_term_has_no_line_of_its_own(scorer):
    (score,) = scorer.score([Example(text="Thanks, this fixed my build.")])

    named = [term for term in score.terms if term.name not in {"other", "prior"}]
    assert all(abs(term.log_odds) >= 0.05 for term in named)


def test_the_fused_product_is_scikit_learns_decision_function(rows):
    matrix = vectorise(rows)
    centred = np.where(matrix.known, matrix.values, 0.0)
    columns = hstack([matrix.ngrams, csr_matrix(centred)]).tocsr()
    regression = LogisticRegression(max_iter=1000).fit(columns, [row.is_spam for row in rows])
    learnt = regression.coef_[0]
    model = Model(
        intercept=float(regression.intercept_[0]),
        weights=learnt[: ngrams.BUCKETS].astype(np.float32),
        coefficients=learnt[ngrams.BUCKETS :],
        centres=np.zeros(matrix.values.shape[1]),
        scales=np.ones(matrix.values.shape[1]),
    )

    ours = Scorer(model, version="x").log_odds([row.example for row in rows])

    assert np.abs(ours - regression.decision_function(columns)).max() < 1e-5


@given(EXAMPLES)
def test_compiled_and_plain_code_find_the_same_ngrams(example):
    row = ngrams.rows(read_examples([example]).page)

    plain = np.zeros(ngrams.BUCKETS)
    for block in spelled_buckets(example):
        for _, bucket in block:
            found = len(block)
            value = math.sqrt(ngrams.MANY) / found if found > ngrams.MANY else found**-0.5
            plain[bucket] += value
    assert np.abs(row.toarray()[0] - plain).max() < 1e-6


@pytest.mark.parametrize("text", ["Please subscribe{}", "{} 2015", "{}"])
def test_a_sign_repeated_a_hundred_times_says_what_four_say(text):
    four, hundred = (
        ngrams.rows(read_examples([Example(text=text.format(signs))]).page)
        for signs in ("!" * 4, "!" * 100)
    )

    assert (four != hundred).nnz == 0


def test_the_model_that_ships_tells_the_obvious_apart():
    scorer = load_default()
    spam, ham = scorer.score(
        [
            Example(
                text="Great post! Visit my site for free casino spins",
                author="best online casino",
                url="https://casino-bonus.example/free-spins",
            ),
            Example(
                text="Mit welcher Kamera sind die Märzenbecher fotografiert?",
                author="Jutta Peschel",
                url="",
            ),
        ]
    )

    assert spam.log_odds > 4
    assert ham.log_odds < -1


def test_explaining_names_the_words_that_weigh(scorer):
    spelled = [name for name, _ in scorer.explain(Example(text="casino bonus"))]

    assert any("casin" in name for name in spelled)


LONG = (
    "Der Radweg an der Fulda ist seit dem Hochwasser im März gesperrt und niemand sagt uns wann"
    " er wieder frei ist obwohl jeden Tag hunderte Leute dort zur Arbeit fahren wollen und jetzt"
    " alle über die Hauptstrecke müssen was mit Kindern wirklich gefährlich ist finde ich"
)


@pytest.mark.parametrize(
    "same",
    [LONG.upper(), LONG.replace(" ", "\n"), LONG + " https://a.example/x", LONG + "!!! 4711"],
)
def test_case_spaces_links_and_digits_do_not_change_what_text_it_is(same):
    assert fingerprints([same])[0].text == fingerprints([LONG])[0].text


@pytest.mark.parametrize("place", range(0, 40, 4))
def test_nearly_the_same_text_shares_a_sketch(place):
    words = LONG.split()
    words[place] = "anders"

    ours, theirs = fingerprints([LONG, " ".join(words)])

    assert ours.near_a == theirs.near_a or ours.near_b == theirs.near_b


def test_other_texts_and_short_ones_share_nothing(rows):
    prints = fingerprints([LONG, "What camera did you use for the second picture, please tell me?"])

    assert not {prints[0].near_a, prints[0].near_b} & {prints[1].near_a, prints[1].near_b}
    assert fingerprints(["Vielen Dank!"])[0][1:] == (None, None)


def test_what_tells_collectors_apart_weighs_nothing():
    model = load_default().model

    assert features.SILENT.any()
    assert not model.coefficients[features.SILENT].any()
    assert not model.scales[features.SILENT].any()
