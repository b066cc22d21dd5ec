"""``gatehouse serve`` as a whole: started, asked, killed and ended like an operator would."""

import asyncio
import functools
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading

import aiohttp
import pytest

from service import app, db  # noqa: F401  (with it, every job is known)
from service.postgres.place import settle
from service.postgres.server import Server, listens
from service.schedule import JOBS
from tests.conftest import missing
from tests.running import ROOT, Service, environment, free_port, gatehouse
from tests.waiting import wait_until


@pytest.fixture(scope="module")
def folder(reachable):
    """A data folder that has seen its first start."""
    folder = reachable / "serving"
    folder.mkdir(mode=0o755)
    gatehouse(folder / "data", "migrate")
    yield folder / "data"
    shutil.rmtree(folder)


def stopped(data_dir):
    return not listens(data_dir / "postgres/socket/.s.PGSQL.5432")


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_the_first_start_needs_nothing_and_prints_a_key_that_works(reachable):
    with Service(reachable / "first") as service:
        assert f"listens on {service.url}" in service.said
        assert re.search(r"site demo \(http://localhost\): key [0-9a-f]{12}", service.said)
        assert service.get("/readyz")[0] == 200
        answer = service.post(
            "/1.1/verify-key", f"key={service.key}&blog=http://localhost".encode()
        )
        first_key = service.key

        assert service.end() == 0

    assert answer == (200, "valid")
    assert stopped(reachable / "first")
    assert first_key not in str(service.events)
    shutil.rmtree(reachable / "first")


def test_a_later_start_prints_the_same_key(folder):
    with Service(folder) as service:
        first = service.key
    with Service(folder) as service:
        assert service.key == first


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly_when_asked(folder, number):
    with Service(folder) as service:
        assert service.end(number) == 0
        assert service.get("/livez")[0] == 0
        assert service.events[-1]["event"] == "process.ended"

    assert stopped(folder)


def test_a_port_in_use_is_said_in_a_sentence(folder):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        done = gatehouse(folder, "serve", "--port", port)

    assert done.returncode == 2
    assert re.fullmatch(rf"gatehouse: Gatehouse cannot listen on .* port {port} .*\n", done.stderr)


def test_two_services_never_share_a_port_by_accident(folder, reachable):
    with Service(folder) as service:
        done = gatehouse(reachable / "other", "serve", "--port", service.port)

    assert done.returncode == 2


def test_a_bad_setting_is_said_in_a_sentence(folder):
    done = gatehouse(folder, "serve", pool_size="many")

    assert done.returncode == 2
    assert done.stderr.startswith("gatehouse: GATEHOUSE_POOL_SIZE cannot be read")
    assert done.stderr.count("\n") == 1


def test_a_database_that_is_not_there_is_said_in_a_sentence(folder):
    nowhere = "postgresql://nobody@127.0.0.1:1/nothing"

    done = gatehouse(folder, "serve", "--port", free_port(), database_url=nowhere)

    assert done.returncode == 1
    assert "The database cannot be reached" in done.stderr
    assert "Traceback" not in done.stderr


def test_several_processes_share_the_port_and_count_together(folder):
    with Service(folder, processes=2) as service:
        wait_until(lambda: len(service.children()) == 2)
        for _ in range(20):
            assert service.get("/livez")[0] == 200

        text = service.get("/metrics")[1]

    counted = re.search(r'requests_total\{method="GET",route="/livez",status="200"\} (\S+)', text)
    assert float(counted[1]) == 20


def test_a_killed_process_is_replaced_and_nobody_is_turned_away(folder):
    with Service(folder) as service:
        (victim,) = service.children()

        os.kill(victim, signal.SIGKILL)
        status, _ = service.get("/livez")

        assert status == 200
        wait_until(lambda: service.children() not in ([], [victim]))
        assert "process.died" in {event["event"] for event in service.events}


def test_if_the_supervisor_is_killed_the_others_drain_and_stop_the_database(folder):
    with Service(folder, processes=2) as service:
        wait_until(lambda: len(service.children()) == 2)
        children = service.children()

        service.end(signal.SIGKILL)

        wait_until(lambda: not any(map(alive, children)))
        wait_until(lambda: stopped(folder))


def test_it_starts_again_right_after_a_killed_supervisor(folder):
    port = free_port()
    with Service(folder, port=port) as service:
        service.end(signal.SIGKILL)

    with Service(folder, port=port) as again:
        assert again.get("/readyz")[0] == 200


def test_everything_killed_at_once_leaves_a_database_that_the_next_start_joins(folder):
    with Service(folder) as service:
        victims = [service.process.pid, *service.children()]
        postmaster = service.postmaster()

        for pid in victims:
            os.kill(pid, signal.SIGKILL)
        service.process.wait()

    with Service(folder) as service:
        assert service.postmaster() == postmaster
        assert service.get("/readyz")[0] == 200


def test_a_killed_database_comes_back_under_a_running_service(folder):
    with Service(folder) as service:
        before = service.postmaster()

        os.kill(before, signal.SIGKILL)

        wait_until(lambda: {"postgres.revived"} <= {e["event"] for e in service.events})
        wait_until(lambda: service.get("/readyz")[0] == 200)
        assert service.postmaster() != before


def test_commands_join_the_running_database(folder):
    with Service(folder) as service:
        before = service.postmaster()

        done = gatehouse(folder, "site", "list", "--keys")

        assert service.key in done.stdout
        assert service.postmaster() == before
        assert service.get("/readyz")[0] == 200


def test_a_revocation_by_command_takes_effect_while_serving(folder):
    with Service(folder, processes=2) as service:
        key = gatehouse(folder, "site", "add", "https://a.example", "--name", "a").stdout.strip()
        body = f"key={key}&blog=https://a.example".encode()
        wait_until(lambda: service.post("/1.1/verify-key", body) == (200, "valid"))

        gatehouse(folder, "site", "revoke-key", "a", key)

        wait_until(
            lambda: {service.post("/1.1/verify-key", body) for _ in range(8)} == {(200, "invalid")}
        )


def test_the_master_key_cannot_be_changed_while_serving(folder):
    with Service(folder):
        refused = gatehouse(folder, "secret", "rotate")
    changed = gatehouse(folder, "secret", "rotate")

    assert (refused.returncode, "stop them" in refused.stderr) == (1, True)
    assert changed.returncode == 0
    with Service(folder) as service:
        assert service.get("/readyz")[0] == 200


def test_a_key_of_another_database_refuses_to_start(folder):
    done = gatehouse(folder, "serve", "--port", free_port(), secret_key="k" * 32)

    assert done.returncode == 1
    assert "sealed with another master key than GATEHOUSE_SECRET_KEY" in done.stderr


def test_what_was_taken_is_answered_before_the_end(folder):
    """A request whose body is still on its way when the end is asked for gets its answer."""
    with Service(folder) as service:
        body = f"key={service.key}&blog=http://localhost".encode()
        with socket.create_connection(("127.0.0.1", service.port)) as client:
            head = f"POST /1.1/verify-key HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
            head += "Content-Type: application/x-www-form-urlencoded\r\n\r\n"
            client.sendall(head.encode() + body[:5])
            wait_until(lambda: service.get("/livez")[0] == 200)

            service.process.terminate()
            wait_until(lambda: "process.draining" in {e["event"] for e in service.events})
            client.sendall(body[5:])
            answer = b"".join(iter(lambda: client.recv(4096), b""))

        assert service.process.wait(60) == 0
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b"valid")


def test_what_was_acknowledged_before_a_kill_is_there_after_it(folder):
    """Load, kill -9 of database and service in the middle: every guid that was heard exists."""
    with Service(folder) as service:
        heard = asyncio.run(load_and_kill(service))

    server = Server(settle(folder))
    server.join()
    stored = asyncio.run(guids(server.dsn))
    server.leave()
    assert len(heard) > 20
    assert set(heard) <= stored


async def load_and_kill(service):
    heard = []
    killed = asyncio.Event()

    async def ask(session, worker):
        for n in range(100_000):
            form = {
                "api_key": service.key,
                "blog": "http://localhost",
                "user_ip": "192.0.2.1",
                "comment_content": f"comment {n} of {worker}",
            }
            try:
                async with session.post(f"{service.url}/1.1/comment-check", data=form) as response:
                    if await response.text() in {"true", "false"}:
                        heard.append(response.headers["X-akismet-guid"])
            except aiohttp.ClientError:
                if killed.is_set():
                    return

    async def kill():
        while len(heard) < 100:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        os.kill(service.postmaster(), signal.SIGKILL)
        while len(heard) < 150:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        for child in service.children():
            os.kill(child, signal.SIGKILL)
        service.process.kill()
        killed.set()

    async with aiohttp.ClientSession() as session:
        await asyncio.gather(kill(), *(ask(session, worker) for worker in range(8)))
    return heard


async def guids(dsn):
    async with db.connected(dsn) as conn:
        return {str(row["id"]) for row in await conn.fetch("SELECT id FROM comments")}


@pytest.fixture
def small_disk(reachable):
    """A disk of its own, which a test can fill."""
    disk = reachable / "disk"
    disk.mkdir(mode=0o755)
    command = ["mount", "-t", "tmpfs", "-o", "size=300m,mode=0755", "tmpfs", str(disk)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        missing("only root can mount a small disk")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)
    disk.rmdir()


def test_a_full_disk_is_answered_with_503_until_there_is_room_again(small_disk):
    with Service(small_disk / "data") as service:
        form = f"api_key={service.key}&blog=http://localhost&user_ip=192.0.2.1&comment_content="
        # Random letters: what can be compressed fills no disk.
        texts = (secrets.token_hex(500_000) for _ in range(1000))
        ask = functools.partial(service.post, "/1.1/comment-check")
        assert ask(f"{form}hello".encode())[0] == 200
        filler = small_disk / "filler"
        with filler.open("wb") as file:
            found = os.statvfs(small_disk)
            free = found.f_bavail * found.f_frsize
            file.write(b"x" * (free - 8_000_000))

        wait_until(lambda: ask(f"{form}{next(texts)}".encode())[0] == 503)
        filler.unlink()

        wait_until(lambda: ask(f"{form}again".encode())[0] == 200)
        assert service.end() == 0


def test_nothing_is_left_running_by_these_tests(folder):
    assert stopped(folder)
    assert threading.active_count() < 20


async def runs(dsn, *names):
    """Wait until each of these jobs has been done; the outcomes of all runs, by name."""
    async with db.connected(dsn) as conn, asyncio.timeout(120):
        while True:
            rows = await conn.fetch(
                "SELECT name, array_agg(DISTINCT outcome) AS outcomes FROM job_runs"
                " WHERE outcome IS NOT NULL GROUP BY name"
            )
            found = {row["name"]: row["outcomes"] for row in rows}
            if found.keys() >= set(names):
                return found
            await asyncio.sleep(0.1)


def test_a_worker_runs_the_jobs_and_ends_when_asked(folder):
    command = [sys.executable, "-m", "service", "worker"]
    output = folder.parent / "worker.out"
    with (
        output.open("wb") as file,
        subprocess.Popen(command, cwd=ROOT, env=environment(folder), stdout=file) as process,
    ):
        wait_until(lambda: '"worker.started"' in output.read_text() or process.poll() is not None)
        done = asyncio.run(runs(Server(settle(folder)).dsn, *JOBS))
        process.terminate()

        assert process.wait(60) == 0

    assert '"worker.ended"' in output.read_text()
    assert all(outcomes == ["done"] for outcomes in done.values()), done
    assert stopped(folder)
