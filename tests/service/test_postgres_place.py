"""Where the embedded server goes and whom it runs as, tried as the users in question."""

import os
import pwd
import shutil
import stat
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from service.postgres import Server, place
from service.postgres.place import NoPlace, settle
from service.postgres.server import listens
from service.settings import BadSetting
from tests.conftest import FORGETFUL, missing

QUICK = {**FORGETFUL, "shared_buffers": "16MB"}
ROOT = Path(__file__).parents[2]

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")


@pytest.fixture
def folder(reachable):
    """A fresh folder that everybody may pass through."""
    folder = reachable / "place"
    folder.mkdir(mode=0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def fallback(folder, monkeypatch):
    monkeypatch.setattr(place, "FALLBACK", folder / "fallback")
    return folder / "fallback"


def runs(found):
    server = Server(found, QUICK)
    server.join()
    alive = listens(found.socket)
    server.leave()
    return alive


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_everything_is_in_the_data_folder(folder):
    found = settle(folder / "data")

    assert found.cluster == folder / "data/postgres/cluster"
    assert found.socket_folder == folder / "data/postgres/socket"
    assert mode(found.socket_folder) == 0o700


@as_root
def test_root_owns_everything_but_cluster_and_socket(folder):
    found = settle(folder / "data")
    assert runs(found)

    owners = {path.name: path.owner() for path in (folder / "data/postgres").iterdir()}
    assert owners.pop("cluster") == owners.pop("socket") == found.owner.name
    assert set(owners.values()) == {"root"}
    assert found.owner.name in place.CANDIDATES


@as_root
def test_the_first_candidate_that_exists_is_taken_and_then_kept(folder, monkeypatch):
    monkeypatch.setattr(place, "CANDIDATES", ("no-such-user", "nobody"))
    assert runs(settle(folder / "data"))
    monkeypatch.setattr(place, "CANDIDATES", ("daemon",))

    found = settle(folder / "data")

    assert found.owner.name == "nobody"
    assert runs(found)


@as_root
def test_another_user_can_be_chosen_later(folder):
    assert runs(settle(folder / "data", "nobody"))

    found = settle(folder / "data", "daemon")

    assert found.owner.name == "daemon"
    assert runs(found)


@as_root
@pytest.mark.parametrize(
    ("user", "message"), [("no-such-user", "there is no such user"), ("root", "must not be root")]
)
def test_a_user_that_cannot_be_is_refused_in_a_sentence(folder, user, message):
    with pytest.raises(BadSetting, match=message):
        settle(folder / "data", user)


@as_root
def test_where_there_is_no_user_at_all_it_says_so(folder, monkeypatch):
    monkeypatch.setattr(place, "CANDIDATES", ("no-such-user",))

    with pytest.raises(NoPlace, match=r"useradd .* GATEHOUSE_POSTGRES_USER"):
        settle(folder / "data")


@as_root
def test_below_a_private_folder_the_cluster_goes_elsewhere_and_modes_stay(folder, fallback):
    private = folder / "private"
    private.mkdir(mode=0o700)

    found = settle(private / "data")

    assert found.home.parent == fallback
    assert runs(found)
    assert mode(private) == 0o700
    assert settle(private / "data") == found


@as_root
def test_once_placed_elsewhere_it_stays_there(folder, fallback):
    """Otherwise opening the folder later would look like the loss of all data."""
    private = folder / "private"
    private.mkdir(mode=0o700)
    found = settle(private / "data")

    private.chmod(0o755)

    assert settle(private / "data").home == found.home


@as_root
def test_a_cluster_elsewhere_that_is_gone_is_said_and_not_replaced(folder, fallback):
    private = folder / "private"
    private.mkdir(mode=0o700)
    shutil.rmtree(settle(private / "data").home)

    with pytest.raises(NoPlace, match=r"that folder is gone.*delete"):
        settle(private / "data")


@as_root
def test_a_cluster_that_became_unreachable_is_said_and_not_replaced(folder, fallback):
    assert runs(settle(folder / "private" / "data"))
    (folder / "private").chmod(0o700)

    with pytest.raises(NoPlace, match="cannot reach the database"):
        settle(folder / "private" / "data")


@as_root
def test_binaries_that_the_user_cannot_reach_are_copied_beside_the_cluster(folder, monkeypatch):
    major, installed = max(place.installations().items())
    hidden = folder / "hidden"
    hidden.mkdir(mode=0o700)
    libraries = installed.parents[1] / f"{place.PACKAGE}.libs"
    tree = hidden / place.PACKAGE / installed.name
    shutil.copytree(installed, tree, ignore=shutil.ignore_patterns("include", "*.a"))
    shutil.copytree(libraries, hidden / libraries.name)
    monkeypatch.setattr(place, "installations", lambda: {major: tree})

    found = settle(folder / "data")

    assert found.binaries.is_relative_to(folder / "data/postgres")
    assert runs(found)
    assert mode(hidden) == 0o700


def test_a_path_too_long_for_a_socket_gets_a_private_folder_elsewhere(folder):
    found = settle(folder / ("x" * 100) / "data")

    assert len(os.fsencode(found.socket)) <= place.LONGEST_SOCKET_BYTES
    assert mode(found.socket_folder) == 0o700
    assert settle(folder / ("x" * 100) / "data").socket_folder == found.socket_folder
    assert runs(found)
    found.socket_folder.rmdir()


@pytest.mark.parametrize("trap", ["link", "open"])
def test_a_socket_folder_that_somebody_else_prepared_is_refused(folder, monkeypatch, trap):
    monkeypatch.setattr(place, "SHORT_FOLDER", folder)
    monkeypatch.setattr(place, "LONGEST_SOCKET_BYTES", 0)
    prepared = settle(folder / "data").socket_folder
    prepared.rmdir()
    if trap == "link":
        (folder / "bait").mkdir(mode=0o700)
        prepared.symlink_to(folder / "bait")
    else:
        prepared.mkdir()
        prepared.chmod(0o777)

    with pytest.raises(NoPlace, match="no one else may enter"):
        settle(folder / "data")


@as_root
def test_a_socket_folder_of_another_user_is_refused(folder, monkeypatch):
    monkeypatch.setattr(place, "SHORT_FOLDER", folder)
    monkeypatch.setattr(place, "LONGEST_SOCKET_BYTES", 0)
    prepared = settle(folder / "data").socket_folder
    os.chown(prepared, pwd.getpwnam("daemon").pw_uid, -1)

    with pytest.raises(NoPlace, match="find out who made it"):
        settle(folder / "data")


def test_a_data_folder_that_cannot_be_made_is_said(folder):
    (folder / "file").write_text("")

    with pytest.raises(NoPlace, match="GATEHOUSE_DATA_DIR"):
        settle(folder / "file" / "data")


def test_a_cluster_of_a_version_that_is_not_installed_is_said(folder):
    found = settle(folder / "data")
    found.cluster.mkdir()
    (found.cluster / "PG_VERSION").write_text("9\n")

    with pytest.raises(NoPlace, match=r"by PostgreSQL 9 .* upgrade-database"):
        settle(folder / "data")


def interpreter_for(user):
    """A Python of our version that ``user`` can run, with our packages."""
    ours = f"python{sys.version_info.major}.{sys.version_info.minor}"
    path = os.pathsep.join([str(ROOT), sysconfig.get_path("purelib")])
    for candidate in (sys.executable, f"/usr/bin/{ours}", f"/usr/local/bin/{ours}"):
        command = ["env", f"PYTHONPATH={path}", "PYTHONDONTWRITEBYTECODE=1", candidate]
        try:
            subprocess.run(
                [*command, "-c", "import service.postgres"],
                **as_user(user),
                check=True,
                capture_output=True,
            )
        except (OSError, subprocess.CalledProcessError):
            continue
        return command
    return missing(f"there is no Python that {user} can run")


def as_user(user):
    entry = pwd.getpwnam(user)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": [], "cwd": "/"}


@as_root
def test_an_ordinary_user_runs_it_as_itself(folder):
    command = interpreter_for("nobody")
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from service.postgres import using\n"
        "from service.settings import Settings\n"
        "with using(Settings(data_dir=Path(sys.argv[1]))) as dsn:\n"
        "    print(dsn)\n"
    )
    own = folder / "own"
    own.mkdir(mode=0o700)
    os.chown(own, pwd.getpwnam("nobody").pw_uid, -1)

    done = subprocess.run(
        [*command, "-c", program, str(own / "data")],
        **as_user("nobody"),
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert {path.owner() for path in own.rglob("*")} == {"nobody"}
    assert mode(own / "data") == 0o700
