"""Verifying an export of the trail: whether every block and entry is as it was sealed, from the lines alone.

What was edited, taken out, put in, put elsewhere or cut off is told with the block and the line. It needs no inventory:
who does not trust it brings the keys and an anchor, a block that was written down elsewhere when it was the newest.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import msgspec

from customer_inventory.access.sealing.blocks import NOTHING, Block, NotSealed, hash_of, said_in, signer
from customer_inventory.access.sealing.entries import Entry
from customer_inventory.access.sealing.merkle import Tree
from customer_inventory.access.sealing.succession import FIRST, Succession
from customer_inventory.repository.seals import Seal

MOST_FINDINGS = 100
LONGEST_LINE = 64 * 2**20


class Anchor(msgspec.Struct, frozen=True, tag_field="@type", tag="TrailAnchor"):
    """A block as it was written down elsewhere: its number, its hash, and the id of the key that signed it.

    From there on no key before that one signs anything. Anchors of earlier versions do not name it.
    """

    number: int
    hash: str
    key: str | None = None


def anchor_of(seal: Seal) -> Anchor:
    """Return what is to be written down of a seal. Raises NotSealed for what is none."""
    block = said_in(seal.signed)
    if block is None:
        raise NotSealed
    return Anchor(block.number, hash_of(block), signer(seal.signed))


@dataclass(slots=True)
class Verdict:
    """What was found: how much was looked at, from which block to which, and what is not as it was sealed.

    `unseen` are blocks that are anchored and lie before the first one; `erased` is how often an entry does not tell
    which record it shows, because that was erased.
    """

    blocks: int = 0
    entries: int = 0
    erased: int = 0
    first: int | None = None
    last: int | None = None
    sealed_until: str | None = None
    keys: tuple[str, ...] = ()
    findings: list[str] = field(default_factory=list)
    unseen: list[int] = field(default_factory=list)

    def find(self, line: int, what: str) -> None:
        """Add what is wrong at a line."""
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(f"line {line}: {what}")


class _Line(
    msgspec.Struct, frozen=True, omit_defaults=True, tag_field="@type", tag="TrailSeal", forbid_unknown_fields=True
):
    block: str | None = None
    end: str | None = None


class _Head(msgspec.Struct, frozen=True, tag_field="@type", tag="TrailExport", forbid_unknown_fields=True):
    format: int
    key: list[dict[str, Any]]
    vouch: list[str] = []


_ANY = msgspec.json.Decoder(_Line | _Head | Entry)


async def verify(lines: AsyncIterable[bytes], *, keys: Sequence[bytes] = (), anchors: Sequence[Anchor] = ()) -> Verdict:
    """Return what is found in the lines of an export.

    `keys` are the public keys (JSON Web Keys as JSON) by which it must be signed, the oldest first, or by others for
    which these vouch: where a later one signed, none before it signs any more. Without any the first one of the export
    is taken, which tells of nothing that somebody signed anew who could.
    """
    reading = _Reading(keys, anchors)
    number = 0
    async for line in lines:
        number += 1
        reading.take(number, line)
    reading.finish(number + 1)
    return reading.verdict


class _Reading:
    """Reads an export line by line."""

    def __init__(self, keys: Sequence[bytes], anchors: Sequence[Anchor]) -> None:
        self.verdict = Verdict()
        self._keys = Succession(keys)
        self._place = FIRST
        self._signers = sorted(((each.number, each.key) for each in anchors if each.key is not None), reverse=True)
        self._anchors: dict[int, set[str]] = {}
        for anchor in anchors:
            self._anchors.setdefault(anchor.number, set()).add(anchor.hash)
        self._digest = sha256()
        self._block: Block | None = None
        self._at = 0
        self._tree = Tree()
        self._ended = False

    def take(self, number: int, line: bytes) -> None:
        """Look at one line."""
        try:
            said = _ANY.decode(line) if len(line) <= LONGEST_LINE else None
        except (msgspec.DecodeError, ValueError, RecursionError):
            said = None
        if self._ended:
            self.verdict.find(number, "stands behind the end")
        elif isinstance(said, Entry):
            self._entry(number, said)
        elif isinstance(said, _Head):
            self._head(number, said)
        elif said is not None and said.end is not None:
            self._end(number, said.end)
            # No digest is over the last line, so that every byte of it is looked at here.
            if line != msgspec.json.encode(said) + b"\n":
                self.verdict.find(number, "the end is not as it was written")
            return
        elif said is not None and said.block is not None:
            self._begin(number, said.block)
        else:
            self.verdict.find(number, "is no line of an export")
        self._digest.update(line)

    def finish(self, number: int) -> None:
        """Look at what only the end of the lines can tell."""
        if not self._ended:
            self._close()
            self.verdict.find(number, "the end is missing: something was cut off")
        for block in sorted(self._anchors):
            if self.verdict.first is not None and block < self.verdict.first:
                self.verdict.unseen.append(block)  # the export begins later
            else:
                self.verdict.find(number, f"block {block}, which is anchored, is missing")

    def _head(self, number: int, head: _Head) -> None:
        if number != 1:
            self.verdict.find(number, "keys stand at the beginning alone")
            return
        self.verdict.keys = tuple(str(key.get("kid", "")) for key in head.key)
        try:
            for finding in self._keys.take(head.key, head.vouch):
                self.verdict.find(number, finding)
        except (ValueError, TypeError, KeyError):
            self.verdict.find(number, "a key cannot be read")

    def _begin(self, number: int, text: str) -> None:
        self._close()
        before, self._block = self._block, None
        self._tree, self._at = Tree(), number
        try:
            block = self._keys.seals.block(text)
            place = self._keys.place(text)
        except (NotSealed, msgspec.MsgspecError):
            self.verdict.find(number, "the seal of a block is not signed by the keys, or is none")
            return
        while self._signers and self._signers[-1][0] <= block.number:
            # From a block that is anchored on, none signs that came before its key.
            self._place = max(self._place, self._keys.place_of(self._signers.pop()[1]))
        if place < self._place:
            self.verdict.find(number, f"block {block.number} is signed by a key that another one replaced before")
        self._block, self._place = block, max(place, self._place)
        self.verdict.blocks += 1
        self.verdict.first = block.number if self.verdict.first is None else self.verdict.first
        self.verdict.last, self.verdict.sealed_until = block.number, block.at
        if self.verdict.blocks > 1 and (before is None or not _follows(before, block)):
            self.verdict.find(number, f"block {block.number} does not follow the one before it")
        if block.number == 1 and (block.previous, block.first) != (NOTHING, 0):
            self.verdict.find(number, "block 1 names one before it")
        anchored = self._anchors.pop(block.number, None)
        if anchored is not None and anchored != {hash_of(block)}:
            self.verdict.find(number, f"block {block.number} is another one than is anchored")

    def _entry(self, number: int, entry: Entry) -> None:
        self.verdict.entries += 1
        self.verdict.erased += sum(each.erased is not None for each in entry.record)
        try:
            self._tree.add(entry.leaf)
        except ValueError:
            self.verdict.find(number, "an id or a salt is none")
        if not self._at:
            self.verdict.find(number, "an entry stands before every block")

    def _end(self, number: int, text: str) -> None:
        self._close()
        self._ended = True
        try:
            end = self._keys.seals.end(text)
            place = self._keys.place(text)
        except (NotSealed, msgspec.MsgspecError):
            self.verdict.find(number, "the end is not signed by the keys, or is none")
            return
        if place < self._place:
            self.verdict.find(number, "the end is signed by a key that another one replaced before")
        if self._block is None or (end.number, end.hash) != (self._block.number, hash_of(self._block)):
            self.verdict.find(number, f"the last block is not {end.number}, which the end names")
        if end.lines != self._digest.hexdigest():
            self.verdict.find(number, "the lines before are not those that were exported")

    def _close(self) -> None:
        """Hold the entries of the block that ends against its seal."""
        block, tree = self._block, self._tree
        if block is None:
            return
        if tree.size != block.entries:
            self.verdict.find(
                self._at, f"block {block.number} was sealed with {block.entries} entries, not {tree.size}"
            )
        elif tree.root.hex() != block.root:
            self.verdict.find(self._at, f"entries of block {block.number} are not as they were sealed")


def _follows(before: Block, block: Block) -> bool:
    expected = (before.number + 1, hash_of(before), before.next)
    return (block.number, block.previous, block.first) == expected
