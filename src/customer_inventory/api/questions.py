"""Query parameters of our own resources: a few named ones, each given once and bounded."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

import msgspec

from customer_inventory.api.scanning import InvalidParameter, text_of
from customer_inventory.ids import parse_id

LONGEST = 8192
_MOST_PARAMETERS = 100
_Moment = Annotated[datetime, msgspec.Meta(tz=True)]


@dataclass(frozen=True, slots=True)
class Question:
    """The parameters of a request that were looked for, by name, and the rest of its query string."""

    given: dict[str, str]
    rest: bytes

    def whole(self, name: str, *, least: int = 0, most: int, default: int) -> int:
        """Return a whole number, at most `most`. Raises InvalidParameter for what is none or is below `least`."""
        return min(self._whole(name, least, default, f"from {least}"), most)

    def bounded(self, name: str, *, least: int, most: int, default: int) -> int:
        """Return a whole number. Raises InvalidParameter for what is none, and what is below `least` or above `most`.

        For what changes the answer without a sign in it: a page that is shorter than was asked for says how it goes on.
        """
        said = f"from {least} to {most}"
        number = self._whole(name, least, default, said)
        if number > most:
            raise InvalidParameter(f"{name} must be a whole number {said}.")
        return number

    def _whole(self, name: str, least: int, default: int, said: str) -> int:
        text = self.given.get(name)
        if text is None:
            return default
        if not (text.isascii() and text.isdigit()) or len(text) > 18 or int(text) < least:
            raise InvalidParameter(f"{name} must be a whole number {said}.")
        return int(text)

    def moment(self, name: str) -> datetime | None:
        """Return a point in time, in UTC, or None when it is not given. Raises InvalidParameter when it is none."""
        text = self.given.get(name)
        if text is None:
            return None
        try:
            # A plus that was not encoded has arrived as a space.
            return msgspec.convert(text.replace(" ", "+"), _Moment).astimezone(UTC)
        except (msgspec.ValidationError, OverflowError, ValueError) as error:
            raise InvalidParameter(f"{name} must be a date-time with a zone, such as 2026-01-31T12:00:00Z.") from error

    def identifier(self, name: str) -> UUID | None:
        """Return an id of this inventory, or None when it is not given. Raises InvalidParameter when it is none."""
        text = self.given.get(name)
        if text is None:
            return None
        identifier = parse_id(text)
        if identifier is None:
            raise InvalidParameter(f"{name} is no id of this inventory.")
        return identifier

    def repeated(self, names: Collection[str]) -> str:
        """Return those parameters that were given as the beginning of a query string, for links."""
        return "".join(f"{name}={quote(self.given[name], safe='')}&" for name in names if name in self.given)

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
        name = text_of(raw_name)
        if name not in names:
            rest.append(part)
        elif name in given:
            raise InvalidParameter(f"The parameter {name} is given twice.")
        else:
            given[name] = text_of(raw)
    if rest and nothing_else:
        known = f"Those it takes are {', '.join(sorted(names))}." if names else "It takes none."
        raise InvalidParameter(f"The request has a parameter that is not known here. {known}")
    return Question(given, b"&".join(rest))


def said(attributes: dict[str, Any]) -> dict[str, Any]:
    """Return the attributes that have a value; times as RFC 3339 writes them in UTC."""
    return {
        name: value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value
        for name, value in attributes.items()
        if value is not None
    }
