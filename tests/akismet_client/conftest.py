import os
import subprocess
import sys
import tarfile
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.conftest import missing
from tests.moderation.conftest import blog

__all__ = ["blog"]

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CACHE = ROOT / ".cache" / "akismet"


def locked(requirement):
    """The lines of the lock file that pin ``requirement``, its digests among them."""
    lines = iter((ROOT / "requirements-dev.lock").read_text().splitlines(keepends=True))
    for line in lines:
        if line.startswith(f"{requirement}=="):
            pinned = [line]
            while pinned[-1].rstrip().endswith("\\"):
                pinned.append(next(lines))
            return "".join(pinned)
    raise LookupError(requirement)


def fetch(archive):
    """Have pip download the source archive, if its digest is one of the lock file's."""
    CACHE.mkdir(parents=True, exist_ok=True)
    wanted = CACHE / "requirements.txt"
    wanted.write_text(locked("akismet"))
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"),
            *("--no-deps", "--no-binary", ":all:", "--no-build-isolation", "--require-hashes"),
            *("--requirement", wanted, "--dest", CACHE),
        ],
        env={**os.environ, "PYTHONPATH": str(HERE / "build_backend")},
        capture_output=True,
        check=False,
    )
    if done.returncode or not archive.is_file():
        missing("the source archive of the akismet package cannot be fetched")


@pytest.fixture(scope="session")
def own_tests(tmp_path_factory):
    """The folder of the client package's own tests, as its authors published them."""
    name = f"akismet-{version('akismet')}"
    archive = CACHE / f"{name}.tar.gz"
    if not archive.is_file():
        fetch(archive)
    folder = tmp_path_factory.mktemp("akismet")
    with tarfile.open(archive) as opened:
        opened.extractall(folder, filter="data")
    return folder / name
