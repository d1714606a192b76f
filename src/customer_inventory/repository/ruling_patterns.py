"""Patterns as SQL: regular expressions in the forms that cost PostgreSQL least.

It works an expression out anew for every text: a letter that leads somewhere new costs 300 ns, one that goes round in a
loop 10. So what is counted is told by lengths and places where it can be, and the expression goes round.
"""

from __future__ import annotations

import re
from functools import lru_cache

from customer_inventory.model.patterns import Pattern
from customer_inventory.repository import sql
from customer_inventory.repository.fragments import bound, bound_texts, composed
from customer_inventory.repository.values import Clause

_SQL = sql.statements("ruling.sql")
_MUCH_COUNTED = 8
"""From how many repetitions on a counted part of a pattern is worth the comparison of lengths that spares it."""

_PARTS = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|\{(\d+),(\d+)\}", re.DOTALL)
_WHOLE = re.compile(r"\^\(\?:(.*)\)\$", re.DOTALL)
_SHAPED = re.compile(r"(\[[^\[\]\\^][^\[\]\\]*\])(?:\{(\d+)\})?|([A-Za-z0-9_@:/, -])")
"""A set of plain characters, once or so many times, or a letter that stands for itself."""


def fits(pattern: Pattern, text: str, *, known: frozenset[str]) -> Clause:
    """Return the clause that a text fulfils which follows a pattern; those of `known` are told at once."""
    follows = _shaped(pattern.portable, text) or _shortened(pattern, text)
    follow = sorted(code for code in known if pattern.found_in(code))
    if not follow:
        return follows
    return composed(_SQL["fits_or_known"], text=text, codes=bound_texts(follow), fits=follows)


def _shortened(pattern: Pattern, text: str) -> Clause:
    relaxed, length = _relaxed(pattern)
    follows = composed(_SQL["fits"], text=text, pattern=bound(pattern.postgresql))
    if relaxed == pattern:
        return follows
    short = composed(_SQL["fits"], text=text, pattern=bound(relaxed.postgresql))
    return composed(_SQL["fits_when_short"], text=text, length=bound(length, "int"), short=short, long=follows)


@lru_cache(maxsize=1024)
def _relaxed(pattern: Pattern) -> tuple[Pattern, int]:
    """Return a pattern that counts less, and up to how many bytes a text may have for it to mean the same.

    What repeats at most n times cannot repeat more often in a text of n characters: there the upper count says nothing.
    """
    length = 1 << 30

    def uncounted(found: re.Match[str]) -> str:
        nonlocal length
        if found[2] is None or int(found[2]) < _MUCH_COUNTED:
            return found[0]
        length = min(length, int(found[2]))
        return {"0": "*", "1": "+"}.get(found[1], f"{{{found[1]},}}")

    return Pattern(_PARTS.sub(uncounted, pattern.portable)), length


def _shaped(portable: str, text: str) -> Clause | None:
    """Return the clause of a pattern of one set of characters at some places and letters at the others, as of a UUID.

    None for other patterns. The letters stand where they should, there are no more of them, and the rest is of the set.
    """
    whole = _WHOLE.fullmatch(portable)
    parts = list(_SHAPED.finditer(whole[1])) if whole else []
    if not parts or whole is None or sum(len(part[0]) for part in parts) != len(whole[1]):
        return None
    sets, letters = {part[1] for part in parts if part[1]}, "".join(sorted({part[3] for part in parts if part[3]}))
    if len(sets) != 1 or any(Pattern(f"^{next(iter(sets))}$").found_in(letter) for letter in letters):
        return None
    shape = "".join(_like(part[3]) if part[3] else "_" * int(part[2] or 1) for part in parts)
    runs = composed(_SQL["fits"], text=text, pattern=bound(f"^{_with(next(iter(sets)), letters)}+$"))
    others = sum(int(part[2] or 1) for part in parts if part[1])
    return composed(
        _SQL["fits_shape" if letters else "fits_run"],
        text=text,
        shape=bound(shape),
        letters=bound(letters),
        others=bound(others, "int"),
        runs=runs,
    )


def _like(letter: str) -> str:
    return f"\\{letter}" if letter == "_" else letter


def _with(members: str, letters: str) -> str:
    """Return a set with further members."""
    return f"[{members[1:-1]}{letters.replace('-', '')}{'-' if '-' in letters else ''}]"
