"""The plugin WP Webhooks (Ironikus) with its comments add-on, in a WordPress of one's own.

It sends the comment with all that WordPress knows of it, the post and the user, of which only the
comment is read.  Content types: JSON, its default, and form; XML is refused.  Newer versions name
the trigger in a header, which is not signed; of older ones only new comments should be sent here.
"""

from collections.abc import Mapping

from msgspec.structs import replace

from moderation.comments import Origin
from moderation.feedback.matching import Report
from moderation.feedback.store import Label
from moderation.forms import wanted
from moderation.payloads import (
    WORDPRESS_FIELDS,
    Fields,
    MalformedDelivery,
    read_form,
    read_json,
    wordpress_comment,
)
from moderation.platforms import Delivered, Platform
from moderation.signatures import Base64Signature
from service.sites import Site

# PHP spells a nested field of a form like this, and escapes the brackets.
NESTED = {f"comment_data%5B{name}%5D": name for name in WORDPRESS_FIELDS}
ASKED = wanted(*NESTED)
FORM = "application/x-www-form-urlencoded"


def parse(headers: Mapping[str, str], body: bytes, site: Site) -> Delivered:
    trigger = headers.get("X-WP-Webhook-Name", "")
    data = _comment_data(headers.get("Content-Type", ""), body)
    status = data.code("comment_approved")
    if "trash" in trigger or "delete" in trigger or status == "trash":
        return None
    if "update" not in trigger:
        return wordpress_comment(data, site)
    if status == "spam":
        reported = replace(wordpress_comment(data, site), origin=Origin.SUBMISSION)
        return Report(reported, Label.SPAM, "")
    return wordpress_comment(data, site, recheck_reason="edit")


def _comment_data(content_type: str, body: bytes) -> Fields:
    kind = content_type.partition(";")[0].strip().lower()
    if kind == FORM:
        form = read_form(body, content_type, ASKED)
        return Fields({NESTED[name]: text for name, text in form.values.items() if name in NESTED})
    if kind.endswith("xml"):
        raise MalformedDelivery("Set the content type of the webhook to application/json.")
    payload = read_json(body)
    if "comment_data" not in payload.values:
        raise MalformedDelivery("comment_data is missing.")
    return payload.inner("comment_data")


PLATFORM = Platform(
    title="WP Webhooks plugin",
    parse=parse,
    signature=Base64Signature("X-WP-Webhook-Signature"),
)
