"""``Idempotency-Key``: a request that is sent again hears what it was answered first.

After draft-ietf-httpapi-idempotency-key-header: the same key with another body is refused (422),
one that is still being worked on too (409).  A key is kept for a day.

The key is claimed in a commit of its own, together with the id that its comment will have.  If we
were to crash between that and the comment, whoever comes again after ``CLAIM`` takes the claim over
and stores the comment under that id; if only the answer was lost, the comment is there and is the
answer.
"""

import hashlib
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from uuid_utils.compat import uuid7

from moderation.api import store
from moderation.intake import Receipt
from moderation.store import verdict_of
from service import clock, errors
from service.db import Connection, DatabaseUnavailable, Pool, connection
from service.schedule import job
from service.settings import Settings
from service.sites import Site

HEADER = "Idempotency-Key"
KEPT = timedelta(days=1)
CLAIM = timedelta(seconds=30)  # nobody works on a comment for longer; statements end before
_KEY = re.compile(r'"?[!#-~]{1,200}"?')  # a structured field's string, or bare as most clients do

Submit = Callable[[UUID], Awaitable[Receipt]]


class BadIdempotencyKey(errors.Invalid):
    """An Idempotency-Key has 1 to 200 printable ASCII characters without blanks."""


class KeyReused(errors.Unprocessable):
    """This Idempotency-Key was used for another request before."""


class StillWorking(errors.Conflict):
    """The first request with this Idempotency-Key is still being worked on; try again."""


@dataclass(frozen=True, slots=True)
class Key:
    """What is kept of a key and of the request it was sent with: hashes keyed per site."""

    key_hash: bytes
    body_hash: bytes


def read(header: str, body: bytes, site: Site) -> Key:
    """Raises ``BadIdempotencyKey``."""
    if not _KEY.fullmatch(header):
        raise BadIdempotencyKey
    return Key(_hash(site, header.encode()), _hash(site, body))


def _hash(site: Site, content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=32, key=site.pepper, person=b"idempotency").digest()


async def once(pool: Pool, site: Site, key: Key, submit: Submit) -> tuple[Receipt, bool]:
    """What ``submit`` answers, or what it answered the first time; whether it is the first time.

    Raises ``KeyReused``, ``StillWorking`` or what ``submit`` raises.
    """
    async with connection(pool) as conn:
        found = await _claim(conn, site, key)
    if isinstance(found, Receipt):
        return found, False
    try:
        receipt = await submit(found)
    except DatabaseUnavailable:
        raise  # it may be stored or not: whoever comes again will see
    except errors.ServiceError:
        # Nothing was stored: whoever comes again may try at once.
        async with connection(pool) as conn:
            await store.release(conn, site.id, key.key_hash)
        raise
    if receipt.id != found:  # a redelivery has no row of its own
        async with connection(pool) as conn:
            await store.point_to(conn, site.id, key.key_hash, receipt.id)
    return receipt, True


async def _claim(conn: Connection, site: Site, key: Key) -> UUID | Receipt:
    """The id for the comment, if it is ours to store; what was answered, if it is stored."""
    now, comment_id = clock.now(), uuid7()
    if await store.claim(conn, site.id, key.key_hash, key.body_hash, comment_id, now):
        return comment_id
    earlier = await store.find_claim(conn, site.id, key.key_hash)
    if earlier is None:  # it was released in this moment
        raise StillWorking
    if earlier.body_hash != key.body_hash:
        raise KeyReused
    row = await store.find_comment(conn, site.id, earlier.comment_id)
    if row is not None:
        return Receipt(row["id"], verdict_of(row), row["first_id"])
    if now - earlier.claimed_at < CLAIM or not await store.take_over(
        conn, site.id, key.key_hash, earlier.claimed_at, now
    ):
        raise StillWorking
    return earlier.comment_id


@job("forget idempotency keys", every=timedelta(hours=1))
async def forget(conn: Connection, _settings: Settings) -> int:
    return await store.forget(conn, clock.now() - KEPT)
