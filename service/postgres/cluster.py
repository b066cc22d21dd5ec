"""Making and configuring the cluster: checksums, UTF-8, no network, no password, no trust."""

import os
import pwd
import shutil
from collections.abc import Mapping
from pathlib import Path

from service import errors
from service.postgres.place import Place, give, run_as

ROLE = "gatehouse"
DATABASE = "gatehouse"
BUILTIN_LOCALES_SINCE = 17

# What one small machine with one busy table wants.  The rest is PostgreSQL's default.
CONFIGURATION = {
    "listen_addresses": "",
    "shared_buffers": "256MB",
    "wal_compression": "on",  # the package is built without lz4
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "jit": "off",
    "fsync": "on",
    "synchronous_commit": "on",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
    # Messages of errors quote rows and statements, that is: comments.  They reach us by the
    # connection; the log keeps what happens to the server.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
}

# Every connection proves by the kernel who it is.  No line says trust, and no line names a host.
HBA = "local all all peer map=gatehouse\n"


class NoCluster(errors.OperatorError):
    """The database cannot be made."""


def exists(place: Place) -> bool:
    return (place.cluster / "PG_VERSION").exists()


def create(place: Place, *, durable: bool = True) -> None:
    """Make the cluster: whole, or not at all.  Only under the start lock."""
    unfinished = place.home / "cluster.new"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    give(unfinished, place.owner)
    options = [*_initdb_options(place), *([] if durable else ["--no-sync"])]
    done = run_as(place.owner, [place.binaries / "initdb", *options, "-D", unfinished])
    if done.returncode != 0:
        raise NoCluster(
            f"The database cannot be made in {place.home} ({_last_line(done.stderr)}):"
            " is the disk full, or not writable?"
        )
    unfinished.rename(place.cluster)


def create_database(place: Place) -> None:
    where = ["--host", str(place.socket_folder), "--maintenance-db", "postgres"]
    how = ["--username", ROLE, "--no-password", DATABASE]
    done = run_as(place.owner, [place.binaries / "createdb", *where, *how])
    if done.returncode != 0:
        raise NoCluster(f"The database cannot be made ({_last_line(done.stderr)}).")


def configure(place: Place, changes: Mapping[str, str]) -> None:
    """Write the three files anew; what an operator set by ``ALTER SYSTEM`` goes before them."""
    folder = place.home / "configuration"
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    lines = [f"include_if_exists = {_quoted(place.cluster / 'postgresql.conf')}"]
    lines += [f"{name} = {_quoted(value)}" for name, value in {**CONFIGURATION, **changes}.items()]
    _write(folder / "postgresql.conf", "".join(f"{line}\n" for line in lines))
    _write(folder / "pg_hba.conf", HBA)
    _write(folder / "pg_ident.conf", "".join(f'gatehouse "{n}" {ROLE}\n' for n in _users(place)))


def command(place: Place) -> list[str]:
    folder = place.home / "configuration"
    return [
        str(place.binaries / "postgres"),
        *("-D", str(place.cluster)),
        *("-k", str(place.socket_folder)),
        *("-c", f"config_file={folder / 'postgresql.conf'}"),
        *("-c", f"hba_file={folder / 'pg_hba.conf'}"),
        *("-c", f"ident_file={folder / 'pg_ident.conf'}"),
    ]


def stop(place: Place, patience_seconds: int) -> bool:
    """Fast shutdown: ends sessions, writes a checkpoint.  False if it was not done in time."""
    how = ["-m", "fast", "-w", "-t", str(patience_seconds)]
    done = run_as(place.owner, [place.binaries / "pg_ctl", "stop", "-D", place.cluster, *how])
    return done.returncode == 0


def last_words(place: Place) -> str:
    try:
        text = place.log_file.read_text("utf-8", errors="replace")
    except OSError:
        return "its log cannot be read"
    fatal = [line for line in text.splitlines() if "FATAL" in line or "PANIC" in line]
    return _last_line("\n".join(fatal) or text)


def _initdb_options(place: Place) -> list[str]:
    said = run_as(place.owner, [place.binaries / "initdb", "--version"]).stdout
    major = int(said.split()[2].partition(".")[0])
    options = ["--username", ROLE, "--encoding", "UTF8", "--data-checksums", "--no-instructions"]
    options += ["--auth-local", "peer", "--auth-host", "reject", "--locale", "C"]
    if major >= BUILTIN_LOCALES_SINCE:
        options += ["--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"]
    return options


def _users(place: Place) -> list[str]:
    return sorted({place.owner.name, "root", pwd.getpwuid(os.geteuid()).pw_name})


def _quoted(value: object) -> str:
    return "'" + str(value).replace("\\", "\\\\").replace("'", "''") + "'"


def _write(path: Path, text: str) -> None:
    unfinished = path.with_suffix(".new")
    unfinished.write_text(text, "utf-8")
    unfinished.chmod(0o644)  # the owner reads them; there is no secret in them
    unfinished.replace(path)


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"
