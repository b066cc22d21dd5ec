"""The one compact proof of a filtered export: the subtrees of what was left out.

Put between the leaves that are there, they lead to the root; and they tell nothing of the entries
below them.  A gap is cut where a checkpoint is known, so that its root can be reached as well.
"""

from collections.abc import Iterable, Iterator

from consent.merkle import Node


class Gaps:
    """Follows the entries that are exported, and names the nodes of those that are not."""

    def __init__(self, size: int, cuts: Iterable[int]) -> None:
        self._size = size
        self._cuts = sorted({cut for cut in cuts if 0 < cut < size})
        self._next = 0

    def before(self, index: int) -> Iterator[Node]:
        """The nodes of all that was left out before the entry ``index``, which is exported."""
        yield from self._nodes(index)
        self._next = index + 1

    def rest(self) -> Iterator[Node]:
        yield from self._nodes(self._size)
        self._next = self._size

    def _nodes(self, end: int) -> Iterator[Node]:
        start = self._next
        for cut in (*(cut for cut in self._cuts if start < cut < end), end):
            yield from maximal(start, cut)
            start = max(start, cut)


def maximal(start: int, end: int) -> Iterator[Node]:
    """The fewest complete nodes over the leaves ``[start, end)``, from left to right."""
    while start < end:
        aligned = (start & -start).bit_length() - 1 if start else (end - start).bit_length() - 1
        level = min(aligned, (end - start).bit_length() - 1)
        yield Node(level, start >> level)
        start += 1 << level
