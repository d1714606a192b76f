"""Seals of the trail: what is sealed, how ids are hidden in it, and that whatever is done to an export is found."""

from __future__ import annotations

import random
from base64 import urlsafe_b64decode
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_inventory.access.sealing import Anchor, Verdict, is_public_key, verify
from customer_inventory.access.sealing.blocks import NOTHING, Block, End, hash_of, new_key, signed
from customer_inventory.access.sealing.entries import moment, salts_of
from customer_inventory.access.sealing.merkle import Tree
from customer_inventory.access.sealing.stored import exported, leaf_of
from customer_inventory.repository.seals import SealedEntry

START = datetime(2026, 11, 30, 12, tzinfo=UTC)
KEY, OTHER = new_key(), new_key()

words = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=12)
entries = st.builds(
    SealedEntry,
    id=st.binary(min_size=16, max_size=16),
    at=st.integers(-62_000_000_000_000_000, 250_000_000_000_000_000),
    client_id=words,
    person=words | st.none(),
    purpose=words,
    verb=words,
    kind=words,
    outcome=words,
    request_id=words,
    attributes=st.lists(words, max_size=3) | st.none(),
    record_ids=st.lists(st.binary(min_size=16, max_size=16), max_size=9),
    seed=st.binary(min_size=16, max_size=16) | st.none(),
    remains=st.none(),
)


def plain_root(leaves: Sequence[bytes]) -> bytes:
    """RFC 9162, 2.1.1, as it is written there."""
    if not leaves:
        return sha256().digest()
    if len(leaves) == 1:
        return sha256(b"\0" + leaves[0]).digest()
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\1" + plain_root(leaves[:split]) + plain_root(leaves[split:])).digest()


@given(st.lists(st.binary(max_size=4), max_size=40))
def test_a_tree_has_the_root_that_the_rfc_gives_it(leaves: list[bytes]) -> None:
    tree = Tree()
    for leaf in leaves:
        tree.add(leaf)
    assert (tree.size, tree.root) == (len(leaves), plain_root(leaves))


@given(entries)
def test_what_is_sealed_is_told_by_what_is_exported(row: SealedEntry) -> None:
    line = msgspec.json.encode(exported(row))
    assert msgspec.json.decode(line, type=type(exported(row))).leaf == leaf_of(row)
    assert not any(each in leaf_of(row) for each in row.record_ids if each != row.id)


@given(st.binary(min_size=16, max_size=16), st.integers(0, 70))
def test_every_id_of_an_entry_has_a_salt_of_its_own_that_its_number_does_not_change(seed: bytes, number: int) -> None:
    salts = salts_of(seed, number)
    assert len({*salts}) == len(salts) == number
    assert all(len(salt) == 16 for salt in salts)
    assert salts == salts_of(seed, number + 7)[:number]


def sealed(blocks: int, chance: random.Random) -> list[bytes]:
    """An export of so many blocks of up to nine entries."""
    digest, lines, before = sha256(), [], None
    public = msgspec.json.decode(KEY.public_key)
    lines.append(line({"@type": "TrailExport", "format": 1, "key": [public]}))
    for number in range(1, blocks + 1):
        rows = [made(chance, number * 100 + each) for each in range(chance.randint(1, 9))]
        tree = Tree()
        for row in rows:
            tree.add(leaf_of(row))
        block = Block(
            number=number,
            first=before.next if before else 0,
            next=number * 1000,
            entries=len(rows),
            root=tree.root.hex(),
            previous=hash_of(before) if before else NOTHING,
            at=moment(START + timedelta(seconds=number)),
        )
        lines.append(line({"@type": "TrailSeal", "block": signed(block, KEY)}))
        lines += [line(exported(row)) for row in rows]
        before = block
    for each in lines:
        digest.update(each)
    assert before is not None
    end = End(number=before.number, hash=hash_of(before), lines=digest.hexdigest(), at=moment(START))
    return [*lines, line({"@type": "TrailSeal", "end": signed(end, KEY)})]


def made(chance: random.Random, number: int) -> SealedEntry:
    ids = [chance.randbytes(16) for _ in range(chance.randint(0, 4))]
    at = int(START.timestamp()) * 1_000_000 + number
    seed = chance.randbytes(16)
    said = ("crm", None, "service", "read", "customer", "shown", f"r{number}", None)
    return SealedEntry(chance.randbytes(16), at, *said, ids, seed)


def line(said: object) -> bytes:
    return msgspec.json.encode(said) + b"\n"


async def found(
    lines: Sequence[bytes], *, keys: Sequence[bytes] = (KEY.public_key,), anchors: Sequence[Anchor] = ()
) -> Verdict:
    async def each() -> AsyncIterator[bytes]:
        for one in lines:
            yield one

    return await verify(each(), keys=keys, anchors=anchors)


async def test_an_export_as_it_was_sealed_is_found_so() -> None:
    lines = sealed(5, random.Random(1))
    for keys in ([KEY.public_key], []):
        verdict = await found(lines, keys=keys)
        assert verdict.findings == []
        assert (verdict.blocks, verdict.first, verdict.last, verdict.entries) == (5, 1, 5, len(lines) - 7)
    # One that begins later than the trail is as good.
    later = next(number for number, each in enumerate(lines) if b'"block"' in each and number > 1)
    assert (await found([lines[0], *lines[later:]])).findings == [
        f"line {len(lines) - later + 1}: the lines before are not those that were exported"
    ]


async def test_other_keys_and_other_anchors_are_told() -> None:
    lines = sealed(3, random.Random(2))
    assert len((await found(lines, keys=[OTHER.public_key])).findings) == 5  # the key, three blocks, and the end
    anchored = Anchor(2, "0" * 64)
    assert any("block 2 is another one" in each for each in (await found(lines, anchors=[anchored])).findings)
    missing = (await found(lines, anchors=[Anchor(4, "0" * 64)])).findings
    assert missing == [f"line {len(lines) + 1}: block 4, which is anchored, is missing"]


async def test_anchors_that_contradict_each_other_are_told_and_older_ones_left_alone() -> None:
    lines = sealed(3, random.Random(6))
    blocks = [each for each in lines if b'"block"' in each]
    true, false = Anchor(2, sha256(_payload(blocks[1])).hexdigest()), Anchor(2, "0" * 64)
    assert (await found(lines, anchors=[true])).findings == []
    for anchors in ([true, false], [false, true]):
        assert (await found(lines, anchors=anchors)).findings
    later = [lines[0], *lines[lines.index(blocks[1]) :]]
    verdict = await found(later, anchors=[Anchor(1, "0" * 64), true])
    assert (verdict.unseen, [each for each in verdict.findings if "anchored" in each]) == ([1], [])


async def test_nothing_is_no_export() -> None:
    assert (await found([])).findings == ["line 1: the end is missing: something was cut off"]
    assert (await found([b"{}\n", b"[" * 5000, b"\xff\n"])).findings[-1].endswith("something was cut off")
    assert not is_public_key(KEY.private_key)
    assert not is_public_key(b"[]")
    assert is_public_key(KEY.public_key)


Tampering = Callable[[list[bytes], random.Random], list[bytes]]
"""Does something to the lines of an export."""


def edited(lines: list[bytes], chance: random.Random) -> list[bytes]:
    """Another byte somewhere."""
    at = chance.randrange(len(lines))
    there = bytearray(lines[at])
    where = chance.randrange(len(there))
    there[where] = chance.choice([each for each in range(256) if each != there[where]])
    return [*lines[:at], bytes(there), *lines[at + 1 :]]


def without(lines: list[bytes], chance: random.Random) -> list[bytes]:
    at = chance.randrange(len(lines))
    return [*lines[:at], *lines[min(len(lines), at + chance.randint(1, 4)) :]]


def with_more(lines: list[bytes], chance: random.Random) -> list[bytes]:
    """A line of another place, of another export, or of nobody."""
    more = chance.choice([chance.choice(lines), line(exported(made(chance, 7))), b"\n", b"{}\n"])
    at = chance.randint(0, len(lines))
    return [*lines[:at], more, *lines[at:]]


def reordered(lines: list[bytes], chance: random.Random) -> list[bytes]:
    one, other = sorted(chance.sample(range(len(lines)), 2))
    return [*lines[:one], lines[other], *lines[one + 1 : other], lines[one], *lines[other + 1 :]]


def cut_off(lines: list[bytes], chance: random.Random) -> list[bytes]:
    """Everything behind some byte gone."""
    whole = b"".join(lines)
    return whole[: chance.randrange(len(whole))].splitlines(keepends=True)


@pytest.mark.parametrize("tampering", [edited, without, with_more, reordered, cut_off])
async def test_ten_thousand_tamperings_are_all_found(tampering: Tampering) -> None:
    """2,500 of each kind, of exports of one to six blocks; what changes nothing is none."""
    chance = random.Random(getattr(tampering, "__name__", ""))
    exports = [sealed(blocks, chance) for blocks in range(1, 7)]
    tried = 0
    while tried < 2_500:
        lines = chance.choice(exports)
        changed = tampering(lines, chance)
        if b"".join(changed) == b"".join(lines):
            continue
        tried += 1
        assert (await found(changed)).findings, changed


async def test_no_other_bytes_of_the_end_are_taken_for_it() -> None:
    """The one line that no digest is over: every other letter at every place of it, and none."""
    *lines, end = sealed(1, random.Random(4))
    letters = b'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=. \n"'
    for at in range(len(end)):
        where = at if at < 60 or at > len(end) - 60 else None
        for letter in letters if where is not None else b"A":
            changed = end[:at] + bytes([letter]) + end[at + 1 :]
            assert changed == end or (await found([*lines, changed])).findings, (at, letter)
    for changed in (end.strip(), end + b"\n", b" " + end, end.replace(b":", b": ")):
        assert (await found([*lines, changed])).findings


async def test_what_is_signed_anew_with_the_very_keys_is_found_by_an_anchor() -> None:
    """Who has the keys can seal another trail; not one that contains what was written down elsewhere."""
    chance = random.Random(3)
    lines = sealed(4, chance)
    first = next(each for each in lines if b'"block"' in each)
    anchor = Anchor(1, sha256(_payload(first)).hexdigest())
    assert (await found(lines, anchors=[anchor])).findings == []
    anew = sealed(4, chance)
    assert (await found(anew)).findings == []
    assert (await found(anew, anchors=[anchor])).findings != []


def _payload(text: bytes) -> bytes:
    middle = msgspec.json.decode(text)["block"].split(".")[1]
    return urlsafe_b64decode(middle + "=" * (-len(middle) % 4))
