import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from classifiers import corrections
from classifiers.corrections import Correction, Evidence, fit
from classifiers.examples import Example, Labelled
from classifiers.pipeline import vectorise
from classifiers.scorer import load_default
from tests.moderation.learning.blogs import advertising, honest

SHIPPED = load_default()
BOUND = 3.0


def rows(texts):
    return [
        Labelled(example=Example(text=text, author="A b"), is_spam=False, source="", group="")
        for text in texts
    ]


def evidence(count=20):
    matrix = vectorise(rows([f(n) for n in range(count) for f in (honest, advertising)]))
    is_spam = np.arange(2 * count) % 2 == 1
    return Evidence(matrix, SHIPPED.model.decide(matrix), is_spam, np.ones(2 * count))


FITTED = fit(evidence(), SHIPPED.model, bound=BOUND)


@given(st.lists(st.text(max_size=60) | st.sampled_from([honest(3), advertising(3)]), min_size=1))
def test_scoring_adds_what_the_matrix_says_whatever_the_texts(texts):
    examples = [row.example for row in rows(texts)]

    scores = SHIPPED.corrected(examples, {n: {"own": FITTED} for n in range(len(texts))})

    expected = FITTED.decide(vectorise(rows(texts)), SHIPPED.model.centres)
    found = [score.terms[-1].log_odds for score in scores]
    assert np.allclose(found, expected, atol=6e-5)
    assert max(map(abs, found)) <= BOUND


def test_examples_without_a_correction_are_scored_as_ever():
    examples = [row.example for row in rows([honest(1), advertising(1), honest(2)])]

    corrected = SHIPPED.corrected(examples, {1: {"own": FITTED}})

    plain = SHIPPED.score(examples)
    assert [corrected[0], corrected[2]] == [plain[0], plain[2]]
    assert corrected[1].terms[:-1] == plain[1].terms
    assert corrected[1].terms[-1].name == "own"


def test_the_same_evidence_gives_the_same_bytes_and_packing_loses_nothing():
    packed = corrections.pack(FITTED)

    assert corrections.pack(fit(evidence(), SHIPPED.model, bound=BOUND)) == packed
    again = corrections.unpack(packed)
    assert (again.intercept, again.bound) == (FITTED.intercept, FITTED.bound)
    assert np.array_equal(again.buckets, FITTED.buckets)
    assert np.array_equal(again.weights, FITTED.weights)
    assert np.array_equal(again.coefficients, FITTED.coefficients)


def test_no_n_gram_of_a_single_comment_is_learnt():
    found = evidence()
    counts = np.bincount(found.matrix.ngrams.indices)

    assert counts[FITTED.buckets].min() >= corrections.SHARED_BY


def test_how_far_a_feature_spreads_is_what_training_saw_and_not_what_a_few_labels_show():
    centred = np.zeros((3, len(SHIPPED.model.centres)))
    centred[:2, 0] = 5.0
    centred[0, 1] = 5.0

    scales = corrections._scales(centred, SHIPPED.model)

    assert scales[0] == SHIPPED.model.scales[0] > 0
    assert scales[1] == 0


def test_a_table_finds_every_bucket_however_they_collide():
    buckets = np.arange(0, 1 << 20, 1 << 10, dtype=np.int32)
    weights = np.arange(len(buckets), dtype=np.float32)

    found = Correction(0.0, buckets, weights, np.zeros(len(SHIPPED.model.centres)), BOUND)

    taken = found.keys >= 0
    assert dict(zip(found.keys[taken], found.values[taken], strict=True)) == dict(
        zip(buckets, weights, strict=True)
    )
