"""Telephone numbers to E.164 (ITU-T E.164), by the numbering plans that phonenumbers carries.

phonenumbers reads a number in about 25 µs, a quarter of the time of an import. Nearly all in a file are plain
digits in the default country's own way or in international form; those are decided here in 2 µs by the same plans.
What is not plain goes to phonenumbers, and a property test holds the two to the same answers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneMetadata, PhoneNumberFormat

_SEPARATORS = str.maketrans("", "", " -./()\N{NO-BREAK SPACE}")
_LONGEST = 40


class UnusableNumber(Exception):
    """A text is no telephone number; the message says why, and never repeats it."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """What of a region's numbering plan decides how plain digits are read."""

    country_code: str
    prefix: re.Pattern[str] | None
    international: re.Pattern[str]
    pattern: re.Pattern[str]
    lengths: frozenset[int]


def e164(text: str, default_country: str | None) -> str:
    """Return the number that `text` writes as "+" and digits.

    A number without a country code is read as one of `default_country` (ISO 3166-1 alpha-2). Raises UnusableNumber when
    it is no number, has no country, or is of a length that its country does not have.
    """
    if len(text) > _LONGEST:
        raise UnusableNumber("is no telephone number")
    digits = text.translate(_SEPARATORS)
    quick = _international(text, digits) if digits.startswith("+") else _national(digits, default_country)
    return quick or _carefully(text, default_country)


def known_country(code: str) -> bool:
    """Return whether `code` is a country with a numbering plan."""
    return PhoneMetadata.metadata_for_region(code) is not None


def _carefully(text: str, default_country: str | None) -> str:
    try:
        number = phonenumbers.parse(text, default_country)
    except NumberParseException as error:
        if error.error_type == NumberParseException.INVALID_COUNTRY_CODE and not text.startswith("+"):
            reason = "has no country code, and the mapping names no default country"
            raise UnusableNumber(reason if default_country is None else "is no telephone number") from None
        raise UnusableNumber("is no telephone number") from None
    if not phonenumbers.is_possible_number(number):
        raise UnusableNumber("is of a length that telephone numbers of its country do not have")
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def _international(text: str, digits: str) -> str | None:
    """Return the number when it is "+", a country code and digits that can only be read in one way, else None."""
    if "(" in text or not (digits[1:].isascii() and digits[1:].isdigit()):
        return None
    plan = _plan_of_code(digits[1:2]) or _plan_of_code(digits[1:3]) or _plan_of_code(digits[1:4])
    if plan is None:
        return None
    national = digits[1 + len(plan.country_code) :]
    if plan.prefix is not None and plan.prefix.match(national):
        return None
    return digits if len(national) in plan.lengths and plan.pattern.fullmatch(national) else None


def _national(digits: str, country: str | None) -> str | None:
    """Return the number when its digits can only be read in one way in its country, else None."""
    plan = _plan(country) if country else None
    if plan is None or not (digits.isascii() and digits.isdigit()):
        return None
    if digits.startswith(plan.country_code) or plan.international.match(digits):
        return None
    stripped = plan.prefix.match(digits) if plan.prefix is not None else None
    national = digits[stripped.end() :] if stripped else digits
    if len(national) not in plan.lengths or not plan.pattern.fullmatch(national):
        return None
    return f"+{plan.country_code}{national}"


@cache
def _plan_of_code(code: str) -> _Plan | None:
    known = code.isdigit() and not code.startswith("0")
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(int(code)) if known else None
    return _plan(regions[0]) if regions else None


@cache
def _plan(country: str) -> _Plan | None:
    """The plan of a country, or None where reading a number takes more than taking a prefix off."""
    metadata = PhoneMetadata.metadata_for_region(country)
    general = metadata.general_desc if metadata is not None else None
    if metadata is None or metadata.national_prefix_transform_rule:
        return None
    if general is None or not general.national_number_pattern:
        return None
    prefix = metadata.national_prefix_for_parsing
    compiled = re.compile(prefix) if prefix else None
    if compiled is not None and compiled.groups:
        return None
    return _Plan(
        country_code=str(metadata.country_code),
        prefix=compiled,
        international=re.compile(metadata.international_prefix or "(?!)"),
        pattern=re.compile(general.national_number_pattern),
        lengths=frozenset(general.possible_length),
    )
