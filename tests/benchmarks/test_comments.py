"""The bodies that benchmarks send: repeatable, distinct, and readable as forms."""

from itertools import islice
from random import Random
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import comments

KEY = "0123456789ab"
DICE = Random(0)  # noqa: S311  (nothing secret)


def some(seed, count, **more):
    return [*islice(comments.bodies(seed, KEY, **more), count)]


def test_the_same_seed_gives_the_same_bodies():
    assert some(7, 50) == some(7, 50)
    assert some(7, 50) != some(8, 50)


def test_without_repeats_no_two_bodies_are_alike():
    bodies = some(1, 500, repeated_share=0.0)

    assert len({*bodies}) == 500


def test_about_a_tenth_of_the_bodies_repeats_an_earlier_one():
    bodies = some(1, 1000)

    assert 850 < len({*bodies}) < 950


def test_a_body_is_a_form_as_wordpress_sends_it():
    for body in some(3, 50):
        form = parse_qs(body.decode("ascii"), keep_blank_values=True, strict_parsing=False)

        assert form["api_key"] == [KEY]
        assert form["comment_content"] == form["POST_comment"]
        assert 50 <= len(form["comment_content"][0]) < 1600
        assert form["permalink"][0].startswith(comments.BLOG)
        assert len(form) > 45


@pytest.mark.parametrize("kind", ["cyrillic", "letter"])
def test_large_bodies_are_distinct_whole_forms_of_a_megabyte(kind):
    first, second = islice(comments.large_bodies(1, KEY, kind), 2)

    assert first != second
    for body in (first, second):
        assert comments.LARGE_BODY_BYTES - 6 < len(body) <= comments.LARGE_BODY_BYTES
        text = parse_qs(body.decode("ascii"), errors="ignore")["comment_content"][0]
        assert len(text) > comments.LARGE_BODY_BYTES / 7


@given(st.text("ab{|}\n"))
def test_whatever_the_template_spinning_ends_without_a_choice_left(template):
    spun = comments.spin(template, DICE)

    assert comments.spin(spun, DICE) == spun
