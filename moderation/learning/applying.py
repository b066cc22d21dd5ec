"""What sites have learnt, as this process judges with it; looked for anew every second.

A model or adjustment that does not fit is refused, and what ran before goes on.  What is new is put
in place between two batches, whole.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType

import structlog
from aiohttp import web

from classifiers.artifacts import UnfitModel
from classifiers.corrections import Correction
from moderation.learning import sealed, store
from moderation.learning.current import base_of, current
from service import db
from service.db import Connection
from service.model_key import model_key
from service.secrets import Secrets

log = structlog.get_logger()

POLL_SECONDS = 1.0
MODEL_TERM, ADJUSTMENT_TERM = "site_model", "site_adjustment"


@dataclass(frozen=True, slots=True)
class Learnt:
    """Corrections by the name of their finding, and what verdicts say of them."""

    corrections: Mapping[str, Correction]
    model: int  # version of the site's own model; 0 is none
    adjustment: int  # version; 0 is none

    def name(self, shipped: str) -> str:
        return base_of(shipped, self.model)


class Learning:
    """What every site has learnt; ``sites`` is replaced whole."""

    def __init__(self, secrets: Secrets, shipped: str) -> None:
        self.sites: Mapping[int, Learnt] = MappingProxyType({})
        self._secrets = secrets
        self._shipped = shipped
        self._known: dict[int, tuple[int, int]] = {}

    async def reload(self, conn: Connection) -> None:
        """Bring ``sites`` up to date; most often there is nothing to do."""
        versions = await store.versions(conn)
        if versions == self._known:
            return
        key = await model_key(conn, self._secrets)
        fresh = dict(self.sites)
        for site_id in self._known.keys() - versions.keys():
            fresh.pop(site_id, None)
        for site_id, found in versions.items():
            if self._known.get(site_id) != found:
                await self._renew(conn, site_id, key, fresh)
        self.sites, self._known = MappingProxyType(fresh), versions

    async def _renew(
        self, conn: Connection, site_id: int, key: bytes, fresh: dict[int, Learnt]
    ) -> None:
        try:
            learnt = await load(conn, site_id, key, self._shipped)
        except UnfitModel as error:
            log.warning("model.refused", site_id=site_id, reason=str(error))
            return
        fresh.pop(site_id, None)
        if learnt.corrections:
            fresh[site_id] = learnt
        log.info(
            "model.taken_up", site_id=site_id, model=learnt.model, adjustment=learnt.adjustment
        )


async def load(conn: Connection, site_id: int, key: bytes, shipped: str) -> Learnt:
    """What is stored for one site.  Raises UnfitModel.

    An adjustment to another model than the current one waits until the job has fitted it anew.
    """
    async with conn.transaction(isolation="repeatable_read", readonly=True):
        model, own = await current(conn, site_id, key, shipped)
        found = await store.adjustment(conn, site_id)
    corrections = {MODEL_TERM: own} if own else {}
    version = 0
    if found and found.packed:
        with suppress(sealed.OtherBase):
            base = base_of(shipped, model)
            adjusted = await asyncio.to_thread(
                sealed.opened, found, key, kind="adjustment", base=base
            )
            if adjusted:
                corrections[ADJUSTMENT_TERM] = adjusted
                version = found.version
    return Learnt(MappingProxyType(corrections), model, version)


LEARNING = web.AppKey("LEARNING", Learning)


async def watch(learning: Learning, pool: db.Pool) -> None:
    """Keep ``learning`` up to date for ever."""
    while True:
        try:
            async with pool.acquire() as conn:
                await learning.reload(conn)
        except Exception as error:
            # Whatever it is, comments are judged with what is known.
            if not db.is_unavailable(error):
                log.exception("learning.stuck")
        await asyncio.sleep(POLL_SECONDS)
