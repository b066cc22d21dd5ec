import json
from itertools import islice

from standardwebhooks import Webhook

from benchmarks import comments, signed
from moderation.akismet.fields import ASKED, comment_of
from moderation.forms import decode
from moderation.platforms import generic
from tests import factories

SECRET = "whsec_YSBzZWNyZXQgdGhhdCBvbmx5IHRlc3RzIHVzZSwgMzI="


def test_a_delivery_is_the_same_comment_as_its_form():
    site = factories.unsaved_site()
    for form in islice(comments.bodies(1, "0" * 12), 50):
        by_form = comment_of(decode(form, "", ASKED), site)

        body = signed.delivery(form).encode()

        by_webhook = generic.parse({}, body, site)
        for name in ("email", "url", "address", "permalink", "context", "platform_post_id"):
            assert getattr(by_webhook, name) == getattr(by_form, name)
        assert by_webhook.languages == by_form.languages


def test_each_request_is_signed_and_a_delivery_of_its_own():
    made = signed.requests(comments.bodies(1, "0" * 12), 8080, "bench", SECRET)

    ids = set()
    for request in islice(made, 50):
        head, _, body = request.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        assert first == "POST /webhooks/bench HTTP/1.1"
        assert int(headers["Content-Length"]) == len(body)
        assert Webhook(SECRET).verify(body, headers) == json.loads(body)
        ids.add(headers["webhook-id"])
    assert len(ids) == 50
