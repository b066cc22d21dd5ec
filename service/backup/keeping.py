"""Back-ups in a folder: named by the moment they were taken, dropped when their time is up."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from service import clock, errors

NAME = "gatehouse-%Y%m%dT%H%M%SZ.tar"


class NoFolder(errors.OperatorError):
    """The folder for back-ups does not exist or is none: make it first."""

    exit_code = errors.USAGE


def next_name(folder: Path) -> Path:
    if not folder.is_dir():
        raise NoFolder
    return folder / clock.now().strftime(NAME)


def drop_old(folder: Path, keep: timedelta) -> list[Path]:
    """Delete the back-ups in ``folder`` that are older than ``keep``; other files stay.

    The age is that of the name: copying a file does not make its content younger.
    """
    limit = clock.now() - keep
    old = [path for path in sorted(folder.iterdir()) if (at := _taken_at(path)) and at < limit]
    for path in old:
        path.unlink()
    return old


def _taken_at(path: Path) -> datetime | None:
    try:
        return datetime.strptime(path.name, NAME).replace(tzinfo=UTC)
    except ValueError:
        return None
