"""The schedule of Standard Webhooks, and what endpoints ask for."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.outbox.retries import (
    ATTEMPTS,
    JITTER,
    LONGEST_RETRY_AFTER,
    SCHEDULE,
    next_due,
    retry_after,
)
from tests.factories import NOW


def test_the_schedule_is_the_standards():
    assert sum(SCHEDULE, timedelta(0)) == timedelta(hours=75, minutes=35, seconds=5)
    assert ATTEMPTS == 10


@given(st.integers(1, ATTEMPTS - 1))
def test_a_pause_is_never_shorter_than_the_schedule_and_hardly_longer(attempts):
    pause = next_due(NOW, attempts, None) - NOW

    assert SCHEDULE[attempts - 1] <= pause <= SCHEDULE[attempts - 1] * (1 + JITTER)


def test_after_the_last_attempt_there_is_none():
    assert next_due(NOW, ATTEMPTS, timedelta(seconds=1)) is None


def test_a_wish_to_wait_longer_is_granted():
    assert next_due(NOW, 1, timedelta(hours=3)) == NOW + timedelta(hours=3)


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("120", timedelta(minutes=2)),
        (" 0 ", timedelta(0)),
        ("99999999999999999999", LONGEST_RETRY_AFTER),
        ("Sun, 01 Mar 2026 12:10:00 GMT", timedelta(minutes=10)),
        ("Sun, 01 Mar 2026 11:00:00 GMT", timedelta(0)),
        ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST_RETRY_AFTER),
        ("Sun, 01 Mar 2026 12:10:00", None),
        *((each, None) for each in ("", None, "soon", "-5", "1.5", "²", "١٢")),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_at_most_a_day(header, wanted):
    assert retry_after(header, NOW) == wanted


@given(st.text())
def test_whatever_the_header_nothing_is_raised(header):
    wanted = retry_after(header, NOW)

    assert wanted is None or timedelta(0) <= wanted <= LONGEST_RETRY_AFTER
