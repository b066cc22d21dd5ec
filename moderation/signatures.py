"""How platforms sign what they deliver: HMAC-SHA256 over the raw bytes, in three spellings.

Signatures are compared as they are spelled and in constant time, so that no other spelling of the
same bytes passes.  Several may stand in one header, and several secrets may be valid, while either
side changes its secret; one that fits is enough.  Whatever the headers and the body, ``verify``
raises only what it says.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from moderation.comments import storable
from service import clock, errors
from service.webhooks.administration import Proof, standard_key

TOLERANCE = timedelta(minutes=5)  # as the libraries of Standard Webhooks have it
TIMESTAMP_DIGITS = 12  # seconds since 1970, for the next thirty thousand years


class MissingSignature(errors.Unauthenticated):
    """This delivery is not signed."""


class BadSignature(errors.Unauthenticated):
    """The signature fits no secret of this site."""


class StaleDelivery(errors.Unauthenticated):
    """This delivery was signed more than five minutes ago, or ahead of its time."""


class Signature(Protocol):
    """A way to sign.  ``header`` tells which platform speaks."""

    @property
    def header(self) -> str: ...

    @property
    def proof(self) -> Proof: ...

    def verify(
        self, headers: Mapping[str, str], body: bytes, secrets: Sequence[bytes]
    ) -> str | None:
        """The delivery's id if it is signed, too; None if only the body is.

        ``headers`` must ignore case.  Raises ``MissingSignature``, ``BadSignature`` or
        ``StaleDelivery``.
        """
        ...


@dataclass(frozen=True, slots=True)
class StandardSignature:
    """Standard Webhooks 1.0: ``v1,<base64>`` over id, time and body, separated by spaces.

    https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
    """

    header: str = "webhook-signature"
    proof: Proof = Proof.STANDARD

    def verify(self, headers: Mapping[str, str], body: bytes, secrets: Sequence[bytes]) -> str:
        delivery_id, timestamp = headers.get("webhook-id"), headers.get("webhook-timestamp")
        given = headers.get(self.header)
        if not delivery_id or not timestamp or not given:
            raise MissingSignature
        signed = b".".join((_bytes(delivery_id), _bytes(timestamp), body))
        _require(given.split(" "), (_standard(secret, signed) for secret in secrets))
        # The signature covers the time, so it comes before believing the time.
        _require_fresh(timestamp)
        return storable(delivery_id)


@dataclass(frozen=True, slots=True)
class HexSignature:
    """``sha256=<hex>`` over the body, separated by commas: Discourse, Coral."""

    header: str
    proof: Proof = Proof.SIGNED

    def verify(self, headers: Mapping[str, str], body: bytes, secrets: Sequence[bytes]) -> None:
        if not (given := headers.get(self.header)):
            raise MissingSignature
        signatures = [part.strip(" ") for part in given.split(",")]
        _require(signatures, (b"sha256=" + _hex(secret, body) for secret in secrets))


@dataclass(frozen=True, slots=True)
class Base64Signature:
    """Plain base64 over the body: WP Webhooks."""

    header: str
    proof: Proof = Proof.SIGNED

    def verify(self, headers: Mapping[str, str], body: bytes, secrets: Sequence[bytes]) -> None:
        if not (given := headers.get(self.header)):
            raise MissingSignature
        _require([given], (_base64(secret, body) for secret in secrets))


def _require(given: Sequence[str], expected: Iterable[bytes]) -> None:
    signatures = [_bytes(signature) for signature in given]
    for right in expected:
        if any(hmac.compare_digest(signature, right) for signature in signatures):
            return
    raise BadSignature


def _require_fresh(timestamp: str) -> None:
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= TIMESTAMP_DIGITS):
        raise StaleDelivery
    if abs(clock.now().timestamp() - int(timestamp)) > TOLERANCE.total_seconds():
        raise StaleDelivery


def _standard(secret: bytes, signed: bytes) -> bytes:
    key = standard_key(secret.decode())
    return b"v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256))


def _hex(secret: bytes, body: bytes) -> bytes:
    return hmac.digest(secret, body, hashlib.sha256).hex().encode()


def _base64(secret: bytes, body: bytes) -> bytes:
    return base64.b64encode(hmac.digest(secret, body, hashlib.sha256))


def _bytes(header: str) -> bytes:
    """A header as it came over the wire, where it need not be text in any encoding."""
    return header.encode("utf-8", "surrogateescape")
