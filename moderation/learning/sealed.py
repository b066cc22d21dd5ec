"""What a site has learnt, on its way through the database: packed, described, authenticated."""

import hashlib
import hmac
from collections.abc import Mapping

import orjson

from classifiers import artifacts, corrections
from classifiers.artifacts import UnfitModel
from classifiers.corrections import Correction
from moderation.learning.store import Stored

FORMAT = 1  # of a correction


class OtherBase(UnfitModel):
    """It corrects another model than the one that judges here."""


def stored(  # noqa: PLR0913  (what the manifest names)
    correction: Correction | None,
    key: bytes,
    *,
    site_id: int,
    version: int,
    kind: str,
    base: str,
    facts: Mapping[str, object],
) -> Stored:
    """``kind`` is ``model`` or ``adjustment``, ``base`` the version of the model it corrects."""
    packed = corrections.pack(correction) if correction else None
    digest = hashlib.sha256(packed or b"").hexdigest()
    described = (
        dict(facts)
        | artifacts.describe()
        | {
            "format": FORMAT,
            "site": site_id,
            "version": version,
            "kind": kind,
            "base": base,
            "sha256": digest,
        }
    )
    manifest = orjson.dumps(described, option=orjson.OPT_SORT_KEYS)
    return Stored(site_id, version, manifest.decode(), _code(key, manifest), packed)


def opened(found: Stored, key: bytes, *, kind: str, base: str) -> Correction | None:
    """What was stored, once everything fits; nothing is executed before.

    Raises UnfitModel, in one sentence.
    """
    manifest = found.manifest.encode()
    if not hmac.compare_digest(_code(key, manifest), found.code):
        raise UnfitModel("its manifest was not made under our master key")
    told = orjson.loads(manifest)
    if (told["site"], told["version"], told["kind"]) != (found.site_id, found.version, kind):
        raise UnfitModel("its manifest is that of another site or version")
    if hashlib.sha256(found.packed or b"").hexdigest() != told["sha256"]:
        raise UnfitModel("it is not the one its manifest names: the digests differ")
    if told["base"] != base:
        raise OtherBase(f"it corrects model {told['base']} and not {base}")
    for part, expected in (artifacts.describe() | {"format": FORMAT}).items():
        if told.get(part) != expected:
            raise UnfitModel(f"it was trained with other {part}")
    return corrections.unpack(found.packed) if found.packed else None


def _code(key: bytes, manifest: bytes) -> bytes:
    return hmac.digest(key, manifest, "sha256")
