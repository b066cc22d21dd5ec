"""WordPress.com's webhooks: a form with the fields that its owner ticked, signed by nothing.

https://wordpress.com/support/webhooks/
"""

from collections.abc import Mapping

from moderation.forms import wanted
from moderation.payloads import WORDPRESS_FIELDS, read_form, wordpress_comment
from moderation.platforms import Delivered, Platform
from service.sites import Site

ASKED = wanted("hook", *WORDPRESS_FIELDS)


def parse(headers: Mapping[str, str], body: bytes, site: Site) -> Delivered:
    form = read_form(body, headers.get("Content-Type", ""), ASKED)
    if form.code("hook") != "comment_post":
        return None
    return wordpress_comment(form, site)


PLATFORM = Platform(title="WordPress.com webhooks", parse=parse)
