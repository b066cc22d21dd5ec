"""A site is exported whole and without its secrets, and deleted without a trace."""

import asyncio
import base64
import json
import shutil
import stat
import tracemalloc
import uuid

import pytest

from consent import erasures
from consent.aftercare import Aftercare
from consent.site_data import deleting, exporting
from consent.site_data.deleting import StillWriting
from moderation import lists
from moderation.feedback import Label, Labelling, Source, label_comment
from moderation.intake import Intake
from service import audit, clock, db
from service.sites import ListEntry, administration
from service.sites.administration import UnknownSite
from service.tokens import Scope
from service.tokens import administration as tokens
from tests import factories
from tests.running import gatehouse

WITH_SITE = """
    SELECT c.table_name
      FROM information_schema.columns AS c
      JOIN information_schema.tables AS t USING (table_schema, table_name)
     WHERE c.table_schema = 'public' AND c.column_name = 'site_id'
       AND t.table_type = 'BASE TABLE'
"""
# What is written on the way of requests that this test does not make.
DIRECTLY = {
    "models": (
        "INSERT INTO models (site_id, version, state, reason, made_at, manifest, code, packed)"
        " SELECT $1, 1, 'current', '', received_at, '{}', '', '' FROM comments WHERE id = $2"
    ),
    "site_adjustments": (
        "INSERT INTO site_adjustments (site_id, version, base, newest, made_at, manifest, code)"
        " SELECT $1, 1, '', $2, received_at, '{}', '' FROM comments WHERE id = $2"
    ),
    "label_erasures": (
        "INSERT INTO label_erasures (site_id, id) SELECT $1, id FROM comments WHERE id = $2"
    ),
    "outbox": "INSERT INTO outbox (site_id, id, endpoint_id, comment_id, event, due_at)"
    " VALUES ($1, gen_random_uuid(), 1, $2, 'comment.held', now())",
    "delivery_attempts": "INSERT INTO delivery_attempts SELECT site_id, id, now(), 1, 'HTTP 500'"
    " FROM outbox WHERE site_id = $1 AND $2::uuid IS NOT NULL LIMIT 1",
    "idempotency_keys": "INSERT INTO idempotency_keys"
    " SELECT $1, sha256($2::uuid::text::bytea), sha256('b'), $2, now()",
    "imports": "INSERT INTO imports (site_id, sha256, started_at)"
    " SELECT $1, sha256($2::uuid::text::bytea), now()",
    "webhook_reports": "INSERT INTO webhook_reports VALUES ($1, 4711, $2)",
    "approved_authors": "INSERT INTO approved_authors SELECT $1, 1, now() WHERE $2::uuid IS NOT"
    " NULL",
    "spam_addresses": "INSERT INTO spam_addresses SELECT $1, 1, now() WHERE $2::uuid IS NOT NULL"
    " ON CONFLICT DO NOTHING",
    "expiring_endpoint_secrets": "INSERT INTO expiring_endpoint_secrets (site_id, endpoint_id,"
    " sealed, expires_at) SELECT site_id, id, sha256('needle'), now() FROM endpoints"
    " WHERE site_id = $1 AND $2::uuid IS NOT NULL",
    "endpoint_breakers": "INSERT INTO endpoint_breakers SELECT site_id, id, 1, now()"
    " FROM endpoints WHERE site_id = $1 AND $2::uuid IS NOT NULL LIMIT 1",
    "endpoints": "INSERT INTO endpoints (site_id, kind, url, secret_sealed, events)"
    " SELECT $1, 'standard-webhook', 'https://hook.example', sha256('needle'), '{}'"
    " WHERE $2::uuid IS NOT NULL",
    "notices": "INSERT INTO notices (site_id, sha256, kind, version, change_class, effective_from,"
    " document, published_at) SELECT $1, sha256('{}'), 'terms', '1', 'initial', now(), '{}', now()"
    " WHERE $2::uuid IS NOT NULL",
    "comment_search": "INSERT INTO comment_search VALUES ($1, $2, '', now())",
    "search_progress": "INSERT INTO search_progress VALUES ($1, $2)",
    "review_claims": "WITH u AS (INSERT INTO users (name, created_at) SELECT 'c' || $1::int, now()"
    " RETURNING id) INSERT INTO review_claims SELECT $1, $2, u.id, now() FROM u",
    "user_roles": "WITH u AS (INSERT INTO users (name, created_at) SELECT 'u' || $1::int, now()"
    " WHERE $2::uuid IS NOT NULL RETURNING id)"
    " INSERT INTO user_roles SELECT u.id, $1, 'moderator', now() FROM u",
    "signing_keys": "INSERT INTO signing_keys (site_id, name, public, sealed, created_at)"
    " SELECT $1, 'log', sha256('needle'), sha256('needle'), now() WHERE $2::uuid IS NOT NULL",
    "consent_logs": "INSERT INTO consent_logs (site_id, epoch, origin, last_time)"
    " SELECT $1, 1, 'log', now() WHERE $2::uuid IS NOT NULL",
    "consent_entries": "INSERT INTO consent_entries (site_id, epoch, index, recorded_at, type,"
    " receipt_id, leaf, hashes) SELECT $1, 1, 0, now(), 'refused', $2, '{}', sha256('')",
    "consent_openings": "INSERT INTO consent_openings (site_id, epoch, index, salt, encrypted,"
    " in_force, ends_at) SELECT $1, 1, 0, sha256(''), '', false, now() WHERE $2::uuid IS NOT NULL",
    "consent_checkpoints": "INSERT INTO consent_checkpoints"
    " SELECT $1, 1, 0, sha256(''), 'note', now() WHERE $2::uuid IS NOT NULL",
    "mails": "INSERT INTO mails (site_id, id, comment_id, recipient, language, subject, body,"
    " created_at, due_at) VALUES ($1, $2, $2, 'ada@example.org', 'en', '', '', now(), now())",
    "served_daily": "INSERT INTO served_daily (site_id, day, id, notice, language)"
    " SELECT $1, now()::date, $2, sha256('{}'), 'en'",
    "consent_counted": "INSERT INTO consent_counted SELECT $1, 1, 0 WHERE $2::uuid IS NOT NULL",
    "house_rules": "INSERT INTO house_rules (site_id, code, position, ground, clause, category,"
    " words) SELECT $1, 'tone', 1, 'terms', '', '', '{}' WHERE $2::uuid IS NOT NULL",
    "statements": "INSERT INTO statements (site_id, id, comment_id, decision_id, made_at,"
    " restriction, scope, source, automated_detection, automated_decision, ground, code, clause,"
    " category, title, sentence, note, language, not_sent_reason) VALUES ($1, $2, $2, $2, now(),"
    " 'removal', 'everywhere', 'own_initiative', false, false, 'terms', 'tone', '', '', '', '',"
    " '', 'en', 'no_contact')",
    "appeals": "INSERT INTO appeals (site_id, id, comment_id, words, language, made_at, due_at)"
    " VALUES ($1, $2, $2, '', 'en', now(), now())",
    "reader_reports": "INSERT INTO reader_reports (site_id, id, comment_id, sameness, reason,"
    " words, language, made_at) VALUES ($1, $2, $2, 1, 'spam', '', 'en', now())",
    "site_webhooks": "INSERT INTO site_webhooks (site_id, platform, path_hash)"
    " SELECT $1, 'generic', sha256('needle') WHERE $2::uuid IS NOT NULL",
}


@pytest.fixture
async def intake(pool, scorer):
    intake = Intake(pool, scorer)
    yield intake
    await intake.close()


@pytest.fixture
async def full_site(conn, intake):
    """Makes a site with a row in every table that has rows of sites."""

    async def make(name):
        site = await factories.site(conn, name=name)
        receipt = await intake.submit(
            factories.comment(text=f"spam of {name}", author="Ada"), site, None
        )
        labelling = Labelling(
            receipt.id, Label.SPAM, Source.API, audit.ActorKind.OPERATOR, "test", "moderator"
        )
        async with conn.transaction():
            await label_comment(conn, site, labelling, clock.now())
        entry = ListEntry("block", "domain", f"{name}.example")
        await administration.add_entry(conn, name, entry, lists.validate)
        await administration.change_settings(conn, name, {"hold_threshold": "0.4"})
        await tokens.add(
            conn, factories.SECRETS, name="reader", scopes={Scope.COMMENTS_READ}, site=name
        )
        for statement in DIRECTLY.values():
            await conn.execute(statement, site.id, receipt.id)
        return site

    return make


async def counts(conn, site_id):
    """Rows of the site by table, of all tables that have a column site_id."""
    names = [row["table_name"] for row in await conn.fetch(WITH_SITE)]
    return {
        name: await conn.fetchval(f"SELECT count(*) FROM {name} WHERE site_id = $1", site_id)
        for name in names
    }


async def export(conn, name):
    return [line async for line in exporting.export(conn, name)]


async def test_deleting_a_site_leaves_no_row_of_it_and_touches_no_other(conn, full_site, settings):
    gone, kept = await full_site("gone"), await full_site("kept")
    before, others = await counts(conn, gone.id), await counts(conn, kept.id)
    assert [table for table, number in before.items() if number == 0] == []

    swept = await deleting.delete_site(conn, "gone", settings.data_dir)

    assert set((await counts(conn, gone.id)).values()) == {0}
    assert await counts(conn, kept.id) == others
    assert swept.by_table["audit_trail"] == before["audit_trail"]
    assert await conn.fetchval("SELECT array_agg(name) FROM sites") == ["kept"]


async def test_a_deletion_stands_in_the_trail_of_the_deployment(conn, full_site, settings):
    await full_site("gone")

    await deleting.delete_site(conn, "gone", settings.data_dir)

    entry = await conn.fetchrow("SELECT * FROM audit_trail WHERE action = 'site.deleted'")
    assert (entry["site_id"], entry["subject"]) == (audit.DEPLOYMENT, "gone")
    assert entry["details"]["rows"]["comments"] == 1


async def test_a_deleted_site_does_not_come_back_with_an_older_database(conn, full_site, settings):
    site = await full_site("gone")
    rows = await conn.fetch("SELECT * FROM comments")
    await deleting.delete_site(conn, "gone", settings.data_dir)
    # As if restored by other tools: the rows are back, the database does not know the journal.
    await conn.executemany(
        f"INSERT INTO comments VALUES ({', '.join(f'${n + 1}' for n in range(len(rows[0])))})",
        [tuple(row) for row in rows],
    )

    assert await Aftercare().repeat_erasures(conn, settings) == 1

    assert set((await counts(conn, site.id)).values()) == {0}


async def test_a_deletion_waits_for_who_was_writing_already(conn, dsn, full_site, settings):
    site = await full_site("gone")
    async with db.connected(dsn) as other:
        writing = other.transaction()
        await writing.start()
        await other.execute("INSERT INTO approved_authors VALUES ($1, 99, now())", site.id)
        deletion = asyncio.create_task(deleting.delete_site(conn, "gone", settings.data_dir))
        await asyncio.wait([deletion], timeout=deleting.CLOSING_SECONDS + 0.3)
        assert not deletion.done()

        await writing.commit()
        await deletion

    assert set((await counts(conn, site.id)).values()) == {0}


async def test_a_writer_that_never_ends_is_not_waited_for_for_ever(
    conn, dsn, full_site, settings, monkeypatch
):
    monkeypatch.setattr(deleting, "PATIENCE_SECONDS", 0.1)
    site = await full_site("gone")
    async with db.connected(dsn) as other, other.transaction():
        await other.execute(DIRECTLY["imports"], site.id, uuid.uuid4())

        with pytest.raises(StillWriting):
            await deleting.delete_site(conn, "gone", settings.data_dir)

    await deleting.delete_site(conn, "gone", settings.data_dir)
    assert set((await counts(conn, site.id)).values()) == {0}


async def test_a_deletion_that_cannot_be_journaled_does_not_happen(conn, full_site, settings):
    site = await full_site("gone")
    before = await counts(conn, site.id)

    with pytest.raises(OSError, match="No such file"):
        await deleting.delete_site(conn, "gone", settings.data_dir / "missing")

    after = await counts(conn, site.id)
    assert {**after, "site_webhooks": 1} == before


async def test_keys_are_refused_while_the_rows_go(conn, full_site, settings, monkeypatch):
    await full_site("gone")
    seen = []

    async def look(*_):
        seen.append(await conn.fetchval("SELECT count(*) FROM site_keys WHERE revoked_at IS NULL"))
        seen.append(await conn.fetchval("SELECT count(*) FROM comments"))

    monkeypatch.setattr(erasures, "record", look)
    await deleting.delete_site(conn, "gone", settings.data_dir)

    assert seen == [0, 1]


async def test_an_export_holds_every_table_of_the_site_and_nothing_of_another(conn, full_site):
    site = await full_site("ours")
    await full_site("theirs")
    expected = await counts(conn, site.id)

    head, *lines = [json.loads(line) for line in await export(conn, "ours")]

    assert (head["site"]["name"], head["site"]["settings"]) == ("ours", {"hold_threshold": 0.4})
    found = [line["table"] for line in lines]
    assert {table: found.count(table) for table in expected} == expected
    assert {line["row"]["site_id"] for line in lines} == {site.id}
    (comment,) = [line["row"] for line in lines if line["table"] == "comments"]
    assert (comment["text"], comment["author"]) == ("spam of ours", "Ada")
    (label,) = [line["row"] for line in lines if line["table"] == "labels"]
    assert label["label"] == "spam"


async def test_an_export_holds_no_key_and_no_secret(conn, full_site):
    await full_site("ours")
    secrets = []
    for table in ("sites", "site_keys", "endpoints", "site_webhooks", "tokens"):
        for row in await conn.fetch(f"SELECT * FROM {table}"):
            secrets += [value for value in row.values() if isinstance(value, bytes)]
    assert len(secrets) >= 6

    text = b"".join(await export(conn, "ours"))

    for secret in secrets:
        assert secret not in text
        assert secret.hex().encode() not in text
        assert base64.b64encode(secret) not in text


async def test_an_export_is_of_one_moment(conn, dsn, full_site):
    await full_site("ours")
    lines = exporting.export(conn, "ours")
    await anext(lines)
    async with db.connected(dsn) as other:
        await other.execute("UPDATE comments SET text = 'changed meanwhile'")

    rest = b"".join([line async for line in lines])

    assert b"changed meanwhile" not in rest


async def test_an_export_takes_no_more_memory_for_a_larger_site(conn, full_site):
    site = await full_site("ours")
    await conn.execute(
        "INSERT INTO daily_counts SELECT $1, current_date, gen_random_uuid(), repeat('x', 1000),"
        " 1, 0, 0, 0, 0 FROM generate_series(1, 20000)",
        site.id,
    )

    tracemalloc.start()
    size = sum([len(line) async for line in exporting.export(conn, "ours")])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert size > 20_000_000
    assert peak < size / 4


@pytest.mark.parametrize("act", [exporting.export, deleting.delete_site])
async def test_an_unknown_site_is_said(conn, settings, act):
    with pytest.raises(UnknownSite, match="no site named nobody"):
        if act is exporting.export:
            await export(conn, "nobody")
        else:
            await act(conn, "nobody", settings.data_dir)


@pytest.fixture(scope="module")
def folder(reachable):
    folder = reachable / "site-data"
    gatehouse(folder, "site", "add", "https://a.example", "--name", "a")
    yield folder
    shutil.rmtree(folder)


def test_the_commands_export_once_and_delete_only_if_it_is_meant(folder, tmp_path):
    target = tmp_path / "a.jsonl"

    exported = gatehouse(folder, "site", "export", "a", "--to", target)
    again = gatehouse(folder, "site", "export", "a", "--to", target)
    unmeant = gatehouse(folder, "site", "delete", "a")
    deleted = gatehouse(folder, "site", "delete", "a", "--yes", "--json")

    assert (exported.returncode, stat.S_IMODE(target.stat().st_mode)) == (0, 0o600)
    assert json.loads(target.read_text().splitlines()[0])["site"]["name"] == "a"
    assert (again.returncode, "is there already" in again.stderr) == (1, True)
    assert (unmeant.returncode, "add --yes" in unmeant.stderr) == (2, True)
    assert json.loads(deleted.stdout)["deleted"]["site_keys"] == 1
    assert "no site yet" in gatehouse(folder, "site", "list").stdout


def test_an_export_that_fails_leaves_no_file(folder, tmp_path):
    done = gatehouse(folder, "site", "export", "nobody", "--to", tmp_path / "x.jsonl")

    assert (done.returncode, list(tmp_path.iterdir())) == (1, [])
