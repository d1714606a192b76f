"""A requirement in words: each thing that it says, under its name, as somebody reads it who knows no JSON.

Two versions are compared by what they say, so nothing that changes is left out of a comparison.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from msgspec import UNSET

from customer_inventory.console.kinds import KINDS_NAMES
from customer_inventory.console.words import spelled
from customer_inventory.model import RESOURCES
from customer_inventory.requirements.requirement import InformationRequirement, Retention, ValueRule

OBLIGATIONS = {"mandatory": "Mandatory", "conditional": "Mandatory under a condition", "optional": "Optional"}
ENFORCEMENTS = {
    "refuse": ("Refuse", "The record is not taken until it is mended. For what must never be wrong."),
    "warn": ("Warn", "The record is taken, and whoever sends it is told. For what should be right."),
    "observe": ("Only audit", "The record is taken in silence, and audits count it. For what is only watched yet."),
}
TYPES = {
    "string": "Text",
    "integer": "A whole number",
    "number": "A number",
    "boolean": "Yes or no",
    "date": "A date",
    "date-time": "A date and time",
    "object": "A group of values",
}
FORMATS = {
    "email": "An e-mail address",
    "phone": "A phone number in international form, such as +41441234567",
    "uri": "A web address",
    "country": "A country code of two letters, such as CH",
    "currency": "A currency code of three letters, such as EUR",
    "language": "A language tag, such as de or pt-BR",
    "postcode": "A postal code",
    "iban": "An IBAN",
    "uuid": "A UUID",
    "mime": "A media type, such as application/pdf",
}
SENSITIVITIES = {
    "public": "Public",
    "internal": "Internal",
    "personal": "Personal data",
    "cpni": "CPNI (customer proprietary network information)",
    "special": "Special category of personal data",
}
MASKS = {
    "none": "Shown in full",
    "partial": "Only the last characters",
    "hash": "A code that tells equal values from others",
    "generalise": "Only roughly: the year, the size, the first letter",
    "null": "Nothing",
}
_RELATIVE = re.compile(r"(today|now)(?:([+-])(\d{1,4})([ymd]))?")
_UNITS = {"y": "year", "m": "month", "d": "day"}
_PERIOD = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?")
_MOST_CODES = 20


@dataclass(frozen=True, slots=True)
class Saying:
    """One thing that a requirement says, line by line; the key is the same in every version that says it."""

    key: str
    label: str
    lines: tuple[str, ...]
    pages: tuple[str, ...] = ()
    """Addresses of records that show it."""


@dataclass(frozen=True, slots=True)
class Turned:
    """What one version says otherwise than another: how it was and how it is, nothing where it is not said."""

    key: str
    label: str
    before: tuple[str, ...]
    after: tuple[str, ...]


def resource_name(name: str) -> str:
    """Return what several records of the resource of this name are called; it may be a class of entity."""
    resource = RESOURCES.get(name)
    return KINDS_NAMES[resource.kind] if resource is not None else spelled(name)


def sayings(requirement: InformationRequirement) -> tuple[Saying, ...]:
    """Return everything that a requirement says of its attribute, in the order in which people ask for it."""
    said = (*_asked(requirement), *_ruled(requirement), *_protected(requirement), *_answered(requirement))
    return tuple(saying for saying in said if saying.lines)


def turned(before: InformationRequirement | None, after: InformationRequirement | None) -> tuple[Turned, ...]:
    """Return what differs between two versions, in the order of the newer one; None says nothing."""
    old, new = ({saying.key: saying for saying in ([] if each is None else sayings(each))} for each in (before, after))
    keys = [*new, *(key for key in old if key not in new)]
    found = []
    for key in keys:
        was, now = old.get(key), new.get(key)
        lines = (was.lines if was else (), now.lines if now else ())
        if lines[0] != lines[1]:
            label = (now or was or Saying("", "", ())).label
            found.append(Turned(key, label, *(_shortened(*lines) if key.endswith(".code_list") else lines)))
    return tuple(found)


def ruled_in_words(requirement: InformationRequirement) -> tuple[str, ...]:
    """Return what each value must be, one short line a rule, for a table."""
    return tuple(rule_in_words(rule) for rule in requirement.value_rule or ())


def facet_words(facet: str, rule: ValueRule) -> tuple[str, ...]:
    """Return what a rule says in one respect, such as its format."""
    value = getattr(rule, facet)
    if value is UNSET:
        return ()
    if facet == "code_list":
        return tuple(value)
    if facet in ("minimum", "maximum"):
        return (bound_words(value),)
    words = {"type": TYPES, "format": FORMATS}.get(facet, {})
    return (words.get(value, str(value)),)


def bound_words(text: str) -> str:
    """Return a bound in words: today-18y is 18 years before today."""
    found = _RELATIVE.fullmatch(text)
    if found is None:
        return text
    start, sign, count, unit = found.groups()
    if not count:
        return start
    plural = "" if count == "1" else "s"
    return f"{count} {_UNITS[unit]}{plural} {'before' if sign == '-' else 'after'} {start}"


def period_words(period: str) -> str:
    """Return an ISO 8601 duration of years, months and days in words."""
    found = _PERIOD.fullmatch(period)
    parts = zip(found.groups() if found else (), _UNITS.values(), strict=False)
    return ", ".join(f"{number} {unit}{'' if number == '1' else 's'}" for number, unit in parts if number) or period


def _asked(requirement: InformationRequirement) -> Iterator[Saying]:
    yield Saying("name", "Heading", (requirement.name,))
    yield Saying("meaning", "Meaning", (requirement.meaning,))
    yield Saying("obligation", "Obligation", (OBLIGATIONS[requirement.obligation],))
    yield Saying("condition", "Mandatory when", _text(requirement.condition))
    yield Saying("enforcement", "When it is broken", (": ".join(ENFORCEMENTS[requirement.enforcement]),))


_FACETS = {
    "type": "Kind of value",
    "format": "Format",
    "code_list": "Allowed values",
    "minimum": "Least value",
    "maximum": "Greatest value",
    "min_length": "Fewest characters",
    "max_length": "Most characters",
    "pattern": "Pattern",
    "check_digit": "Check digit",
    "condition": "Must hold",
    "when": "Applies when",
    "enforcement": "When that is broken",
    "message": "What is told",
}


def _ruled(requirement: InformationRequirement) -> Iterator[Saying]:
    rules = requirement.value_rule or ()
    for rule in rules:
        for facet, label in _FACETS.items():
            lines = facet_words(facet, rule)
            if facet == "enforcement" and lines:
                lines = (": ".join(ENFORCEMENTS[lines[0]]),)
            twice = sum(getattr(other, facet) is not UNSET for other in rules) > 1
            beside = f" ({rule.code})" if twice or rule.when is not UNSET else ""
            yield Saying(f"{rule.code}.{facet}", label + beside, lines)


def _protected(requirement: InformationRequirement) -> Iterator[Saying]:
    yield Saying("sensitivity", "Sensitivity", (SENSITIVITIES[requirement.sensitivity],))
    yield Saying("masking", "Shown to who may not see it", (MASKS[requirement.masking],))
    yield Saying("lawful_basis", "Lawful basis", _text(requirement.lawful_basis))
    yield Saying("purpose", "Purposes", tuple(requirement.purpose or ()))
    kept = () if requirement.retention is UNSET else (_kept(requirement.retention),)
    yield Saying("retention", "Kept for", kept)


def _answered(requirement: InformationRequirement) -> Iterator[Saying]:
    yield Saying("business_owner", "Owner", _text(requirement.business_owner))
    yield Saying("steward", "Steward", _text(requirement.steward))
    days = requirement.confirm_within
    yield Saying("confirm_within", "Confirmed again within", () if days is UNSET else (f"{days} days",))
    targets = tuple(f"{each.dimension}: {each.target * 100:g} %" for each in requirement.quality_target or ())
    yield Saying("quality_target", "Quality aimed at", targets)
    yield Saying("standardisation", "Brought to the standard", _text(requirement.standardisation))
    yield Saying("searchable", "Searched by ranges and order", ("yes",) * requirement.searchable)
    yield Saying("unique", "No two records have the same value", ("yes",) * requirement.unique)
    yield Saying("identifying", "Helps to tell whose record it is", ("yes",) * requirement.identifying)
    yield Saying("source", "Sources, the most trusted first", tuple(requirement.source or ()))
    yield Saying("consumer", "Used by", tuple(requirement.consumer or ()))


def _text(value: object) -> tuple[str, ...]:
    return (str(value),) if value is not UNSET else ()


def _kept(retention: Retention) -> str:
    ground = f" ({retention.ground})" if retention.ground else ""
    places = f", as {', else '.join(retention.counted_from)} says" if retention.counted_from else ""
    year = ", from the end of that year" if retention.year_end else ""
    alone = "; then the value alone goes" if retention.value_alone else ""
    return f"{period_words(retention.period)} from: {retention.trigger}{places}{year}{ground}{alone}"


def rule_in_words(rule: ValueRule) -> str:
    """Return what a rule asks of a value, in one short line."""
    parts = [*_kinds(rule), *_spans(rule)]
    if rule.condition is not UNSET:
        parts.append(f"holds: {rule.condition}")
    line = ", ".join(parts)
    return f"{line} (under a condition)" if rule.when is not UNSET else line


def _kinds(rule: ValueRule) -> Iterator[str]:
    if rule.type is not UNSET:
        yield TYPES[rule.type].lower()
    if rule.format is not UNSET:
        yield FORMATS[rule.format].partition(",")[0]
    if rule.code_list is not UNSET:
        more = f" and {len(rule.code_list) - 6} more" if len(rule.code_list) > 6 else ""
        yield f"one of {', '.join(rule.code_list[:6])}{more}"
    if rule.pattern is not UNSET:
        yield f"like {rule.pattern}"
    if rule.check_digit is not UNSET:
        yield "a right check digit"


def _spans(rule: ValueRule) -> Iterator[str]:
    least, most = rule.min_length, rule.max_length
    if least is not UNSET or most is not UNSET:
        yield (
            _span(str(least) if least is not UNSET else None, str(most) if most is not UNSET else None) + " characters"
        )
    low, high = rule.minimum, rule.maximum
    if low is not UNSET or high is not UNSET:
        yield _span(bound_words(low) if low is not UNSET else None, bound_words(high) if high is not UNSET else None)


def _span(least: str | None, most: str | None) -> str:
    if least is None:
        return f"at most {most}"
    return f"at least {least}" if most is None else f"{least} to {most}"


def _shortened(before: tuple[str, ...], after: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Of long code lists only the codes that went and came, and how many stay."""
    if max(len(before), len(after)) <= _MOST_CODES or not before or not after:
        return before, after
    stay = f"… and {len(set(before) & set(after))} that stay"
    gone, come = (tuple(code for code in one if code not in other) for one, other in ((before, after), (after, before)))
    return (*gone, stay), (*come, stay)
