"""Which model a site has now: the one that ships, and what was promoted for the site alone."""

from classifiers.corrections import Correction
from moderation.learning import sealed, store
from moderation.learning.models import store as models
from service.db import Connection


async def current(
    conn: Connection, site_id: int, key: bytes, shipped: str
) -> tuple[int, Correction | None]:
    """Version (0 is none) and correction of the site's own model.  Raises UnfitModel."""
    version = (await store.versions_of(conn, site_id))[1]
    found = await models.model(conn, site_id, version) if version else None
    if found is None:
        return 0, None
    return version, sealed.opened(found, key, kind="model", base=shipped)


def base_of(shipped: str, version: int) -> str:
    """The name of what judges at a site: ``f3946e3ec42c``, or with its own model ``...+3``."""
    return f"{shipped}+{version}" if version else shipped
