r"""Languages: whether any text at all follows several patterns at once, within a length.

A pattern is read into the places of its characters and what may follow each (Glushkov 1961); a text that follows
several is looked for step by step in all of them together. It is a proof or nothing: edges of words (`\b`) and of the
text in the middle of a pattern are taken as if they held, and a search that grows too large is given up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from customer_inventory.model.patterns import Pattern

MOST_STEPS = 100_000
"""How many steps a search takes at most; a tenth of a second."""

_MOST_PLACES = 2000
_LAST = 0x10FFFF
_COUNT = re.compile(r"\{(\d+)(,?)(\d*)\}", re.ASCII)
_CONTROLS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "v": "\v"}

Ranges = tuple[tuple[int, int], ...]
"""Characters, as ranges of their code points that lie apart."""


class _GivenUpError(Exception):
    """The patterns are too large, or are no whole texts; whoever asks is told that there may be a text."""


@dataclass(frozen=True, slots=True)
class Language:
    """The texts that follow a pattern from their beginning to their end."""

    places: tuple[Ranges, ...]
    """What characters may stand at each place; nothing stands at the first, the beginning."""
    follow: tuple[tuple[int, ...], ...]
    """What places may follow each."""
    ends: frozenset[int]
    """At what places a text may end."""


class Steps:
    """The steps that searches may take together."""

    def __init__(self, most: int = MOST_STEPS) -> None:
        self._left = most

    def take(self, steps: int) -> None:
        """Take some, or give up."""
        self._left -= steps
        if self._left < 0:
            raise _GivenUpError


@lru_cache(maxsize=512)
def language(pattern: Pattern) -> Language | None:
    """Return the texts that follow a pattern, or None where that is too large or it is no pattern of a whole text."""
    try:
        return _Reader(pattern.portable).language()
    except _GivenUpError:
        return None


def may_have_text(languages: Sequence[Language], *, least: int, most: int | None, steps: Steps) -> bool:
    """Return whether a text of `least` to `most` characters may be in all languages; False is proved."""
    try:
        return _has_text(languages, least, most, steps)
    except _GivenUpError:
        return True


def _has_text(languages: Sequence[Language], least: int, most: int | None, steps: Steps) -> bool:
    if not languages or (most is not None and most < least):
        return most is None or least <= most
    masks = _masks(languages)
    level, length = [(0,) * len(languages)], 0
    seen = {(level[0], 0)}
    while level and (most is None or length <= most):
        if length >= least and any(_ends(state, languages) for state in level):
            return True
        length += 1
        reached = [after for state in level for after in _after(state, languages, masks, steps)]
        level = list(dict.fromkeys(each for each in reached if (each, min(length, least)) not in seen))
        seen |= {(each, min(length, least)) for each in level}
    return False


def _ends(state: tuple[int, ...], languages: Sequence[Language]) -> bool:
    return all(place in each.ends for place, each in zip(state, languages, strict=True))


def _after(
    state: tuple[int, ...], languages: Sequence[Language], masks: Sequence[Sequence[int]], steps: Steps
) -> Iterator[tuple[int, ...]]:
    """Yield the places at which each language may be one character later."""
    ways: list[tuple[int, tuple[int, ...]]] = [(-1, ())]
    for place, each, mask in zip(state, languages, masks, strict=True):
        following = each.follow[place]
        steps.take(1 + len(ways) * len(following))
        ways = [(both, (*way, after)) for held, way in ways for after in following if (both := held & mask[after])]
    return (way for _, way in ways)


def _masks(languages: Sequence[Language]) -> list[list[int]]:
    """Return the characters of each place as bits, one for each span of characters that no place tells apart."""
    bounds = {0, _LAST + 1}
    for each in languages:
        for ranges in each.places:
            bounds |= {bound for low, high in ranges for bound in (low, high + 1)}
    numbers = {bound: number for number, bound in enumerate(sorted(bounds))}

    def mask(ranges: Ranges) -> int:
        return sum((1 << numbers[high + 1]) - (1 << numbers[low]) for low, high in ranges)

    return [[mask(ranges) for ranges in each.places] for each in languages]


# ---------------------------------------------------------------- reading a pattern


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a pattern: whether it may be empty, and at what places it begins and ends."""

    empty: bool = True
    first: tuple[int, ...] = ()
    last: tuple[int, ...] = ()


class _Reader:
    """Reads a pattern in its portable form; a part that is counted is read as often as it may stand."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._places: list[Ranges] = [()]
        self._follow: list[set[int]] = [set()]
        self._steps = Steps()

    def language(self) -> Language:
        if not self._text.startswith("^(?:"):
            raise _GivenUpError
        self._at = 1
        whole = self._unit()
        if self._text[self._at :] != "$":  # it is found in texts, and need not be all of one
            raise _GivenUpError
        self._follow[0] |= set(whole.first)
        ends = frozenset((*whole.last, 0) if whole.empty else whole.last)
        return Language(tuple(self._places), tuple(tuple(sorted(each)) for each in self._follow), ends)

    def _alternatives(self) -> _Part:
        found = self._sequence()
        while self._next("|"):
            other = self._sequence()
            found = _Part(found.empty or other.empty, found.first + other.first, found.last + other.last)
        return found

    def _sequence(self) -> _Part:
        found = _Part()
        while self._at < len(self._text) and self._text[self._at] not in "|)":
            found = self._joined(found, self._repeated())
        return found

    def _joined(self, one: _Part, other: _Part) -> _Part:
        self._steps.take(1 + len(one.last) * len(other.first))
        for place in one.last:
            self._follow[place] |= set(other.first)
        first = one.first + other.first if one.empty else one.first
        last = one.last + other.last if other.empty else other.last
        return _Part(one.empty and other.empty, first, last)

    def _repeated(self) -> _Part:
        start = self._at
        part = self._unit()
        least, most = self._count()
        end = self._at
        parts = [part, *(self._again(start) for _ in range(1, max(least, most or 1)))]
        self._at = end
        if most is None:
            self._joined(parts[-1], parts[-1])
        if most == 0:
            return _Part()
        found = _Part()
        # What may be left out stands nested, x(x(x)?)?, so that each is followed by the next alone.
        for number, each in reversed(list(enumerate(parts))):
            found = self._joined(each, found)
            if number >= least:
                found = _Part(True, found.first, found.last)
        return found

    def _again(self, start: int) -> _Part:
        self._at = start
        return self._unit()

    def _count(self) -> tuple[int, int | None]:
        for sign, count in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self._next(sign):
                return count
        counted = _COUNT.match(self._text, self._at)
        if counted is None:
            return 1, 1
        self._at = counted.end()
        least, several, most = counted.groups()
        return int(least), int(most) if most else None if several else int(least)

    def _unit(self) -> _Part:
        self._steps.take(1)
        letter = self._text[self._at]
        if self._next("(?:"):
            found = self._alternatives()
            self._next(")")
            return found
        if letter in "^$" or self._text[self._at : self._at + 2] in {r"\b", r"\B"}:
            self._at += 2 if letter == "\\" else 1
            return _Part()
        if self._next("["):
            return self._place(self._set())
        if self._next("."):
            return self._place(((0, _LAST),))
        code = self._character()
        return self._place(((code, code),))

    def _place(self, ranges: Ranges) -> _Part:
        if len(self._places) > _MOST_PLACES:
            raise _GivenUpError
        self._places.append(ranges)
        self._follow.append(set())
        at = (len(self._places) - 1,)
        return _Part(False, at, at)

    def _set(self) -> Ranges:
        negated = self._next("^")
        found: list[tuple[int, int]] = []
        while not self._next("]"):
            low = self._character()
            found.append((low, self._character() if self._next("-") else low))
        ranges = _apart(found)
        return _others(ranges) if negated else ranges

    def _character(self) -> int:
        letter = self._text[self._at]
        if letter == "\\":
            self._at += 1
            letter = self._text[self._at]
            letter = _CONTROLS.get(letter, letter)
        self._at += 1
        return ord(letter)

    def _next(self, sign: str) -> bool:
        """Return whether a sign stands here, and go behind it."""
        found = self._text.startswith(sign, self._at)
        self._at += len(sign) if found else 0
        return found


def _apart(ranges: list[tuple[int, int]]) -> Ranges:
    found: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if found and low <= found[-1][1] + 1:
            found[-1] = found[-1][0], max(high, found[-1][1])
        else:
            found.append((low, high))
    return tuple(found)


def _others(ranges: Ranges) -> Ranges:
    bounds = [-1, *(bound for each in ranges for bound in each), _LAST + 1]
    pairs = zip(bounds[::2], bounds[1::2], strict=True)
    return tuple((low + 1, high - 1) for low, high in pairs if low + 1 <= high - 1)
