"""The SQL of the pages."""

from service.db import Connection

CONSENTS_IN_FORCE = """
    SELECT count(*)
      FROM consent_openings
     WHERE site_id = $1 AND in_force AND kind = $2
"""


async def consents_in_force(conn: Connection, site_id: int, kind: str) -> int:
    """How many people's consent stands, for notices of ``kind``."""
    found: int = await conn.fetchval(CONSENTS_IN_FORCE, site_id, kind)
    return found
