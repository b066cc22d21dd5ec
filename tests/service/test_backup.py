"""Back-ups, for real: pg_dump, pg_restore, servers of their own, and an older PostgreSQL."""

import asyncio
import json
import shutil
import stat
import uuid
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import migrations
from consent import erasures
from consent.aftercare import Aftercare
from consent.erasures import ErasedComment
from moderation.intake import Intake
from service import clock, db, postgres, store
from service.backup import archive, keeping, programs, restoring, taking, upgrading
from service.backup.archive import DamagedBackup, Manifest, NotWritten
from service.backup.programs import NoProgram, ProgramFailed
from service.backup.restoring import NotEmpty, RefusedBackup
from service.backup.taking import AlreadyThere, NothingThere
from service.commands import serving
from service.postgres import Server
from service.postgres.place import installations, made_by, settle
from service.secrets import open_secrets
from service.settings import Settings
from service.sites import administration
from service.sites.directory import SERVING_LOCK
from tests import factories
from tests.conftest import dsn_of, missing, on_server
from tests.running import Service, gatehouse

AFTERCARE = Aftercare()
OLD_MAJOR = 15
OLD_BINARIES = programs.SYSTEM / str(OLD_MAJOR) / "bin"


def manifest(**changes):
    return Manifest(
        **{
            "gatehouse": "0.1.0",
            "schema": {},
            "postgres": 18,
            "pg_dump": 18,
            "secret_fingerprint": factories.SECRETS.fingerprint.hex(),
            "journal": None,
            "taken_at": "2026-03-01T12:00:00+00:00",
            **changes,
        }
    )


# The file.


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    path = tmp_path_factory.mktemp("archive") / "whole.tar"
    archive.write(path, [b"a dump ", b"of a database"], manifest(), factories.SECRETS)
    return path


def test_a_backup_is_a_tar_that_nobody_else_can_read(written, tmp_path):
    shutil.unpack_archive(written, tmp_path, filter="data")

    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    assert (tmp_path / "database.dump").read_bytes() == b"a dump of a database"
    assert json.loads((tmp_path / "manifest.json").read_text())["dump_bytes"] == 20


def test_what_is_written_is_read_again(written):
    found = archive.read_manifest(written)

    archive.check_dump(written, found)
    assert found.is_authentic(factories.SECRETS)
    assert b"".join(archive.dump_of(written, found)) == b"a dump of a database"


@given(data=st.data())
def test_a_changed_byte_is_noticed_or_changes_nothing(written, data):
    whole = written.read_bytes()
    text_end = archive.BLOCK_BYTES + whole[archive.BLOCK_BYTES :].index(b"\n\n")
    dump = range(archive.DUMP_OFFSET, archive.DUMP_OFFSET + 20)
    place = data.draw(st.integers(0, text_end) | st.sampled_from(dump))
    changed = bytearray(whole)
    changed[place] ^= data.draw(st.integers(1, 255))
    path = written.with_name("changed.tar")
    path.write_bytes(changed)

    try:
        found = archive.read_manifest(path)
        archive.check_dump(path, found)
    except DamagedBackup:
        return
    assert not found.is_authentic(factories.SECRETS) or found == archive.read_manifest(written)


@given(st.binary(max_size=2000), st.integers(0, archive.DUMP_OFFSET))
def test_whatever_the_bytes_they_are_a_backup_or_damaged(written, content, kept):
    path = written.with_name("any.tar")
    path.write_bytes(written.read_bytes()[:kept] + content)

    with pytest.raises(DamagedBackup):
        archive.check_dump(path, archive.read_manifest(path))


def test_a_backup_of_a_later_format_is_refused(tmp_path):
    path = tmp_path / "later.tar"
    archive.write(path, [], manifest(format=2), factories.SECRETS)

    with pytest.raises(DamagedBackup, match="format 2"):
        archive.read_manifest(path)


def broken_dump():
    yield b"the first half"
    raise ProgramFailed("pg_dump failed (the server went away).")


def test_a_dump_that_fails_leaves_no_file(tmp_path):
    with pytest.raises(ProgramFailed):
        archive.write(tmp_path / "x.tar", broken_dump(), manifest(), factories.SECRETS)

    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_said(tmp_path):
    with pytest.raises(NotWritten, match="nothing is left"):
        archive.write(tmp_path / "no" / "x.tar", [], manifest(), factories.SECRETS)


def test_old_backups_are_dropped_by_their_names_and_nothing_else_is(tmp_path, frozen_clock):
    old = keeping.next_name(tmp_path)
    frozen_clock.advance(timedelta(days=8))
    young = keeping.next_name(tmp_path)
    for path in (old, young, tmp_path / "notes.tar", tmp_path / "gatehouse-.tar"):
        path.touch()

    assert keeping.drop_old(tmp_path, timedelta(days=7)) == [old]

    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        ["gatehouse-.tar", "notes.tar", young.name]
    )


# Programs.


def test_the_program_nearest_to_the_server_is_taken(monkeypatch):
    found = {15: Path("/old/pg_dump"), 18: Path("/new/pg_dump")}
    monkeypatch.setattr(programs, "installed", lambda _: found)

    assert [programs.fitting("pg_dump", major)[0] for major in (14, 15, 16, 18)] == [15, 15, 18, 18]
    with pytest.raises(NoProgram, match="pg_dump of PostgreSQL 19 or newer is needed"):
        programs.fitting("pg_dump", 19)


@pytest.mark.parametrize(
    ("dsn", "address", "password"),
    [
        ("postgresql://u:p%40ss@h:1/d", "postgresql://u@h:1/d", "p@ss"),
        (
            "postgresql://u@h/d?password=x&sslmode=require",
            "postgresql://u@h/d?sslmode=require",
            "x",
        ),
        ("postgresql:///d?host=%2Ftmp%2Fs&user=u", "postgresql:///d?host=%2Ftmp%2Fs&user=u", ""),
    ],
)
def test_a_password_never_stands_on_a_command_line(dsn, address, password):
    assert programs._without_password(dsn) == (address, password)


def test_what_a_failing_program_quotes_is_not_repeated():
    words = (
        b"pg_restore: warning: something else\n"
        b'pg_restore: error: COPY failed for table "comments"\n'
        b'CONTEXT:  COPY comments, line 1: "needle words"\n'
    )

    assert programs._reason(words) == 'COPY failed for table "comments"'


def test_a_program_that_an_older_server_does_not_understand_is_not_tried(monkeypatch):
    monkeypatch.setattr(programs, "installed", lambda _: {18: Path("/new/pg_restore")})

    with pytest.raises(RefusedBackup, match="does not write into PostgreSQL 15"):
        restoring._program(15, manifest(postgres=15, pg_dump=15))
    assert restoring._program(17, manifest(postgres=15, pg_dump=18)) == Path("/new/pg_restore")


# Taken from one database and restored into another.


@asynccontextmanager
async def empty_database(server):
    name = f"test_{uuid.uuid4().hex}"
    await on_server(server, f"CREATE DATABASE {name} TEMPLATE template0")
    try:
        yield dsn_of(server, name)
    finally:
        await on_server(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def empty(server):
    async with empty_database(server) as dsn:
        yield dsn


async def take(dsn, settings, name="one.tar"):
    path = settings.data_dir / name
    await taking.take(dsn, settings, path, AFTERCARE)
    return path


async def restore(dsn, settings, path, **options):
    there = replace(settings, database_url=dsn)
    return await asyncio.to_thread(restoring.restore, there, path, AFTERCARE, **options)


async def ask(dsn, sql):
    async with db.connected(dsn) as conn:
        return await conn.fetchval(sql)


@pytest.fixture
async def intake(pool, scorer):
    intake = Intake(pool, scorer)
    yield intake
    await intake.close()


@pytest.fixture
async def comments(conn, intake):
    """Two comments of a site."""
    site = await factories.site(conn)
    texts = ("a first comment here", "a second comment here")
    return site, [
        (await intake.submit(factories.comment(text=text), site, None)).id for text in texts
    ]


TEXTS = "SELECT string_agg(text, '|' ORDER BY id) FROM comments"


async def test_a_restored_database_holds_what_was_there(dsn, empty, settings, comments):
    path = await take(dsn, settings)

    restored = await restore(empty, settings, path)

    assert await ask(empty, TEXTS) == "a first comment here|a second comment here"
    assert await ask(empty, "SELECT name FROM sites") == "blatt"
    assert (restored.migrated, restored.erased, restored.outlived) == ([], 0, 0)
    assert await ask(empty, "SELECT count(*) FROM audit_trail WHERE action = 'backup.restored'")


async def test_a_restored_database_goes_on_counting_where_it_was(dsn, empty, settings, comments):
    await restore(empty, settings, await take(dsn, settings))

    async with db.connected(empty) as conn:
        await factories.issue(conn, name="another")

    assert await ask(empty, "SELECT max(id) FROM sites") == comments[0].id + 1


async def test_a_backup_does_not_hold_the_master_key(dsn, settings, comments, tmp_path):
    path = await take(dsn, settings)
    _, program = programs.fitting("pg_restore", archive.read_manifest(path).pg_dump)
    (tmp_path / "dump").write_bytes(b"".join(archive.dump_of(path, archive.read_manifest(path))))

    process = await asyncio.create_subprocess_exec(
        program, "-f", "-", tmp_path / "dump", stdout=asyncio.subprocess.PIPE
    )
    sql, _ = await process.communicate()

    assert b"a first comment here" in sql
    assert factories.MASTER_KEY.encode() not in sql + path.read_bytes()


async def test_what_was_erased_since_does_not_come_back(
    dsn, conn, empty, settings, comments, app, aiohttp_client
):
    site, (first, _) = comments
    new = await administration.rotate_key(conn, factories.SECRETS, site.name, timedelta())
    path = await take(dsn, settings)
    client = await aiohttp_client(app)
    answer = await client.delete(
        f"/v1/comments/{first}", headers={"Authorization": f"Bearer {new.value}"}
    )
    assert answer.status == 204

    restored = await restore(empty, settings, path)

    assert restored.erased == 1
    assert await ask(empty, TEXTS) == "a second comment here"


async def test_an_erasure_is_repeated_by_the_next_start_however_the_database_came_back(
    conn, settings, comments
):
    """Somebody restored an outside server with its own tools."""
    site, (first, second) = comments
    erasures.append(settings.data_dir, [ErasedComment(site.id, first)])

    assert await AFTERCARE.repeat_erasures(conn, settings) == 1
    assert await AFTERCARE.repeat_erasures(conn, settings) == 0

    assert await conn.fetchval("SELECT array_agg(id) FROM comments") == [second]


async def nothing(conn, secrets, settings):
    """Furnish no demonstration."""


async def test_a_service_repeats_erasures_before_it_serves(dsn, conn, settings, comments):
    site, (first, second) = comments
    erasures.append(settings.data_dir, [ErasedComment(site.id, first)])

    await serving._prepare(settings, dsn, AFTERCARE, nothing)

    assert await conn.fetchval("SELECT array_agg(id) FROM comments") == [second]


async def test_a_repeat_of_an_erased_comment_is_erased_with_it(conn, settings, intake):
    site = await factories.site(conn)
    first = await intake.submit(factories.comment(), site, None)
    await intake.submit(factories.comment(), site, None)
    erasures.append(settings.data_dir, [ErasedComment(site.id, first.id)])

    assert await AFTERCARE.repeat_erasures(conn, settings) == 2


async def test_what_has_outlived_its_time_since_is_gone(
    dsn, empty, settings, comments, monkeypatch
):
    path = await take(dsn, settings)
    later = clock.now() + timedelta(days=settings.comment_retention_days + 1)
    monkeypatch.setattr(clock, "now", lambda: later)

    restored = await restore(empty, settings, path)

    assert restored.outlived >= 2
    assert await ask(empty, "SELECT count(*) FROM comments") == 0


async def test_a_backup_without_its_erasure_journal_is_refused_unless_asked_for(
    dsn, empty, settings, comments
):
    site, (first, _) = comments
    erasures.append(settings.data_dir, [ErasedComment(site.id, first)])
    path = await take(dsn, settings)
    (settings.data_dir / erasures.FILE).unlink()

    with pytest.raises(RefusedBackup, match="erasure journal"):
        await restore(empty, settings, path)
    assert await ask(empty, "SELECT to_regclass('sites')") is None

    await restore(empty, settings, path, without_journal=True)


async def test_a_backup_under_another_master_key_is_refused(dsn, empty, settings):
    path = await take(dsn, settings)
    other = replace(settings, secret_key="another master key that is long enough too")

    with pytest.raises(RefusedBackup, match="another master key"):
        await restore(empty, other, path)


async def test_a_missing_master_key_is_asked_for_and_none_is_made(dsn, empty, settings):
    path = await take(dsn, settings)

    with pytest.raises(RefusedBackup, match=r"is not here: put it into .*secret\.key"):
        await restore(empty, replace(settings, secret_key=""), path)

    assert not (settings.data_dir / "secret.key").exists()


async def test_a_forged_manifest_is_refused(empty, settings):
    forger = msgspec.structs.replace(manifest(), mac="0" * 64)
    path = settings.data_dir / "forged.tar"
    archive.write(path, [b"\\! rm"], forger, factories.SECRETS)
    content = path.read_bytes().replace(b'"postgres": 18', b'"postgres": 17')
    path.write_bytes(content)

    with pytest.raises(DamagedBackup, match="manifest is not what was written"):
        await restore(empty, settings, path)


@pytest.mark.parametrize("name", ["9999_from_the_future.sql", "0001_sites.sql"])
async def test_a_backup_of_a_newer_or_another_schema_is_refused(empty, settings, name):
    path = settings.data_dir / "newer.tar"
    archive.write(path, [], manifest(schema={name: "00"}), factories.SECRETS)

    with pytest.raises(RefusedBackup, match=f"newer or another Gatehouse .*{name}"):
        await restore(empty, settings, path)


async def test_a_backup_of_a_newer_postgresql_is_refused(empty, settings):
    path = settings.data_dir / "newer.tar"
    archive.write(path, [], manifest(postgres=99), factories.SECRETS)

    with pytest.raises(RefusedBackup, match="made by PostgreSQL 99"):
        await restore(empty, settings, path)


async def test_a_backup_of_an_older_schema_is_restored_and_migrated(server, empty, settings):
    newest = max(migrations.FILES)
    older = {name: text for name, text in migrations.FILES.items() if name != newest}
    async with empty_database(server) as before:
        async with db.connected(before) as conn:
            await migrations.migrate(conn, older)
            await store.adopt_fingerprint(conn, factories.SECRETS.fingerprint)
        path = await take(before, settings)

    restored = await restore(empty, settings, path)

    assert restored.migrated == [newest]


async def test_a_database_that_is_not_empty_is_left_alone(dsn, settings, comments):
    path = await take(dsn, settings)

    with pytest.raises(NotEmpty, match="not empty"):
        await restore(dsn, settings, path)

    assert await ask(dsn, "SELECT count(*) FROM comments") == 2


async def test_an_outside_database_is_never_replaced(dsn, settings):
    with pytest.raises(RefusedBackup, match="outside server"):
        await restore(dsn, settings, await take(dsn, settings), replace=True)


async def test_nothing_is_restored_while_a_service_uses_the_database(dsn, empty, settings):
    path = await take(dsn, settings)
    async with db.connected(empty) as serving:
        assert await store.try_shared_lock(serving, SERVING_LOCK)

        with pytest.raises(NotEmpty, match="uses this database"):
            await restore(empty, settings, path)


async def test_a_dump_that_breaks_off_leaves_the_database_empty(dsn, empty, settings, monkeypatch):
    path = await take(dsn, settings)
    whole = archive.dump_of
    monkeypatch.setattr(archive, "dump_of", lambda *known: [b"".join(whole(*known))[:20_000]])
    monkeypatch.setattr(archive, "check_dump", lambda *_: None)

    with pytest.raises(ProgramFailed, match="pg_restore failed"):
        await restore(empty, settings, path)

    assert await ask(empty, "SELECT to_regclass('sites')") is None


async def test_an_empty_database_is_not_worth_a_backup(empty, settings):
    with pytest.raises(NothingThere):
        await take(empty, settings)

    assert list(settings.data_dir.iterdir()) == []


async def test_no_backup_is_overwritten(dsn, settings):
    await take(dsn, settings)

    with pytest.raises(AlreadyThere):
        await take(dsn, settings)


# The embedded server, by the commands that operators use.


@pytest.fixture
def folder(reachable):
    folder = reachable / f"backup-{uuid.uuid4().hex[:6]}"
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def said(done):
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_an_embedded_database_is_dumped_while_it_serves_and_restored_when_it_rests(
    folder, tmp_path
):
    path = tmp_path / "one.tar"
    with Service(folder) as service:
        said(gatehouse(folder, "backup", path))
        said(gatehouse(folder, "site", "add", "https://late.example", "--name", "late"))
        refused = gatehouse(folder, "restore", path, "--replace")
        assert service.get("/readyz")[0] == 200
    assert refused.returncode == 1
    assert "stop it first" in refused.stderr
    assert "not empty" in gatehouse(folder, "restore", path).stderr

    restored = json.loads(said(gatehouse(folder, "restore", path, "--replace", "--json")))

    sites = json.loads(said(gatehouse(folder, "site", "list", "--json")))
    assert [site["name"] for site in sites] == ["demo"]
    assert (Path(restored["aside"]) / "PG_VERSION").exists()


def test_a_restore_that_fails_puts_the_database_back(folder, monkeypatch):
    said(gatehouse(folder, "site", "add", "https://kept.example", "--name", "kept"))
    said(gatehouse(folder, "backup", folder / "one.tar"))
    settings = Settings(data_dir=folder)
    monkeypatch.setattr(programs, "installed", lambda _: {})

    with pytest.raises(NoProgram):
        restoring.restore(settings, folder / "one.tar", AFTERCARE, replace=True)

    assert "kept" in said(gatehouse(folder, "site", "list"))


def test_backups_in_a_folder_are_of_bounded_age(folder, tmp_path):
    said(gatehouse(folder, "migrate"))
    said(gatehouse(folder, "site", "list"))
    old = tmp_path / "gatehouse-20200101T000000Z.tar"
    old.touch()

    answer = json.loads(
        said(gatehouse(folder, "backup", "--to", tmp_path, "--keep-days", 30, "--json"))
    )

    assert answer["dropped"] == [str(old)]
    assert [str(path) for path in tmp_path.iterdir()] == [answer["file"]]


# Another major version.


def debians():
    if not (OLD_BINARIES / "postgres").exists():
        missing(f"PostgreSQL {OLD_MAJOR} is not installed ({OLD_BINARIES})")
    return OLD_MAJOR, OLD_BINARIES


def packages():
    major = min(installations())
    if major == max(installations()):
        pytest.skip("the package has one version only")
    return major, None


@pytest.fixture(params=[debians, packages], ids=["of Debian", "of the package"])
def old_server(request, folder):
    """A server of an older PostgreSQL in the data folder, as an older Gatehouse left it."""
    major, binaries = request.param()
    place = settle(folder, newest=True)
    if binaries is None:
        place.cluster.mkdir()
        (place.cluster / "PG_VERSION").write_text(f"{major}\n")
        binaries = settle(folder).binaries
        shutil.rmtree(place.cluster)
    server = Server(replace(place, binaries=binaries), {"shared_buffers": "16MB"})
    server.join()
    asyncio.run(fill(server.dsn, folder))
    yield server
    server.leave()


async def fill(dsn, folder):
    async with db.connected(dsn) as conn:
        await migrations.migrate(conn)
        secrets = await open_secrets(conn, Settings(data_dir=folder))
        await administration.add(
            conn, secrets, url="https://old.example", name="old", language="de"
        )


def test_a_backup_of_an_older_major_version_is_restored_into_the_embedded_one(old_server, folder):
    settings = Settings(data_dir=folder)
    asyncio.run(taking.take(old_server.dsn, settings, folder / "old.tar", AFTERCARE))
    old_server.leave()

    before = made_by(old_server.place.cluster)
    with pytest.raises(NotEmpty, match="upgrade-database"):
        restoring.restore(settings, folder / "old.tar", AFTERCARE)
    restoring.restore(settings, folder / "old.tar", AFTERCARE, replace=True)

    assert archive.read_manifest(folder / "old.tar").postgres == before
    assert made_by(old_server.place.cluster) > before
    assert "old" in said(gatehouse(folder, "site", "list"))


def test_a_cluster_of_an_older_major_version_is_carried_over_by_one_command(old_server, folder):
    old_server.leave()
    before = made_by(old_server.place.cluster)

    done = json.loads(said(gatehouse(folder, "upgrade-database", "--json")))

    assert (done["before"], made_by(Path(done["aside"]))) == (before, before)
    assert "old" in said(gatehouse(folder, "site", "list"))
    assert "nothing to upgrade" in said(gatehouse(folder, "upgrade-database"))
    assert not list(folder.glob("*.tar"))


def test_without_the_old_binaries_the_upgrade_says_what_to_install(folder):
    (settle(folder).cluster).mkdir()
    (settle(folder, newest=True).cluster / "PG_VERSION").write_text("9\n")

    with pytest.raises(upgrading.NoUpgrade, match="Debian: postgresql-9"):
        upgrading.upgrade(Settings(data_dir=folder), AFTERCARE)


def test_an_outside_server_is_not_ours_to_upgrade(settings):
    with pytest.raises(upgrading.NoUpgrade, match="its own tools"):
        upgrading.upgrade(replace(settings, database_url="postgresql://h/d"), AFTERCARE)


def test_a_backup_of_the_embedded_server_fits_the_database_it_came_from(folder):
    """The place that a restore decides on is the one that a start decides on."""
    settings = Settings(data_dir=folder)

    assert postgres.embedded(settings).place == settle(folder, newest=True)
