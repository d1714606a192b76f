"""Wording: what a requirement asks, in words, for people who read no regular expressions and no JSONPath."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import UNSET

from customer_inventory.model.jsonpath import parse
from customer_inventory.model.jsonpath_tree import (
    Against,
    AllOf,
    AnyOf,
    Compare,
    Exists,
    Expression,
    Fits,
    Name,
    Not,
    Path,
)
from customer_inventory.requirements.requirement import InformationRequirement, ValueRule

SHOWN = 12
"""How many values of a code list are told; longer ones are counted."""

_FORMATS = {
    "email": "an e-mail address",
    "phone": "a telephone number in international form (E.164)",
    "uri": "an address (RFC 3986)",
    "country": "a country code of two letters (ISO 3166-1)",
    "currency": "a currency code of three letters (ISO 4217)",
    "language": "a language tag (RFC 5646)",
    "postcode": "a postal code",
    "iban": "an IBAN with right check digits (ISO 13616)",
    "uuid": "a UUID (RFC 9562)",
    "mime": "a media type (RFC 6838)",
}
_SIGNS = {"==": "is", "!=": "is not", "<=": "is at most", ">=": "is at least"}
_MOMENTS = {"<": "is before", ">": "is after"}
_SIZES = {"<": "is less than", ">": "is more than"}
_CHECKS = {"luhn": "the Luhn algorithm", "mod97": "MOD 97-10"}


def obligation_in_words(requirement: InformationRequirement) -> str:
    """Return when the attribute must be there: mandatory, optional, or mandatory where a condition holds."""
    if requirement.condition is UNSET:
        return requirement.obligation
    return f"mandatory where {condition_in_words(requirement.condition)}"


def rule_in_words(rule: ValueRule) -> str:
    """Return what a rule asks of a value: `where the country is LV: follows (LV-)?[0-9]{4}`."""
    asked = " and ".join(_asked(rule))
    return asked if rule.when is UNSET else f"where {condition_in_words(rule.when)}: {asked}"


def condition_in_words(text: str) -> str:
    """Return a JSONPath condition on what has the attribute in words; what has none stays as it is written."""
    return _words(parse(text, of_element=True)) or f"`{text}`"


def index_in_words(too_long: int | None) -> str:
    """Return whether every value fits into an index, of which `too_long` are too long; None where nobody knows."""
    if too_long is None:
        return "it took too long to see whether every value fits into the index"
    if not too_long:
        return "every value fits into the index"
    has = "record has" if too_long == 1 else "records have"
    return f"{too_long:,} {has} a value that is too long for the index: it cannot be built before that is shortened"


def _asked(rule: ValueRule) -> Iterator[str]:
    if rule.type is not UNSET:
        yield f"is of the type {rule.type}"
    if rule.format is not UNSET:
        yield f"is {_FORMATS[rule.format]}"
    if rule.code_list is not UNSET:
        yield f"is {_one_of(rule.code_list)}"
    if rule.pattern is not UNSET:
        yield f"follows `{rule.pattern}`"
    if rule.min_length is not UNSET or rule.max_length is not UNSET:
        yield f"is {_between(str(rule.min_length or ''), str(rule.max_length or ''), '')} characters long"
    if rule.minimum is not UNSET or rule.maximum is not UNSET:
        yield f"is {_between(rule.minimum or '', rule.maximum or '', 'between ')}"
    if rule.check_digit is not UNSET:
        yield f"ends in a check digit by {_CHECKS[rule.check_digit]}"
    if rule.condition is not UNSET:
        yield condition_in_words(rule.condition)


def _between(least: str, most: str, word: str) -> str:
    if least and most:
        return f"{word}{least} {'and' if word else 'to'} {most}"
    return f"at least {least}" if least else f"at most {most}"


def _one_of(codes: Sequence[str]) -> str:
    more = f" and {len(codes) - SHOWN} more" if len(codes) > SHOWN else ""
    return codes[0] if len(codes) == 1 else f"one of {', '.join(codes[:SHOWN])}{more}"


def _words(expression: Expression) -> str | None:
    told = None
    match expression:
        case Compare(left=Path() as left, sign=sign, right=right):
            told = f"{_path(left)} {_sign(sign, number=right.type == 'number')} {right.text}"
        case Against(left=left, sign=sign, right=right):
            told = f"{_path(left)} {_sign(sign)} {_path(right)}"
        case Exists(of=Path() as path):
            told = f"there is {_path(path)}"
        case Fits(path=path, pattern=pattern):
            told = f"{_path(path)} has `{pattern.portable}`"
        case Not(part=part):
            told = _denied(part)
        case AllOf(parts=parts):
            told = _joined(parts, " and ")
        case AnyOf(parts=parts):
            told = _equal_to_one(parts) or _joined(parts, " or ")
    return told


def _denied(part: Expression) -> str | None:
    told = None
    match part:
        case Exists(of=Path() as path):
            told = f"there is no {_path(path)}"
        case Against(left=left, sign="<" | "<=" | ">" | ">=" as sign, right=right):
            told = f"{_path(left)} is not {_sign(sign).removeprefix('is ')} {_path(right)}"
        case Fits(path=path, pattern=pattern):
            told = f"{_path(path)} has no `{pattern.portable}`"
    return told


def _sign(sign: str, *, number: bool = False) -> str:
    """Return a sign in words: of two attributes, which in conditions are nearly always moments, or with a number."""
    return (_SIZES if number else _MOMENTS).get(sign) or _SIGNS[sign]


def _joined(parts: Sequence[Expression], word: str) -> str | None:
    told = [_words(part) for part in parts]
    nested = [isinstance(part, AnyOf | AllOf) and not _equal_to_one(getattr(part, "parts", ())) for part in parts]
    if None in told:
        return None
    return word.join(f"({each})" if deep else str(each) for each, deep in zip(told, nested, strict=True))


def _equal_to_one(parts: Sequence[Expression]) -> str | None:
    """Return alternatives that all compare one attribute, in one: `the country is one of CZ, SK`."""
    compared = [
        each for each in parts if isinstance(each, Compare) and each.sign == "==" and isinstance(each.left, Path)
    ]
    if len(compared) < len(parts) or len({str(each.left) for each in compared}) != 1:
        return None
    return f"{_path(compared[0].left)} is one of {', '.join(each.right.text for each in compared)}"


def _path(path: Path | object) -> str:
    steps = path.steps if isinstance(path, Path) else ()
    names = ".".join(step.name for step in steps if isinstance(step, Name))
    return f"{names} of the record" if isinstance(path, Path) and path.from_root else names
