"""Where the heavy work runs: in this process, in several of them, in threads, or on a Dask cluster.

Everything that may run elsewhere is handed to ``joblib.Parallel()`` without a word about where;
``working`` decides that for all of it.
"""

import hashlib
import importlib.metadata
import logging
import platform
import signal
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import CancelledError
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from threading import Event, Lock, Thread, main_thread
from typing import Any

from joblib import parallel_config
from threadpoolctl import threadpool_limits

CONNECT_SECONDS = 10
WATCH_SECONDS = 1
# What the digits of a model depend on, next to our own code.
_LIBRARIES = ("joblib", "numpy", "scipy", "scikit-learn")
_ALONE = Lock()


class Backend(StrEnum):
    """Of joblib."""

    LOKY = "loky"  # processes of this machine
    THREADING = "threading"
    DASK = "dask"  # an optional extra


class Unreachable(Exception):
    """The work cannot run where it was asked to."""


@dataclass(frozen=True, slots=True)
class Place:
    """``jobs`` at the same time; a cluster that is already there has as many as it has threads.

    Without ``scheduler``, Dask's own settings name one (``DASK_SCHEDULER_ADDRESS``), and if they
    do not, a cluster of ``jobs`` processes is started on this machine.
    """

    backend: Backend = Backend.LOKY
    jobs: int = 1
    scheduler: str | None = None

    @property
    def is_here(self) -> bool:
        """In this process, one thing after the other."""
        return self.backend != Backend.DASK and self.jobs == 1


@contextmanager
def working(place: Place) -> Iterator[int]:
    """Every ``joblib.Parallel()`` inside runs at ``place``; how much of it at the same time.

    Raises Unreachable.
    """
    if place.backend != Backend.DASK:
        if place.scheduler:
            raise Unreachable("--scheduler names a Dask cluster: say --backend dask, too")
        with parallel_config(backend=place.backend.value, n_jobs=place.jobs):
            yield place.jobs
        return
    with ExitStack() as stack:
        client = _client(place, stack)
        _examine(client)
        stack.enter_context(parallel_config(backend="dask", client=client))
        workers = sum(client.ncores().values())
        stack.enter_context(_watched(client))
        yield workers


@contextmanager
def _watched(client: Any) -> Iterator[None]:
    """Raises Unreachable once the scheduler is gone for good: joblib alone would wait for ever.

    For the main thread, which is interrupted.
    """
    done, lost = Event(), Event()

    def watch() -> None:
        away = 0.0
        while not done.wait(WATCH_SECONDS):
            away = 0.0 if client.status == "running" else away + WATCH_SECONDS
            # Its own patience depends on settings of Dask, and it may try for ever.
            if client.status == "closed" or away > 2 * CONNECT_SECONDS:
                lost.set()
                signal.pthread_kill(main_thread().ident or 0, signal.SIGINT)
                return

    Thread(target=watch, daemon=True).start()
    try:
        yield
    except (KeyboardInterrupt, OSError, CancelledError) as error:
        if client.status == "running" or (
            isinstance(error, KeyboardInterrupt) and not lost.is_set()
        ):
            raise
        raise Unreachable("the Dask cluster went away before it was done") from error
    finally:
        done.set()


def _client(place: Place, stack: ExitStack) -> Any:
    """Closed with ``stack``, like a cluster that was started for it."""
    try:
        import dask  # noqa: PLC0415  (an extra, and slow to load)
        import distributed as _distributed  # noqa: PLC0415
    except ModuleNotFoundError as error:
        message = f'--backend dask needs {error.name}: install gatehouse with the extra "dask"'
        raise Unreachable(message) from error
    distributed: Any = _distributed  # without types
    # What it would say in many lines is said in a sentence.
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
    address = place.scheduler or dask.config.get("scheduler-address", None)
    if not address:
        # On its own, Dask would show its pages to every network.
        address = stack.enter_context(
            distributed.LocalCluster(
                n_workers=place.jobs,
                threads_per_worker=1,
                host="127.0.0.1",
                dashboard_address="127.0.0.1:0",
            )
        )
    try:
        client = distributed.Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
        stack.enter_context(closing(client))
        client.wait_for_workers(1, timeout=CONNECT_SECONDS)
    except (OSError, ValueError, AssertionError) as error:
        # An assertion is what it raises where the name of the host is unknown.
        reason = str(error) or "its host is unknown"
        raise Unreachable(f"no Dask workers can be reached by {address}: {reason}") from error
    return client


def _examine(client: Any) -> None:
    """Raises Unreachable where a worker would compute something else than this process."""
    found = client.run(identity, on_error="return")
    for worker, answer in found.items():
        if isinstance(answer, Exception):
            raise Unreachable(f"the Dask worker {worker} cannot run Gatehouse: {answer}")
    compare(identity(), found)


def compare(ours: Mapping[str, str], found: Mapping[str, Mapping[str, str]]) -> None:
    """``found`` is by worker.  Raises Unreachable for the first difference."""
    for worker, theirs in found.items():
        for name, version in ours.items():
            if theirs[name] != version:
                raise Unreachable(
                    f"the Dask worker {worker} has {name} {theirs[name]}, this machine {version}:"
                    " install the same on both"
                )


@cache
def identity() -> dict[str, str]:
    """Versions of whatever the result depends on."""
    libraries = {name: importlib.metadata.version(name) for name in _LIBRARIES}
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return {"Gatehouse": _code(), "Python": python, "processor": platform.machine()} | libraries


def _code() -> str:
    """Digest of our code, of the lists that it reads, and of the model that scores."""
    here = Path(__file__).parent
    patterns = ("*.py", "features/*.py", "lists/**/*.*", "models/*.json")
    paths = sorted(path for pattern in patterns for path in here.glob(pattern) if path.is_file())
    total = hashlib.sha256()
    for path in paths:
        total.update(path.relative_to(here).as_posix().encode() + b"\0" + path.read_bytes())
    return total.hexdigest()[:12]


@contextmanager
def alone() -> Iterator[None]:
    """Around whatever has one state for a whole process, so that threads make the same model.

    liblinear draws from one source of chance, and the number of threads that add up (in another
    order, and so to other digits) is set for all.  What scikit-learn would have others do is done
    here: they may be waiting for their turn.
    """
    with _ALONE, threadpool_limits(1), parallel_config(backend="sequential"):
        yield
