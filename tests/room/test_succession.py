"""What stolen keys of seals can sign that were retired: nothing behind a block that a later key signed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from hashlib import sha256

import msgspec
import pytest

from customer_inventory.access.sealing import Anchor, verify
from customer_inventory.access.sealing.blocks import NOTHING, Block, End, hash_of, new_key, signed
from customer_inventory.access.sealing.merkle import Tree
from customer_inventory.repository.seals import SealKey

AT = "2026-11-30T12:00:00Z"
FIRST = new_key()
SECOND = new_key(before=FIRST, at=AT)
THIRD = new_key(before=SECOND, at=AT)
FORGED = new_key(before=FIRST, at=AT)
"""For which a thief of the first vouches."""
FORGED_TOO = new_key(before=FORGED, at=AT)
REPLACED = "another one replaced"


def blocks(number: int) -> list[Block]:
    made: list[Block] = []
    for each in range(1, number + 1):
        previous = hash_of(made[-1]) if made else NOTHING
        made.append(Block(each, each - 1, each, 0, Tree().root.hex(), previous, AT))
    return made


def line(said: object) -> bytes:
    return msgspec.json.encode(said) + b"\n"


def export(named: Sequence[SealKey], signers: Sequence[SealKey], end: SealKey, *, first: int = 1) -> list[bytes]:
    """An export that names keys, with a block signed by each of the signers, and an end."""
    head = {
        "key": [msgspec.json.decode(each.public_key) for each in named],
        "vouch": [e.vouch for e in named if e.vouch],
    }
    made = blocks(len(signers))
    lines = [line({"@type": "TrailExport", "format": 2, **head})]
    lines += [
        line({"@type": "TrailSeal", "block": signed(block, key)})
        for block, key in list(zip(made, signers, strict=True))[first - 1 :]
    ]
    last = End(made[-1].number, hash_of(made[-1]), sha256(b"".join(lines)).hexdigest(), AT)
    return [*lines, line({"@type": "TrailSeal", "end": signed(last, end)})]


async def found(lines: Sequence[bytes], pinned: Sequence[SealKey], *anchors: Anchor) -> list[str]:
    async def each() -> AsyncIterator[bytes]:
        for one in lines:
            yield one

    return (await verify(each(), keys=[key.public_key for key in pinned], anchors=anchors)).findings


def anchor(number: int, key: SealKey) -> Anchor:
    return Anchor(number, hash_of(blocks(number)[-1]), key.id)


@pytest.mark.parametrize("pinned", [(), (FIRST,), (FIRST, SECOND), (FIRST, THIRD), (FIRST, SECOND, THIRD)])
async def test_what_each_key_signed_in_its_time_is_as_it_was_sealed(pinned: Sequence[SealKey]) -> None:
    lines = export([FIRST, SECOND, THIRD], [FIRST, SECOND, THIRD], THIRD)
    assert await found(lines, pinned, anchor(1, FIRST), anchor(2, SECOND), anchor(3, THIRD)) == []
    # Nothing was sealed between two rotations, or since the last one.
    assert await found(export([FIRST, SECOND, THIRD], [FIRST, THIRD], THIRD), pinned) == []
    assert await found(export([FIRST, SECOND, THIRD], [FIRST, FIRST], THIRD), pinned) == []


async def test_of_several_pinned_keys_none_signs_behind_a_later_one() -> None:
    """Whatever the export says of their order, or does not."""
    pinned = (FIRST, SECOND)
    without = SECOND._replace(vouch=None)
    for named in ([FIRST, SECOND], [FIRST, without], [without, FIRST]):
        told = await found(export(named, [FIRST, SECOND, FIRST], SECOND), pinned, anchor(2, SECOND))
        assert [REPLACED in each for each in told] == [True]
    told = await found(export([FIRST, without, FORGED, FORGED_TOO], [FIRST, SECOND, FORGED_TOO], FORGED_TOO), pinned)
    assert [REPLACED in each for each in told] == [True, True]


async def test_the_end_is_signed_by_the_key_of_the_last_block_or_a_later_one() -> None:
    lines = export([FIRST, SECOND], [FIRST, SECOND], FIRST)
    for pinned in ((FIRST,), (FIRST, SECOND), ()):
        assert await found(lines, pinned) == ["line 4: the end is signed by a key that another one replaced before"]


async def test_from_an_anchor_on_no_key_before_that_of_its_block_signs() -> None:
    """Also where a thief signs the very block that is anchored anew, or leaves out that there is a later key."""
    kept = anchor(2, SECOND)
    for pinned in ((FIRST,), (FIRST, SECOND)):
        for named in ([FIRST, SECOND], [FIRST]):
            for first in (1, 3):
                told = await found(export(named, [FIRST, FIRST, FIRST], FIRST, first=first), pinned, kept)
                assert any(REPLACED in each for each in told)
    # One of an earlier version does not tell the key.
    old = Anchor(kept.number, kept.hash)
    assert await found(export([FIRST], [FIRST, FIRST, FIRST], FIRST), (FIRST,), old) == []


async def test_keys_that_are_pinned_in_another_order_than_they_followed_each_other_are_told() -> None:
    told = await found(export([FIRST, SECOND], [FIRST, SECOND], SECOND), (SECOND, FIRST))
    assert any("stands behind it" in each for each in told)
