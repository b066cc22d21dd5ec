"""Decisions of people, enqueued for whoever wants to hear of them."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from moderation.deliveries import store
from service.db import Connection
from service.outbox import BLOG_KINDS, Event


async def announce(
    conn: Connection,
    site_id: int,
    comment_ids: Collection[UUID],
    now: datetime,
    *,
    from_blog: bool = False,
) -> int:
    """Tell the site's endpoints that somebody decided on these comments; how many deliveries.

    Within the transaction of the decision, and after the comments were locked: deliveries of one
    comment go out in the order in which they are enqueued.  Two statements, whatever their number.
    ``from_blog`` says that the blog itself told us: it is not told again.
    """
    without = BLOG_KINDS if from_blog else ()
    endpoints = await store.listeners(conn, site_id, Event.DECIDED, without)
    if not endpoints or not comment_ids:
        return 0
    pairs = [(endpoint, comment) for comment in comment_ids for endpoint in endpoints]
    return await store.enqueue(
        conn, site_id, [(uuid7(), *pair) for pair in pairs], Event.DECIDED, now
    )
