"""Query parameters of our own resources: a few named ones, each given once and bounded."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from customer_inventory.api.parameters import InvalidParameter

LONGEST = 8192
_MOST_PARAMETERS = 100


@dataclass(frozen=True, slots=True)
class Question:
    """The parameters of a request that were looked for, by name, and the rest of its query string."""

    given: dict[str, str]
    rest: bytes

    def whole(self, name: str, *, least: int = 0, most: int, default: int) -> int:
        """Return a whole number, at most `most`. Raises InvalidParameter for what is none or is below `least`."""
        text = self.given.get(name)
        if text is None:
            return default
        if not (text.isascii() and text.isdigit()) or len(text) > 18 or int(text) < least:
            raise InvalidParameter(f"{name} must be a whole number from {least}.")
        return min(int(text), most)

    def yes(self, name: str) -> bool:
        """Return whether a parameter says true. Raises InvalidParameter when it says neither true nor false."""
        return self.one_of(name, ("true", "false"), default="false") == "true"

    def one_of(self, name: str, allowed: Collection[str], *, default: str) -> str:
        """Return a parameter that is one of a few words. Raises InvalidParameter when it is another."""
        said = self.given.get(name, default)
        if said not in allowed:
            raise InvalidParameter(f"{name} must be {' or '.join(allowed)}.")
        return said


def asked(query_string: bytes, names: Collection[str], *, nothing_else: bool = True) -> Question:
    """Read those parameters of a query string. Raises InvalidParameter, also for any other unless that is allowed."""
    if len(query_string) > LONGEST or query_string.count(b"&") > _MOST_PARAMETERS:
        raise InvalidParameter(f"The query string is longer than {LONGEST} bytes, or has too many parameters.")
    given: dict[str, str] = {}
    rest: list[bytes] = []
    for part in filter(None, query_string.split(b"&")):
        raw_name, _, raw = part.partition(b"=")
        name = _text(raw_name)
        if name not in names:
            rest.append(part)
        elif name in given:
            raise InvalidParameter(f"The parameter {name} is given twice.")
        else:
            given[name] = _text(raw)
    if rest and nothing_else:
        known = f"Those it takes are {', '.join(sorted(names))}." if names else "It takes none."
        raise InvalidParameter(f"The request has a parameter that is not known here. {known}")
    return Question(given, b"&".join(rest))


def _text(raw: bytes) -> str:
    try:
        text = unquote_to_bytes(raw.replace(b"+", b" ")).decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidParameter("The query string is not UTF-8. Percent-encode it anew.") from error
    if "\0" in text:
        raise InvalidParameter("The query string holds a NUL character, which no record can hold.")
    return text
