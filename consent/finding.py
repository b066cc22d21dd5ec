"""What commands need: the site that they are about, and what its log is called."""

from consent.ledger.batching import origin_base
from service.db import Connection
from service.secrets import Secrets
from service.settings import Settings
from service.sites import Directory, Site
from service.sites.administration import UnknownSite


async def found_site(conn: Connection, secrets: Secrets, name: str) -> Site:
    """Raises ``UnknownSite``."""
    directory = Directory(secrets)
    await directory.reload(conn)
    site = directory.site(name)
    if site is None:
        raise UnknownSite(f"There is no site named {name}: see gatehouse site list.")
    return site


def origin_of(site: Site) -> str:
    """The name of a log that is begun now; one that exists keeps its own."""
    return f"{origin_base(Settings.from_env().public_url)}/consent/{site.name}"
