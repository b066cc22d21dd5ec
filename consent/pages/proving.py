"""That an entry stands in its log: the proof, and whether it holds."""

from dataclasses import dataclass

from aiohttp import web

from consent import checkpoints, merkle
from consent.checkpoints import Verifier
from consent.ledger import proofs, signing, store
from consent.ledger.outside import UnreadableCheckpoint
from consent.ledger.store import CheckpointRow, Entry
from consent.ledger.writing import LedgerClosed
from consent.merkle import HASH_BYTES, BadProof
from service.db import Connection
from service.secrets import SECRETS
from service.settings import SETTINGS
from service.signing import NoSigningKey
from service.sites import Site


@dataclass(frozen=True, slots=True)
class Proof:
    checkpoint: CheckpointRow
    path: list[bytes]
    keys: list[Verifier]

    def file(self, entry: Entry) -> str:
        """A ``.tlog-proof`` whose extra data is the leaf."""
        return checkpoints.proof_file(
            entry.index, self.path, self.checkpoint.note, entry.leaf.encode()
        )


@dataclass(frozen=True, slots=True)
class Proven:
    """``holds`` is whether leaf, path and root belong together; ``proof`` None: nothing signed."""

    leaf_hash: bytes
    holds: bool = False
    proof: Proof | None = None


async def proven(request: web.Request, conn: Connection, site: Site, entry: Entry) -> Proven:
    """Against the first checkpoint that has the entry; one is signed now if there is none."""
    leaf_hash = merkle.leaf_hash(entry.leaf.encode())
    checkpoint = await _covering(request, conn, site, entry)
    if checkpoint is None:
        return Proven(leaf_hash)
    path = await proofs.inclusion(conn, site.id, entry.epoch, entry.index, checkpoint.size)
    keys = await signing.verifiers(conn, site.id)
    try:
        merkle.verify_inclusion(leaf_hash, entry.index, checkpoint.size, path, checkpoint.root)
        holds = entry.hashes[:HASH_BYTES] == leaf_hash
    except BadProof:
        holds = False
    return Proven(leaf_hash, holds, Proof(checkpoint, path, keys))


async def _covering(
    request: web.Request, conn: Connection, site: Site, entry: Entry
) -> CheckpointRow | None:
    found = await store.checkpoint_covering(conn, site.id, entry.epoch, entry.index + 1)
    if found is not None:
        return found
    secrets, settings = request.app[SECRETS], request.app[SETTINGS]
    try:
        made = await signing.checkpoint(conn, secrets, settings.data_dir, site)
    except (LedgerClosed, NoSigningKey, UnreadableCheckpoint, OSError):
        return None  # the job says why
    return made if made.epoch == entry.epoch else None
