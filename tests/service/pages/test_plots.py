"""Plots: whatever the numbers, a picture that stays in its frame and says what it shows."""

import re
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.pages import plots
from service.pages.plots import Frame, Series, Span

NUMBERS = st.one_of(st.none(), st.floats(0, 1e12), st.integers(0, 10**12))
TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20)
SVG = "{http://www.w3.org/2000/svg}"


def parsed(svg):
    text = str(svg).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    return ET.fromstring(text)  # noqa: S314  (our own)


def places(root):
    """Every coordinate, as (x or y, value)."""
    for node in root.iter():
        for name, value in node.attrib.items():
            if found := re.fullmatch("(c?[xy])[12]?", name):
                yield found[1][-1], float(value)


def stays_inside(root):
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    for axis, value in places(root):
        assert 0 <= value <= (width if axis == "x" else height)
    for bar in root.iter(f"{SVG}rect"):
        assert float(bar.attrib["height"]) >= 0
        assert float(bar.attrib["y"]) + float(bar.attrib["height"]) <= height


@given(st.lists(NUMBERS, max_size=60), TEXTS, st.booleans())
def test_whatever_the_numbers_bars_and_lines_stay_in_their_frame(values, text, whole):
    frame = Frame("k", text, text, [text] * len(values))
    series = [Series(text, "one", values), Series(text, "two", values[::-1])]

    for svg in (
        plots.bars(frame, series, whole=whole),
        plots.bars(frame, series, most=7.0),
        plots.lines(frame, series),
        plots.lines(frame, series, most=1.0),
    ):
        stays_inside(parsed(svg))


@given(st.lists(st.tuples(TEXTS, *[st.floats(-1, 2)] * 3), max_size=12))
def test_whatever_the_shares_spans_stay_in_their_frame(rows):
    spans = [Span(name, "one", *values) for name, *values in rows]

    stays_inside(parsed(plots.spans(Frame("k", "", ""), spans)))


@given(st.one_of(st.floats(), st.integers(0, 10**15)), st.booleans())
def test_ticks_are_round_begin_with_nothing_and_reach_the_most(most, whole):
    found = plots.ticks(most, whole=whole)

    assert found[0] == 0
    assert 2 <= len(found) <= plots.TICKS + 2
    assert found == sorted(set(found))
    if plots.LEAST < most < plots.MOST:
        assert found[-1] >= most * (1 - 1e-6)
        assert found[-2] < max(most, 1)
    if whole:
        assert all(tick.is_integer() for tick in found)


@pytest.mark.parametrize(
    ("most", "expected"),
    [(10, [0, 2.5, 5, 7.5, 10]), (93, [0, 25, 50, 75, 100]), (0.7, [0, 0.2, 0.4, 0.6, 0.8])],
)
def test_ticks_are_those_that_a_person_would_draw(most, expected):
    assert plots.ticks(most) == pytest.approx(expected)


@pytest.mark.parametrize(("most", "expected"), [(2, "0 1 2"), (10, "0 5 10")])
def test_comments_get_no_ticks_between_whole_numbers(most, expected):
    svg = plots.bars(Frame("k", "", "", ["a", "b"]), [Series("x", "one", [1, most])])

    shown = [node.text for node in parsed(svg).iter(f"{SVG}text")]
    assert shown[:-2] == expected.split()


def test_bars_of_several_series_stand_upon_each_other():
    frame = Frame("k", "", "", ["a"], written="{:.0f} of them".format)
    svg = plots.bars(frame, [Series("ham", "ham", [30]), Series("spam", "spam", [10])])

    ham, spam = parsed(svg).iter(f"{SVG}rect")
    assert float(spam.attrib["y"]) + float(spam.attrib["height"]) == pytest.approx(
        float(ham.attrib["y"]), abs=0.11
    )
    assert float(ham.attrib["height"]) == pytest.approx(3 * float(spam.attrib["height"]), abs=0.2)
    assert spam[0].text == "a: spam, 10 of them"


def test_a_line_is_broken_where_nothing_is_known():
    values = [0.1, 0.2, None, 0.3, None, 0.4, 0.5]
    svg = plots.lines(Frame("k", "", "", ["x"] * 7), [Series("share", "share", values)])

    drawn = list(parsed(svg).iter(f"{SVG}line"))
    assert len([line for line in drawn if line.attrib["class"] == "share"]) == 2
    assert len(list(parsed(svg).iter(f"{SVG}circle"))) == 5


def test_a_plot_says_what_it_shows_and_names_are_text():
    root = parsed(plots.bars(Frame("k", "<b>title", "what & why", ["<i>"]), []))

    assert root.attrib["role"] == "img"
    named = {node.attrib["id"]: node.text for node in root if "id" in node.attrib}
    assert named == {"k-title": "<b>title", "k-description": "what & why"}
    assert root.attrib["aria-labelledby"].split() == list(named)


@pytest.mark.parametrize("count", [1, 7, 30, 53, 90])
def test_labels_leave_room_for_each_other(count):
    labels = [f"{n} Nov" for n in range(count)]
    root = parsed(plots.bars(Frame("k", "", "", labels), [Series("x", "x", [1] * count)]))

    shown = [node for node in root.iter(f"{SVG}text") if (node.text or "").endswith("Nov")]
    assert shown[0].text == labels[-1]
    assert 1 <= len(shown) <= plots.LABELS + 1
    xs = sorted(float(node.attrib["x"]) for node in shown)
    assert all(right - left > 50 for left, right in pairwise(xs))


@given(st.lists(st.integers(0, 100), min_size=1, max_size=30))
def test_bars_of_one_scale_can_be_compared_by_eye(values):
    frame = Frame("k", "", "", [""] * len(values))

    svg = plots.bars(frame, [Series("", "one", values)], most=100)

    drawn = [float(bar.attrib["height"]) for bar in parsed(svg).iter(f"{SVG}rect")]
    full = plots.HEIGHT - plots.TOP - plots.BOTTOM
    assert drawn == [pytest.approx(value / 100 * full, abs=0.15) for value in values if value]
