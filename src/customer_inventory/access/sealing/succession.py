"""Succession: which keys an export is believed by, and in which order they signed.

Those that are pinned are believed, or else the first one that the export names; and whichever key one that is believed
vouches for. Each has one successor at most, so that nobody who gets hold of a retired key can name another. The
order in which several are pinned is theirs, whatever the export says: what an earlier one vouches for comes before the
next.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from sys import maxsize
from typing import Any

import msgspec

from customer_inventory.access.sealing.blocks import NotSealed, Seals, Successor, signer

Place = tuple[int, int]
"""Which of the pinned keys one is or follows, and by how many; a later key has a greater place."""
FIRST: Place = (0, 0)
_LAST: Place = (maxsize, 0)


class Succession:
    """The keys that are believed; pinned ones from the oldest on.

    Raises ValueError, TypeError or KeyError for a pinned one that is none.
    """

    def __init__(self, pinned: Sequence[bytes]) -> None:
        self._known: dict[str, dict[str, Any]] = {}
        self._seals = Seals([])
        self._place: dict[str, Place] = {}
        self._followed: dict[str, str] = {}
        for number, each in enumerate(pinned):
            self._believe(msgspec.json.decode(each), (number, 0))

    def take(self, named: Sequence[dict[str, Any]], vouches: Sequence[str]) -> Iterator[str]:
        """Take the keys that an export names, the oldest first; yield what is wrong with them.

        Raises ValueError, TypeError or KeyError for what is no key.
        """
        if not self._known and named:
            self._believe(named[0], FIRST)
        for text in vouches:
            try:
                said = self._seals.successor(text)
            except (NotSealed, msgspec.MsgspecError):
                continue  # by whom is not believed; so is the key, unless another vouches for it
            yield from self._follow(said)
        for key in named:
            identifier = str(key["kid"])
            if self._known.get(identifier) != key:
                yield f"key {identifier} is vouched for by none that is believed"

    def _follow(self, said: Successor) -> Iterator[str]:
        identifier = str(said.key["kid"])
        if self._followed.setdefault(said.replaces, identifier) != identifier:
            yield f"key {said.replaces} vouches for two that take its place"
        elif self._known.get(identifier, said.key) != said.key:
            yield f"key {identifier} is another one than is vouched for"
        elif self._place.get(identifier, _LAST) <= self._place[said.replaces]:
            yield f"key {identifier} is vouched for by {said.replaces}, which stands behind it"
        else:
            pinned, followed = self._place[said.replaces]
            self._believe(said.key, (pinned, followed + 1))

    def _believe(self, key: dict[str, Any], place: Place) -> None:
        self._seals.add(key)
        self._known[str(key["kid"])] = key
        self._place.setdefault(str(key["kid"]), place)

    @property
    def seals(self) -> Seals:
        """What reads what they signed."""
        return self._seals

    def place(self, text: str) -> Place:
        """Return where the key that signed a text stands among the others. Raises NotSealed where none is believed."""
        try:
            return self._place[signer(text)]
        except (KeyError, ValueError) as error:
            raise NotSealed from error

    def place_of(self, identifier: str) -> Place:
        """Return where a key stands among the others; one that is not believed stands behind all."""
        return self._place.get(identifier, _LAST)
