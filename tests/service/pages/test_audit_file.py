"""The audit trail as CSV: the page's filters, whole however long, itself on record, no formulas."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.accounts.values import Role
from service.pages import audit_file
from service.tables import FORMULAS, lines
from tests import factories
from tests.people import signed_in
from tests.service.pages.test_audit import entry


@pytest.fixture
async def blatt(conn):
    """Stands before the service starts, which hears of later ones after a moment."""
    await factories.issue(conn, name="blatt")


@pytest.fixture
async def other(conn):
    return await factories.site(conn, name="other", url="https://other.example")


async def rows(browser, query=""):
    answer = await browser.get(f"/audit.csv{query}")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["Content-Disposition"]
    return list(csv.DictReader(io.StringIO(answer.page)))


async def test_the_file_has_what_the_filters_leave_and_no_page_ends_it(client, conn, monkeypatch):
    monkeypatch.setattr(audit_file, "CHUNK_ENTRIES", 7)
    for number in range(30):
        await entry(conn, 0, "a.done", f"subject-{number}", number=number)
    await entry(conn, 0, "b.done", "another")
    browser = await signed_in(client, conn, "kim", Role.ADMINISTRATOR)

    found = await rows(browser, "?action=a.done")

    assert [row["subject"] for row in found] == [f"subject-{n}" for n in range(29, -1, -1)]
    assert found[0]["details"] == '{"number":29}'
    assert {row["action"] for row in found} == {"a.done"}


async def test_an_export_is_on_record_with_its_filters(blatt, client, conn):
    browser = await signed_in(client, conn, "kim", Role.ADMINISTRATOR)

    found = await rows(browser, "?kind=user")

    told = [row for row in found if row["action"] == "audit.exported"]
    assert {(row["site"], row["actor"], row["details"]) for row in told} == {
        ("", "kim", '{"kind":"user"}'),
        ("blatt", "kim", '{"kind":"user"}'),
    }


async def test_nobody_exports_the_trail_of_sites_that_are_not_theirs(blatt, other, client, conn):
    await entry(conn, 0, "a.done", "of-the-service")
    await entry(conn, other.id, "a.done", "of-the-other")
    ida = await signed_in(client, conn, "ida", Role.AUDITOR, sites=("blatt",))
    mia = await signed_in(client, conn, "mia", Role.MODERATOR)

    assert {row["site"] for row in await rows(ida)} == {"blatt"}
    assert await rows(ida, "?site=other") == []
    assert (await mia.get("/audit.csv")).status == 403


@pytest.mark.parametrize("subject", ["=1+1", "+1", "-1", "@SUM(A1)", '"=1,2', "a\nb"])
async def test_what_strangers_wrote_stays_text(client, conn, subject):
    await entry(conn, 0, "a.done", subject)
    browser = await signed_in(client, conn, "kim", Role.ADMINISTRATOR)

    (row,) = await rows(browser, "?action=a.done")

    assert row["subject"].removeprefix("'") == subject
    assert not row["subject"].startswith(FORMULAS)


@given(st.lists(st.text(), min_size=2, max_size=7))
def test_whatever_a_field_holds_it_comes_back_and_is_no_formula(fields):
    text = lines([fields])

    (back,) = csv.reader(io.StringIO(text, newline=""))

    for field, returned in zip(fields, back, strict=True):
        assert returned in {field, f"'{field}"}
        assert not returned.startswith(FORMULAS)
