"""Signatures of what we send, by Standard Webhooks 1.0; several while a secret is rotated."""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime

from service.webhooks.administration import standard_key


def headers(message_id: str, now: datetime, body: bytes, secrets: Iterable[str]) -> dict[str, str]:
    """The three headers that prove ``body``; ``secrets`` are ``whsec_...``, the newest first.

    ``message_id`` stays the same from one attempt to the next, ``now`` does not.
    """
    timestamp = str(int(now.timestamp()))
    signed = f"{message_id}.{timestamp}.".encode() + body
    signatures = (
        base64.b64encode(hmac.digest(standard_key(secret), signed, hashlib.sha256)).decode()
        for secret in secrets
    )
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }
