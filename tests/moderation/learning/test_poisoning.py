from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.learning.adjustment import ALIKE_MOST, Selection, too_little
from moderation.learning.poisoning import ALONE, COPIED, Doubt, Label, weigh


def label(n, *, is_spam=True, reporter=1, source="akismet", text=None, **fields):
    return Label(
        **{
            "id": UUID(int=n),
            "comment_id": UUID(int=n),
            "is_spam": is_spam,
            "source": source,
            "reporter": reporter,
            "text": n if text is None else text,
            "near_a": None,
            "near_b": None,
            **fields,
        }
    )


def undecided(labels):
    return {each.comment_id: 0.5 for each in labels}


def total(weighed, reporter):
    return sum(each.weight for each in weighed if each.label.reporter == reporter)


def test_one_text_counts_once_under_however_many_names():
    labels = [label(n, reporter=n, text=7) for n in range(50)]

    weighed = weigh(labels, undecided(labels))

    assert sum(each.weight for each in weighed) == pytest.approx(1)
    assert all(Doubt.REPEATED in each.doubts for each in weighed)


def test_texts_that_share_a_sketch_are_one_text():
    labels = [label(n, near_a=7, near_b=1000 + n) for n in range(40)]

    weighed = weigh(labels, undecided(labels))

    assert sum(each.weight for each in weighed) == pytest.approx(1)


def test_contradicting_labels_count_nothing_and_are_named():
    labels = [label(1, text=7), label(2, text=7, is_spam=False, reporter=2), label(3)]

    first, second, third = weigh(labels, undecided(labels))

    assert first.weight == second.weight == 0
    assert first.doubts == second.doubts == {Doubt.CONTRADICTED}
    assert third.weight > 0


def test_nobody_takes_back_what_a_moderator_said_by_reporting_the_opposite():
    ruled = label(1, text=7, source="moderator", reporter=9)
    labels = [ruled, *(label(n, text=7, is_spam=False, reporter=n) for n in (2, 3))]

    first, *others = weigh(labels, undecided(labels))

    assert first.weight == pytest.approx(1)
    assert first.doubts == {Doubt.CONTRADICTED}
    assert [each.weight for each in others] == [0, 0]


def test_moderators_who_contradict_each_other_count_nothing():
    labels = [label(n, text=7, source="moderator", is_spam=n == 1) for n in (1, 2)]

    assert [each.weight for each in weigh(labels, undecided(labels))] == [0, 0]


def test_a_copied_honest_text_counts_a_tenth_as_spam():
    (copied,) = weigh([label(1, copied=True)], {UUID(int=1): -1.0})

    assert copied.weight == pytest.approx(COPIED)
    assert Doubt.COPIED in copied.doubts


def test_the_only_reporter_is_the_blog_itself():
    labels = [label(n) for n in range(300)]

    assert total(weigh(labels, undecided(labels)), 1) == pytest.approx(300)


def test_one_reporter_weighs_no_more_than_all_the_others_together():
    labels = [label(n, reporter=1 if n < 400 else 2 + n % 5) for n in range(500)]

    weighed = weigh(labels, undecided(labels))

    assert total(weighed, 1) <= 100 + 1e-6


def test_who_contradicts_what_is_sure_counts_less_than_who_does_not():
    labels = [label(n, reporter=n % 2) for n in range(40)]
    sure = {each.comment_id: -6.0 if each.reporter else 1.0 for each in labels}

    weighed = weigh(labels, sure)

    assert total(weighed, 1) < total(weighed, 0) / 5


def test_moderators_who_sign_in_are_not_outweighed():
    labels = [label(n, reporter=9, source="moderator") for n in range(60)]
    labels += [label(100 + n, reporter=1) for n in range(600)]

    weighed = weigh(labels, undecided(labels))

    assert total(weighed, 9) == pytest.approx(60)
    assert total(weighed, 1) <= 60 + 1e-6


@given(
    st.lists(
        st.builds(
            label,
            st.integers(1, 10**6),
            is_spam=st.booleans(),
            reporter=st.none() | st.integers(0, 3),
            source=st.sampled_from(["akismet", "moderator", "api"]),
            text=st.integers(0, 20),
            near_a=st.none() | st.integers(0, 5),
            near_b=st.none() | st.integers(0, 5),
            copied=st.booleans(),
        ),
        max_size=30,
        unique_by=lambda each: each.id,
    ),
    st.floats(-20, 20),
)
def test_whatever_the_labels_every_weight_is_a_share_and_no_outsider_outweighs(labels, value):
    weighed = weigh(labels, {each.comment_id: value for each in labels})

    assert [each.label for each in weighed] == labels
    assert all(0 <= each.weight <= 1 + 1e-9 for each in weighed)
    outsiders = {each.reporter for each in labels if each.reporter is not None}
    if len(outsiders) > 1:
        everything = sum(each.weight for each in weighed)
        for reporter in outsiders:
            own = sum(w.weight for w in weighed if w.label.reporter == reporter)
            moderated = any(
                w.label.source == "moderator" for w in weighed if w.label.reporter == reporter
            )
            assert moderated or own <= max(everything - own, ALONE) + 1e-6


def test_a_flood_of_one_text_pushes_nobody_out():
    selection = Selection(100)
    for n in range(1_000_000, 1000, -1):
        selection.add(label(n, text=-7))
    for n in range(50, 0, -1):
        selection.add(label(n))

    found = selection.labels()

    assert len(found) == 50 + ALIKE_MOST
    assert [each.id for each in found] == sorted(each.id for each in found)


def test_a_flood_of_one_reporter_leaves_room_for_others():
    selection = Selection(100)
    for n in range(5000, 1000, -1):
        selection.add(label(n, reporter=6))
    for n in range(50, 0, -1):
        selection.add(label(n, reporter=2))

    found = selection.labels()

    assert sum(each.reporter == 2 for each in found) == 50
    assert len(found) == 100


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ([], "no labels"),
        ([label(n) for n in range(9)], "count as ham"),
        ([label(n, is_spam=False) for n in range(9)], "count as spam"),
    ],
)
def test_too_little_evidence_is_said(labels, words):
    assert words in too_little(weigh(labels, undecided(labels)), 3)
