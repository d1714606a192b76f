"""What a requirement asks, in words."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from customer_inventory.requirements.baseline import governed, shipped
from customer_inventory.requirements.requirement import FORMATS, InformationRequirement, ValueRule
from customer_inventory.requirements.wording import (
    condition_in_words,
    index_in_words,
    obligation_in_words,
    rule_in_words,
)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"type": "date"}, "is of the type date"),
        ({"format": "iban"}, "is an IBAN with right check digits (ISO 13616)"),
        ({"codeList": ["a"]}, "is a"),
        ({"codeList": ["a", "b"]}, "is one of a, b"),
        ({"codeList": [str(n) for n in range(14)]}, "is one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 2 more"),
        ({"pattern": "[0-9]+"}, "follows `[0-9]+`"),
        ({"minLength": 2}, "is at least 2 characters long"),
        ({"maxLength": 9}, "is at most 9 characters long"),
        ({"minLength": 1, "maxLength": 9}, "is 1 to 9 characters long"),
        ({"minimum": "today-125y"}, "is at least today-125y"),
        ({"minimum": "0", "maximum": "9"}, "is between 0 and 9"),
        (
            {"pattern": "[0-9]{9}", "checkDigit": "luhn"},
            "follows `[0-9]{9}` and ends in a check digit by the Luhn algorithm",
        ),
        ({"condition": "!(@.endDateTime < @.startDateTime)"}, "endDateTime is not before startDateTime"),
        ({"when": "@.country == 'LV'", "pattern": "x"}, "where country is LV: follows `x`"),
    ],
)
def test_a_rule_is_told_in_words(said: dict[str, Any], told: str) -> None:
    assert rule_in_words(msgspec.convert({"code": "rule", **said}, ValueRule)) == told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("@.country == 'CZ' || @.country == 'SK'", "country is one of CZ, SK"),
        ("@.country == 'CZ' || @.city == 'Brno'", "country is CZ or city is Brno"),
        ("@.a == 'x' && (@.b == 'y' || @.c == 'z')", "a is x and (b is y or c is z)"),
        ("@.a == 'x' && (@.b == 'y' || @.b == 'z')", "a is x and b is one of y, z"),
        ("$.status != 'closed'", "status of the record is not closed"),
        ("@.amount < 5 && @.amount >= 1", "amount is less than 5 and amount is at least 1"),
        ("@.deathDate > @.birthDate", "deathDate is after birthDate"),
        ("@.content && !@.url", "there is content and there is no url"),
        ("@.id =~ /^AT/ || !(@.id =~ /^DE/)", "id has `^AT` or id has no `^DE`"),
        ("@.validFor.endDateTime", "there is validFor.endDateTime"),
        ("@.note.length() > 3", "`@.note.length() > 3`"),
        ("!(@.a == 'x')", "`!(@.a == 'x')`"),
    ],
)
def test_a_condition_is_told_in_words_where_there_are_any(text: str, told: str) -> None:
    assert condition_in_words(text) == told


def test_an_obligation_is_told_with_its_condition() -> None:
    said = {"resource": "r", "attribute": "a", "name": "n", "meaning": "m"}
    assert obligation_in_words(msgspec.convert(said, InformationRequirement)) == "optional"
    said |= {"obligation": "conditional", "condition": "@.state == 'approved'"}
    assert obligation_in_words(msgspec.convert(said, InformationRequirement)) == "mandatory where state is approved"


def test_every_format_and_every_rule_that_is_shipped_has_words() -> None:
    for name in FORMATS:
        assert rule_in_words(msgspec.convert({"code": "rule", "format": name}, ValueRule)).startswith("is a")
    for name in governed():
        for asked in shipped(name).values():
            for text in (obligation_in_words(asked), *map(rule_in_words, asked.value_rule or ())):
                assert "@." not in text, asked.id
                assert "$." not in text, asked.id


def test_whether_an_index_takes_every_value_is_said_in_words() -> None:
    assert index_in_words(0) == "every value fits into the index"
    assert index_in_words(1200).startswith("1,200 records have a value that is too long for the index")
    assert "took too long" in index_in_words(None)
