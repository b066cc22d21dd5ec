"""The life of the embedded server, for real: every test starts, kills or stops one."""

import asyncio
import os
import pwd
import shutil
import signal
import subprocess
import sys

import pytest

from service import db, postgres
from service.postgres import Server, cluster
from service.postgres.place import run_as, settle
from service.postgres.server import State, knock, listens
from service.settings import Settings
from tests.waiting import wait_until

# A killed server loses nothing that the kernel was given, so that fsync changes nothing here.
QUICK = {"fsync": "off", "shared_buffers": "16MB"}

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")


@pytest.fixture(scope="module")
def place(reachable):
    return settle(reachable / "life")


@pytest.fixture
def joined(place):
    server = Server(place, QUICK)
    server.join()
    yield server
    server.leave()


def query(server, sql):
    async def ask():
        async with db.connected(server.dsn) as conn:
            return await conn.fetchval(sql)

    return asyncio.run(ask())


def postmaster(place):
    return int((place.cluster / "postmaster.pid").read_text().split()[0])


def test_it_keeps_its_data_safe_and_to_itself(joined):
    safety = {
        "data_checksums": "on",
        "server_encoding": "UTF8",
        "listen_addresses": "",
        "jit": "off",
    }

    for name, value in safety.items():
        assert query(joined, f"SELECT current_setting('{name}')") == value
    assert "trust" not in (joined.place.home / "configuration/pg_hba.conf").read_text()


@pytest.mark.parametrize("name", ["fsync", "synchronous_commit"])
def test_what_is_committed_is_on_disk_unless_a_test_says_otherwise(name):
    assert cluster.CONFIGURATION[name] == "on"


def test_texts_are_compared_alike_everywhere(joined):
    found = query(joined, "SELECT 'Ä' = upper('ä') AND 'Z' < 'a'")

    assert found is True


def test_the_last_to_leave_stops_it(place):
    first, second = Server(place, QUICK), Server(place, QUICK)
    first.join()
    second.join()

    first.leave()
    assert query(second, "SELECT 1") == 1
    second.leave()

    assert not listens(place.socket)
    assert knock(place.socket) is State.GONE


def test_who_joins_later_finds_the_same_server(joined):
    pid = postmaster(joined.place)
    other = Server(joined.place, QUICK)

    other.join()
    other.leave()

    assert postmaster(joined.place) == pid
    assert query(joined, "SELECT 1") == 1


@pytest.mark.parametrize("watcher", ["parent", "guest"])
def test_a_killed_server_is_noticed_and_comes_back_with_what_was_committed(joined, watcher):
    query(joined, "CREATE TABLE IF NOT EXISTS kept (n int)")
    query(joined, "INSERT INTO kept VALUES (1) RETURNING n")
    before = query(joined, "SELECT count(*) FROM kept")
    server = joined
    if watcher == "guest":
        server = Server(joined.place, QUICK)
        server.join()

    os.kill(postmaster(joined.place), signal.SIGKILL)
    wait_until(lambda: not server.is_alive())
    assert server.revive()

    assert query(joined, "SELECT count(*) FROM kept") == before
    assert not server.revive()
    if server is not joined:
        server.leave()


def test_killed_together_with_all_its_children_it_comes_back(joined):
    pid = postmaster(joined.place)
    os.killpg(pid, signal.SIGKILL)
    wait_until(lambda: not joined.is_alive())

    joined.revive()

    assert query(joined, "SELECT 1") == 1


def test_whoever_is_killed_leaves_a_server_that_the_next_one_joins(place):
    program = (
        "import signal, sys\n"
        "from pathlib import Path\n"
        "from service.postgres import Server\n"
        "from service.postgres.place import settle\n"
        "server = Server(settle(Path(sys.argv[1])), {'shared_buffers': '16MB'})\n"
        "server.join()\n"
        "print('joined', flush=True)\n"
        "signal.pause()\n"
    )
    command = [sys.executable, "-c", program, str(place.home.parent)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"joined\n"
        process.kill()
    pid = postmaster(place)

    server = Server(place, QUICK)
    server.join()

    assert postmaster(place) == pid
    server.leave()
    assert not listens(place.socket)


def test_a_number_that_now_belongs_to_somebody_else_keeps_nothing_from_starting(place):
    """In a container, numbers are few, and the one in postmaster.pid is soon given again."""
    identity = {} if place.owner.is_us else {"user": place.owner.uid, "group": place.owner.gid}
    with subprocess.Popen(["/bin/sleep", "600"], cwd="/", **identity) as stranger:
        pid_file = place.cluster / "postmaster.pid"
        pid_file.write_text(f"{stranger.pid}\n{place.cluster}\n1\n5432\n{place.socket_folder}\n\n")
        shutil.copy(pid_file, place.socket_folder / ".s.PGSQL.5432.lock")
        server = Server(place, QUICK)

        server.join()

        assert query(server, "SELECT 1") == 1
        server.leave()
        assert stranger.poll() is None
        stranger.kill()


def test_a_cluster_that_was_half_made_is_made_anew(reachable):
    place = settle(reachable / "half")
    (place.home / "cluster.new" / "base").mkdir(parents=True)
    server = Server(place, QUICK)

    server.join()

    assert query(server, "SELECT 1") == 1
    assert not (place.home / "cluster.new").exists()
    server.leave()
    shutil.rmtree(place.home)


def test_a_server_that_cannot_start_says_why(reachable, monkeypatch):
    monkeypatch.setattr("service.postgres.server.START_SECONDS", 0)
    place = settle(reachable / "broken")
    server = Server(place, {**QUICK, "shared_buffers": "much"})

    with pytest.raises(postgres.server.NotStarting, match=r"does not start .* its log is .*\.log"):
        server.join()

    server.leave()
    shutil.rmtree(place.home)


def test_its_log_keeps_no_row_and_no_statement(joined):
    async def fail():
        async with db.connected(joined.dsn) as conn:
            for sql in ("SELECT 'needle'::int", "SELECT needle", "needle"):
                with pytest.raises(Exception, match="needle"):
                    await conn.execute(sql)

    asyncio.run(fail())

    assert "needle" not in joined.place.log_file.read_text()


@as_root
def test_another_user_is_kept_out_by_the_folder_and_by_the_server(joined, tmp_path):
    place = joined.place
    stranger = pwd.getpwnam("daemon")
    identity = {"user": stranger.pw_uid, "group": stranger.pw_gid, "extra_groups": []}
    command = [
        place.binaries / "psql",
        "-h",
        place.socket_folder,
        "-U",
        "gatehouse",
        "-c",
        "TABLE x",
    ]
    options = {"cwd": "/", "capture_output": True, "text": True, **identity}

    by_folder = subprocess.run(command, check=False, **options)
    place.socket_folder.chmod(0o755)
    by_server = subprocess.run(command, check=False, **options)
    place.socket_folder.chmod(0o700)

    assert "Permission denied" in by_folder.stderr
    assert "Peer authentication failed" in by_server.stderr


def test_our_environment_stays_with_us(joined):
    """The master key may stand there."""
    environ = run_as(joined.place.owner, ["/bin/cat", f"/proc/{postmaster(joined.place)}/environ"])

    assert environ.stdout
    assert {entry.partition("=")[0] for entry in environ.stdout.split("\0") if entry} <= {
        "PATH",
        "LC_ALL",
        "TZ",
        "PGLOCALEDIR",
        "PGSYSCONFDIR",
    }


def test_an_outside_server_is_used_as_it_is(joined):
    with postgres.using(Settings(database_url=joined.dsn)) as dsn:
        assert dsn == joined.dsn


def test_a_tool_runs_the_server_for_its_own_time(reachable):
    settings = Settings(data_dir=reachable / "tool")

    with postgres.using(settings) as dsn:
        socket = postgres.embedded(settings).place.socket
        assert knock(socket) is State.READY
        assert "gatehouse" in dsn

    assert knock(socket) is State.GONE
    shutil.rmtree(settings.data_dir)
