"""Shapes: how values are written, as classes of characters, and the pattern that they follow if they follow one.

The shape of `AB-1234` is `A2-9 4` in its runs: two capitals, a hyphen, four digits. Values of a few shapes are codes,
numbers or coded texts, and have a pattern; names and free text have many shapes, and no pattern is made of them.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from string import ascii_lowercase, ascii_uppercase, digits

FITTING = 0.95
"""What share of values must follow a pattern for it to be one."""
_MOST_SHAPES = 3
_MORE = 0.02
"""What share of values a shape must have to be added where others suffice."""
_OTHER = 0.01
"""Up to which share another word is an error, where nearly all have one word."""
_LONGEST = 200
_WORD = 4
"""Different small letters in a row, more than that and of different lengths, are words."""
_RUN = re.compile(r"[0-9]+|[A-Z]+|[a-z]+|[^\W\d_]+|.", re.DOTALL)
_LOOSE = re.compile(r"[0-9A-Za-z]+|[^\W\d_]+|.", re.DOTALL)
_SETS = {"9": "[0-9]", "A": "[A-Z]", "a": "[a-z]", "X": "[0-9A-Za-z]"}
_SPECIAL = frozenset(r"\.[]{}()*+?|^$")

_CLASSES = str.maketrans(ascii_uppercase + ascii_lowercase + digits, "A" * 26 + "a" * 26 + "9" * 10)

Runs = tuple[str, ...]


def shape(text: str) -> str:
    """Return a text with 9 for digits, A for capitals, a for small letters: at most 40 characters."""
    short = text[:40].translate(_CLASSES)
    if short.isascii():
        return short
    return "".join("A" if each.isupper() else "a" if each.isalpha() else each for each in short)


def shapes(texts: Sequence[str], counts: Sequence[int], most: int = 10) -> tuple[tuple[str, int], ...]:
    """Return the most frequent shapes with the number of rows."""
    found: Counter[str] = Counter()
    for text, count in zip(texts, counts, strict=True):
        if count:
            found[shape(text)] += count
    return tuple(found.most_common(most))


def pattern_of(texts: Sequence[str], counts: Sequence[int]) -> str | None:
    """Return a regular expression that nearly all values follow whole, or None when they are of too many shapes."""
    for runs in (_RUN, _LOOSE):
        groups: dict[str, list[tuple[Runs, int]]] = defaultdict(list)
        for text, count in zip(texts, counts, strict=True):
            if count:
                found = tuple(runs.findall(text))
                groups["".join(_class(run, loose=runs is _LOOSE) for run in found)].append((found, count))
        pattern = _of_groups(groups, sum(counts))
        if pattern is not None:
            return pattern
    return None


def _of_groups(groups: dict[str, list[tuple[Runs, int]]], total: int) -> str | None:
    sizes = Counter({key: sum(count for _, count in members) for key, members in groups.items()})
    taken: list[str] = []
    left = total
    for key, size in sizes.most_common(_MOST_SHAPES):
        if size < _MORE * total and total - left >= FITTING * total:
            break
        taken.append(key)
        left -= size
    if not taken or total - left < FITTING * total or not all(_tells(key, groups[key]) for key in taken):
        return None
    parts = [_of_group(key, groups[key], sizes[key]) for key in taken]
    pattern = "|".join(filter(None, parts))
    return pattern if all(parts) and len(pattern) <= _LONGEST else None


def _tells(key: str, members: Sequence[tuple[Runs, int]]) -> bool:
    """Return whether a shape says something: it has digits, or capitals of one length; letters alone are words."""
    if "?" in key:
        return False
    if "X" in key:
        numbered = sum(count for runs, count in members if any(map(str.isdigit, "".join(runs))))
        return 2 * numbered > sum(count for _, count in members)
    return "9" in key or (set(key) == {"A"} and len({len(runs[0]) for runs, _ in members}) <= 2)


def _of_group(key: str, members: Sequence[tuple[Runs, int]], total: int) -> str | None:
    parts = [_run(kind, [(runs[at], count) for runs, count in members], total) for at, kind in enumerate(key)]
    return None if None in parts else "".join(filter(None, parts))


def _run(kind: str, texts: Sequence[tuple[str, int]], total: int) -> str | None:
    """Return the part of a pattern for one run; None for one of different words, which are no code."""
    if kind not in _SETS:
        return "\\" + kind if kind in _SPECIAL else kind
    words: Counter[str] = Counter()
    lengths: Counter[int] = Counter()
    for text, count in texts:
        words[text] += count
        lengths[len(text)] += count
    (word, often), *others = words.most_common(2)
    if kind in "Aa" and often >= FITTING * total and all(rows <= _OTHER * total for _, rows in others):
        return word
    usual, often = lengths.most_common(1)[0]
    if often >= FITTING * total:
        return _SETS[kind] + ("" if usual == 1 else f"{{{usual}}}")
    least, most = min(lengths), max(lengths)
    numbered = sum(count for text, count in texts if any(map(str.isdigit, text)))
    if most > _WORD and (kind == "a" or (kind == "X" and 2 * numbered < total)):
        return None
    if lengths[most] < _MORE * total:  # the longest is rare: there will be longer ones
        return _SETS[kind] + ("+" if least == 1 else f"{{{least},}}")
    return f"{_SETS[kind]}{{{least},{most}}}"


def _class(run: str, *, loose: bool) -> str:
    """Return the letter that stands for a run of characters; a character that is no letter or digit for itself."""
    first = run[0]
    if loose and first.isascii() and first.isalnum():
        return "X"
    if first.isdigit() and first.isascii():
        return "9"
    if first.isascii() and first.isalpha():
        return "A" if first.isupper() else "a"
    return "?" if first.isalnum() or not first.isprintable() or first in "9AaX?" else first
