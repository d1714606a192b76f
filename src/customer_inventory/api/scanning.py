"""Scanning: a query string taken apart into parameters, by the separators and operators that TMF630 gives it.

`&` and `;` separate parameters, unless they stand percent-encoded, or between the brackets or quotes of a JSONPath. An
operator may be written in signs, plain or encoded: `birthDate%3E%3D2000-01-01`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from customer_inventory.errors import Failure, InventoryError

SIGNS = {
    ">=": "gte",
    "<=": "lte",
    "==": "eq",
    "!=": "ne",
    "*=": "regex",
    "=~": "regex",
    ">": "gt",
    "<": "lt",
}
"""What the operators that are written in signs are called."""

_BRACKETED = frozenset({"filter", "fields", "sort"})
_SEPARATORS = frozenset({"&", ";"})
_SPECIAL = re.compile(rb"[&;<>=!*]|%(?:3[CcDdEe]|21|2[Aa])")
"""What may end the name of a parameter; found in C, for names are looked through at every request."""

_OPENING = re.compile(rb"[\[('\"~]|%(?:5[Bb]|28|2[27]|7[Ee])")
_HEX = frozenset(b"0123456789abcdefABCDEF")
_USUAL = re.compile(rb"([\w@.:\-]+)=(?![=~])([^&;]*)")
"""A parameter as nearly all are written: a name without anything encoded, a plain `=`, and a value."""


class InvalidParameter(InventoryError):
    """A query parameter is not understood."""

    code = "invalid-parameter"
    failure = Failure.INVALID


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter as it came: what stands before it, its name, its sign and its raw value; and all of it raw.

    Without a sign it is a mere text, such as another value of the parameter before it. `plain` is the value if a plain
    `=` is all of the sign: what `=~x` means where an operator stands in the name already.
    """

    separator: str
    name: str
    sign: str
    value: bytes
    plain: bytes
    raw: bytes


@dataclass(frozen=True, slots=True)
class _Letter:
    """One byte of a query string: what it stands for, whether it was percent-encoded, and where the next one is."""

    text: str
    encoded: bool
    end: int


def parameters(raw: bytes) -> Iterator[Parameter]:
    """Yield the parameters of a query string. Raises InvalidParameter."""
    at, separator, before = 0, "", ""
    while at < len(raw):
        if chr(raw[at]) in _SEPARATORS:
            separator = ";" if ";" in {separator, chr(raw[at])} else "&"
            at += 1
            continue
        found = _one(raw, at, separator, before)
        yield found
        before = found.name if found.sign else before
        at, separator = at + len(found.raw), ""


def text_of(raw: bytes) -> str:
    """Return the text that is percent-encoded in `raw`. Raises InvalidParameter."""
    try:
        plain = b"%" not in raw and b"+" not in raw
        text = (raw if plain else unquote_to_bytes(raw.replace(b"+", b" "))).decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidParameter("The query string is not UTF-8. Percent-encode it anew.") from error
    if "\0" in text:
        raise InvalidParameter("The query string holds a NUL character, which no record can hold.")
    return text


def split(raw: bytes, *, nested: bool = False) -> list[bytes]:
    """Return the parts between plain commas; with `nested`, not between those in brackets, braces or quotes."""
    if not nested:
        return raw.split(b",")
    parts, start = [], 0
    depth = 0
    for letter, at in _letters(raw, 0):
        if letter.text in "[({":
            depth += 1
        elif letter.text in "])}":
            depth = max(0, depth - 1)
        elif letter.text == "," and not letter.encoded and depth == 0:
            parts.append(raw[start:at])
            start = letter.end
    return [*parts, raw[start:]]


def _one(raw: bytes, at: int, separator: str, before: str) -> Parameter:
    return _usual(raw, at, separator, before) or _any(raw, at, separator, before)


def _usual(raw: bytes, at: int, separator: str, before: str) -> Parameter | None:
    """Return a parameter that is written as nearly all are, as `_any` does in ten times the time; else None."""
    found = _USUAL.match(raw, at)
    if found is None or (before == "filter" and separator == ";"):
        return None
    name, value = found[1].decode("ascii"), found[2]
    if name in _BRACKETED and _OPENING.search(value) is not None:
        return None
    return Parameter(separator, name, "=", value, value, found[0])


def _any(raw: bytes, at: int, separator: str, before: str) -> Parameter:
    end, sign, value_at = _sign(raw, at)
    name = raw[at:end]
    if before == "filter" and separator == ";" and (not sign or b"[" in name or name.startswith((b"$", b"%24"))):
        end = _bracketed_end(raw, at)
        return Parameter(separator, "", "", raw[at:end], b"", raw[at:end])
    if not sign:
        return Parameter(separator, "", "", name, b"", name)
    named = text_of(name)
    bracketed = sign == "=" and named in _BRACKETED
    name_end, end = end, _bracketed_end(raw, value_at) if bracketed else _end(raw, value_at)
    plain = raw[name_end + 1 : end] if raw[name_end : name_end + 1] == b"=" else b""
    return Parameter(separator, named, sign, raw[value_at:end], plain, raw[at:end])


def _sign(raw: bytes, at: int) -> tuple[int, str, int]:
    """Return where the name that begins at `at` ends, the sign behind it ("" for none), and where the value begins."""
    for found in _SPECIAL.finditer(raw, at):
        here = found.start()
        letter = _letter(raw, here)
        if letter is None or (letter.text in _SEPARATORS and not letter.encoded):
            return here, "", here
        if letter.text in "<>=!*":
            following = _letter(raw, letter.end)
            both = letter.text + following.text if following else letter.text
            data = letter.text == "=" and not letter.encoded and following is not None and following.encoded
            if both in SIGNS and following and not data:
                return here, both, following.end
            if letter.text in SIGNS or (letter.text == "=" and not letter.encoded):
                return here, letter.text, letter.end
    return len(raw), "", len(raw)


def _letter(raw: bytes, at: int) -> _Letter | None:
    if at >= len(raw):
        return None
    if raw[at] == 0x25 and len(raw) > at + 2 and {raw[at + 1], raw[at + 2]} <= _HEX:
        return _Letter(chr(int(raw[at + 1 : at + 3], 16)), True, at + 3)
    return _Letter(chr(raw[at]), False, at + 1)


def _letters(raw: bytes, at: int) -> Iterator[tuple[_Letter, int]]:
    while letter := _letter(raw, at):
        yield letter, at
        at = letter.end


def _end(raw: bytes, at: int) -> int:
    ends = [place for separator in (b"&", b";") if (place := raw.find(separator, at)) >= 0]
    return min(ends, default=len(raw))


def _bracketed_end(raw: bytes, at: int) -> int:
    """Return where a JSONPath ends: at the first separator outside of its brackets, quotes and regular expressions.

    One that leaves something open ends at the first separator of all: it is refused by who reads it, and must not hide
    the parameters behind it, such as a `limit` that would be refused too.
    """
    end = _end(raw, at)
    if _OPENING.search(raw, at, end) is None:
        return end
    depth, quote, before, escaped = 0, "", "", False
    for letter, here in _letters(raw, at):
        text = letter.text
        if quote:
            quote = "" if text == quote and not escaped else quote
            escaped = text == "\\" and not escaped
        elif text in _SEPARATORS and not letter.encoded and depth == 0:
            return here
        elif depth and (text in "'\"" or (text == "/" and before == "=~")):  # elsewhere they are letters of a value
            quote = text
        elif text in "[(":
            depth += 1
        elif text in "])":
            depth = max(0, depth - 1)
        before = before if text in " +" else (before + text)[-2:]
    return end if quote or depth else len(raw)
