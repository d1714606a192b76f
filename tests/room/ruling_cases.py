"""Cases of rules: rules of every sort on places of every sort, and documents that keep and break them."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

from customer_inventory.model import RESOURCES
from customer_inventory.model.jsonpath import parse
from customer_inventory.model.ruling import Rule
from customer_inventory.requirements.reading import requirement_from
from customer_inventory.requirements.rules import rules_of

INDIVIDUAL = RESOURCES["individual"]
CONDITIONS = (
    None,
    "@.@type == 'A'",
    "@.@type != 'A'",
    "@.city == 'Bath' || @.city == 'York'",
    "@.@type == 'A' && (@.city == 'Bath' || @.country == 'GB')",
    "@.country == 'GB' && @.city == 'Bath'",
    "!@.city",
    "@.city",
    "@.extra == '1'",
    "@.extra == 'one'",
    "@.preferred == true",
    "$.givenName == 'Ann'",
    "@.validFor.startDateTime",
    "!(@.city == 'Bath')",
    "@.city =~ /a/",
)
HOLDING = ("!(@.city > @.country)", "@.city != @.country", "@.city == @.country", "@.street1 || @.city")
TESTS: tuple[dict[str, Any], ...] = (
    {"type": "string"},
    {"codeList": ["Bath", "GB", "1", "true"]},
    {"pattern": "[A-Z].*"},
    {"maxLength": 3},
    {"minimum": "1", "maximum": "3"},
    {"maximum": "today"},
    {"type": "string", "maxLength": 3},
    {"type": "integer"},
    {"type": "number"},
    {"type": "boolean"},
    {"type": "date"},
    {"type": "date-time"},
    {"type": "object"},
    {"minimum": "2026-01-01", "maximum": "now"},
    {"minimum": "today-18y"},
    {"minimum": "-1"},
    {"minLength": 2},
    {"format": "email"},
    {"format": "country"},
    {"format": "iban"},
    {"checkDigit": "luhn"},
    {"checkDigit": "mod97"},
)
ATTRIBUTES = (
    "givenName",
    "deathDate",
    "contactMedium.city",
    "contactMedium.country",
    "contactMedium.validFor.startDateTime",
    "partyCharacteristic[size]",
    "relatedParty.partyOrPartyRole.name",
)


def made(attribute: str, at: int, when: str | None) -> list[Rule]:
    """Rules of every sort on an attribute, under one condition, whether it names what is declared there or not."""
    said = {
        "resource": "individual",
        "attribute": attribute,
        "name": "n",
        "meaning": "Tested.",
        "obligation": "mandatory",
    }
    tested = [{"code": f"t{at}-{each}", **test} for each, test in enumerate(TESTS)]
    rules = rules_of(requirement_from({**said, "valueRule": tested}), INDIVIDUAL)
    rules = [replace(rule, code=f"{rule.code}{at}") if rule.present else rule for rule in rules]
    rules += [
        replace(rules[0], code=f"h{at}-{each}", present=False, holds=parse(holds, of_element=True))
        for each, holds in enumerate(HOLDING)
    ]
    return [replace(rule, when=when and parse(when, of_element=True)) for rule in rules]


RULES = [rule for attribute in ATTRIBUTES for at, when in enumerate(CONDITIONS) for rule in made(attribute, at, when)]


TEXTS = (
    "",
    "Bath",
    "York",
    "GB",
    "1",
    "1.0",
    "one",
    "a",
    "Zürich",
    "A\u0301b",
    "日本",
    "2026-01-01T00:00:00Z",
    "2026-11-30T12:34:00Z",
    "2026-11-30",
    "2026-11-30T13:34:00+01:00",
    "2027-01-01",
    "1850-02-30",
    "79927398713",
    "GB82 WEST 1234 5698 7654 32",
    "DE89370400440532013000",
    "DE00370400440532013000",
    " ",
    "true",
)
_OTHERS: tuple[Any, ...] = (None, 0, 1, 2.5, 3, -1, 1e3, True, False, {}, {"a": 1})


def documents(drawn: Random) -> dict[str, Any]:
    """Return a document that holds anything anywhere."""
    return _some(
        drawn,
        {
            "givenName": _value,
            "deathDate": _value,
            "city": _scalar,
            "contactMedium": _media,
            "partyCharacteristic": _characteristics,
            "relatedParty": lambda each: [{"partyOrPartyRole": _medium(each)} for _ in range(each.randrange(3))],
        },
    )


def _some(drawn: Random, parts: dict[str, Any]) -> dict[str, Any]:
    return {name: make(drawn) for name, make in parts.items() if drawn.random() < 0.7}


def _scalar(drawn: Random) -> Any:
    return drawn.choice(TEXTS) if drawn.random() < 0.75 else drawn.choice(_OTHERS)


def _value(drawn: Random) -> Any:
    if drawn.random() < 0.8:
        return _scalar(drawn)
    return [_scalar(drawn) for _ in range(drawn.randrange(3))]


def _characteristic(drawn: Random) -> Any:
    parts = {"name": lambda each: each.choice(("size", "size", "x", 1, None)), "value": _value}
    return _some(drawn, parts) if drawn.random() < 0.9 else _scalar(drawn)


def _characteristics(drawn: Random) -> Any:
    if drawn.random() < 0.1:
        return _characteristic(drawn)
    return [_characteristic(drawn) for _ in range(drawn.randrange(4))]


def _medium(drawn: Random) -> dict[str, Any]:
    return _some(
        drawn,
        {
            "@type": lambda each: each.choice(("A", "B")),
            "city": _value,
            "country": _value,
            "street1": _scalar,
            "name": _value,
            "preferred": lambda each: each.choice((True, False, "true")),
            "extra": _value,
            "validFor": lambda each: _some(each, {"startDateTime": _value}) if each.random() < 0.8 else _scalar(each),
        },
    )


def _media(drawn: Random) -> Any:
    if drawn.random() < 0.1:
        return _medium(drawn)
    return [_medium(drawn) if drawn.random() < 0.9 else _scalar(drawn) for _ in range(drawn.randrange(4))]
