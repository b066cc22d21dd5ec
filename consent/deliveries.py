"""What endpoints are told of the ledger: which receipt, and what it is.  Nothing personal.

Each message carries the newest checkpoint of the log as well, so that whoever listens holds one
outside: what they hold, nobody can rewrite unnoticed.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from uuid import UUID

import orjson

from consent import store
from consent.ledger.receipts import state_of
from consent.notices.answers import stamp
from consent.store import Announced
from service import clock
from service.db import Connection
from service.outbox import ENDPOINT_PURPOSE, Claimed, EndpointKind, Outcome, Talk, signing
from service.outbox.client import Client, outcome_of
from service.secrets import Secrets


async def prepare(
    conn: Connection, secrets: Secrets, claimed: Sequence[Claimed]
) -> Mapping[UUID, Talk]:
    """Talks by delivery id; what is about no entry of a log is left out."""
    wanted = [
        (each.site_id, each.comment_id)
        for each in claimed
        if each.kind == EndpointKind.STANDARD_WEBHOOK
    ]
    found = {(row.site_id, row.receipt_id): row for row in await store.announced(conn, wanted)}
    return {
        each.id: partial(_talk, each, row, secrets)
        for each in claimed
        if (row := found.get((each.site_id, each.comment_id)))
    }


async def _talk(claimed: Claimed, row: Announced, secrets: Secrets, client: Client) -> Outcome:
    body = render(claimed.event, row)
    keys = [secrets.unseal(ENDPOINT_PURPOSE, sealed).decode() for sealed in claimed.sealed]
    headers = signing.headers(f"msg_{claimed.id}", clock.now(), body, keys)
    headers["Content-Type"] = "application/json"
    answer = await client.request(
        "POST", claimed.url, headers=headers, body=body, allow_private=claimed.allow_private
    )
    return outcome_of(answer)


def render(event: str, row: Announced) -> bytes:
    leaf = orjson.loads(row.leaf)
    data = {
        "site": row.site,
        "receipt_id": str(row.receipt_id),
        "index": leaf["seq"],
        "type": leaf["type"],
        "state": state_of(leaf),
        "notice": leaf["notice"]["sha256"] if leaf["notice"] else None,
        "valid_until": leaf["valid_until"],
        "checkpoint": row.checkpoint,
    }
    document = {"type": event, "timestamp": stamp(row.recorded_at), "data": data}
    return orjson.dumps(document)
