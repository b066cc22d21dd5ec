"""The Merkle tree of RFC 6962: hashes, proofs, and their verification.  Values in, values out.

The tree over ``n`` leaves is described by its *nodes*: ``Node(level, position)`` is the hash over
the leaves from ``position * 2**level`` up to ``(position + 1) * 2**level``.  Only such complete
nodes are ever stored.  A proof names the nodes that it needs (``inclusion_nodes``,
``consistency_nodes``), whoever stores them reads them, and the proof is put together from what was
read.  It imports nothing of ours.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()
TILE_HEIGHT = 8  # levels of a tile, https://c2sp.org/tlog-tiles
TILE_WIDTH = 1 << TILE_HEIGHT

_LEVEL = re.compile(r"[0-7]")  # a tile of level 7 spans 2^56 leaves and more
_TILE_PATH = re.compile(
    r"(?P<front>(x[0-9]{3}/){0,6})(?P<last>[0-9]{3})(\.p/(?P<width>[1-9][0-9]{0,2}))?"
)


class BadProof(ValueError):
    """The proof does not lead to the root."""


class Node(NamedTuple):
    level: int  # 0 is a leaf
    position: int

    @property
    def last_leaf(self) -> int:
        """Index of the leaf that completes it."""
        return ((self.position + 1) << self.level) - 1


def leaf_hash(leaf: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """The right edge of a tree: all that is needed to append to it and to know its root.

    ``hashes`` are those of the complete subtrees, the largest first: one for each bit of ``size``.
    """

    def __init__(self, size: int = 0, hashes: Iterable[bytes] = ()) -> None:
        self.size = size
        self.hashes = list(hashes)
        if len(self.hashes) != size.bit_count():
            raise ValueError("the frontier does not fit its size")

    def append(self, leaf: bytes) -> bytes:
        """Append the hash of a leaf; it, and the nodes that it completes, one after the other."""
        completed = [leaf]
        size = self.size
        while size & 1:
            completed.append(node_hash(self.hashes.pop(), completed[-1]))
            size >>= 1
        self.hashes.append(completed[-1])
        self.size += 1
        return b"".join(completed)

    def root(self) -> bytes:
        return fold(self.hashes)


def fold(hashes: Sequence[bytes]) -> bytes:
    """The root over complete subtrees, given from left to right."""
    if not hashes:
        return EMPTY_ROOT
    root = hashes[-1]
    for left in reversed(hashes[:-1]):
        root = node_hash(left, root)
    return root


def root_of(leaf_hashes: Iterable[bytes]) -> bytes:
    frontier = Frontier()
    for leaf in leaf_hashes:
        frontier.append(leaf)
    return frontier.root()


def span_nodes(start: int, end: int) -> list[Node]:
    """The complete nodes that make up the leaves ``[start, end)`` of a subtree, left to right."""
    nodes = []
    while start < end:
        level = (end - start).bit_length() - 1
        nodes.append(Node(level, start >> level))
        start += 1 << level
    return nodes


def root_nodes(size: int) -> list[Node]:
    return span_nodes(0, size)


def inclusion_nodes(index: int, size: int) -> list[list[Node]]:
    """What the proof that leaf ``index`` is in a tree of ``size`` needs: nodes for each hash."""
    if not 0 <= index < size:
        raise ValueError("there is no such leaf")
    start, end, spans = 0, size, []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            spans.append((middle, end))
            end = middle
        else:
            spans.append((start, middle))
            start = middle
    return [span_nodes(*span) for span in reversed(spans)]


def consistency_nodes(old: int, size: int) -> list[list[Node]]:
    """What the proof that a tree of ``size`` extends one of ``old`` needs: nodes for each hash."""
    if not 0 <= old <= size:
        raise ValueError("a tree does not extend a larger one")
    if old in {0, size}:
        return []
    start, end, spans = 0, size, []
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            spans.append((middle, end))
            end = middle
        else:
            spans.append((start, middle))
            start = middle
    if start:
        spans.append((start, end))
    return [span_nodes(*span) for span in reversed(spans)]


def proof(spans: Sequence[Sequence[Node]], hashes: Mapping[Node, bytes]) -> list[bytes]:
    """The proof that ``spans`` describe, put together from the hashes of their nodes."""
    return [fold([hashes[node] for node in span]) for span in spans]


def _split(size: int) -> int:
    """The largest power of two below ``size`` (RFC 6962, 2.1)."""
    return 1 << (size - 1).bit_length() - 1


def verify_inclusion(
    leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes
) -> None:
    """Raises ``BadProof`` unless the tree of ``size`` with ``root`` has this hash at ``index``.

    The algorithm of RFC 9162, 2.1.3.2.
    """
    if not 0 <= index < size:
        raise BadProof("the index lies outside the tree")
    number, last, found = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            raise BadProof("the proof is too long")
        if number & 1 or number == last:
            found = node_hash(sibling, found)
            number, last = _right_child(number, last)
        else:
            found = node_hash(found, sibling)
        number, last = number >> 1, last >> 1
    if last or found != root:
        raise BadProof("the proof does not lead to the root")


def _right_child(number: int, last: int) -> tuple[int, int]:
    while number and not number & 1:
        number, last = number >> 1, last >> 1
    return number, last


def verify_consistency(
    old: int, old_root: bytes, size: int, root: bytes, path: Sequence[bytes]
) -> None:
    """Raises ``BadProof`` unless the tree of ``size`` with ``root`` extends the one of ``old``.

    The algorithm of RFC 9162, 2.1.4.2.
    """
    if not 0 <= old <= size:
        raise BadProof("the newer tree is the smaller one")
    if old in {0, size}:
        if path or (old and old_root != root) or (not old and old_root != EMPTY_ROOT):
            raise BadProof("trees of one size have one root")
        return
    hashes = [old_root, *path] if old & (old - 1) == 0 else list(path)
    if not hashes:
        raise BadProof("the proof is empty")
    number, last = old - 1, size - 1
    while number & 1:
        number, last = number >> 1, last >> 1
    of_old = of_new = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            raise BadProof("the proof is too long")
        if number & 1 or number == last:
            of_old, of_new = node_hash(sibling, of_old), node_hash(sibling, of_new)
            number, last = _right_child(number, last)
        else:
            of_new = node_hash(of_new, sibling)
        number, last = number >> 1, last >> 1
    if last or of_old != old_root or of_new != root:
        raise BadProof("the proof does not lead from one root to the other")


class Tile(NamedTuple):
    """Hashes of the tree's level ``8 * level``: ``width`` of them from ``256 * number`` on."""

    level: int
    number: int
    width: int = TILE_WIDTH

    @property
    def nodes(self) -> list[Node]:
        first = self.number * TILE_WIDTH
        level = self.level * TILE_HEIGHT
        return [Node(level, position) for position in range(first, first + self.width)]

    @property
    def path(self) -> str:
        parts = [f"{self.number % 1000:03}"]
        rest = self.number // 1000
        while rest:
            parts.append(f"x{rest % 1000:03}")
            rest //= 1000
        partial = f".p/{self.width}" if self.width < TILE_WIDTH else ""
        return f"tile/{self.level}/{'/'.join(reversed(parts))}{partial}"

    def is_in(self, size: int) -> bool:
        """Whether a tree of ``size`` has all of its hashes."""
        return self.nodes[-1].last_leaf < size


def tile_at(level: str, path: str) -> Tile | None:
    """The tile that ``tile/<level>/<path>`` names; None if it is not spelt as ``Tile.path``."""
    found = _TILE_PATH.fullmatch(path)
    if found is None or not _LEVEL.fullmatch(level):
        return None
    number = int(found["front"].replace("x", "").replace("/", "") + found["last"])
    tile = Tile(int(level), number, int(found["width"] or TILE_WIDTH))
    return tile if tile.path == f"tile/{level}/{path}" else None
