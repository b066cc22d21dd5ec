"""Standard Webhooks 1.0: ids and verdicts, signed; neither text nor author of the comment."""

from collections.abc import Mapping, Sequence
from functools import partial
from uuid import UUID

import orjson

from moderation.deliveries.subjects import About
from service import clock
from service.db import Connection
from service.outbox import ENDPOINT_PURPOSE, Outcome, Talk, signing
from service.outbox.client import Client, outcome_of
from service.secrets import Secrets


async def prepare(
    _conn: Connection, secrets: Secrets, about: Sequence[About]
) -> Mapping[UUID, Talk]:
    return {each.claimed.id: partial(_talk, each, secrets) for each in about}


async def _talk(about: About, secrets: Secrets, client: Client) -> Outcome:
    claimed = about.claimed
    body = render(about)
    keys = [secrets.unseal(ENDPOINT_PURPOSE, sealed).decode() for sealed in claimed.sealed]
    # The id is the same in every attempt: receivers know by it what they have seen.
    headers = signing.headers(f"msg_{claimed.id}", clock.now(), body, keys)
    headers["Content-Type"] = "application/json"
    answer = await client.request(
        "POST", claimed.url, headers=headers, body=body, allow_private=claimed.allow_private
    )
    return outcome_of(answer)


def render(about: About) -> bytes:
    """The body.  ``action`` is what shall become of the comment, the rest is how that came."""
    subject = about.subject
    decision: dict[str, object] | None = None
    if subject.label is None and subject.decision is not None:
        # Rejected for another reason than spam, or held: nothing that a classifier learns from.
        decision = {"label": None, "source": "moderator", "decided_at": subject.decided_at}
    elif subject.label is not None:
        decision = {
            "label": subject.label,
            "source": subject.label_source,
            "decided_at": subject.labelled_at,
        }
    document = {
        "type": about.claimed.event,
        "timestamp": about.happened_at,
        "data": {
            "id": str(subject.id),  # the driver's UUID is none to orjson
            "site": subject.site,
            "permalink": subject.permalink,
            "platform_id": subject.platform_id,
            "platform_post_id": subject.platform_post_id,
            "received_at": subject.received_at,
            "action": about.action,
            "verdict": {
                "action": subject.action,
                "probability": subject.probability,
                "decided_by": subject.decided_by,
            },
            "decision": decision,
            "appeal": _appeal(about),
        },
    }
    return orjson.dumps(document, option=orjson.OPT_UTC_Z)


def _appeal(about: About) -> dict[str, object] | None:
    """The author's newest appeal: ``upheld``, ``dismissed``, or open still."""
    subject = about.subject
    if subject.appealed_at is None:
        return None
    return {
        "outcome": subject.appeal_outcome,
        "made_at": subject.appealed_at,
        "decided_at": subject.appeal_decided_at,
    }
