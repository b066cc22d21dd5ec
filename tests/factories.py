"""Ready-made valid objects.  A test states only what it is about."""

from datetime import UTC, datetime

from service.secrets import Secrets
from service.sites import Directory, administration

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MASTER_KEY = "a master key of the tests, which guards nothing"
SECRETS = Secrets(MASTER_KEY)


async def issue(conn, *, name="blatt", url="https://blatt.example", language="de"):
    """Add a site; the raw key that opens it."""
    key = await administration.add(conn, SECRETS, url=url, name=name, language=language)
    return key.value


async def site(conn, *, name="blatt", **fields):
    """Add a site; the site as every process knows it."""
    await issue(conn, name=name, **fields)
    directory = await loaded(conn)
    return directory.site(name)


async def loaded(conn):
    directory = Directory(SECRETS)
    await directory.reload(conn)
    return directory
