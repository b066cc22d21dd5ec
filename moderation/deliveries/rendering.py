"""Each claimed delivery becomes a talk with its endpoint, in the words of the endpoint's kind."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from consent import deliveries
from moderation.deliveries import akismet_callback, standard_webhook, store, wordpress_rest
from moderation.deliveries.subjects import About
from service.db import Connection
from service.outbox import Claimed, EndpointKind, Event, Talk
from service.secrets import Secrets

KINDS = {
    EndpointKind.STANDARD_WEBHOOK: standard_webhook.prepare,
    EndpointKind.AKISMET_CALLBACK: akismet_callback.prepare,
    EndpointKind.WORDPRESS_REST: wordpress_rest.prepare,
}


async def prepare(
    conn: Connection, secrets: Secrets, claimed: Sequence[Claimed]
) -> Mapping[UUID, Talk]:
    """Talks by delivery id.  What is about a comment that is gone, or says nothing, is left out."""
    subjects = await store.subjects(conn, claimed)
    by_kind: dict[EndpointKind, list[About]] = defaultdict(list)
    for each in claimed:
        if subject := subjects.get((each.site_id, each.comment_id)):
            by_kind[EndpointKind(each.kind)].append(About(each, subject))
    talks: dict[UUID, Talk] = {}
    for kind, about in by_kind.items():
        talks |= await KINDS[kind](conn, secrets, about)
    return {**talks, **await deliveries.prepare(conn, secrets, _others(claimed))}


def _others(claimed: Sequence[Claimed]) -> list[Claimed]:
    """What is about no comment, but about the record of consent."""
    return [each for each in claimed if not Event(each.event).is_of_comment]
