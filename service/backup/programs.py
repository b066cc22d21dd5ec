"""pg_dump and pg_restore: which of those that are installed fits, and how they are run.

A program reads servers and dumps of its own major version and of older ones, never of newer ones.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from threading import Thread
from typing import IO
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from service import errors
from service.postgres.place import installations

SYSTEM = Path("/usr/lib/postgresql")  # where Debian keeps one folder for each major version
VERSION = re.compile(r"\(PostgreSQL\) (\d+)")
SAID = re.compile(r"^pg_(?:dump|restore): (?:error|fatal): (.*)$", re.MULTILINE)
LONGEST_WORDS = 300
CHUNK_BYTES = 1 << 20


class NoProgram(errors.OperatorError):
    """A program of PostgreSQL is missing."""


class ProgramFailed(errors.OperatorError):
    """A program of PostgreSQL did not do its work."""


def fitting(name: str, least: int) -> tuple[int, Path]:
    """The program ``name`` of the smallest major version that is at least ``least``.

    Raises ``NoProgram``, which says what to install.
    """
    found = {major: path for major, path in installed(name).items() if major >= least}
    if not found:
        raise NoProgram(
            f"{name} of PostgreSQL {least} or newer is needed and not installed here: install it"
            f" (Debian: postgresql-client-{least})."
        )
    return min(found.items())


@cache
def installed(name: str) -> dict[int, Path]:
    """Major version -> program: the package's own, the system's, and the one of the PATH."""
    candidates = [folder / "bin" / name for folder in installations().values()]
    candidates += sorted(SYSTEM.glob(f"*/bin/{name}"))
    candidates += [Path(path)] if (path := shutil.which(name)) else []
    found: dict[int, Path] = {}
    for candidate in candidates:
        major = version_of(candidate)
        if major is not None:
            found.setdefault(major, candidate)
    return found


def version_of(program: Path) -> int | None:
    """The major version it says it is of; None if it does not run."""
    try:
        said = subprocess.run(  # noqa: S603  (programs of PostgreSQL)
            [program, "--version"], capture_output=True, text=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    match = VERSION.search(said)
    return int(match[1]) if match else None


def dump(program: Path, dsn: str, snapshot: str) -> Generator[bytes, None, None]:
    """What pg_dump writes of that snapshot.  Raises ``ProgramFailed`` instead of just ending."""
    address, password = _without_password(dsn)
    command = [str(program), "--format=custom", "--no-owner", "--no-privileges", "--no-password"]
    # Servers differ in what they are built with: columns keep the default of the next one.
    command += ["--no-toast-compression", f"--snapshot={snapshot}", f"--dbname={address}"]
    with _started(command, password, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None  # noqa: S101  (asked for above)
        while chunk := process.stdout.read(CHUNK_BYTES):
            yield chunk


def restore(program: Path, dsn: str, dump: Iterable[bytes]) -> None:
    """Load ``dump``: all of it or nothing.  Raises ``ProgramFailed``."""
    address, password = _without_password(dsn)
    command = [str(program), "--single-transaction", "--exit-on-error", "--no-owner"]
    command += ["--no-privileges", "--no-password", f"--dbname={address}"]
    with _started(command, password, stdin=subprocess.PIPE) as process:
        assert process.stdin is not None  # noqa: S101  (asked for above)
        # If it ended early, it has said why.
        with suppress(BrokenPipeError), process.stdin:
            for chunk in dump:
                process.stdin.write(chunk)


@contextmanager
def _started(
    command: list[str], password: str, stdin: int | None = None, stdout: int | None = None
) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(  # noqa: S603  (programs of PostgreSQL)
        command,
        stdin=stdin or subprocess.DEVNULL,
        stdout=stdout or subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=_environment(password),
    )
    words: list[bytes] = []
    # Read on the side, or a program with much to say would wait for us and we for it.
    listener = Thread(target=_listen, args=(process.stderr, words), daemon=True)
    listener.start()
    try:
        yield process
    except BaseException:
        process.kill()
        raise
    finally:
        for stream in (process.stdin, process.stdout):
            with suppress(OSError):
                if stream is not None:
                    stream.close()
        process.wait()
        listener.join()
    if process.returncode != 0:
        raise ProgramFailed(f"{Path(command[0]).name} failed ({_reason(b''.join(words))}).")


def _listen(stream: IO[bytes], words: list[bytes]) -> None:
    with stream:
        words.extend(stream)


def _reason(words: bytes) -> str:
    # The first line alone: those that follow quote rows and statements.
    match = SAID.search(words.decode("utf-8", errors="replace"))
    return match[1].strip()[:LONGEST_WORDS] if match else "it did not say why"


def _environment(password: str) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if name.startswith("PG") or name in {"HOME", "PATH"}
    }
    return {**kept, "LC_ALL": "C", **({"PGPASSWORD": password} if password else {})}


def _without_password(dsn: str) -> tuple[str, str]:
    """The address for the command line, which every user can read, and the password apart."""
    parts = urlsplit(dsn)
    options = parse_qsl(parts.query, keep_blank_values=True)
    password = unquote(parts.password or "") or dict(options).get("password", "")
    user, at, host = parts.netloc.rpartition("@")
    query = urlencode([(name, value) for name, value in options if name != "password"])
    # Not urlunsplit: it drops the slashes before a missing host.
    where = f"{user.partition(':')[0]}{at}{host}{parts.path}"
    return f"{parts.scheme}://{where}{'?' if query else ''}{query}", password
