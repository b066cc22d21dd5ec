"""Signed checkpoints of a log: C2SP signed notes (c2sp.org/signed-note, c2sp.org/tlog-checkpoint).

A checkpoint says in three lines which log it is, how many entries it has and what its root is; the
signatures below bind whoever operates it to that.  Values in, values out; it imports nothing of
ours.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519 = b"\x01"
KEY_ID_BYTES = 4
KEY_BYTES = 32
SIGNATURE_MARK = "\u2014 "  # an em dash and a space
NAME = re.compile(r"[^\s+\u2014]{1,200}")
SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
PROOF_MARK = "c2sp.org/tlog-proof@v1"


class BadNote(ValueError):
    """The note is malformed, or nobody whom we trust has signed it."""


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key and the name that it signs under."""

    name: str
    public: bytes  # 32 bytes

    @property
    def key_id(self) -> bytes:
        content = self.name.encode() + b"\n" + ED25519 + self.public
        return hashlib.sha256(content).digest()[:KEY_ID_BYTES]

    @property
    def vkey(self) -> str:
        key = base64.b64encode(ED25519 + self.public).decode()
        return f"{self.name}+{self.key_id.hex()}+{key}"

    def has_signed(self, text: bytes, signature: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text)
        except InvalidSignature:
            return False
        return True


def verifier_from(vkey: str) -> Verifier:
    """Raises ``BadNote`` if ``vkey`` is malformed or its key id does not fit."""
    name, _, rest = vkey.strip().partition("+")
    key_id, _, encoded = rest.partition("+")
    key = _decoded(encoded)
    if not NAME.fullmatch(name) or len(key) != 1 + KEY_BYTES or key[:1] != ED25519:
        raise BadNote("this is no verification key")
    verifier = Verifier(name, key[1:])
    if verifier.key_id.hex() != key_id:
        raise BadNote("the key id does not belong to the key")
    return verifier


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key and the name that it signs under."""

    name: str
    private: Ed25519PrivateKey

    @property
    def verifier(self) -> Verifier:
        return Verifier(self.name, self.private.public_key().public_bytes_raw())

    def line(self, text: bytes) -> str:
        signature = self.verifier.key_id + self.private.sign(text)
        return f"{SIGNATURE_MARK}{self.name} {base64.b64encode(signature).decode()}\n"


def sign(text: str, signers: Iterable[Signer]) -> str:
    """The note of ``text``, which ends with a newline, with a signature of each signer."""
    if not text.endswith("\n") or not _is_printable(text):
        raise BadNote("a note's text is lines without control characters")
    return text + "\n" + "".join(signer.line(text.encode()) for signer in signers)


def opened(note: str, verifiers: Sequence[Verifier]) -> str:
    """The text of ``note``, if at least one of ``verifiers`` has signed it.

    Signatures of others are ignored, as the format wants; a wrong one of theirs is refused.
    Raises ``BadNote``.
    """
    text, mark, signatures = note.rpartition("\n\n")
    text += "\n"
    if not mark or not signatures.endswith("\n") or not _is_printable(note):
        raise BadNote("this is no signed note")
    by_key = {(each.name, each.key_id): each for each in verifiers}
    known = 0
    for line in signatures[:-1].split("\n"):
        name, signature = _signature(line)
        verifier = by_key.get((name, signature[:KEY_ID_BYTES]))
        if verifier is None:
            continue
        if not verifier.has_signed(text.encode(), signature[KEY_ID_BYTES:]):
            raise BadNote("a signature is wrong")
        known += 1
    if not known:
        raise BadNote("nobody whom we trust has signed it")
    return text


def _signature(line: str) -> tuple[str, bytes]:
    name, _, encoded = line.removeprefix(SIGNATURE_MARK).partition(" ")
    signature = _decoded(encoded)
    if not line.startswith(SIGNATURE_MARK) or not NAME.fullmatch(name):
        raise BadNote("a line of the signatures is none")
    if len(signature) <= KEY_ID_BYTES:
        raise BadNote("a signature is too short")
    return name, signature


@dataclass(frozen=True, slots=True)
class Checkpoint:
    origin: str  # which log
    size: int
    root: bytes

    @property
    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    def signed(self, signers: Iterable[Signer]) -> str:
        return sign(self.text, signers)


def checkpoint_from(note: str, verifiers: Sequence[Verifier]) -> Checkpoint:
    """The checkpoint that ``note`` is, signed by one of ``verifiers``.  Raises ``BadNote``."""
    return parsed(opened(note, verifiers))


def parsed(text: str) -> Checkpoint:
    """What the text of a note, or a whole note, says, whoever has signed it.  Raises ``BadNote``.

    Further lines are extensions, which we neither write nor read.
    """
    origin, size, encoded, *_ = [*text.split("\n"), "", "", ""]
    root = _decoded(encoded)
    if not origin or not SIZE.fullmatch(size) or len(root) != hashlib.sha256().digest_size:
        raise BadNote("this is no checkpoint")
    return Checkpoint(origin, int(size), root)


def proof_file(index: int, path: Sequence[bytes], note: str, extra: bytes = b"") -> str:
    """A ``.tlog-proof`` (c2sp.org/tlog-proof): whoever holds the entry can verify it alone."""
    head = [PROOF_MARK, *([f"extra {base64.b64encode(extra).decode()}"] if extra else [])]
    hashes = [base64.b64encode(each).decode() for each in path]
    return "\n".join([*head, f"index {index}", *hashes, "", note])


@dataclass(frozen=True, slots=True)
class ProofFile:
    index: int
    path: tuple[bytes, ...]
    note: str
    extra: bytes = b""


def proof_file_from(text: str) -> ProofFile:
    """Raises ``BadNote`` if ``text`` is no ``.tlog-proof``; whether it holds is not checked."""
    head, _, note = text.partition("\n\n")
    mark, *lines = head.split("\n")
    extra = b""
    if lines and lines[0].startswith("extra "):
        extra = _decoded(lines.pop(0).removeprefix("extra "))
    index = lines.pop(0).removeprefix("index ") if lines else ""
    path = tuple(_decoded(line) for line in lines)
    sizes = {len(each) for each in path} - {hashlib.sha256().digest_size}
    if mark != PROOF_MARK or not SIZE.fullmatch(index) or sizes:
        raise BadNote("this is no proof")
    return ProofFile(int(index), path, note, extra)


def _is_printable(text: str) -> bool:
    return not any(character < " " and character != "\n" for character in text)


def _decoded(encoded: str) -> bytes:
    """Empty for anything but base64 in its one canonical spelling."""
    try:
        content = base64.b64decode(encoded.encode(), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        return b""
    return content if base64.b64encode(content).decode() == encoded else b""
