"""The SQL of a site's own models."""

import math
from dataclasses import dataclass
from datetime import datetime

from moderation.learning.store import Stored
from service.db import Connection
from service.sites import SiteSettings


@dataclass(frozen=True, slots=True)
class Kept:
    """A model as it is listed."""

    version: int
    state: str
    reason: str
    made_at: datetime
    manifest: str


MODELS = """
    SELECT version, state, reason, made_at, manifest
      FROM models
     WHERE site_id = $1
     ORDER BY version DESC
"""


async def models(conn: Connection, site_id: int) -> list[Kept]:
    """The newest first."""
    return [Kept(**row) for row in await conn.fetch(MODELS, site_id)]


MODEL = """
    SELECT site_id, version, manifest, code, packed
      FROM models
     WHERE site_id = $1 AND version = $2
"""


async def model(conn: Connection, site_id: int, version: int) -> Stored | None:
    row = await conn.fetchrow(MODEL, site_id, version)
    return Stored(**row) if row else None


INSERT_MODEL = """
    INSERT INTO models (site_id, version, state, reason, made_at, manifest, code, packed)
    VALUES ($1, $2, 'kept back', $3, $4, $5, $6, $7)
"""


async def insert_model(conn: Connection, new: Stored, reason: str, now: datetime) -> None:
    """Kept back until it is promoted."""
    await conn.execute(
        INSERT_MODEL, new.site_id, new.version, reason, now, new.manifest, new.code, new.packed
    )


DEMOTE = """
    UPDATE models
       SET state = $2
     WHERE site_id = $1 AND state = 'current'
    RETURNING version
"""
PROMOTE = """
    UPDATE models
       SET state = 'current', reason = $3
     WHERE site_id = $1 AND version = $2 AND packed IS NOT NULL
    RETURNING version
"""


async def demote(conn: Connection, site_id: int, state: str) -> int | None:
    """The version that was current."""
    version: int | None = await conn.fetchval(DEMOTE, site_id, state)
    return version


async def promote(conn: Connection, site_id: int, version: int, reason: str) -> bool:
    return await conn.fetchval(PROMOTE, site_id, version, reason) is not None


FORGET = """
    UPDATE models
       SET state = 'forgotten', packed = NULL
     WHERE site_id = $1 AND state <> 'forgotten'
    RETURNING version
"""


async def forget(conn: Connection, site_id: int) -> list[int]:
    """Keep only that these models were there, and nothing of what they had learnt."""
    return [row["version"] for row in await conn.fetch(FORGET, site_id)]


NEWEST_EARLIER = """
    SELECT max(version)
      FROM models
     WHERE site_id = $1 AND version < $2 AND state = 'earlier'
"""


async def newest_earlier(conn: Connection, site_id: int, before: int) -> int | None:
    version: int | None = await conn.fetchval(NEWEST_EARLIER, site_id, before)
    return version


REJECT_THRESHOLD = """
    SELECT (settings ->> 'reject_threshold')::float8
      FROM sites
     WHERE id = $1
"""


async def reject_log_odds(conn: Connection, site_id: int) -> float:
    """From where the site rejects a comment unseen."""
    set_to: float | None = await conn.fetchval(REJECT_THRESHOLD, site_id)
    threshold = SiteSettings().reject_threshold if set_to is None else set_to
    bounded = min(max(threshold, 1e-9), 1 - 1e-9)
    return math.log(bounded / (1 - bounded))
