"""Forgetting: what downloads were asked for by, whatever became of them, loses the text that names who is erased.

A name is found as whole words, what identifies in any spelling, both without case and accents, and decoded as filters
are. Where a condition asks for a name or for what identifies, a part is found too: it may have been about the erased.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from urllib.parse import unquote, unquote_plus

import msgspec

from customer_inventory.model.forgetting import IDENTIFYING, NAMES
from customer_inventory.repository.erasing import ErasureWork
from customer_inventory.repository.search import fold

ERASED = "erased"
"""What stands in the place of a text that named somebody."""
_ASKED = ("filter", "fields")
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
_SHORTEST = 6
_SHORTEST_PART = 2
_CONDITION = re.compile(
    r"(?:^|[&(@ ])\.?(?P<path>[A-Za-z][\w.]*)\s*(?P<operator>==|!=|=~|[=<>~*]=?)\s*"
    r"(?:'(?P<one>[^']*)'|\"(?P<two>[^\"]*)\"|/(?P<three>[^/]*)/|(?P<bare>[^&()$'\"/]*))"
)
"""A condition of a filter, in either way of writing it: where, and the text that is asked for."""

_PATH = re.compile(r"(?:(?<=[&(@\s?])|^)\.?[A-Za-z][\w.]*(?=\s*[=<>~!*])")
"""Where a condition looks."""


async def forget_asked(
    work: ErasureWork, names: Collection[str], values: Collection[str], *, about: tuple[str, str] | None = None
) -> int:
    """Take what names who is erased out of what downloads were asked for by; return out of how many.

    With `about`, a resource and an attribute, only of that resource's where that attribute is asked for. What is not
    over is erased. To be called within the transaction of an erasure.
    """
    told, number, after = Told(names, values), 0, ""
    while wishes := await work.wishes(after=after):
        for identifier, wish, said in wishes:
            if about is not None and not _is_about(wish, *about):
                continue
            if (left := told.without(wish, said)) is not None:
                number += await work.erase_wish(identifier, *left)
        after = wishes[-1][0]
    return number


class Told:
    """What tells who somebody is: names, and values by which one is found."""

    def __init__(self, names: Collection[str], values: Collection[str]) -> None:
        words = sorted({word for each in names if (word := fold(each).strip())}, key=len, reverse=True)
        self._names = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, words))})(?!\w)") if words else None
        self._called = words
        self._values = {each for value in values if len(each := _bare(value)) >= _SHORTEST}

    def without(self, wish: str, said: str | None) -> tuple[str, str | None] | None:
        """Return a wish, as JSON, and what was said of it, without what tells; None if nothing does."""
        told = msgspec.json.decode(wish)
        left = {**told, **{name: ERASED for name in _ASKED if self._is_in(told.get(name) or "")}}
        kept = None if said is not None and self._is_in(said) else said
        return None if (left, kept) == (told, said) else (msgspec.json.encode(left).decode(), kept)

    def is_asked_for(self, query: str) -> bool:
        """Tell whether a query asks for what tells; how its attributes are called is nobody's name."""
        return self._is_in(query, called=_PATH)

    def is_within(self, text: str) -> bool:
        """Tell whether what tells stands in a text."""
        return self._is_in(text)

    def _is_in(self, text: str, *, called: re.Pattern[str] | None = None) -> bool:
        for form in {text, unquote(text), unquote_plus(text)}:
            plain = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), form).replace("\\", "")
            bearing = plain if called is None else called.sub(" ", plain)
            if self._names is not None and self._names.search(fold(bearing)):
                return True
            bare = _bare(plain)
            if any(each in bare for each in self._values) or any(map(self._is_part, _conditions(plain))):
                return True
        return False

    def _is_part(self, condition: tuple[str, str]) -> bool:
        """Tell whether a condition on names asks for a part of one, or one on what identifies for a part of that."""
        path, text = condition
        steps, plain = set(path.split(".")), fold(text).strip(" *%^$.")
        if len(plain) < _SHORTEST_PART:
            return False
        if steps & set(NAMES) and any(plain in each for each in self._called):
            return True
        bare = _bare(plain)
        return bool(steps & IDENTIFYING) and len(bare) >= _SHORTEST_PART and any(bare in each for each in self._values)


def _is_about(wish: str, resource: str, attribute: str) -> bool:
    """Tell whether a wish is for a resource, and the last name of an attribute stands in what it asks for."""
    told = msgspec.json.decode(wish)
    asked = " ".join(unquote(told.get(name) or "") for name in _ASKED)
    return told.get("kind") == resource and attribute.rpartition(".")[2] in asked


def _conditions(text: str) -> Iterator[tuple[str, str]]:
    """Yield the conditions of a filter, one for each of several texts that are asked for together."""
    for found in _CONDITION.finditer(text):
        # What is equal to a part of a name is another name.
        last = found["path"].rpartition(".")[2]
        whole = found["path"] != "name" and last in {*NAMES, *IDENTIFYING} and "~" not in found["operator"]
        asked = next((each for each in found.group("one", "two", "three", "bare") if each is not None), "")
        several = re.split(r"[,;|]", asked)
        yield from ((found["path"], each) for each in several if not whole or set(each) & set("*%"))


def _bare(text: str) -> str:
    """Return the letters and digits of a text alone: numbers are written with and without what separates them."""
    return "".join(letter for letter in fold(text) if letter.isalnum())
