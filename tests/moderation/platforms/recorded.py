"""Recorded deliveries, and the blog they were recorded for.

A case is a folder ``tests/payloads/<platform>/<case>/`` with ``body``, ``headers.json`` and
``expected.json``: what it ``means`` (``comment``, ``report`` or ``nothing``), and the fields that
matter.  They were signed with ``SECRETS`` at ``factories.NOW``; ``sign`` signs another body.
"""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from pathlib import Path

from multidict import CIMultiDict

from moderation.platforms import PLATFORMS, kinds
from moderation.webhooks import prove
from service.sites import Webhook
from service.webhooks.administration import Proof, standard_key
from service.webhooks.values import path_hash
from tests import factories

PAYLOADS = Path(__file__).parents[2] / "payloads"
SECRETS = {
    Proof.STANDARD: "whsec_" + base64.b64encode(b"a secret that only tests use, 32").decode(),
    Proof.SIGNED: "a secret that only the tests use",
    Proof.PATH: "Q2xvc2VkIHVudGlsIHlvdSBhc2sgbmljZWx5",
}
OTHER_SECRETS = {
    Proof.STANDARD: "whsec_" + base64.b64encode(b"another secret of the tests, 32.").decode(),
    Proof.SIGNED: "another secret of the very tests",
    Proof.PATH: "QW5vdGhlciBzZWNyZXQgb2YgdGhlIHRlc3Rz",
}
PROOFS = {name: kind.proof for name, kind in kinds().items()}
SIGNED = sorted(name for name, proof in PROOFS.items() if proof is not Proof.PATH)
UNSIGNED = sorted(name for name, proof in PROOFS.items() if proof is Proof.PATH)


@dataclass(frozen=True)
class Recorded:
    platform: str
    case: str
    headers: CIMultiDict
    body: bytes
    expected: dict

    @property
    def secret_in_path(self):
        return SECRETS[Proof.PATH] if PROOFS[self.platform] is Proof.PATH else None

    @property
    def signature(self):
        return PLATFORMS[self.platform].signature.header

    def proven(self, site=None, *, headers=None, body=None, secret=None):
        """What ``prove`` makes of it, or of it with something changed."""
        return prove(
            site or blog(self.platform),
            self.headers if headers is None else headers,
            self.body if body is None else body,
            secret or self.secret_in_path,
        )


def blog(platform, secrets=SECRETS, name="blatt", **limits):
    """A blog to which ``platform`` reports."""
    site = factories.unsaved_site(name=name, url="https://blatt.example")
    return factories.unsaved_site(
        name=name,
        url="https://blatt.example",
        webhooks=(webhook(platform, secrets, site.pepper, **limits),),
    )


def webhook(platform, secrets, pepper, number=1, expires_at=None):
    secret = secrets[PROOFS[platform]]
    in_path = PROOFS[platform] is Proof.PATH
    kept = path_hash(pepper, secret) if in_path else secret.encode()
    return Webhook(number, platform, kept, in_path, expires_at)


def cases(platform):
    folders = (PAYLOADS / platform).glob("*/") if (PAYLOADS / platform).is_dir() else []
    return [_read(platform, folder) for folder in sorted(folders)]


def one(platform):
    """The platform's plainest new comment."""
    return next(each for each in cases(platform) if each.expected["means"] == "comment")


def sign(platform, body, secrets=SECRETS, delivery_id="msg_test", moment=factories.NOW):
    """The headers that prove ``body`` to be the platform's; none for one that signs nothing."""
    proof = PROOFS[platform]
    if proof is Proof.PATH:
        return {}
    header = PLATFORMS[platform].signature.header
    if proof is Proof.STANDARD:
        seconds = str(int(moment.timestamp()))
        signed = b".".join((delivery_id.encode(), seconds.encode(), body))
        digest = hmac.digest(standard_key(secrets[proof]), signed, hashlib.sha256)
        return {
            "webhook-id": delivery_id,
            "webhook-timestamp": seconds,
            header: "v1," + base64.b64encode(digest).decode(),
        }
    digest = hmac.digest(secrets[proof].encode(), body, hashlib.sha256)
    if platform == "wp_webhooks":
        return {header: base64.b64encode(digest).decode()}
    return {header: f"sha256={digest.hex()}"}


def resigned(recorded, body, **changes):
    """The headers of ``recorded`` with a right signature of another body."""
    headers = CIMultiDict(recorded.headers)
    headers.update(sign(recorded.platform, body, **changes))
    return headers


def _read(platform, folder):
    return Recorded(
        platform,
        folder.name,
        CIMultiDict(json.loads((folder / "headers.json").read_text("utf-8"))),
        (folder / "body").read_bytes(),
        json.loads((folder / "expected.json").read_text("utf-8")),
    )
