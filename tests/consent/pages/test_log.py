"""The consent log as auditors read it: filtered, proven, exported, and always on record."""

import base64
import csv
import io
import json
import re
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent import checkpoints, merkle
from consent.export import store as exports
from consent.ledger import erasing
from consent.pages import asking, entries
from consent.pages.asking import FIELDS
from service.accounts.values import Role
from tests import factories
from tests.people import signed_in

ROW = re.compile(r'<td><a href="/consent-log/blatt/1/(\d+)">')


def listed(answer):
    return [int(index) for index in ROW.findall(answer.page)]


@pytest.fixture
async def full(site, ledger, choice):
    """Entry 0 is the notice; 1 grants, 2 refuses, 3 takes back what 1 granted."""
    return [
        await ledger.append(site, choice("statistics", subject="visitor-0001")),
        await ledger.append(site, choice(action="reject_all", subject=None)),
        await ledger.append(site, choice(action="withdraw_all", subject="visitor-0001")),
    ]


async def test_entries_are_listed_the_newest_first_without_anything_personal(auditor, full):
    answer = await auditor.get("/consent-log")

    assert answer.status == 200
    assert listed(answer) == [3, 2, 1, 0]
    assert "visitor-0001" not in answer.page


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("type=refused", [2]),
        ("state=granted", [1]),
        ("state=withdrawn", [3]),
        ("state=withdrawn&purpose=external", []),
        ("purpose=statistics", [3, 2, 1]),
        ("type=nonsense&state=nonsense&from=nonsense&before=nonsense", [3, 2, 1, 0]),
        ("before=2", [1, 0]),
        ("to=2001-01-01", []),
        ("from=9998-12-31", []),
    ],
)
async def test_a_filter_shows_what_it_says(auditor, full, query, wanted):
    assert listed(await auditor.get(f"/consent-log?{query}")) == wanted


async def test_a_day_is_meant_whole(frozen_clock, site, ledger, choice, auditor):
    frozen_clock.advance(timedelta(days=3))
    entry = await ledger.append(site, choice("statistics"))
    frozen_clock.advance(timedelta(days=3))
    await ledger.append(site, choice("statistics"))
    day = f"{entry.recorded_at:%Y-%m-%d}"

    assert listed(await auditor.get(f"/consent-log?from={day}&to={day}")) == [1]


async def test_long_logs_are_read_page_by_page(auditor, site, ledger, choice, monkeypatch):
    monkeypatch.setattr(entries, "PAGE_ENTRIES", 3)
    for _ in range(7):
        await ledger.append(site, choice(subject=None))
    pages, path = [], "/consent-log"
    while path:
        answer = await auditor.get(path)
        pages.append(listed(answer))
        found = re.search(r'class="button" href="(/consent-log\?[^"]+before=[^"]+)"', answer.page)
        path = found[1].replace("&amp;", "&") if found else None

    assert pages == [[7, 6, 5], [4, 3, 2], [1, 0]]


async def test_a_filter_that_finds_little_says_how_far_it_searched(
    auditor, full, site, ledger, choice, monkeypatch
):
    monkeypatch.setattr(entries, "SCANNED", 2)

    answer = await auditor.get("/consent-log?type=given")

    assert listed(answer) == []
    assert "before=2" in answer.page
    assert listed(await auditor.get("/consent-log?type=given&before=2")) == [1]


async def test_a_moment_is_found_in_a_log_by_halving(conn, frozen_clock, site, ledger, choice):
    times = []
    for number in range(9):
        frozen_clock.advance(timedelta(seconds=number % 3))
        times.append((await ledger.append(site, choice(subject=None))).recorded_at)
    times = [(await exports.entry_at(conn, site.id, 1, 0)).recorded_at, *times]

    for moment in {*times, times[0] - timedelta(1), times[-1] + timedelta(1)}:
        expected = sum(time < moment for time in times)
        assert await exports.first_at(conn, site.id, 1, moment, len(times)) == expected


async def test_an_entry_is_shown_with_a_proof_that_holds(auditor, full):
    page = await auditor.get("/consent-log/blatt/1/1")
    proof = await auditor.get("/consent-log/blatt/1/1/proof")

    assert "notice good" in page.page
    found = checkpoints.proof_file_from(proof.page)
    signed = checkpoints.parsed(found.note)
    leaf = merkle.leaf_hash(found.extra)
    merkle.verify_inclusion(leaf, found.index, signed.size, found.path, signed.root)
    assert json.loads(found.extra)["seq"] == found.index == 1
    assert base64.b64encode(b"visitor-0001").decode() not in proof.page
    assert leaf.hex() in page.page


async def test_an_entry_that_was_changed_is_called_so(auditor, full, conn):
    await auditor.get("/consent-log/blatt/1/2")  # signs a checkpoint
    await conn.execute("ALTER TABLE consent_entries DISABLE TRIGGER append_only")
    await conn.execute(
        "UPDATE consent_entries SET leaf = replace(leaf, 'reject_all', 'accept_all')"
        " WHERE index = 2"
    )

    answer = await auditor.get("/consent-log/blatt/1/2")

    assert "notice bad" in answer.page
    assert "notice good" not in answer.page


async def test_what_was_erased_is_said_to_be(auditor, full, conn, site):
    before = await auditor.get("/consent-log/blatt/1/1")
    async with conn.transaction():
        await erasing.erase(conn, site, "log.example", "visitor-0001", "gdpr.17.1.b")

    after = await auditor.get("/consent-log/blatt/1/1")

    assert "nobody can open any more" not in before.page
    assert "nobody can open any more" in after.page
    assert "notice good" in after.page


@pytest.mark.parametrize(
    "path",
    [
        "blatt/1/99",
        "blatt/2/0",
        "other/1/0",
        "nothing/1/0",
        "blatt/1/99/proof",
        "blatt/1/999999999999999",
    ],
)
async def test_an_entry_that_is_not_there_or_not_theirs_is_not_shown(auditor, full, conn, path):
    await factories.issue(conn, name="other", url="https://other.example")

    assert (await auditor.get(f"/consent-log/{path}")).status == 404


@pytest.mark.parametrize("form", ["csv", "jsonl", "bundle"])
async def test_an_export_is_what_the_filter_shows_and_stands_in_the_log(auditor, full, form):
    await auditor.get("/consent-log?type=refused")
    answer = await auditor.post(
        "/consent-log/export",
        {"site": "blatt", "type": "refused", "format": form, "reason": "yearly review"},
    )
    log = await auditor.get("/consent-log/blatt/1/4")

    assert answer.status == 200
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "yearly review" in log.page
    if form == "csv":
        [row] = csv.DictReader(io.StringIO(answer.page))
        assert (row["index"], row["event_type"]) == ("2", "refused")
    if form == "jsonl":
        assert json.loads(answer.page)["seq"] == 2


async def test_nothing_is_exported_without_a_reason_a_form_or_a_token(auditor, full, conn):
    await auditor.get("/consent-log")
    given = {"site": "blatt", "format": "csv", "reason": "why not"}

    refused = [
        (await auditor.post("/consent-log/export", {**given, **changes})).status
        for changes in ({"reason": " "}, {"format": "pdf"}, {"csrf": "0"}, {"site": "other"})
    ]

    assert refused == [422, 400, 403, 404]
    assert await conn.fetchval("SELECT size FROM consent_logs") == 4


async def test_reading_stands_in_the_trail(auditor, full, conn):
    await auditor.get("/consent-log?type=refused")
    await auditor.get("/consent-log/blatt/1/2")
    await auditor.get("/consent-log/numbers")

    trail = await conn.fetch(
        "SELECT actor_kind, details FROM audit_trail WHERE action = 'consent.read' ORDER BY id"
    )
    assert {row["actor_kind"] for row in trail} == {"user"}
    assert trail[0]["details"]["type"] == ["refused"]
    assert trail[1]["details"] == {"epoch": 1, "entry": 2}
    assert trail[2]["details"]["numbers"] == "cookie"


@pytest.mark.parametrize("path", ["", "/numbers", "/numbers.csv", "/blatt/1/0", "/blatt/1/0/proof"])
async def test_the_log_is_for_auditors_of_the_site(conn, site, edition, auditor, client, path):
    moderator = await signed_in(client, conn, "mia", Role.MODERATOR)
    elsewhere = await factories.site(conn, name="other", url="https://other.example")
    stranger = await signed_in(client, conn, "eve", Role.AUDITOR, sites=[elsewhere.name])

    assert (await moderator.get(f"/consent-log{path}?site=blatt")).status == 403
    assert (await stranger.get(f"/consent-log{path}?site=blatt")).status == 404
    assert (await auditor.get(f"/consent-log{path}?site=blatt")).status == 200


async def test_a_site_without_a_log_is_told_how_one_begins(conn, site, administrator):
    answer = await administrator.get("/consent-log")

    assert answer.status == 200
    assert "/notices?site=blatt" in answer.page


@settings(max_examples=200)
@given(st.dictionaries(st.sampled_from(FIELDS), st.text(max_size=60)))
def test_whatever_a_filter_says_it_is_one(texts):
    read = {name: asking._text(texts.get(name, "")) for name in FIELDS}

    wanted = asking._wanted(read)

    assert wanted.types is None or len(wanted.types) == 1
    assert "\0" not in (wanted.purpose or "")
