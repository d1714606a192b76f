"""Destroying salts: the entries of an erased record's trail go on to be proved, and name it no more.

The salts of an entry are the leaves of a binary tree that grows from its seed (entries.py). When some of the ids are
erased, their place keeps what the seal holds of them, a hash under a salt that is gone, and of the tree there stay the
branches that lead to the other leaves alone. Nothing that is left makes a destroyed salt again: a branch is the hash of
the one above it, which is gone too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from customer_inventory.access.sealing.entries import branch, commitment, salts_of

NOBODY = bytes(16)
"""What stands in an entry in place of an id that was erased: the nil UUID (RFC 9562, 5.9)."""

_COMMITMENT, _BRANCH = 32, 16


class Kept(NamedTuple):
    """What an entry keeps in place of its seed: the hashes of the ids that were erased, and the salts of the others."""

    commitments: dict[int, bytes]
    salts: list[bytes]


class _Place(NamedTuple):
    """A branch of the tree: how many levels lie below it, and the first leaf."""

    level: int
    first: int

    def below(self, side: int) -> _Place:
        return _Place(self.level - 1, self.first + side * (1 << (self.level - 1)))

    def leads_to(self, leaves: Collection[int]) -> bool:
        return any(self.first <= leaf < self.first + (1 << self.level) for leaf in leaves)


def erased(ids: Sequence[bytes], seed: bytes | None, remains: bytes | None, gone: Collection[bytes]) -> bytes:
    """Return what an entry keeps in place of its seed, or of what `remains` of it, when the ids in `gone` go.

    Raises ValueError when `remains` is nothing that this made.
    """
    before = _erased_places(ids)
    going = {place for place, each in enumerate(ids) if each in gone}
    known = kept(ids, seed, remains)
    told = {**known.commitments, **{place: commitment(ids[place], known.salts[place]) for place in going}}
    hashes = b"".join(told[place] for place in sorted(told))
    if seed is None and not _branches_of(remains, before):
        return hashes  # from before there were seals: it never had salts
    if seed is not None:
        trees = [(_Place(_depth(len(ids)), 0), seed)]
    else:
        trees = list(zip(_places(len(ids), before), _branches_of(remains, before), strict=True))
    return hashes + b"".join(each for place, node in trees for each in _without(place, node, len(ids), before | going))


def kept(ids: Sequence[bytes], seed: bytes | None, remains: bytes | None) -> Kept:
    """Return the hashes and salts of an entry; a salt that was destroyed is empty.

    Raises ValueError when `remains` does not fit the ids.
    """
    if remains is None:
        return Kept({}, salts_of(seed, len(ids)))
    gone = _erased_places(ids)
    if len(remains) < _COMMITMENT * len(gone):
        raise ValueError("what remains of an entry has too few hashes")
    hashes = {place: remains[_COMMITMENT * at :][:_COMMITMENT] for at, place in enumerate(sorted(gone))}
    salts = [b""] * len(ids)
    if branches := _branches_of(remains, gone):
        for place, node in zip(_places(len(ids), gone), branches, strict=True):
            for leaf, salt in _leaves(place, node, len(ids)):
                salts[leaf] = salt
    return Kept(hashes, salts)


def _erased_places(ids: Sequence[bytes]) -> set[int]:
    return {place for place, each in enumerate(ids) if each == NOBODY}


def _branches_of(remains: bytes | None, gone: Collection[int]) -> list[bytes]:
    left = (remains or b"")[_COMMITMENT * len(gone) :]
    return [left[at : at + _BRANCH] for at in range(0, len(left), _BRANCH)]


def _depth(number: int) -> int:
    return max(0, (number - 1).bit_length())


def _places(number: int, gone: Collection[int]) -> list[_Place]:
    """The branches that stay when the leaves in `gone` go, from left to right."""
    return [place for place, _ in _walk(_Place(_depth(number), 0), b"", number, gone)]


def _without(place: _Place, node: bytes, number: int, gone: Collection[int]) -> list[bytes]:
    return [each for _, each in _walk(place, node, number, gone)]


def _walk(place: _Place, node: bytes, number: int, gone: Collection[int]) -> Iterator[tuple[_Place, bytes]]:
    """Yield the largest branches from `place` on that lead to no leaf in `gone`."""
    if place.first >= number:
        return
    if not place.leads_to(gone):
        yield place, node
    elif place.level:
        for side in (0, 1):
            yield from _walk(place.below(side), branch(node, side), number, gone)


def _leaves(place: _Place, node: bytes, number: int) -> Iterator[tuple[int, bytes]]:
    """Yield the leaves below a branch, each with its salt."""
    level = [node]
    for _ in range(place.level):
        level = [branch(each, side) for each in level for side in (0, 1)]
    yield from zip(range(place.first, number), level, strict=False)
