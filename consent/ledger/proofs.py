"""Proofs from the database: each reads a number of rows that grows with the log's logarithm."""

from collections.abc import Sequence

from consent import merkle
from consent.ledger import store
from consent.merkle import HASH_BYTES, Node, Tile
from service.db import Connection


async def inclusion(
    conn: Connection, site_id: int, epoch: int, index: int, size: int
) -> list[bytes]:
    """That entry ``index`` stands in the log of ``size`` entries."""
    return await _proof(conn, site_id, epoch, merkle.inclusion_nodes(index, size))


async def consistency(
    conn: Connection, site_id: int, epoch: int, old: int, size: int
) -> list[bytes]:
    """That the log of ``size`` entries extends that of ``old``."""
    return await _proof(conn, site_id, epoch, merkle.consistency_nodes(old, size))


async def root(conn: Connection, site_id: int, epoch: int, size: int) -> bytes:
    """The root of the first ``size`` entries."""
    found = await nodes(conn, site_id, epoch, merkle.root_nodes(size))
    return merkle.fold([found[node] for node in merkle.root_nodes(size)])


async def tile(conn: Connection, site_id: int, epoch: int, wanted: Tile) -> bytes:
    """Its hashes, one after the other."""
    found = await nodes(conn, site_id, epoch, wanted.nodes)
    return b"".join(found[node] for node in wanted.nodes)


async def nodes(
    conn: Connection, site_id: int, epoch: int, wanted: Sequence[Node]
) -> dict[Node, bytes]:
    """The hashes of complete nodes.  Raises ``KeyError`` if the log does not have one of them."""
    found = await store.hashes_at(conn, site_id, epoch, [node.last_leaf for node in wanted])
    return {node: at_level(found[node.last_leaf], node.level) for node in wanted}


def at_level(hashes: bytes, level: int) -> bytes:
    return hashes[level * HASH_BYTES : (level + 1) * HASH_BYTES]


async def _proof(
    conn: Connection, site_id: int, epoch: int, spans: Sequence[Sequence[Node]]
) -> list[bytes]:
    found = await nodes(conn, site_id, epoch, [node for span in spans for node in span])
    return merkle.proof(spans, found)
