"""The embedded PostgreSQL: used where no ``GATEHOUSE_DATABASE_URL`` is given.

The binaries come from a package, the supervision is ours: ``place`` decides where and as whom it
runs, ``cluster`` makes and configures it, ``server`` starts, joins, watches and stops it.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from service.postgres.place import Place, settle
from service.postgres.server import Server
from service.settings import Settings

__all__ = ["Server", "embedded", "using"]


def embedded(settings: Settings, place: Place | None = None) -> Server:
    """The server of this data folder, not yet joined."""
    place = place or settle(settings.data_dir, settings.postgres_user)
    connections = settings.processes * (settings.pool_size + 1) + 20  # and tools beside them
    return Server(place, {"max_connections": str(max(100, connections))})


@contextmanager
def using(settings: Settings) -> Iterator[str]:
    """The DSN to use: the outside server's, or the embedded one's, running as long as the block.

    Raises ``errors.OperatorError`` if the embedded server cannot be had.
    """
    if settings.database_url:
        yield settings.database_url
        return
    server = embedded(settings)
    server.join()
    try:
        yield server.dsn
    finally:
        server.leave()
