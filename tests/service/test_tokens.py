"""Tokens: kept as hashes, for one site or all, ended in every process within a second."""

import asyncio
import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service import rotation
from service.secrets import Secrets, read
from service.settings import Settings
from service.sites import Directory
from service.sites.directory import watch
from service.tokens import Scope, TokenDirectory, administration, store
from service.tokens.administration import BadToken, UnknownToken
from tests import factories
from tests.running import gatehouse
from tests.waiting import until

DAY = timedelta(days=1)


async def added(conn, *, secrets=factories.SECRETS, site=None, **more):
    return await administration.add(
        conn, secrets, **{"name": "reader", "scopes": {Scope.COMMENTS_READ}, "site": site, **more}
    )


async def directory(conn, pool, secrets=factories.SECRETS):
    return TokenDirectory(secrets, await factories.loaded(conn, secrets), pool)


async def test_a_token_is_found_with_its_site_and_scopes(conn, pool):
    site = await factories.site(conn)
    new = await added(conn, site="blatt", scopes={Scope.COMMENTS_READ, Scope.STATISTICS_READ})

    token = await (await directory(conn, pool)).token(new.value)

    assert token.id == new.id
    assert token.site_id == site.id
    assert token.scopes == {"comments.read", "statistics.read"}


async def test_a_token_is_long_and_begins_with_its_mark(conn):
    new = await added(conn)

    assert new.value.startswith("gh_")
    assert len(new.value) == 46


async def test_the_database_holds_no_token_that_could_be_read(conn):
    new = await added(conn)

    (row,) = await conn.fetch("SELECT t::text || k::text AS row FROM tokens t, token_key k")

    assert new.value not in row["row"]
    assert new.value.encode().hex() not in row["row"]


@pytest.mark.parametrize("raw", ["", "gh_", "gh_" + "a" * 43, "gh_ü", "gh_" + "a" * 1000, "0" * 12])
async def test_what_was_never_issued_is_unknown(conn, pool, raw):
    await added(conn)

    assert await (await directory(conn, pool)).token(raw) is None


@given(st.text(max_size=60))
def test_whatever_the_text_it_opens_nothing_where_there_is_no_token(raw):
    tokens = TokenDirectory(factories.SECRETS, Directory(factories.SECRETS), pool=None)

    assert asyncio.run(tokens.token(raw)) is None


async def test_a_token_ends_with_its_lifetime(conn, pool, frozen_clock):
    new = await added(conn, lifetime=DAY)
    token = await (await directory(conn, pool)).token(new.value)

    assert token.is_valid(factories.NOW + DAY - timedelta(seconds=1))
    assert not token.is_valid(factories.NOW + DAY)


@pytest.fixture
async def watched(conn, dsn):
    """The directory of sites, kept fresh as in a serving process."""
    sites = await factories.loaded(conn)
    task = asyncio.create_task(watch(sites, dsn, factories.SECRETS))
    yield sites
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_revocation_holds_in_a_running_process(conn, pool, watched):
    new = await added(conn)
    tokens = TokenDirectory(factories.SECRETS, watched, pool)
    before = await tokens.token(new.value)
    revision = watched.revision

    await administration.revoke(conn, new.id)
    await until(lambda: watched.revision > revision)

    assert before.revoked_at is None
    assert (await tokens.token(new.value)).revoked_at is not None


async def test_a_token_that_was_just_issued_works_in_a_running_process(conn, pool, watched):
    tokens = TokenDirectory(factories.SECRETS, watched, pool)
    unknown = await tokens.token("gh_anything")
    revision = watched.revision

    new = await added(conn)
    await until(lambda: watched.revision > revision)

    assert unknown is None
    assert (await tokens.token(new.value)).id == new.id


async def test_a_use_is_written_down_once_a_day_and_changes_nothing_else(conn, pool, frozen_clock):
    new = await added(conn)
    tokens = await directory(conn, pool)
    token = await tokens.token(new.value)
    revision = await conn.fetchval("SELECT revision FROM site_revision")

    await tokens.note_use(token)
    await conn.execute("UPDATE tokens SET last_used_on = NULL")
    await tokens.note_use(token)
    assert (await store.tokens(conn))[0].last_used_on is None
    frozen_clock.advance(DAY)
    await tokens.note_use(token)

    assert (await store.tokens(conn))[0].last_used_on == (factories.NOW + DAY).date()
    assert await conn.fetchval("SELECT revision FROM site_revision") == revision


async def test_issuing_and_revoking_stand_in_the_audit_trail(conn):
    site = await factories.site(conn)
    new = await added(conn, site="blatt", lifetime=DAY)
    await administration.revoke(conn, new.id)

    rows = await conn.fetch(
        "SELECT site_id, action, subject FROM audit_trail WHERE action LIKE 'token.%' ORDER BY id"
    )

    assert [tuple(row) for row in rows] == [
        (site.id, "token.added", str(new.id)),
        (site.id, "token.revoked", str(new.id)),
    ]


async def test_a_token_is_revoked_once(conn):
    new = await added(conn)
    await administration.revoke(conn, new.id)

    with pytest.raises(UnknownToken):
        await administration.revoke(conn, new.id)


@pytest.mark.parametrize(
    "wrong", [{"name": " "}, {"name": "x" * 101}, {"scopes": set()}, {"site": "nowhere"}]
)
async def test_a_token_that_makes_no_sense_is_not_issued(conn, wrong):
    with pytest.raises(BadToken):
        await added(conn, **wrong)

    assert await store.tokens(conn) == []


async def test_a_token_goes_with_its_site(conn):
    await factories.site(conn)
    await added(conn, site="blatt")

    await conn.execute("DELETE FROM sites")

    assert await store.tokens(conn) == []


async def test_tokens_outlive_a_change_of_the_master_key(conn, pool, tmp_path):
    settings = Settings(data_dir=tmp_path)
    (tmp_path / "secret.key").write_text(factories.MASTER_KEY)
    new = await added(conn)

    await rotation.rotate(conn, settings, factories.SECRETS)

    changed = Secrets(read(tmp_path / "secret.key"))
    assert changed.fingerprint != factories.SECRETS.fingerprint
    assert (await (await directory(conn, pool, changed)).token(new.value)).id == new.id


def test_the_command_line_issues_lists_and_revokes(dsn, tmp_path):
    def run(*arguments):
        return gatehouse(tmp_path, *arguments, database_url=dsn, secret_key=factories.MASTER_KEY)

    assert run("site", "add", "https://blatt.example", "--name", "blatt").returncode == 0
    issued = run("token", "add", "statistics page", "--site", "blatt", "--scope", "statistics.read")
    assert issued.returncode == 0, issued.stderr
    assert issued.stdout.startswith("gh_")

    (listed,) = json.loads(run("token", "list", "--json").stdout)
    assert (listed["name"], listed["state"]) == ("statistics page", "in use")
    assert issued.stdout.strip() not in run("token", "list").stdout
    assert run("token", "revoke", listed["id"]).returncode == 0

    (listed,) = json.loads(run("token", "list", "--json").stdout)
    assert listed["state"] == "revoked"
    assert run("token", "revoke", listed["id"]).returncode == 1
