"""Compiling with numba, whether or not compiled code can be kept on disk."""

import hashlib
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., object])

# Arrays come from the caller, so nothing is allocated and references need no counting: counting
# them takes two thirds of the time.
_OPTIONS: dict[str, Any] = {"nogil": True, "_nrt": False, "error_model": "numpy"}
# Whatever compiled code takes over from other files: functions and constants.
_SOURCES = (
    *("compiled.py", "text.py", "lexicon.py", "facts.py", "fold.py", "sender.py", "words.py"),
    *("chunks.py", "scan.py", "ngrams.py", "weighing.py", "features/*.py"),
)


def compiled(*signatures: object) -> Callable[[Function], Function]:
    """Compile at import for ``signatures``, without the GIL; kept on disk where that is possible.

    Numba looks for a writable ``__pycache__`` beside the file, then for a cache folder of the user;
    ``NUMBA_CACHE_DIR`` overrules both.  It must not be a folder that others can write to: what is
    kept there is executed.
    """

    def compile_now(function: Function) -> Function:
        # Numba compares the time of one file only; the name makes it see changes in the others.
        function.__qualname__ = f"{function.__qualname__}.{_digest()}"
        return _compile(function, signatures)

    return compile_now


@cache
def _digest() -> str:
    here = Path(__file__).parent
    paths = (path for pattern in _SOURCES for path in sorted(here.glob(pattern)))
    sources = b"".join(path.read_bytes() for path in paths)
    return hashlib.sha256(sources).hexdigest()[:12]


def _compile(function: Function, signatures: Sequence[object]) -> Function:
    try:
        done: Any = numba.njit(list(signatures), cache=True, **_OPTIONS)(function)
    except (RuntimeError, OSError):
        # A read-only tree and home, a full disk: compile for this process alone.
        done = numba.njit(list(signatures), **_OPTIONS)(function)
    return cast("Function", done)


def inlined(function: Function) -> Function:
    """Part of a compiled function, for its inner loops: no call remains of it."""
    part: Any = numba.njit(forceinline=True, **_OPTIONS)(function)
    return cast("Function", part)


def called(function: Function) -> Function:
    """Part of a compiled function that is needed too rarely to be worth inlining."""
    part: Any = numba.njit(**_OPTIONS)(function)
    return cast("Function", part)
