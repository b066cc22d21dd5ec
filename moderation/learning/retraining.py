"""Retraining a site: labels -> a correction of what ships -> the gate -> promoted or kept.

The candidate is fitted to the older labels and judged, beside what judges now, by the newer ones,
which neither has seen.  What was measured is what is promoted.  All of it is one transaction: an
interruption leaves nothing.
"""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import numpy as np
import orjson
import structlog
from numpy.typing import NDArray

from classifiers.artifacts import UnfitModel
from classifiers.corrections import Correction
from classifiers.scorer import Scorer, load_default
from moderation.learning import gate, sealed, store
from moderation.learning.adjustment import adjust
from moderation.learning.current import base_of, current
from moderation.learning.gate import HeldOut, Outcome
from moderation.learning.models import store as models
from moderation.learning.poisoning import Label, weigh
from moderation.learning.promoting import put_in_place
from moderation.learning.reading import Material, read
from service import clock
from service.audit import ActorKind
from service.db import Connection
from service.model_key import model_key
from service.schedule import job
from service.secrets import open_secrets
from service.settings import Settings

log = structlog.get_logger()

NEWEST = 5000  # labels; as a matrix 60 MB
BOUND = 4.0  # log-odds; more labels than the quick adjustment has, and a gate, allow for more
CLASS_LEAST = 20.0  # of each class, as they are weighed, to fit a candidate to
OLDER = 0.7  # share of the labels that a candidate is fitted to
NEW_LEAST = 40  # labels since the last candidate: the same ones must not be asked again and again
NAME = "retraining"


@dataclass(frozen=True, slots=True)
class Retrained:
    """``version`` is 0 where there was too little even for a candidate."""

    site_id: int
    version: int
    outcome: Outcome


@job(NAME, every=timedelta(days=1))
async def retrain_all(conn: Connection, settings: Settings) -> int:
    """How many sites got a new model."""
    key = await model_key(conn, await open_secrets(conn, settings))
    promoted = 0
    for site_id, _ in await store.sites(conn):
        try:
            found = await retrain(conn, site_id, key, load_default(), ActorKind.JOB, NAME)
        except UnfitModel as error:
            log.warning("model.refused", site_id=site_id, reason=str(error))
            continue
        promoted += found.outcome.promoted
    return promoted


async def retrain(  # noqa: PLR0913, PLR0917  (which site, with what, at whose wish)
    conn: Connection, site_id: int, key: bytes, scorer: Scorer, actor_kind: ActorKind, actor: str
) -> Retrained:
    """Make a candidate and promote it if the gate lets it pass.  Raises UnfitModel."""
    async with conn.transaction():
        await store.lock_site_id(conn, site_id)
        version, own = await current(conn, site_id, key, scorer.version)
        material = await read(conn, site_id, NEWEST)
        since = _newest_used(await models.models(conn, site_id))
        reject = await models.reject_log_odds(conn, site_id)
        candidate, outcome = await asyncio.to_thread(
            _candidate, material, scorer, own, since, reject
        )
        number = 0
        if candidate:
            number = (await store.versions_of(conn, site_id))[2] + 1
            new = sealed.stored(
                candidate.correction,
                key,
                site_id=site_id,
                version=number,
                kind="model",
                base=scorer.version,
                facts=_facts(candidate, outcome, base_of(scorer.version, version)),
            )
            await models.insert_model(conn, new, outcome.reason, clock.now())
            if outcome.promoted:
                await put_in_place(conn, site_id, number, outcome.reason, actor_kind, actor)
    log.info("model.judged", site_id=site_id, version=number, promoted=outcome.promoted)
    return Retrained(site_id, number, outcome)


@dataclass(frozen=True, slots=True)
class Candidate:
    correction: Correction
    labels: int
    fitted_until: UUID  # the newest label that it was fitted to
    seen_until: UUID  # ... and that it was judged by


def _facts(candidate: Candidate, outcome: Outcome, against: str) -> dict[str, object]:
    """For the manifest: counts and figures, nothing of a comment."""
    return {
        "labels": candidate.labels,
        "fitted_until": str(candidate.fitted_until),
        "seen_until": str(candidate.seen_until),
        "against": against,
        "promoted": outcome.promoted,
        "reason": outcome.reason,
        "gate": outcome.described(),
    }


@dataclass(frozen=True, slots=True)
class Since:
    fitted: UUID | None  # the newest label that the current model was fitted to
    seen: UUID | None  # the newest label that any candidate was judged by


def _newest_used(kept: list[models.Kept]) -> Since:
    manifests = [orjson.loads(each.manifest) for each in kept]
    seen = [UUID(told["seen_until"]) for told in manifests]
    fitted = [
        UUID(told["fitted_until"])
        for each, told in zip(kept, manifests, strict=True)
        if each.state == "current"
    ]
    return Since(max(fitted, default=None), max(seen, default=None))


def _candidate(
    material: Material, scorer: Scorer, own: Correction | None, since: Since, reject: float
) -> tuple[Candidate | None, Outcome]:
    labels, matrix = material.labels, material.matrix
    fresh = sum(since.seen is None or label.id > since.seen for label in labels)
    if matrix is None or fresh < NEW_LEAST:
        return None, Outcome(
            False,
            f"not enough evidence, kept: {fresh} new labels, at least {NEW_LEAST} are needed",
        )
    older = _older(labels, since.fitted)
    shipped = material.log_odds(scorer.model, None)
    first = np.arange(older)
    adjusted = adjust(
        labels[:older],
        matrix.take(first),
        shipped[first],
        scorer.model,
        bound=BOUND,
        least=CLASS_LEAST,
    )
    if adjusted.correction is None:
        return None, Outcome(False, f"{adjusted.reason}, kept")
    corrected = shipped + adjusted.correction.decide(matrix, scorer.model.centres)
    judged = _held_out(labels, older, shipped, material.log_odds(scorer.model, own), corrected)
    made = Candidate(adjusted.correction, older, labels[older - 1].id, labels[-1].id)
    return made, gate.judge(judged, reject)


def _older(labels: list[Label], fitted: UUID | None) -> int:
    """How many of the oldest a candidate is fitted to: all that the current model has seen too."""
    seen = sum(fitted is not None and label.id <= fitted for label in labels)
    return max(int(OLDER * len(labels)), seen, 1)


def _held_out(
    labels: list[Label],
    older: int,
    shipped: NDArray[np.float64],
    current: NDArray[np.float64],
    corrected: NDArray[np.float64],
) -> HeldOut:
    """The newer labels, each text once and none that is in doubt or was fitted to under any id."""
    by_comment = {
        label.comment_id: value for label, value in zip(labels, shipped.tolist(), strict=True)
    }
    weighed = weigh(labels, by_comment)
    texts = {each.label.text for each in weighed[:older]}
    chosen = []
    for place in range(older, len(labels)):
        each = weighed[place]
        if each.weight > 0 and each.label.text not in texts and "copied" not in each.doubts:
            texts.add(each.label.text)
            chosen.append(place)
    rows = np.array(chosen, np.int64)
    return HeldOut(
        np.array([labels[place].is_spam for place in chosen], dtype=np.bool_),
        current[rows],
        corrected[rows],
        [labels[place].language.replace("_", "-").partition("-")[0] for place in chosen],
    )
