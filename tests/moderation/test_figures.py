"""Figures: sums by day and language that add up, with intervals that hold what they promise."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.statistics import figures, store
from moderation.statistics.figures import TELLING, UNITS, Share, Unit
from moderation.statistics.languages import UNKNOWN, language_of
from moderation.statistics.store import OutcomeCounts, PartCounts, Waits

TODAY = date(2026, 3, 4)  # a Wednesday
VERDICTS = ("approve", "hold", "reject")
CHOICES = ("approve", "spam", "reject", "hold")
DAYS = st.dates(TODAY - timedelta(days=6), TODAY)
OUTCOMES = st.lists(
    st.builds(
        OutcomeCounts,
        DAYS,
        st.sampled_from(["de", "ru", "und"]),
        st.sampled_from(VERDICTS),
        st.sampled_from(CHOICES),
        st.integers(1, 1000),
    )
)


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [
        (0, 10, (0.0, 0.2775)),  # Brown, Cai and DasGupta (2001), by hand
        (10, 10, (0.7225, 1.0)),
        (50, 100, (0.4038, 0.5962)),
        (9, 10, (0.5958, 0.9821)),
        (0, 0, (0.0, 1.0)),
    ],
)
def test_intervals_are_those_of_wilson(part, whole, expected):
    assert Share(part, whole).bounds == pytest.approx(expected, abs=5e-5)


@given(st.integers(0, 10**6).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_an_interval_holds_its_share_and_stays_between_nothing_and_all(numbers):
    share = Share(*numbers)
    low, high = share.bounds

    assert 0 <= low <= high <= 1
    if share.value is not None:
        assert low - 1e-9 <= share.value <= high + 1e-9


@pytest.mark.parametrize("days", UNITS)
def test_a_period_ends_today_and_has_no_gaps(days):
    period = figures.period(days, TODAY)
    firsts = period.first_days

    assert period.since <= TODAY - timedelta(days=days - 1)
    assert firsts[0] == period.since
    assert firsts[-1] <= TODAY < period.until
    if period.unit is Unit.WEEK:
        assert {first.weekday() for first in firsts} == {0}
        assert TODAY - firsts[-1] < timedelta(days=7)
    else:
        assert len(firsts) == days


@given(OUTCOMES)
def test_parts_add_up_to_the_whole(outcomes):
    found = figures.figures(figures.period(7, TODAY), [], outcomes, [])

    for name in ("agreed", "overturned", "false_positives", "missed_spam"):
        assert sum(getattr(part, name) for part in found.parts) == getattr(found.whole, name)
    looked_at = sum(each.comments for each in outcomes if each.verdict != "hold")
    assert found.whole.agreement.whole == looked_at
    assert sum(found.outcomes.values()) == sum(each.comments for each in outcomes)
    assert sum(each.caught.whole for each in found.languages) == sum(
        each.comments for each in outcomes if each.outcome == "spam"
    )


def test_what_people_looked_at_was_not_decided_by_the_machine_alone():
    counts = [PartCounts(TODAY, spam=30, ham=70, held=10)]
    outcomes = [
        OutcomeCounts(TODAY, "de", "reject", "approve", 2),
        OutcomeCounts(TODAY, "de", "approve", "approve", 1),
        OutcomeCounts(TODAY, "de", "hold", "spam", 9),
    ]

    found = figures.figures(figures.period(7, TODAY), counts, outcomes, [])

    part = found.parts[-1]
    assert (part.approved, part.held, part.rejected) == (70, 10, 20)
    assert part.alone == Share(100 - 10 - 3, 100)
    assert (part.agreed, part.overturned, part.false_positives) == (1, 2, 2)
    assert found.parts[0].alone.value is None


def test_a_language_is_judged_by_what_people_decided():
    outcomes = [
        OutcomeCounts(TODAY, "de", "reject", "spam", 18),
        OutcomeCounts(TODAY, "de", "hold", "spam", 1),
        OutcomeCounts(TODAY, "de", "approve", "spam", 1),
        OutcomeCounts(TODAY, "de", "approve", "approve", 3),
        OutcomeCounts(TODAY, "de", "hold", "approve", 1),
        OutcomeCounts(TODAY, "ru", "hold", "hold", 5),
    ]

    (german,) = figures.figures(figures.period(7, TODAY), [], outcomes, []).languages

    assert german.caught == Share(19, 20)
    assert german.passed == Share(3, 4)
    assert german.caught.is_telling
    assert not german.passed.is_telling
    assert TELLING == 20


def test_waits_stand_by_their_days_and_in_all():
    waits = [Waits(TODAY, 3, 60.0, 600.0), Waits(None, 3, 60.0, 600.0)]

    found = figures.figures(figures.period(7, TODAY), [], [], waits)

    assert found.waits == [None] * 6 + [waits[0]]
    assert found.waited == waits[1]


async def test_waits_are_of_the_newest_decisions_of_each_site(conn):
    await conn.execute(
        """WITH c AS (
               INSERT INTO comments (site_id, id, received_at, period, minute, origin, counted,
                      is_test, recheck_reason, kind, blog, languages, role, text, identity_hash,
                      text_hash, action, probability, log_odds, findings, decided_by, model,
                      adjustment)
               SELECT 1 + n % 2, gen_random_uuid(), '2026-03-01', 0, n, 'check', true, false, '',
                      '', '', '', '', '', n, n, 'hold', 0.5, 0, '[]', '', '', 0
                 FROM generate_series(1, 20) AS n
            RETURNING *)
           INSERT INTO decisions (site_id, id, comment_id, decided_at, choice, actor_kind, actor,
                  batch, waited)
           SELECT site_id, id, id, received_at + make_interval(mins => minute), 'spam', 'user', '1',
                  id, make_interval(secs => minute)
             FROM c"""
    )
    where = ([1, 2], date(2026, 3, 1), date(2026, 3, 2), "day")

    (day, whole) = await store.waits_by_part(conn, *where, 1000)
    (_, newest) = await store.waits_by_part(conn, *where, 2)

    assert (day.decisions, day.median, day.p90) == (20, 10.5, pytest.approx(18.1))
    assert whole.first_day is None
    assert newest.decisions == 4
    assert newest.median == 18.5


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Das ist nicht schlecht, aber wir haben es auch so.", "de"),
        ("This is not bad at all, and we have seen it before.", "en"),
        ("Здравствуйте! А можно прийти без музыки?", "ru"),
        ("Дякую, це дуже цікаво, її варто прочитати", "uk"),
        ("Je ne sais pas ce que c'est, mais il est dans le jardin avec nous.", "fr"),
        ("https://spam.example 12345 !!!", UNKNOWN),
        ("", UNKNOWN),
        ("ok", UNKNOWN),
    ],
)
def test_languages_are_told_by_their_common_words(text, language):
    assert language_of(text) == language


@given(st.text(max_size=300))
def test_whatever_the_text_it_has_a_language_or_none(text):
    assert language_of(text) in {*figures_languages(), UNKNOWN}


def figures_languages():
    from moderation.pages.tables import LANGUAGE_NAMES  # noqa: PLC0415

    return LANGUAGE_NAMES
