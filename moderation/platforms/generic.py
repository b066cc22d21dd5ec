"""Whatever can sign the way of Standard Webhooks 1.0: our own events, for platforms to come.

``{"type": "comment.created", "timestamp": "...", "data": {...}}``, where ``data`` has the names of
``POST /v1/comments``.  See docs/webhooks.md.
"""

from collections.abc import Mapping

from msgspec.structs import replace

from moderation.akismet.fields import blog_name
from moderation.comments import Comment, Origin
from moderation.feedback.matching import Report
from moderation.feedback.store import Label
from moderation.payloads import Fields, read_json
from moderation.platforms import Delivered, Platform
from moderation.signatures import StandardSignature
from service.sites import Site

LABELS = {
    "comment.approved": Label.HAM,
    "comment.unspammed": Label.HAM,
    "comment.spammed": Label.SPAM,
}


def parse(_headers: Mapping[str, str], body: bytes, site: Site) -> Delivered:
    envelope = read_json(body)
    event = envelope.code("type")
    if event in LABELS:
        data = envelope.inner("data")
        reported = replace(_comment(data, site), origin=Origin.SUBMISSION)
        return Report(reported, LABELS[event], data.code("reporter"))
    if event == "comment.updated":
        return replace(_comment(envelope.inner("data"), site), recheck_reason="edit")
    return _comment(envelope.inner("data"), site) if event == "comment.created" else None


def _comment(data: Fields, site: Site) -> Comment:
    return Comment(
        text=data.required("text"),
        author=data.name("author"),
        email=data.name("email"),
        url=data.url("url"),
        address=data.address("address"),
        user_agent=data.url("user_agent") or None,
        referrer=data.url("referrer") or None,
        permalink=data.url("permalink") or None,
        title=data.name("title"),
        context=data.names("context"),
        kind=data.code("kind") or "comment",
        role=data.code("role"),
        languages=data.code("languages"),
        blog=blog_name(site.url),
        submitted_at=data.moment("submitted_at"),
        platform_id=data.identifier("platform_id"),
        platform_post_id=data.identifier("platform_post_id"),
        parent_id=data.identifier("parent_id"),
    )


PLATFORM = Platform(title="Standard Webhooks 1.0", parse=parse, signature=StandardSignature())
