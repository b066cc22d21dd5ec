"""The erasure journal: whatever happens to the file, what was acknowledged is in it."""

import os
import stat
import zlib
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent import erasures
from consent.erasures import ErasedComment, ErasedSite
from consent.erasures.reapplying import Reapplied, reapply
from service import clock
from tests import factories

MOMENTS = st.datetimes(min_value=datetime(2000, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
ENTRIES = st.lists(
    st.builds(ErasedComment, st.integers(1, 2**31 - 1), st.uuids())
    | st.builds(ErasedSite, st.integers(1, 2**31 - 1), MOMENTS),
    max_size=5,
)


def read(folder, start=0):
    return list(erasures.entries(folder, start, erasures.mark(folder).end))


@pytest.fixture(scope="module")
def anew(tmp_path_factory):
    """Makes a new folder each time: hypothesis runs a test many times."""
    return lambda: tmp_path_factory.mktemp("journal")


@given(st.lists(ENTRIES, min_size=1, max_size=5))
def test_what_was_appended_is_read_in_order(anew, rounds):
    folder = anew()
    for entries in rounds:
        erasures.append(folder, entries)

    assert read(folder) == [entry for entries in rounds for entry in entries]


def test_a_journal_is_private_and_keeps_its_name(tmp_path):
    erasures.append(tmp_path, [ErasedComment(1, uuid4())])
    first = erasures.mark(tmp_path)
    erasures.append(tmp_path, [ErasedComment(1, uuid4())])
    second = erasures.mark(tmp_path)

    assert first.journal == second.journal
    assert first.end < second.end
    assert stat.S_IMODE((tmp_path / erasures.FILE).stat().st_mode) == 0o600


def test_without_a_journal_there_is_no_mark(tmp_path):
    assert erasures.mark(tmp_path) is None


@given(ENTRIES.filter(bool), st.binary(max_size=100).filter(lambda tail: b"\n" not in tail))
def test_a_line_that_was_never_finished_is_as_if_never_begun(anew, entries, tail):
    folder = anew()
    erasures.append(folder, entries)
    with (folder / erasures.FILE).open("ab") as file:
        file.write(tail)

    assert read(folder) == entries
    erasures.append(folder, entries)
    assert read(folder) == entries * 2


@given(ENTRIES.filter(bool), st.data())
def test_a_damaged_line_is_known_to_be_one_and_the_others_stand(anew, entries, data):
    folder = anew()
    erasures.append(folder, entries)
    path = folder / erasures.FILE
    lines = path.read_bytes().splitlines(keepends=True)
    number = data.draw(st.integers(1, len(entries)))
    line = bytearray(lines[number])
    place = data.draw(st.integers(0, len(line) - 2))
    other = data.draw(st.integers(0, 255).filter(lambda b: b not in {line[place], 10}))
    line[place] = other
    path.write_bytes(b"".join([*lines[:number], bytes(line), *lines[number + 1 :]]))

    found = read(folder)

    assert found == [None if at == number - 1 else entry for at, entry in enumerate(entries)]


@given(st.binary(max_size=300))
def test_whatever_the_bytes_reading_raises_nothing(anew, content):
    folder = anew()
    (folder / erasures.FILE).write_bytes(content)
    mark = erasures.mark(folder)

    entries = list(erasures.entries(folder, 0, len(content)))

    assert mark is None or isinstance(mark.journal, UUID)
    assert len(entries) <= content.count(b"\n") + 1


def test_a_disk_that_fails_leaves_the_journal_as_it_was(tmp_path, monkeypatch):
    kept = ErasedComment(1, uuid4())
    erasures.append(tmp_path, [kept])

    def fail(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        erasures.append(tmp_path, [ErasedComment(1, uuid4())])

    assert read(tmp_path) == [kept]


def append_many(folder, number):
    for _ in range(number):
        erasures.append(folder, [ErasedComment(1, uuid4())])


def test_several_processes_write_whole_lines(tmp_path):
    with ProcessPoolExecutor(3) as processes:
        list(processes.map(append_many, [tmp_path] * 3, [30] * 3))

    found = read(tmp_path)
    assert len(set(found)) == 90
    assert None not in found


async def test_a_damaged_line_is_counted_and_the_others_are_applied(conn, tmp_path):
    site = await factories.site(conn)
    words = f"comment {site.id} {uuid4()}"
    erasures.append(tmp_path, [])
    with (tmp_path / erasures.FILE).open("a") as file:
        file.write(f"00000000 {words}\n{zlib.crc32(words.encode()):08x} {words}\n")

    assert await reapply(conn, tmp_path) == Reapplied(entries=2, rows=0, unreadable=1)


async def test_a_site_that_got_the_number_of_a_deleted_one_is_spared(conn, tmp_path):
    site = await factories.site(conn)
    erasures.append(tmp_path, [ErasedSite(site.id, clock.now())])

    assert (await reapply(conn, tmp_path)).rows == 0

    assert await conn.fetchval("SELECT count(*) FROM site_keys") == 1


async def test_a_journal_that_is_shorter_than_it_was_is_read_from_its_beginning(conn, tmp_path):
    site = await factories.site(conn)
    erasures.append(tmp_path, [ErasedComment(site.id, uuid4())] * 3)
    await reapply(conn, tmp_path)
    path = tmp_path / erasures.FILE
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:2]))

    assert (await reapply(conn, tmp_path)).entries == 1
