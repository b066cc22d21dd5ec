"""Receipts: what a visitor keeps, and can verify without us."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from consent import checkpoints, merkle
from consent.checkpoints import Verifier
from consent.ledger import proofs, signing, store, subjects
from consent.ledger.entries import Type
from consent.ledger.store import CheckpointRow, Entry
from consent.ledger.subjects import BrokenOpening
from consent.notices.shelf import Edition, Published
from service.db import Connection
from service.secrets import Secrets
from service.sites import Site


@dataclass(frozen=True, slots=True)
class Receipt:
    """An entry, the proof that it stands in the log, and what its commitments open to."""

    site: Site
    entry: Entry
    leaf: dict[str, Any]
    checkpoint: CheckpointRow
    path: list[bytes]
    verifiers: list[Verifier]
    salt: bytes | None  # None where nothing is committed to, or it was erased
    opened: dict[str, str]
    edition: Edition | None

    @property
    def leaf_hash(self) -> str:
        return self.entry.hashes[: merkle.HASH_BYTES].hex()


def acknowledged(site: Site, entry: Entry) -> dict[str, Any]:
    """What is answered to an event."""
    leaf = orjson.loads(entry.leaf)
    return {
        "receipt_id": str(entry.receipt_id),
        "index": entry.index,
        "time": leaf["time"],
        "type": entry.type,
        "state": state_of(leaf),
        "valid_until": leaf["valid_until"],
        "leaf_hash": entry.hashes[: merkle.HASH_BYTES].hex(),
        "receipt_url": f"/consent/{site.name}/receipts/{entry.receipt_id}",
        "checkpoint_pending": True,
    }


def state_of(leaf: dict[str, Any]) -> str:
    """In the words of decisions: what the entry says is granted, refused or withdrawn."""
    if leaf["type"] == Type.ACKNOWLEDGED:
        return "acknowledged"
    if "granted" in leaf["decisions"].values():
        return "granted"
    return str(leaf["type"]) if leaf["type"] in {Type.WITHDRAWN, Type.EXPIRED} else "refused"


async def receipt(  # noqa: PLR0913, PLR0917  (who signs, and what is shown)
    conn: Connection,
    secrets: Secrets,
    data_dir: Path,
    site: Site,
    published: Published,
    entry: Entry,
) -> Receipt:
    """Signs a checkpoint if none has the entry yet.  Raises what ``signing.checkpoint`` raises."""
    checkpoint = await signing.covering(conn, secrets, data_dir, site, entry)
    leaf = orjson.loads(entry.leaf)
    salt, opened = await _opening(conn, site, entry)
    notice = leaf.get("notice")
    return Receipt(
        site=site,
        entry=entry,
        leaf=leaf,
        checkpoint=checkpoint,
        path=await proofs.inclusion(conn, site.id, entry.epoch, entry.index, checkpoint.size),
        verifiers=await signing.verifiers(conn, site.id),
        salt=salt,
        opened=opened,
        edition=published.get(notice["sha256"]) if notice else None,
    )


async def _opening(
    conn: Connection, site: Site, entry: Entry
) -> tuple[bytes | None, dict[str, str]]:
    found = await store.opening(conn, site.id, entry.epoch, entry.index)
    if found is None:
        return None, {}
    salt, sealed = found
    try:
        return salt, subjects.Sealer(site).unseal(salt, sealed)
    except BrokenOpening:
        return None, {}


def in_json(found: Receipt) -> dict[str, Any]:
    """All that is needed to verify it: ``leaf`` is the text whose hash stands in the log."""
    return {
        **acknowledged(found.site, found.entry),
        "checkpoint_pending": False,
        "leaf": found.entry.leaf,
        "opening": _opened(found),
        "checkpoint": found.checkpoint.note,
        "inclusion_proof": [each.hex() for each in found.path],
        "keys": [verifier.vkey for verifier in found.verifiers],
        "notice_url": _notice_url(found),
    }


def tlog_proof(found: Receipt) -> str:
    """A C2SP ``.tlog-proof``, with the leaf and its opening as its extra data."""
    extra = orjson.dumps({"leaf": found.entry.leaf, "opening": _opened(found)})
    return checkpoints.proof_file(found.entry.index, found.path, found.checkpoint.note, extra)


def _opened(found: Receipt) -> dict[str, Any] | None:
    return {"salt": found.salt.hex(), "values": found.opened} if found.salt else None


def _notice_url(found: Receipt) -> str | None:
    notice = found.leaf.get("notice")
    return f"/consent/{found.site.name}/notices/{notice['sha256']}" if notice else None
