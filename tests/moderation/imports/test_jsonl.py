import io
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.feedback.store import Label
from moderation.imports import Found, Unreadable
from moderation.imports.jsonl import LINE_BYTES, read
from moderation.imports.records import Status
from tests.moderation.imports.exports import line

BLOG = "https://blatt.example"


def records(data, after=0):
    return list(read(io.BytesIO(data), BLOG, after))


def test_a_line_is_a_comment():
    (found,) = records(
        line(
            id=12,
            author="Erika",
            email="erika@example.com",
            address="2001:DB8::1",
            permalink="https://blatt.example/7/",
            tags=["Rathaus"],
            status="held",
        )
    )

    assert found.status is Status.HELD
    assert found.comment.platform_id == "12"
    assert found.comment.address == "2001:db8::1"
    assert found.comment.context == ("Rathaus",)
    assert found.comment.blog == "blatt.example"
    assert found.comment.submitted_at == datetime(2026, 2, 27, 12, tzinfo=UTC)


def test_what_is_missing_is_not_known():
    (found,) = records(line(email=""))

    assert found.comment.author is None
    assert found.comment.email == ""


@pytest.mark.parametrize(
    ("fields", "label"),
    [
        ({"status": "spam"}, Label.SPAM),
        ({"status": "spam", "label": "ham"}, Label.HAM),
        ({"status": "approved", "label": "spam"}, Label.SPAM),
        ({}, None),
    ],
)
def test_a_label_counts_before_the_folder(fields, label):
    (found,) = records(line(**fields))

    assert found.label is label


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        (b"not json\n", "it is not JSON"),
        (b'{"text": "cut', "it is not JSON"),
        (b'{"text": "\xff", "date": "2026-01-01"}\n', "it is not JSON"),
        (b'{"date": "2026-01-01"}\n', "missing required field `text`"),
        (line(text=7), "Expected `str`, got `int`"),
        (line(colour="red"), "unknown field `colour`"),
        (line(status="gone"), "Invalid enum value"),
        (line(date="yesterday"), "its date is not in ISO 8601"),
        (b'{"text": ' + b"[" * 10_000 + b"\n", "Expected `str`"),
        (b'{"tags": ' + b"[" * 10_000 + b"\n", "Expected `str`"),
    ],
)
def test_a_broken_line_is_named_and_the_others_stand(broken, why):
    found = records(line(id=1) + broken.rstrip(b"\n") + b"\n" + line(id=3))

    assert [type(each) for each in found] == [Found, Unreadable, Found]
    assert found[1].position == 2
    assert why in found[1].why


def test_a_line_beyond_all_measure_is_named_and_never_kept():
    found = records(b"x" * (LINE_BYTES * 2 + 7) + b"\n" + line(id=2))

    assert found[0] == Unreadable(1, "it is longer than 8 MiB")
    assert found[1].position == 2


def test_blank_lines_count_and_say_nothing():
    found = records(b"\n  \n" + line() + b"\n")

    assert [each.position for each in found] == [3]


def test_reading_goes_on_behind_a_position():
    assert [each.position for each in records(line() * 3, after=2)] == [3]


def test_what_the_database_cannot_store_is_replaced():
    (found,) = records(b'{"text": "a\\u0000b", "date": "2026-01-01"}\n')

    assert found.comment.text == "a\ufffdb"


@given(st.binary(max_size=300))
def test_whatever_the_bytes_nothing_is_raised(data):
    for record in records(data):
        assert isinstance(record, Found | Unreadable)


@given(st.text(max_size=80))
def test_whatever_a_comment_says_it_is_storable(text):
    escaped = "".join(f"\\u{unit:04x}" for unit in _units(text))
    (record,) = records(f'{{"text": "{escaped}", "date": "2026-01-01"}}\n'.encode())

    if isinstance(record, Found):
        assert "\0" not in record.comment.text
        record.comment.text.encode()


def _units(text):
    data = text.encode("utf-16-be", "surrogatepass")
    return [int.from_bytes(data[place : place + 2], "big") for place in range(0, len(data), 2)]
