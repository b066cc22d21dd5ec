"""What other thresholds would have made of the last days."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation import preview
from moderation.preview import compare
from moderation.preview.store import BUCKETS, Cell
from moderation.verdicts import Action, Thresholds, decide
from service.sites import DIRECTORY

WHEN = datetime(2026, 3, 1, tzinfo=UTC)
NOW = Thresholds(0.5, 0.98, 0.9999)


def cell(percent, comments=1, *, ruling=None, person=None):
    return Cell(round(percent * BUCKETS / 100), ruling, person, comments, WHEN)


def test_a_lower_threshold_would_have_held_more():
    cells = [cell(10, 100), cell(45, 14), cell(70, 5), cell(99, 3)]

    found = compare(cells, NOW, Thresholds(0.4, 0.98, 0.9999))

    assert found.comments == 122
    assert found.more(Action.HOLD) == 14
    assert found.more(Action.APPROVE) == -14
    assert found.more(Action.REJECT) == 0
    assert found.differs


def test_it_says_what_people_would_not_have_liked():
    cells = [cell(45, 2, person="approve"), cell(45, 3), cell(70, 4, person="reject")]

    stricter = compare(cells, NOW, Thresholds(0.4, 0.98, 0.9999))
    milder = compare(cells, NOW, Thresholds(0.8, 0.98, 0.9999))

    assert (stricter.stopped_approved, stricter.passed_rejected) == (2, 0)
    assert (milder.stopped_approved, milder.passed_rejected) == (0, 4)


@pytest.mark.parametrize("ruling", ["approve", "reject", "hold"])
def test_what_a_rule_decided_alone_stays_as_it_is(ruling):
    found = compare([cell(45, ruling=ruling)], NOW, Thresholds(0.1, 0.2, 0.3))

    assert not any(map(found.more, Action))


def test_a_rule_that_asks_for_a_person_saves_nothing_from_rejection():
    found = compare([cell(90, ruling="asks")], NOW, Thresholds(0.1, 0.85, 0.9999))

    assert found.now[Action.HOLD] == 1
    assert found.then[Action.REJECT] == 1


def test_only_what_is_rejected_is_discarded():
    cells = [cell(99.995, 2), cell(99.995, ruling="approve"), cell(99)]

    found = compare(cells, NOW, Thresholds(0.5, 0.98, 0.985))

    assert (found.discarded_now, found.discarded_then) == (2, 3)


shares = st.floats(0, 1)
cells_ = st.lists(
    st.builds(
        Cell,
        st.integers(0, BUCKETS),
        st.sampled_from([None, "approve", "hold", "reject", "asks"]),
        st.sampled_from([None, "approve", "hold", "reject"]),
        st.integers(1, 1000),
        st.just(WHEN),
    ),
    max_size=30,
)


@given(cells_, st.lists(shares, min_size=3, max_size=3).map(sorted))
def test_whatever_the_comments_each_has_one_fate_and_a_bar(cells, order):
    found = compare(cells, NOW, Thresholds(*order))

    assert sum(found.now.values()) == sum(found.then.values()) == found.comments
    assert sum(map(found.more, Action)) == 0
    free = sum(each.comments for each in cells if each.ruling is None)
    assert sum(bar.comments for bar in found.bars) == free
    assert all(0 <= bar.height <= 1 for bar in found.bars)


@given(st.integers(0, BUCKETS), st.lists(st.integers(0, BUCKETS), min_size=2, max_size=2))
def test_thresholds_of_a_hundredth_of_a_percent_are_compared_exactly(bucket, order):
    hold, reject = (each / BUCKETS for each in sorted(order))
    then = Thresholds(hold, reject, 1.0)

    found = compare([Cell(bucket, None, None, 1, WHEN)], NOW, then)

    assert found.then[decide(bucket / BUCKETS, then)] == 1


async def test_while_a_slider_is_dragged_the_database_is_asked_once(desk, frozen_clock):
    await desk.comment("maybe this")
    site = desk.app[DIRECTORY].site("blatt")

    first = await preview.read_lately(desk.conn, site)
    await desk.comment("maybe that")
    again = await preview.read_lately(desk.conn, site)
    frozen_clock.advance(preview.REMEMBERED)
    later = await preview.read_lately(desk.conn, site)

    assert [compare(cells, NOW, NOW).comments for cells in (first, again, later)] == [1, 1, 2]


async def test_what_came_in_is_counted_once_and_tests_not_at_all(desk):
    for _ in range(2):
        await desk.comment("maybe this", address="192.0.2.9")
    await desk.comment("all is well", is_test=True)
    await desk.comment("spam")
    site = await desk.site("other")
    await desk.comment("spam", site="other")

    cells = await preview.read(desk.conn, site.id - 1)

    found = compare(cells, NOW, NOW)
    assert found.comments == 2
    assert found.now == {Action.APPROVE: 0, Action.HOLD: 1, Action.REJECT: 1}
