"""Starting, joining, watching and stopping the embedded server.

Two lock files settle who does what.  ``start.lock`` is held exclusively by whoever starts or stops
the server.  ``users.lock`` is held shared by every process that uses it, as long as it does: the
one that can take it exclusively on leaving was the last, and stops the server.  The kernel lets go
of both when a process dies, so that no kill -9 leaves anything to clean up.
"""

import fcntl
import os
import shutil
import socket
import struct
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from enum import Enum, auto
from pathlib import Path
from urllib.parse import quote

import structlog

from service import errors
from service.postgres import cluster
from service.postgres.cluster import DATABASE, ROLE
from service.postgres.place import ENVIRONMENT, SOCKET_NAME, Place, give

log = structlog.get_logger()

POLL_SECONDS = 0.05
RETRY_SECONDS = 0.2
START_SECONDS = 60  # to come up to where it answers "starting"; recovery then takes what it takes
STOP_SECONDS = 300  # a checkpoint on a slow disk
KNOCK_SECONDS = 5.0
LOG_LIMIT_BYTES = 10_000_000


class NotStarting(errors.OperatorError):
    """PostgreSQL does not start."""


class InUse(errors.OperatorError):
    """Gatehouse runs in this data folder: stop it first."""


class State(Enum):
    GONE = auto()  # nobody listens
    BUSY = auto()  # starting, recovering, or shutting down
    EMPTY = auto()  # ready, but our database is not made yet
    READY = auto()


class Server:
    """One process's view of the server in one place.  Not for several threads at once."""

    def __init__(self, place: Place, changes: Mapping[str, str] | None = None) -> None:
        self.place = place
        self._changes = changes or {}  # to the configuration
        self._process: subprocess.Popen[bytes] | None = None  # if we are its parent
        self._users: int | None = None

    @property
    def dsn(self) -> str:
        host = quote(str(self.place.socket_folder), safe="")
        return f"postgresql:///{DATABASE}?host={host}&user={ROLE}"

    def join(self) -> None:
        """Use the server from here on: the running one, or one that we start.

        Returns when it accepts connections.  Raises ``errors.OperatorError``.
        """
        with self._turn():
            self._users = os.open(self.place.home / "users.lock", os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(self._users, fcntl.LOCK_SH)
            self._ensure()

    def leave(self) -> None:
        """Use it no longer; the last one to leave stops it."""
        if self._users is None:
            return
        with self._turn():
            if self._is_last():
                self._stop()
            os.close(self._users)
            self._users = None
        if self._process is not None and self._process.poll() is None:
            self._process.returncode = 0  # it outlives us: Python need not wait for it
            self._process = None

    def set_aside(self, name: str) -> Path | None:
        """Give the cluster another name beside its own, and return where it is now.

        None if there is no cluster.  Raises ``InUse``, having changed nothing.
        """
        with self._alone():
            if not cluster.exists(self.place):
                return None
            aside = self.place.cluster.with_name(name)
            self.place.cluster.rename(aside)
            return aside

    def put_back(self, aside: Path) -> None:
        """Undo ``set_aside``; a cluster that was made since is deleted.  Raises ``InUse``."""
        with self._alone():
            shutil.rmtree(self.place.cluster, ignore_errors=True)
            aside.rename(self.place.cluster)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Nobody uses the server and it is stopped, as long as the block runs."""
        with self._turn():
            self._users = os.open(self.place.home / "users.lock", os.O_RDWR | os.O_CREAT, 0o600)
            try:
                if not self._is_last():
                    raise InUse
                self._stop()
                if listens(self.place.socket):
                    raise InUse
                yield
            finally:
                os.close(self._users)
                self._users = None

    def is_alive(self) -> bool:
        """Cheap enough to be asked twice a second."""
        if self._process is not None:
            return self._process.poll() is None
        return listens(self.place.socket)

    def revive(self) -> bool:
        """Start it again if it died; True if that was so.  Takes as long as recovery does."""
        if self.is_alive():
            return False
        log.warning("postgres.died")
        with self._turn():
            self._ensure()
        log.info("postgres.revived")
        return True

    @contextmanager
    def _turn(self) -> Iterator[None]:
        lock = os.open(self.place.home / "start.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _is_last(self) -> bool:
        if self._users is None:
            return False
        try:
            fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _ensure(self) -> None:
        patience = time.monotonic() + START_SECONDS
        while (state := knock(self.place.socket)) is not State.READY:
            match state:
                case State.EMPTY:
                    cluster.create_database(self.place)
                case State.BUSY:
                    patience = time.monotonic() + START_SECONDS
                    time.sleep(POLL_SECONDS)
                case State.GONE:
                    self._start(patience)

    def _start(self, patience: float) -> None:
        """Bring it one step nearer: wait for the one on its way, or launch one."""
        if self._process is not None and self._process.poll() is None:
            time.sleep(POLL_SECONDS)
            return
        if time.monotonic() > patience:
            raise NotStarting(
                f"PostgreSQL does not start ({cluster.last_words(self.place)});"
                f" its log is {self.place.log_file}."
            )
        if self._process is not None:
            # Backends of a killed server may hold its shared memory for a moment longer.
            time.sleep(RETRY_SECONDS)
        self._launch()

    def _launch(self) -> None:
        place = self.place
        if not cluster.exists(place):
            cluster.create(place, durable=self._changes.get("fsync") != "off")
        give(place.cluster, place.owner)
        cluster.configure(place, self._changes)
        _forget_the_dead(place)
        _turn_log_over(place.log_file)
        foreign = not place.owner.is_us
        with place.log_file.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603  (our own command)
                cluster.command(place),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd="/",
                env=ENVIRONMENT,
                umask=0o077,
                user=place.owner.uid if foreign else None,
                group=place.owner.gid if foreign else None,
                extra_groups=[] if foreign else None,
                start_new_session=True,  # a Ctrl-C in the terminal is ours to translate
            )

    def _stop(self) -> None:
        # Judged by connecting: the number in postmaster.pid may be anybody's by now.
        if listens(self.place.socket) and not cluster.stop(self.place, STOP_SECONDS):
            log.error("postgres.not_stopped", folder=str(self.place.cluster))
            return
        if self._process is not None:
            self._process.wait()


def listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(KNOCK_SECONDS)
        try:
            client.connect(str(path))
        except TimeoutError:
            return True
        except OSError as error:
            # A full backlog (EAGAIN) is a sign of life.
            return isinstance(error, BlockingIOError)
    return True


def knock(path: Path) -> State:
    """Ask for a session on our database as our role, and look at the first answer only.

    Messages: https://www.postgresql.org/docs/current/protocol-message-formats.html
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(KNOCK_SECONDS)
        try:
            client.connect(str(path))
            client.sendall(_startup_message())
            answer = client.recv(4096)
            with suppress(OSError):
                client.sendall(b"X\0\0\0\4")  # terminate
        except (TimeoutError, BlockingIOError, BrokenPipeError, ConnectionResetError):
            return State.BUSY
        except OSError:
            return State.GONE
    return _state_of(answer)


def _startup_message() -> bytes:
    wishes = b"".join(part.encode() + b"\0" for part in ("user", ROLE, "database", DATABASE, ""))
    return struct.pack("!ii", len(wishes) + 8, 196_608) + wishes


def _state_of(answer: bytes) -> State:
    if not answer:
        return State.BUSY
    if b"\0C3D000\0" in answer:  # no such database
        return State.EMPTY
    if answer[:1] == b"E" and b"\0C57P03\0" in answer:  # cannot connect now
        return State.BUSY
    return State.READY


def _forget_the_dead(place: Place) -> None:
    """Remove lock files whose number belongs to a process that is not PostgreSQL's.

    Nobody listens, or we would not be here.  A number that is free is PostgreSQL's own business;
    one that was given to somebody else (usual in containers, where numbers are few), or that a dead
    server keeps because its parent takes no notice, would keep it from starting for ever.
    """
    for file in (place.cluster / "postmaster.pid", place.socket.with_name(f"{SOCKET_NAME}.lock")):
        with suppress(OSError, ValueError, IndexError):
            pid = int(file.read_text().split()[0])
            if Path(f"/proc/{pid}").exists() and _working_folder(pid) != place.cluster:
                file.unlink()


def _working_folder(pid: int) -> Path | None:
    """Every process of PostgreSQL works in its cluster; a dead one nowhere."""
    try:
        return Path(f"/proc/{pid}/cwd").readlink()
    except FileNotFoundError:
        return None


def _turn_log_over(path: Path) -> None:
    with suppress(FileNotFoundError):
        if path.stat().st_size > LOG_LIMIT_BYTES:
            path.replace(path.with_suffix(".log.1"))
