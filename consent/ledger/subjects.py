"""Subjects: how the rows of one visitor are found, and how what is personal is kept.

Both keys come from the site's pepper, which a change of the master key leaves as it is: the log
may have millions of rows, and none of them needs to be sealed anew.
"""

import hashlib
import hmac
import os
from collections.abc import Mapping

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from service import errors
from service.sites import Site

HASH_BYTES = 16
NONCE_BYTES = 12


class BrokenOpening(errors.ServiceError):
    """What a commitment opens to cannot be read."""


def subject_hash(site: Site, subject: str) -> bytes:
    """16 bytes by which ``subject`` is found, and from which it cannot be read."""
    content = b"consent subject\0" + subject.encode()
    return hmac.digest(site.pepper, content, hashlib.sha256)[:HASH_BYTES]


class Sealer:
    """Seals what commitments of one site open to; the salt is bound in."""

    def __init__(self, site: Site) -> None:
        self._cipher = AESGCM(hmac.digest(site.pepper, b"consent openings", hashlib.sha256))

    def seal(self, salt: bytes, values: Mapping[str, str]) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, orjson.dumps(dict(values)), salt)

    def unseal(self, salt: bytes, sealed: bytes) -> dict[str, str]:
        """Raises ``BrokenOpening``."""
        nonce, content = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        try:
            opened: dict[str, str] = orjson.loads(self._cipher.decrypt(nonce, content, salt))
        except (InvalidTag, ValueError) as error:
            raise BrokenOpening from error
        return opened
