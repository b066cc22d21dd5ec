"""Waline, whose WEBHOOK setting is one address that it tells of new comments, signed by nothing.

https://waline.js.org/en/reference/server/env.html
"""

from collections.abc import Mapping
from urllib.parse import urljoin

from moderation.akismet.fields import blog_name
from moderation.comments import Comment
from moderation.payloads import Fields, read_json
from moderation.platforms import Delivered, Platform
from service.sites import Site


def parse(_headers: Mapping[str, str], body: bytes, site: Site) -> Delivered:
    payload = read_json(body)
    if payload.code("type") != "new_comment":
        return None
    return _comment(payload.inner("data").inner("comment"), site)


def _comment(comment: Fields, site: Site) -> Comment:
    parent = comment.identifier("pid")
    written = "rawComment" if comment.values.get("rawComment") is not None else "comment"
    return Comment(
        text=comment.required(written),
        author=comment.name("nick"),
        email=comment.name("mail"),
        url=comment.url("link"),
        address=comment.address("ip"),
        user_agent=comment.url("ua") or None,
        permalink=_permalink(comment.url("url"), site),
        kind="reply" if parent else "comment",
        blog=blog_name(site.url),
        submitted_at=comment.moment("insertedAt"),
        platform_id=comment.identifier("objectId"),
        parent_id=parent,
    )


def _permalink(path: str | None, site: Site) -> str | None:
    """Waline keeps the path alone."""
    if not path:
        return None
    try:
        return urljoin(f"{site.url}/", path)
    except ValueError:
        return path


PLATFORM = Platform(title="Waline", parse=parse)
