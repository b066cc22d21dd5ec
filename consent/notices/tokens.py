"""Notice tokens: the proof that a page was given this notice, in this language, lately.

A token binds site, notice and language to a time, under the site's pepper.  Only grants need one:
refusing and withdrawing must never fail for want of it.
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec

from service.sites import Site

LIFETIME = timedelta(minutes=30)
LONGEST = 600  # characters; ours have about 250
_DOMAIN = b"gatehouse notice token v1\0"


@dataclass(frozen=True, slots=True)
class NoticeToken:
    notice: str  # the digest
    language: str
    expires_at: datetime


class _Claims(msgspec.Struct, frozen=True):
    site: str
    notice: str
    lang: str
    iat: int
    exp: int


def issue(site: Site, notice: str, language: str, now: datetime) -> str:
    """A token in URL-safe characters, good for ``LIFETIME``."""
    issued = int(now.timestamp())
    expires = issued + int(LIFETIME.total_seconds())
    claims = msgspec.json.encode(_Claims(site.name, notice, language, issued, expires))
    return f"{_encoded(claims)}.{_encoded(_signature(site, claims))}"


def read(site: Site, token: str) -> NoticeToken | None:
    """What ``token`` says, if we issued it for this site; expired or not."""
    payload, _, signature = token.partition(".")
    claims, given = _decoded(payload), _decoded(signature)
    if len(token) > LONGEST or not hmac.compare_digest(_signature(site, claims), given):
        return None
    found = msgspec.json.decode(claims, type=_Claims)
    return NoticeToken(found.notice, found.lang, datetime.fromtimestamp(found.exp, UTC))


def _signature(site: Site, claims: bytes) -> bytes:
    return hmac.digest(site.pepper, _DOMAIN + claims, hashlib.sha256)


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    """Empty for what is no base64url in its one spelling."""
    try:
        content = base64.b64decode(
            text.encode() + b"=" * (-len(text) % 4), altchars=b"-_", validate=True
        )
    except (binascii.Error, ValueError):
        return b""
    return content if _encoded(content) == text else b""
