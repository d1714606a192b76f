"""Slips: values that are most likely another value, written wrongly."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

OFTEN = 10
"""How many rows must have a value that a rare one is taken for."""
TIMES = 20
"""How many times more rows must have it."""
SHORTEST = 3
"""Shorter texts are near each other without a slip."""
CLOSE = 0.1
"""Up to which share of frequent values that are near another frequent one nearness tells anything."""
_MOST_COMPARED = 100_000
_DIGITS = {ord(digit): None for digit in "0123456789"}


def distance(one: str, other: str, most: int) -> int:
    """Return how many letters must be replaced, put in or left out (Levenshtein 1965); `most` + 1 when more than that.

    Only the band of the table within `most` of its diagonal is worked out.
    """
    if abs(len(one) - len(other)) > most:
        return most + 1
    before = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        low, high = max(1, row - most), min(len(other), row + most)
        now = [most + 1] * (len(other) + 1)
        now[0] = row
        for at in range(low, high + 1):
            replaced = before[at - 1] + (letter != other[at - 1])
            now[at] = min(replaced, before[at] + 1, now[at - 1] + 1)
        if min(now[low - 1 : high + 1]) > most:
            return most + 1
        before = now
    return min(before[-1], most + 1)


def allowed(text: str) -> int:
    """Return how many letters of a text may be wrong for it to be recognised: a fifth, and at least one."""
    return max(1, len(text) // 5)


def nearest(texts: Sequence[str], candidates: Mapping[str, int]) -> dict[str, str]:
    """Return for texts the candidate that is nearest, where one stands out; candidates come with their frequency.

    With many of both, only those are found that are one letter away.
    """
    names = list(candidates)
    many = len(texts) * len(names) > _MOST_COMPARED
    close = _indexed(names, range(len(names))) if many else _whole(range(len(names)))
    found = ((text, _nearest(text, [names[at] for at in close(text)], candidates)) for text in texts)
    return {text: name for text, name in found if name is not None}


def _nearest(text: str, names: Sequence[str], counts: Mapping[str, int]) -> str | None:
    most = allowed(text)
    best: list[str] = []
    for name in names:
        apart = distance(text, name, most)
        if apart < most or (apart == most and not best):
            most, best = apart, [name]
        elif apart == most:
            best.append(name)
    best.sort(key=lambda name: -counts[name])
    stands_out = len(best) == 1 or (best and counts[best[0]] >= OFTEN * counts[best[1]])
    return best[0] if stands_out else None


def slips(texts: Sequence[str], counts: Sequence[int]) -> dict[int, int]:
    """Return the rare values that look like a frequent one, each with it, by their places.

    Nothing is returned where frequent values look like each other too: there nearness tells nothing. Numbers are no
    slips of each other.
    """
    often = {at: counts[at] for at in range(len(texts)) if counts[at] >= OFTEN and len(texts[at]) >= SHORTEST}
    most = max(often.values(), default=0)
    rare = [at for at in range(len(texts)) if 0 < counts[at] * TIMES <= most]
    if not often or not rare or _share_of_near(texts, often) > CLOSE:
        return {}
    close = _whole(often) if len(rare) * len(often) <= _MOST_COMPARED else _indexed(texts, often)
    found: dict[int, int] = {}
    for at in rare:
        best = allowed(texts[at])
        for other in close(texts[at]):
            apart = distance(texts[at], texts[other], best)
            likelier = at not in found or apart < best or counts[other] > counts[found[at]]
            if (
                apart <= best
                and likelier
                and counts[at] * TIMES <= counts[other]
                and _by_letters(texts[at], texts[other])
            ):
                found[at], best = other, apart
    return found


Close = Callable[[str], Iterable[int]]
"""Gives the places of the values that may be near a text."""


def _whole(often: Iterable[int]) -> Close:
    return lambda _text: often


def _indexed(texts: Sequence[str], often: Iterable[int]) -> Close:
    """Return what finds values that are one letter away without comparing each: by the texts with a letter left out."""
    index: dict[str, set[int]] = {}
    for at in often:
        for part in _without_one(texts[at]):
            index.setdefault(part, set()).add(at)
    return lambda text: {at for part in _without_one(text) for at in index.get(part, ())}


def _without_one(text: str) -> Iterator[str]:
    yield text
    for at in range(len(text)):
        yield text[:at] + text[at + 1 :]


def _share_of_near(texts: Sequence[str], often: Mapping[int, int]) -> float:
    """Return the share of frequent values one letter away from another that is not so frequent that it is a slip."""
    close = _indexed(texts, often)

    def is_near(at: int, other: int) -> bool:
        alike = often[other] < TIMES * often[at] and often[at] < TIMES * often[other]
        return (
            at != other and alike and _by_letters(texts[at], texts[other]) and distance(texts[at], texts[other], 1) == 1
        )

    return sum(any(is_near(at, other) for other in close(texts[at])) for at in often) / len(often)


def _by_letters(one: str, other: str) -> bool:
    """Return whether two texts differ in more than their digits: another number is another thing."""
    return one.translate(_DIGITS) != other.translate(_DIGITS)
