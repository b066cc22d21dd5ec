"""The leased job that keeps every site's quick adjustment a function of its newest labels.

It also forgets: where a label is gone, with its comment or alone, the site's models are emptied and
what is still there is fitted anew, in the transaction that takes note of it.
"""

import asyncio
from datetime import timedelta

import structlog

from classifiers.artifacts import UnfitModel
from classifiers.corrections import Correction
from classifiers.scorer import Scorer, load_default
from moderation.learning import sealed, store
from moderation.learning.adjustment import NEWEST, Adjusted, adjust
from moderation.learning.current import base_of, current
from moderation.learning.models import store as models
from moderation.learning.reading import Material, read
from service import audit, clock
from service.audit import ActorKind
from service.db import Connection
from service.model_key import model_key
from service.schedule import job
from service.secrets import open_secrets
from service.settings import Settings

log = structlog.get_logger()

EVERY = timedelta(seconds=5)  # a label counts within seconds
NAME = "site adjustments"


@job(NAME, every=EVERY)
async def refresh(conn: Connection, settings: Settings) -> int:
    """Fit anew what is behind; how many sites that were."""
    scorer = load_default()
    due = await store.behind(conn, scorer.version)
    if not due:
        return 0
    key = await model_key(conn, await open_secrets(conn, settings))
    changed = 0
    for site_id in due:
        try:
            changed += await refresh_site(conn, site_id, key, scorer)
        except UnfitModel as error:
            log.warning("model.refused", site_id=site_id, reason=str(error))
    return changed


async def refresh_site(conn: Connection, site_id: int, key: bytes, scorer: Scorer) -> bool:
    """False if the site is gone.  All of it is committed together, or nothing is."""
    async with conn.transaction():
        if await store.lock_site_id(conn, site_id) is None:
            return False
        # What goes or comes after this is met again by the next run.
        noted = await store.noted(conn, site_id)
        if noted.went:
            await _forget(conn, site_id)
        model, own = await _current(conn, site_id, key, scorer)
        material = await read(conn, site_id, NEWEST)
        adjusted = await asyncio.to_thread(_adjust, material, scorer, own)
        base = base_of(scorer.version, model)
        version = (await store.versions_of(conn, site_id))[0] + 1
        new = sealed.stored(
            adjusted.correction,
            key,
            site_id=site_id,
            version=version,
            kind="adjustment",
            base=base,
            facts={"labels": len(material.labels), "reason": adjusted.reason},
        )
        newest = material.labels[-1].id if material.labels else None
        await store.replace_adjustment(conn, new, base, newest, clock.now())
        await store.forget_noted(conn, site_id, noted)
    log.info("adjustment.fitted", site_id=site_id, version=version, labels=len(material.labels))
    return True


def _adjust(material: Material, scorer: Scorer, own: Correction | None) -> Adjusted:
    if material.matrix is None:
        return Adjusted(None, "there are no labels", ())
    log_odds = material.log_odds(scorer.model, own)
    return adjust(material.labels, material.matrix, log_odds, scorer.model)


async def _current(
    conn: Connection, site_id: int, key: bytes, scorer: Scorer
) -> tuple[int, Correction | None]:
    """The site's own model; one that corrects a model that no longer ships is put aside."""
    try:
        return await current(conn, site_id, key, scorer.version)
    except sealed.OtherBase as error:
        version = await models.demote(conn, site_id, "earlier")
        await audit.append(
            conn,
            site_id,
            ActorKind.JOB,
            NAME,
            "model.retired",
            f"model {version}",
            {"reason": str(error)},
        )
        return 0, None


async def _forget(conn: Connection, site_id: int) -> None:
    versions = await models.forget(conn, site_id)
    if versions:
        await audit.append(
            conn,
            site_id,
            ActorKind.JOB,
            NAME,
            "model.forgotten",
            f"models {', '.join(map(str, sorted(versions)))}",
            {"reason": "comments that they had learnt from are erased"},
        )
