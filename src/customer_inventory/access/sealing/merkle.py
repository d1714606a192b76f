"""Merkle trees over leaves that come one by one (RFC 9162, 2.1.1), in memory that grows with their logarithm."""

from __future__ import annotations

from hashlib import sha256

_LEAF, _NODE = b"\x00", b"\x01"
"""What is hashed before a leaf and before two nodes, so that none can be taken for the other."""


class Tree:
    """The root of the leaves that were added, in their order."""

    def __init__(self) -> None:
        self.size = 0
        self._complete: list[tuple[int, bytes]] = []
        """Complete subtrees from left to right: how many leaves each has, and its hash."""

    def add(self, leaf: bytes) -> None:
        """Add a leaf behind those that are there."""
        self.size += 1
        width, node = 1, leaf_hash(leaf)
        while self._complete and self._complete[-1][0] == width:
            _, left = self._complete.pop()
            width, node = 2 * width, node_hash(left, node)
        self._complete.append((width, node))

    @property
    def root(self) -> bytes:
        """The hash over all leaves; of none that of nothing."""
        if not self._complete:
            return sha256().digest()
        *left, (_, node) = self._complete
        for _, each in reversed(left):
            node = node_hash(each, node)
        return node


def leaf_hash(leaf: bytes) -> bytes:
    """Return the hash of a leaf."""
    return sha256(_LEAF + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of the two below."""
    return sha256(_NODE + left + right).digest()
