"""Numbers over time: exact, and of nobody in particular."""

import csv
import io
from datetime import timedelta

import pytest

from consent import counts
from consent.counts import SHOWN
from consent.notices.document import Kind
from service import db
from service.tokens import Scope
from service.tokens import administration as token_administration
from tests import factories


@pytest.fixture
async def decided(frozen_clock, site, ledger, choice):
    """Over two days: all, some, none, none, and one of them takes it back."""
    frozen_clock.advance(timedelta(days=1))
    everything = list(choice().decisions)
    await ledger.append(site, choice(*everything, action="accept_all", subject="visitor-0001"))
    await ledger.append(site, choice("statistics", subject="visitor-0002"))
    await ledger.append(site, choice(action="reject_all", subject=None))
    frozen_clock.advance(timedelta(days=1))
    await ledger.append(site, choice(action="reject_all", subject=None))
    await ledger.append(site, choice(action="withdraw_all", subject="visitor-0001"))


def of(rows):
    return [
        (row.shown, row.accepted_all, row.refused_all, row.chosen, row.withdrawn) for row in rows
    ]


async def read(conn, site, unit="day", days=3):
    since = factories.NOW.date()
    return await counts.read(conn, site.id, Kind.COOKIE, since, since + timedelta(days=days), unit)


async def test_decisions_are_counted_from_the_log_by_day(conn, site, decided):
    assert of(await read(conn, site)) == [(0, 0, 0, 0, 0), (0, 1, 1, 1, 0), (0, 0, 1, 0, 1)]


async def test_counting_again_changes_nothing_and_days_that_are_over_are_added_up(
    conn, site, decided, settings, frozen_clock, ledger, choice
):
    first = of(await read(conn, site))
    frozen_clock.advance(timedelta(days=2))
    await ledger.append(site, choice(action="reject_all", subject=None))
    await counts.count(conn, settings)
    await counts.count(conn, settings)

    assert of(await read(conn, site)) == first
    rows = await conn.fetchval("SELECT count(*) FROM served_daily")
    assert rows == 3  # one for each day on which something happened


async def test_a_log_is_counted_in_chunks(conn, site, decided, settings, monkeypatch):
    monkeypatch.setattr(counts, "CHUNK", 2)

    assert await counts.count(conn, settings) == 6
    assert of(await read(conn, site)) == [(0, 0, 0, 0, 0), (0, 1, 1, 1, 0), (0, 0, 1, 0, 1)]


async def test_what_is_handed_out_is_counted_in_memory_and_written_down(
    frozen_clock, conn, site, edition, client
):
    for language in ("de", "de", "ru"):
        await client.get(f"/consent/blatt/current?lang={language}")
    before = await conn.fetchval("SELECT count(*) FROM served_daily")

    await client.app[SHOWN].flush()
    await client.app[SHOWN].flush()

    assert before == 0
    assert of(await read(conn, site, days=1)) == [(3, 0, 0, 0, 0)]
    columns = await conn.fetchrow("SELECT language, shown FROM served_daily ORDER BY shown DESC")
    assert tuple(columns) == ("de", 2)


async def test_what_cannot_be_written_down_is_kept(frozen_clock, conn, site, edition, dsn):
    pool = db.create_pool(dsn, 1)  # once closed, it is a database that is gone
    async with pool:
        shown = counts.Shown(pool)
        shown.note(site.id, edition, "de")
    await shown.flush()

    async with db.create_pool(dsn, 1) as anew:
        shown._pool = anew
        await shown.flush()
    assert of(await read(conn, site, days=1)) == [(1, 0, 0, 0, 0)]


async def test_months_hold_their_days(frozen_clock, conn, site, decided):
    rows = await counts.read(
        conn, site.id, Kind.COOKIE, factories.NOW.date().replace(day=1, month=1),
        factories.NOW.date() + timedelta(days=20), "month",
    )  # fmt: skip

    assert [row.first_day.month for row in rows] == [1, 2, 3]
    assert of(rows)[-1] == (0, 1, 2, 1, 1)


async def test_the_page_plots_them_and_has_the_same_as_table_and_file(
    frozen_clock, site, decided, auditor
):
    page = await auditor.get("/consent-log/numbers")
    file = await auditor.get("/consent-log/numbers.csv?kind=cookie&span=30")

    assert page.page.count("<svg") >= 5
    rows = list(csv.DictReader(io.StringIO(file.page)))
    assert len(rows) == 30
    assert sum(int(row["refused_all"]) for row in rows) == 2
    assert rows[-1]["withdrawn"] == "1"
    assert "33.3 % of decisions" not in page.page
    assert "50.0 % of decisions" in page.page


@pytest.mark.parametrize(
    "query", ["kind=terms", "span=12", "span=90", "kind=x&span=y", "site=blatt"]
)
async def test_whatever_is_asked_for_is_answered(frozen_clock, decided, auditor, query):
    assert (await auditor.get(f"/consent-log/numbers?{query}")).status == 200


async def test_a_program_reads_them_with_a_token(frozen_clock, conn, site, decided, client):
    token = await token_administration.add(
        conn, factories.SECRETS, name="audit", scopes=(Scope.CONSENT_READ,), site="blatt"
    )
    headers = {"Authorization": f"Bearer {token.value}"}

    answer = await client.get("/v1/consent/numbers?from=2026-03-01&to=2026-03-04", headers=headers)

    body = await answer.json()
    assert [day["day"] for day in body["days"]] == ["2026-03-01", "2026-03-02", "2026-03-03"]
    assert [day["refused_all"] for day in body["days"]] == [0, 1, 1]


@pytest.mark.parametrize(
    "query",
    ["from=x", "from=2026-03-02&to=2026-03-01", "from=2020-01-01", "kind=x", "to=0001-01-01"],
)
async def test_a_span_that_is_none_is_refused(conn, site, client, query):
    token = await token_administration.add(
        conn, factories.SECRETS, name="audit", scopes=(Scope.CONSENT_READ,), site="blatt"
    )
    headers = {"Authorization": f"Bearer {token.value}"}

    assert (await client.get(f"/v1/consent/numbers?{query}", headers=headers)).status in {400, 422}
