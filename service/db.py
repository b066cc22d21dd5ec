"""The connection pool, opened and closed with the application; what database errors mean."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TypeAlias

import asyncpg
import orjson
from aiohttp import web

from service import errors, metrics
from service.settings import SETTINGS

Connection: TypeAlias = (
    "asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"
)
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"

POOL = web.AppKey("POOL", asyncpg.Pool)
DSN = web.AppKey("DSN", str)

OLDEST_SERVER = 14  # the oldest PostgreSQL that is still supported
SERVER_SETTINGS = {
    "application_name": "gatehouse",
    "jit": "off",
    # What is asked often is looked up by key.  A sequential scan, chosen while a table is empty,
    # would be repeated as long as the plan is kept: for foreign keys, that is the whole connection.
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
}
# On an empty table all indexes cost the same and the plan may take the wrong one: it is made anew
# after this long, which costs two milliseconds for each connection.
STATEMENT_LIFETIME_SECONDS = 5
CONNECT_SECONDS = 10
STATEMENT_SECONDS = 30  # none of a request takes a second; a server that hangs must not hold us


class DatabaseUnavailable(errors.Unavailable):
    """The database does not answer right now; try again later."""


class NoDatabase(errors.OperatorError):
    """The database cannot be used."""


# What says "not now" rather than "not like this".  SQLSTATE 08, 28, 53, 57 and 58, a database that
# went away, a standby that was promoted elsewhere, and connections that broke under our hands.
UNAVAILABLE = (
    asyncpg.PostgresConnectionError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.PostgresSystemError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InternalClientError,
    asyncpg.InterfaceError,
    OSError,  # TimeoutError is one
)
# asyncpg files refused arguments under InterfaceError; those are mistakes, not outages.
MISTAKES = (asyncpg.DataError, asyncpg.exceptions.ClientConfigurationError)


def is_unavailable(error: BaseException) -> bool:
    """Whether ``error``, raised by the driver, means that the same call may succeed later."""
    wrong = isinstance(error, (*MISTAKES, ValueError))
    return isinstance(error, UNAVAILABLE) and not wrong


def unavailable(error: BaseException) -> DatabaseUnavailable:
    """What to raise, ``from error``, where the database does not answer; counted in the metrics."""
    metrics.DATABASE_ERRORS.labels(type(error).__name__).inc()
    return DatabaseUnavailable()


@contextmanager
def translated() -> Iterator[None]:
    """Turn outages into ``DatabaseUnavailable``; every other error passes as it is."""
    try:
        yield
    except Exception as error:
        if is_unavailable(error):
            raise unavailable(error) from error
        raise


@asynccontextmanager
async def connection(pool: Pool) -> AsyncIterator[Connection]:
    """A connection of the pool; outages inside the block become ``DatabaseUnavailable``."""
    try:
        conn = await pool.acquire()
    except (asyncpg.PostgresError, *UNAVAILABLE) as error:
        # Whatever the reason for which we are not let in, the request is not to blame.
        raise unavailable(error) from error
    try:
        with translated():
            yield conn
    finally:
        await pool.release(conn)


async def prepare_connection(conn: Connection) -> None:
    """Make ``jsonb`` columns arrive as Python values and leave as them.  ``json`` stays text."""
    await conn.set_type_codec(
        "jsonb",
        encoder=lambda value: orjson.dumps(value).decode(),
        decoder=orjson.loads,
        schema="pg_catalog",
    )


async def connect(dsn: str) -> "asyncpg.Connection[asyncpg.Record]":
    """One connection, prepared.  Raises what the driver raises."""
    conn = await asyncpg.connect(
        dsn,
        timeout=CONNECT_SECONDS,
        max_cached_statement_lifetime=0,
        server_settings=SERVER_SETTINGS,
    )
    await prepare_connection(conn)
    return conn


@asynccontextmanager
async def connected(dsn: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """A connection for a command; ``NoDatabase`` says in a sentence why there is none."""
    try:
        conn = await connect(dsn)
    except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise NoDatabase(_why(error)) from error
    try:
        yield conn
    finally:
        await conn.close(timeout=CONNECT_SECONDS)


def require_version(conn: Connection) -> None:
    """Raises ``NoDatabase`` if the server is older than what Gatehouse is made for."""
    major = conn.get_server_version().major
    if major < OLDEST_SERVER:
        raise NoDatabase(
            f"The database is PostgreSQL {major} and Gatehouse needs {OLDEST_SERVER} or newer:"
            " upgrade it, or unset GATEHOUSE_DATABASE_URL to use the embedded one."
        )


def create_pool(dsn: str, size: int) -> Pool:
    """A pool, to be opened by ``async with``.  Statements stay prepared for some seconds."""
    return asyncpg.create_pool(
        dsn,
        min_size=1,
        max_size=size,
        timeout=CONNECT_SECONDS,
        command_timeout=STATEMENT_SECONDS,
        init=prepare_connection,
        max_cached_statement_lifetime=STATEMENT_LIFETIME_SECONDS,
        server_settings=SERVER_SETTINGS,
    )


async def pool_context(app: web.Application) -> AsyncIterator[None]:
    """``cleanup_ctx`` hook: ``app[POOL]`` lives exactly as long as the application."""
    async with create_pool(app[DSN], app[SETTINGS].pool_size) as pool:
        app[POOL] = pool
        yield


def _why(error: Exception) -> str:
    return (
        f"The database cannot be reached ({type(error).__name__}):"
        " check GATEHOUSE_DATABASE_URL and that the server is running."
    )
