"""``gatehouse serve``: one process that supervises, and one or more that serve.

The supervisor binds a socket for every serving process and keeps it, so that a process that dies
loses no connection that was waiting: its successor takes the same socket.  It touches no request
and runs no event loop; what can crash is in the others.  If it is killed itself, they drain and
end.
"""

import errno
import os
import select
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import structlog
from prometheus_client.multiprocess import mark_process_dead

from service import errors, metrics
from service.postgres import Server
from service.serving import BACKLOG, DRAIN_SECONDS, READY
from service.settings import Settings, environment

log = structlog.get_logger()

PREFILLED = "NUMBA_CACHE_LOCATOR_CLASSES"  # set in images, see ``classifiers.prefilled``
WATCH_SECONDS = 0.5
SHORTEST_LIFE_SECONDS = 5.0  # who dies younger is restarted with a pause
PAUSE_SECONDS = 1.0
KILL_SECONDS = DRAIN_SECONDS + 10  # after draining, pools and the like have to be closed too
BIND_SECONDS = 2.0  # the processes of a killed supervisor let go of the port within this


Announce: TypeAlias = Callable[[], None]


class PortTaken(errors.OperatorError):
    """The address cannot be listened on."""

    exit_code = errors.USAGE


class NotServing(errors.OperatorError):
    """The serving processes do not start."""


def bind(settings: Settings, patience_seconds: float = BIND_SECONDS) -> list[socket.socket]:
    """One listening socket a process, sharing the port.  Raises ``PortTaken``."""
    patience = time.monotonic() + patience_seconds
    while True:
        try:
            return _bind(settings)
        except OSError as error:
            if time.monotonic() >= patience or error.errno != errno.EADDRINUSE:
                raise PortTaken(
                    f"Gatehouse cannot listen on {settings.host} port {settings.port}"
                    f" ({error.strerror}): choose another by --host and --port, or end whatever"
                    " listens there."
                ) from error
            time.sleep(WATCH_SECONDS / 10)


def _bind(settings: Settings) -> list[socket.socket]:
    info = socket.getaddrinfo(
        settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    family, address = info[0][0], info[0][4]
    # Sharing would also let in a second, unrelated service of the same user: so ask alone first.
    _listen(family, address, shared=False).close()
    return [_listen(family, address, shared=True) for _ in range(settings.processes)]


def _listen(family: int, address: tuple[object, ...], *, shared: bool) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.bind(address)
        sock.listen(BACKLOG)
    except OSError:
        sock.close()
        raise
    return sock


@dataclass(slots=True)
class Slot:
    """The place of one serving process, whoever fills it."""

    index: int
    listener: socket.socket
    process: "subprocess.Popen[bytes] | None" = None
    line: socket.socket | None = None  # to the process; both sides notice when the other is gone
    started: float = 0.0
    is_ready: bool = field(default=False)


class Supervisor:
    """Keeps every slot filled until it is told to end."""

    def __init__(
        self, settings: Settings, listeners: Sequence[socket.socket], command: Sequence[str]
    ) -> None:
        self._slots = [Slot(index, listener) for index, listener in enumerate(listeners)]
        self._command = command  # followed by: listener, line, index
        self._metrics = metrics_folder(settings)
        self._environment = {
            **compiled_code(settings),
            **os.environ,
            **environment(settings),
            metrics.MULTIPROCESS: str(self._metrics),
        }
        self._ending = False
        self._was_ready = False
        self._wake, self._woken = socket.socketpair()

    def run(self, announce: Announce) -> None:
        """Returns when a signal asked for it and everybody has drained.

        ``announce`` is called once, when the first process serves.  Raises ``NotServing`` if none
        ever does.
        """
        with self._signals():
            for slot in self._slots:
                self._fill(slot)
            while not self._ending:
                self._wait()
                self._look_after(announce)
            self._drain()

    def _fill(self, slot: Slot) -> None:
        ours, theirs = socket.socketpair()
        descriptors = (slot.listener.fileno(), theirs.fileno())
        slot.process = subprocess.Popen(  # noqa: S603  (ourselves)
            [*self._command, *map(str, descriptors), str(slot.index)],
            pass_fds=descriptors,
            env=self._environment,
        )
        theirs.close()
        ours.setblocking(False)
        slot.line, slot.started, slot.is_ready = ours, time.monotonic(), False

    def _wait(self) -> None:
        waiting = [slot.line for slot in self._slots if slot.line and not slot.is_ready]
        select.select([self._woken, *waiting], [], [], WATCH_SECONDS)
        with suppress(BlockingIOError):
            self._woken.recv(4096)

    def _look_after(self, announce: Announce) -> None:
        for slot in self._slots:
            if not slot.is_ready and _said_ready(slot):
                slot.is_ready = True
                if not self._was_ready:
                    self._was_ready = True
                    announce()
            if slot.process is not None and slot.process.poll() is not None:
                self._replace(slot, slot.process)

    def _replace(self, slot: Slot, dead: "subprocess.Popen[bytes]") -> None:
        if self._ending:
            return
        if not self._was_ready:
            self._drain()
            raise NotServing("The service does not start; the reason stands above.")
        log.warning("process.died", index=slot.index, code=dead.returncode)
        self._forget(slot, dead)
        if time.monotonic() - slot.started < SHORTEST_LIFE_SECONDS:
            time.sleep(PAUSE_SECONDS)
        self._fill(slot)

    def _forget(self, slot: Slot, dead: "subprocess.Popen[bytes]") -> None:
        if slot.line is not None:
            slot.line.close()
        mark_process_dead(dead.pid, str(self._metrics))  # type: ignore[no-untyped-call]

    def _drain(self) -> None:
        for slot in self._slots:
            slot.listener.close()
        alive = [slot.process for slot in self._slots if slot.process is not None]
        for process in alive:
            process.terminate()
        patience = time.monotonic() + KILL_SECONDS
        for process in alive:
            try:
                process.wait(max(0.0, patience - time.monotonic()))
            except subprocess.TimeoutExpired:
                log.error("process.killed", pid=process.pid)  # noqa: TRY400  (the trace says nothing)
                process.kill()
                process.wait()
        for slot in self._slots:
            if slot.line is not None:
                slot.line.close()

    @contextmanager
    def _signals(self) -> Iterator[None]:
        for end in (self._wake, self._woken):
            end.setblocking(False)
        before = {
            number: signal.signal(number, self._note)
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)
        }
        wakeup = signal.set_wakeup_fd(self._wake.fileno(), warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(wakeup)
            for number, handler in before.items():
                signal.signal(number, handler)
            self._wake.close()
            self._woken.close()

    def _note(self, number: int, _frame: object) -> None:
        if number != signal.SIGCHLD:
            self._ending = True


def _said_ready(slot: Slot) -> bool:
    with suppress(OSError):
        return slot.line is not None and slot.line.recv(len(READY)) == READY
    return False


def metrics_folder(settings: Settings) -> Path:
    """An empty, private folder for the counts of this service's processes.

    The port is part of the name: two services may share a data folder, but not a port.
    """
    folder = settings.data_dir / "metrics" / str(settings.port)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    return folder


def compiled_code(settings: Settings) -> dict[str, str]:
    """Where compiled code is kept between starts, if not beside its source.

    What is there is executed, so nobody else may write to it.
    """
    if os.environ.get(PREFILLED) or os.access(Path(__file__).parents[1] / "classifiers", os.W_OK):
        return {}
    folder = settings.data_dir / "compiled"
    folder.mkdir(mode=0o700, exist_ok=True)
    return {"NUMBA_CACHE_DIR": str(folder)}


@contextmanager
def watching(server: Server | None) -> Iterator[None]:
    """Start the embedded server again whenever it dies, as long as the block runs."""
    if server is None:
        yield
        return
    ending = threading.Event()
    thread = threading.Thread(target=_watch, args=(server, ending), name="postgres-watch")
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join()


def _watch(server: Server, ending: threading.Event) -> None:
    while not ending.wait(WATCH_SECONDS):
        try:
            server.revive()
        except (OSError, errors.OperatorError):
            log.exception("postgres.not_revived")
