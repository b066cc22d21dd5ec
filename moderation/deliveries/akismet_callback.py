"""The Akismet plugin's own webhook (plugin 5.5 and newer): it moves the comment by our guid.

The plugin names its address with each check (``callback``).  The site's key goes along in the body,
so it goes to no other origin than the one that the operator registered.  The plugin only moves what
was moved by Akismet last: a decision made on the blog is never overridden.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from uuid import UUID

import orjson
from yarl import URL

from moderation.deliveries import store
from moderation.deliveries.subjects import About
from moderation.verdicts import Action
from service import clock
from service.db import Connection
from service.outbox import Outcome, Talk
from service.outbox.client import Client, outcome_of
from service.secrets import Secrets
from service.sites.directory import KEY_PURPOSE

RESULTS = {Action.APPROVE: "false", Action.REJECT: "true"}
REPEATS_WITHIN_MILLISECONDS = 3_600_000  # they are linked within a minute; the rest is for clocks


async def prepare(
    conn: Connection, secrets: Secrets, about: Sequence[About]
) -> Mapping[UUID, Talk]:
    talks: dict[UUID, Talk] = {}
    for each in about:
        # Of a comment that is to wait on, the plugin needs to hear nothing.
        if each.action in RESULTS:
            subject = each.subject
            sealed = await store.callback_key(conn, subject.site_id, subject.key_id, clock.now())
            below = UUID(int=subject.id.int + (REPEATS_WITHIN_MILLISECONDS << 80))
            guids = [subject.id, *await store.repeats(conn, subject.site_id, subject.id, below)]
            talks[each.claimed.id] = partial(_talk, each, secrets, sealed, guids)
    return talks


async def _talk(
    about: About, secrets: Secrets, sealed: bytes | None, guids: Sequence[UUID], client: Client
) -> Outcome:
    callback = about.subject.callback or ""
    if not same_origin(callback, about.subject.site_url):
        return Outcome("ForeignCallback", hopeless=True)
    if sealed is None:
        return Outcome("NoKey")
    message = {
        "key": secrets.unseal(KEY_PURPOSE, sealed).decode(),
        "endpoint": "comment-check",
        "comments": [_entry(about, guid) for guid in guids],
    }
    answer = await client.request(
        "POST",
        callback,
        headers={"Content-Type": "application/json", "X-Akismet-Webhook": "1"},
        body=orjson.dumps(message),
        allow_private=about.claimed.allow_private,
    )
    outcome = outcome_of(answer)
    if outcome.delivered and not was_taken(answer.body):
        # Perhaps the comment is not stored there yet: it is checked before it is.
        return Outcome("CommentUnknown")
    return outcome


def _entry(about: About, guid: UUID) -> dict[str, str]:
    entry = {"guid": str(guid), "result": RESULTS[about.action]}
    if about.subject.platform_post_id:
        entry["comment_post_ID"] = about.subject.platform_post_id
    return entry


def same_origin(callback: str, registered: str) -> bool:
    """Whether ``callback`` is at the registered origin; whatever the text, nothing is raised."""
    try:
        one, other = URL(callback), URL(registered)
        origins = [(url.scheme, url.host, url.port) for url in (one, other)]
    except (ValueError, TypeError):
        return False
    is_plain = one.scheme in {"http", "https"} and one.user is None and one.password is None
    return is_plain and origins[0] == origins[1]


def was_taken(body: bytes) -> bool:
    """Whether the plugin knew one of the guids; whatever the bytes, nothing is raised."""
    try:
        comments = orjson.loads(body)["comments"]
        return any(each.get("status") == "success" for each in comments.values())
    except (orjson.JSONDecodeError, LookupError, TypeError, AttributeError):
        return False
