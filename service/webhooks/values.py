"""What both the directory and the administration of webhooks know of a secret."""

import hashlib
import hmac

WEBHOOK_PURPOSE = "webhook secret"


def path_hash(pepper: bytes, secret: str) -> bytes:
    """By which a secret that stands in the path is recognised.

    Keyed by the site's pepper, which a change of the master key leaves as it is: we could not
    compute the hash anew.
    """
    return hmac.digest(
        pepper, b"webhook path\0" + secret.encode("utf-8", "replace"), hashlib.sha256
    )
