"""Destroying salts: the entries of an erased record's trail go on to be proved, and name it no more.

When some of the ids of an entry are erased, their place keeps what the seal holds of them, a hash under a salt that is
gone. The other salts stand in place of the seed, which made them all.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from customer_inventory.access.sealing.entries import SALT_BYTES, commitment, in_salts, salts_of

NOBODY = bytes(16)
"""What stands in an entry in place of an id that was erased: the nil UUID (RFC 9562, 5.9)."""

_COMMITMENT_BYTES = 32


class Kept(NamedTuple):
    """What an entry keeps in place of its seed: the hashes of the ids that were erased, and the salts of the others."""

    commitments: dict[int, bytes]
    salts: list[bytes]


def erased(ids: Sequence[bytes], seed: bytes | None, remains: bytes | None, gone: Collection[bytes]) -> bytes:
    """Return what an entry keeps in place of its seed, or of what `remains` of it, when the ids in `gone` go.

    Raises ValueError when `remains` is nothing that this made.
    """
    known = kept(ids, seed, remains)
    going = {place: commitment(each, known.salts[place]) for place, each in enumerate(ids) if each in gone}
    told = {**known.commitments, **going}
    hashes = [told[place] for place in sorted(told)]
    return b"".join([*hashes, *(salt for place, salt in enumerate(known.salts) if place not in told)])


def kept(ids: Sequence[bytes], seed: bytes | None, remains: bytes | None) -> Kept:
    """Return the hashes and salts of an entry; a salt that was destroyed, or never was, is empty.

    Raises ValueError when `remains` does not fit the ids.
    """
    if remains is None:
        return Kept({}, salts_of(seed, len(ids)))
    gone = [place for place, each in enumerate(ids) if each == NOBODY]
    stay = [place for place, each in enumerate(ids) if each != NOBODY]
    hashes, salts = remains[: _COMMITMENT_BYTES * len(gone)], remains[_COMMITMENT_BYTES * len(gone) :]
    if len(hashes) < _COMMITMENT_BYTES * len(gone) or len(salts) not in {0, SALT_BYTES * len(stay)}:
        raise ValueError("what remains of an entry does not fit its ids")
    all_salts = [b""] * len(ids)
    for place, salt in zip(stay, in_salts(salts), strict=False):  # an entry from before there were seals has none
        all_salts[place] = salt
    each_hash = (hashes[at : at + _COMMITMENT_BYTES] for at in range(0, len(hashes), _COMMITMENT_BYTES))
    return Kept(dict(zip(gone, each_hash, strict=True)), all_salts)
