"""The audit trail as people read it."""

import pytest

from service import audit
from service.accounts.values import Role
from service.sites import DIRECTORY
from tests import factories
from tests.people import cheaply, signed_in
from tests.waiting import until


@pytest.fixture(autouse=True)
def cheap(monkeypatch):
    cheaply(monkeypatch)


async def entry(conn, site_id, action, subject, **details):
    await audit.append(conn, site_id, audit.ActorKind.JOB, "test", action, subject, details)


async def test_an_auditor_of_one_site_reads_its_trail_and_no_other(client, conn):
    here = await factories.site(conn, name="here")
    there = await factories.site(conn, name="there")
    await entry(conn, here.id, "thing.happened", "subject-here")
    await entry(conn, there.id, "thing.happened", "subject-there")
    browser = await signed_in(client, conn, "kim", Role.AUDITOR, sites=["here"])

    await until(lambda: client.app[DIRECTORY].site("there"))
    page = (await browser.get("/audit")).page
    asked = (await browser.get("/audit?site=there")).page

    assert "subject-here" in page
    assert "subject-there" not in page
    assert "user.added" not in page
    assert "subject-there" not in asked
    assert "subject-here" not in asked


async def test_who_audits_everything_reads_of_accounts_too(client, conn):
    browser = await signed_in(client, conn, "kim", Role.AUDITOR)

    page = (await browser.get("/audit")).page

    assert "user.added" in page
    assert "session.started" in page


async def test_a_moderator_does_not_read_the_trail(client, conn):
    browser = await signed_in(client, conn, "mia", Role.MODERATOR)

    assert (await browser.get("/audit")).status == 403


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("action=a.done", {"one"}),
        ("kind=job", {"one", "two"}),
        ("kind=user", set()),
        ("since=2100-01-01", set()),
        ("until=2100-01-01", {"one", "two"}),
        ("since=yesterday&until=9999-12-31&before=nonsense&site=", {"one", "two"}),
        ("actor=%00", {"one", "two"}),
    ],
)
async def test_the_trail_is_filtered(client, conn, query, found):
    await entry(conn, 0, "a.done", "subject-one")
    await entry(conn, 0, "b.done", "subject-two")
    browser = await signed_in(client, conn, "kim", Role.ADMINISTRATOR)

    answer = await browser.get(f"/audit?{query}")

    assert answer.status == 200
    assert {name for name in ("one", "two") if f"subject-{name}" in answer.page} == found


async def test_long_trails_have_pages_that_miss_nothing(client, conn):
    for number in range(60):
        await entry(conn, 0, "a.done", f"subject-{number}-")
    browser = await signed_in(client, conn, "kim", Role.ADMINISTRATOR)

    first = (await browser.get("/audit?action=a.done")).page
    older = first.split('class="button" href="')[1].split('"')[0].replace("&amp;", "&")
    second = (await browser.get(older)).page

    shown = [n for page in (first, second) for n in range(60) if f"subject-{n}-" in page]
    assert sorted(shown) == list(range(60))
    assert "Older" not in second


async def test_what_an_entry_holds_is_text_and_never_markup(client, conn):
    await entry(conn, 0, "a.done", "<script>alert(1)</script>", note="<b onclick=x>")
    browser = await signed_in(client, conn, "kim", Role.ADMINISTRATOR)

    page = (await browser.get("/audit")).page

    assert "<script>alert" not in page
    assert "<b onclick" not in page
