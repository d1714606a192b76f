r"""Patterns: the regular expressions that filters understand, written so that they mean one thing in every engine.

The dialect is that of POSIX extended expressions with the shorthands everybody writes (`\d`, `\w`, `\s`, `\b`).
There are no back references and no looking around, so PostgreSQL and RE2 both match in time linear in the text. Classes
and letter case are those of ASCII, whatever the locale of the database.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import re2

from customer_inventory.errors import Failure, InventoryError

LONGEST = 256
"""How many characters a pattern may have."""

_MOST_REPEATS = 255  # PostgreSQL's limit
_MEMORY = 1 << 20  # bytes for one compiled expression; RE2 keeps 128 of them
_COUNT = re.compile(r"\{(\d{1,5})(?:(,)(\d{1,5})?)?\}", re.ASCII)
_POSIX = re.compile(r"\[:([a-z]+):\]")
_GROUP = re.compile(r"\((\?:|\?P?<[A-Za-z_]\w*>)?", re.ASCII)
_CODE = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4}))")
_REPEATED = r"(?:\[\^?(?:\\.|[^\]\\])+\]|\\[^bB]|[^][\\(){}|^$*+?.]|\.)([*+?]|\{[0-9,]+\})?"
_PART = re.compile(_REPEATED, re.DOTALL)
_WHOLE = re.compile(rf"\^\(\?:((?:{_REPEATED})*)\)\$", re.DOTALL)
"""A whole text without groups and alternatives, in the portable form."""
_OF_SETS = re.compile(r"--|&&|\|\||~~")
"""What `re` may read as an operation on sets one day."""
_CLASSES = {
    "alpha": "A-Za-z",
    "digit": "0-9",
    "alnum": "A-Za-z0-9",
    "upper": "A-Z",
    "lower": "a-z",
    "space": r" \t\n\r\f\v",
    "blank": r" \t",
    "xdigit": "0-9A-Fa-f",
    "word": "A-Za-z0-9_",
    "punct": r"!-/:-@\[-`{-~",
}
_SHORTHANDS = {"d": "digit", "w": "word", "s": "space"}
_CONTROLS = {"t": r"\t", "n": r"\n", "r": r"\r", "f": r"\f", "v": r"\v"}
_SPECIAL = frozenset(r"\.[]{}()*+?|^$")


class InvalidPattern(InventoryError):
    """The regular expression is not understood.

    Write a POSIX extended one, without back references or looking around.
    """

    code = "invalid-pattern"
    failure = Failure.INVALID


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression in the common subset of PostgreSQL and RE2: found anywhere in a text unless anchored."""

    portable: str

    def found_in(self, text: str) -> bool:
        """Return whether the expression matches somewhere in `text`, in time linear in its length."""
        return _compiled(self.portable).search(text) is not None

    @property
    def asked(self) -> Callable[[str], object | None]:
        """The compiled expression: who asks it of every record looks it up once."""
        return _asked(self.portable)

    @property
    def postgresql(self) -> str:
        """The expression as PostgreSQL writes it: only the boundary of a word is spelled otherwise."""
        return re.sub(r"\\(.)", lambda found: {"b": r"\y", "B": r"\Y"}.get(found[1], found[0]), self.portable)


def pattern(text: str, *, ignore_case: bool = False) -> Pattern:
    """Return the regular expression that `text` writes. Raises InvalidPattern."""
    if len(text) > LONGEST:
        raise InvalidPattern(f"The regular expression is longer than {LONGEST} characters.")
    if text.startswith("(?i)"):
        text, ignore_case = text[4:], True
    read = Pattern("".join(_pieces(text, ignore_case)))
    _compiled(read.portable)
    return read


@cache
def _options() -> re2.Options:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MEMORY
    return options


@lru_cache(maxsize=512)  # RE2 keeps 128 itself, and takes longer to find them than to match
def _compiled(portable: str) -> Any:
    try:
        return re2.compile(f"(?s){portable}", _options())
    except re2.error as error:
        raise InvalidPattern from error


@lru_cache(maxsize=4096)
def _asked(portable: str) -> Callable[[str], object | None]:
    """Return a compiled expression as a function of a text.

    What repeats at most one part any number of times is linear in `re` too, which takes a fifth of the time. Of UTF-8
    RE2 is asked, since to find places in a str costs it three times the match; its own look-up remembers 128.
    """
    plain = _repeats_once(portable)
    if plain is not None:
        return re.compile(plain, re.DOTALL).fullmatch
    search = re2.compile(f"(?s){portable}".encode(), _options()).search
    return lambda text: search(text.encode("utf-8", "surrogatepass"))


def _repeats_once(portable: str) -> str | None:
    """Return what a whole text is to follow, if at most one part of it is repeated any number of times; else None."""
    whole = _WHOLE.fullmatch(portable)
    if whole is None or _OF_SETS.search(portable):
        return None
    counts = (found[1] for found in _PART.finditer(whole[1]) if found[1])
    return whole[1] if sum(not count[1:-1].isdecimal() for count in counts) <= 1 else None


def _pieces(text: str, ignore_case: bool) -> Iterator[str]:
    """Yield the parts of an expression in their portable form."""
    at, repeatable = 0, False
    while at < len(text):
        letter = text[at]
        if letter in "*+?{":
            if not repeatable:
                raise InvalidPattern("The regular expression repeats nothing, or repeats a repetition.")
            piece, at = _repetition(text, at)
            repeatable = False
        else:
            repeatable = letter not in "^$|("
            piece, at = _unit(text, at, ignore_case)
            if letter == "\\" and piece in {r"\b", r"\B"}:
                repeatable = False
        yield piece


def _unit(text: str, at: int, ignore_case: bool) -> tuple[str, int]:
    """Return the portable form of what stands at `at` and the place behind it."""
    letter = text[at]
    if letter == "[":
        return _set(text, at, ignore_case)
    if letter == "(":
        return _group(text, at)
    if letter == "\\":
        return _escape(text, at, ignore_case)
    if letter in "^$.|)":
        return letter, at + 1
    return _literal(letter, ignore_case), at + 1


def _literal(letter: str, ignore_case: bool) -> str:
    if ignore_case and letter.isascii() and letter.isalpha():
        return f"[{letter.lower()}{letter.upper()}]"
    return "\\" + letter if letter in _SPECIAL else letter


def _group(text: str, at: int) -> tuple[str, int]:
    found = _GROUP.match(text, at)
    end = found.end() if found else at + 1
    if text[end : end + 1] == "?" or text[at : at + 2] == "(*":
        raise InvalidPattern("The regular expression looks around or sets an option, which is not understood here.")
    return "(?:", end


def _repetition(text: str, at: int) -> tuple[str, int]:
    piece = text[at]
    if piece == "{":
        counted = _COUNT.match(text, at)
        if counted is None:
            raise InvalidPattern("The regular expression has a brace that is no count. Write \\{ for the character.")
        least, most = int(counted[1]), int(counted[3] or counted[1])
        if max(least, most) > _MOST_REPEATS or most < least:
            raise InvalidPattern(f"The regular expression counts beyond {_MOST_REPEATS}, or backwards.")
        piece = counted[0]
    # Whether a repetition is greedy cannot change whether there is a match.
    end = at + len(piece)
    return piece, end + 1 if text[end : end + 1] == "?" else end


def _escape(text: str, at: int, ignore_case: bool) -> tuple[str, int]:
    letter = text[at + 1 : at + 2]
    if code := _CODE.match(text, at):
        return _literal(_character(code), ignore_case), code.end()
    if letter in {"b", "B"}:
        return f"\\{letter}", at + 2
    if letter in {"A", "Z", "z"}:
        return "^" if letter == "A" else "$", at + 2
    if letter and letter.lower() in _SHORTHANDS:
        return f"[{'^' if letter.isupper() else ''}{_CLASSES[_SHORTHANDS[letter.lower()]]}]", at + 2
    return _plain_escape(letter, in_set=False), at + 2


def _plain_escape(letter: str, *, in_set: bool) -> str:
    if letter in _CONTROLS:
        return _CONTROLS[letter]
    if not letter or (letter.isascii() and letter.isalnum()):
        raise InvalidPattern("The regular expression has an escape that is not understood here.")
    return _in_set(letter) if in_set else _literal(letter, ignore_case=False)


def _character(code: re.Match[str]) -> str:
    letter = chr(int(code[1] or code[2], 16))
    if letter == "\0" or "\ud800" <= letter <= "\udfff":
        raise InvalidPattern("The regular expression has a code that is no character.")
    return letter


def _in_set(letter: str) -> str:
    return "\\" + letter if letter in r"\]^-[" else letter


def _set(text: str, at: int, ignore_case: bool) -> tuple[str, int]:
    """Return the portable form of a set in brackets and the place behind it."""
    at += 1
    negated = text[at : at + 1] == "^"
    at += negated
    parts: list[str] = []
    first = True
    while text[at : at + 1] != "]" or first:
        first = False
        part, at = _member(text, at)
        if text[at : at + 1] == "-" and text[at + 1 : at + 2] not in {"", "]"}:
            last, at = _member(text, at + 1)
            part = _range(part, last)
        parts.append(part)
    inside = "".join(parts)
    return f"[{'^' if negated else ''}{_both_cases(inside) if ignore_case else inside}]", at + 1


def _member(text: str, at: int) -> tuple[str, int]:
    letter = text[at : at + 1]
    if not letter:
        raise InvalidPattern("The regular expression has a set in brackets that does not end.")
    if named := _POSIX.match(text, at):
        if named[1] not in _CLASSES:
            raise InvalidPattern("The regular expression names a class of characters that is not known.")
        return _CLASSES[named[1]], named.end()
    if text[at : at + 2] in {"[.", "[="}:
        raise InvalidPattern("The regular expression has a collating element, which is not understood here.")
    if letter != "\\":
        return _in_set(letter), at + 1
    if code := _CODE.match(text, at):
        return _in_set(_character(code)), code.end()
    if (escaped := text[at + 1 : at + 2]) in _SHORTHANDS:
        return _CLASSES[_SHORTHANDS[escaped]], at + 2
    return _plain_escape(escaped, in_set=True), at + 2


def _range(first: str, last: str) -> str:
    ends = [end[1:] if len(end) == 2 and end not in _CONTROLS.values() else end for end in (first, last)]
    if any(len(end) != 1 for end in ends) or ends[0] > ends[1]:
        raise InvalidPattern("The regular expression has a range in brackets that has no beginning or end.")
    return f"{first}-{last}"


def _both_cases(inside: str) -> str:
    """The members of a set with the other case of their ASCII letters: RE2 works out what lies in it."""
    found = [letter for letter in map(chr, range(65, 91)) if _among(inside, letter) or _among(inside, letter.lower())]
    return inside + "".join(letter + letter.lower() for letter in found)


def _among(inside: str, letter: str) -> bool:
    return _compiled(f"[{inside}]").search(letter) is not None
