"""The comments of ``comments`` as signed webhooks (Standard Webhooks 1.0), one delivery for each.

A form that repeats an earlier one becomes another delivery of the same comment, not a redelivery,
so that every request is judged and stored, as every check by the Akismet protocol is.
"""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import parse_qsl

from standardwebhooks import Webhook

# The protocol's name of a field, and ours.
NAMES = {
    "comment_content": "text",
    "comment_author": "author",
    "comment_author_email": "email",
    "comment_author_url": "url",
    "user_ip": "address",
    "user_agent": "user_agent",
    "referrer": "referrer",
    "permalink": "permalink",
    "comment_type": "kind",
    "blog_lang": "languages",
    "comment_post_ID": "platform_post_id",
}
CONTEXT = "comment_context["


def requests(bodies: Iterator[bytes], port: int, site: str, secret: str) -> Iterator[bytes]:
    """Whole requests, signed now: they are good for five minutes."""
    signer = Webhook(secret)
    run = time.time_ns()
    for number, form in enumerate(bodies):
        delivery_id = f"msg_{run}_{number}"
        moment = datetime.now(UTC)
        body = delivery(form)
        head = (
            f"POST /webhooks/{site} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            f"User-Agent: Benchmark\r\nContent-Type: application/json\r\n"
            f"webhook-id: {delivery_id}\r\nwebhook-timestamp: {int(moment.timestamp())}\r\n"
            f"webhook-signature: {signer.sign(delivery_id, moment, body)}\r\n"
            f"Content-Length: {len(body.encode())}\r\n\r\n"
        )
        yield (head + body).encode()


def delivery(form: bytes) -> str:
    """What a platform would send of the comment in a form of the Akismet plugin."""
    pairs = parse_qsl(form.decode(), keep_blank_values=True)
    fields = dict(pairs)
    data: dict[str, object] = {ours: fields[name] for name, ours in NAMES.items() if name in fields}
    data["context"] = [value for name, value in pairs if name.startswith(CONTEXT)]
    event = {"type": "comment.created", "timestamp": "2026-05-03T08:12:44Z", "data": data}
    return json.dumps(event, ensure_ascii=False, separators=(",", ":"))
