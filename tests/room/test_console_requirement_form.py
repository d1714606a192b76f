"""The form of a requirement: sent back as it was it changes nothing, and one field changes what it shows alone."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import httpx
import msgspec
import pytest

from customer_inventory.access import Access
from customer_inventory.console.requirements.form import (
    CHOICES,
    LISTS,
    TEXTS,
    TRUTHS,
    asked,
    requirement_typed,
    typed_of,
)
from customer_inventory.model import RESOURCES, InvalidDocument
from customer_inventory.requirements.baseline import shipped
from customer_inventory.requirements.reading import requirement_from
from customer_inventory.requirements.requirement import InformationRequirement
from tests.room.conftest import Browser, ship_nothing
from tests.room.test_console_requirements import EVERYTHING, govern, stewards

__all__ = ["stewards"]

INDIVIDUAL = RESOURCES["individual"]
CODES = [" A", "A ", "", " ", "\t", '"', '"quoted"', "two\nlines", "two\r\nlines", "a\x85b", "ü ", "plain", "x y"]
HARD: dict[str, dict[str, Any]] = {
    "codes": {"valueRule": [{"code": "code-list", "codeList": CODES, "message": "is no code"}]},
    "a code twice": {"valueRule": [{"code": "code-list", "codeList": ["a", "a"]}]},
    "texts with blanks at their ends": {
        "name": " N ",
        "meaning": "\n one\r\ntwo\rthree ",
        "businessOwner": " \n",
        "steward": "a\nb",
        "condition": " @.gender == 'f'\n",
        "obligation": "conditional",
        "purpose": ["b ", "a", "a", '"'],
        "source": [" "],
        "consumer": ["x\ny"],
        "retention": {"period": "P007D", "trigger": " ", "ground": " § 147\nAO "},
    },
    "parts that are empty": {"valueRule": [], "qualityTarget": [], "purpose": [], "source": []},
    "targets in another order, one twice": {
        "qualityTarget": [
            {"dimension": "accuracy", "target": 1 / 3},
            {"dimension": "completeness", "target": 0.123456789},
            {"dimension": "accuracy", "target": 0.5},
        ]
    },
    "a pattern and bounds with blanks": {
        "valueRule": [
            {"code": "pattern", "pattern": " [a-z]+ \n"},
            {"code": "range", "minimum": "0"},
            {"code": "range-2", "maximum": "5"},
            {"code": "length", "minLength": 0},
        ],
        "confirmWithin": 0,
    },
    "a period of several units": {"retention": {"period": "P1Y6M", "trigger": "t"}},
    "everything": EVERYTHING,
}
BASE = {"resource": "individual", "attribute": "birthDate", "name": "N", "meaning": "m"}


def hard(name: str) -> InformationRequirement:
    return requirement_from({**BASE, **HARD[name]})


def by_browser(typed: dict[str, str]) -> dict[str, str]:
    """What a browser sends of a form that nobody touched."""
    areas = {"meaning", "valueRule.codeList", *LISTS}

    def sent(name: str, text: str) -> str:
        plain = text.replace("\r\n", "\n").replace("\r", "\n")
        return plain.replace("\n", "\r\n" if name in areas else "")

    return {"retention.unit": "Y"} | {name: sent(name, text) for name, text in typed.items()}


def test_what_is_shipped_comes_back_from_its_form_as_it_is() -> None:
    count = 0
    for name, resource in RESOURCES.items():
        for each in shipped(name).values():
            assert requirement_typed(by_browser(typed_of(each)), resource, before=each) == requirement_from(asked(each))
            count += 1
    assert count > 800


@pytest.mark.parametrize("name", HARD)
def test_what_is_hard_to_show_comes_back_from_its_form_as_it_is(name: str) -> None:
    before = hard(name)
    assert requirement_typed(by_browser(typed_of(before)), INDIVIDUAL, before=before) == before


TYPED = {
    **dict.fromkeys(TEXTS, "changed"),
    **dict.fromkeys(LISTS, "changed"),
    "condition": "@.gender == 'm'",
    "lawfulBasis": "consent",
    "standardisation": "text",
    "obligation": "mandatory",
    "enforcement": "observe",
    "sensitivity": "public",
    "masking": "hash",
    **dict.fromkeys(TRUTHS, "yes"),
    "confirmWithin": "77",
    "valueRule.codeList": "changed",
    "valueRule.type": "string",
    "valueRule.format": "uri",
    "valueRule.pattern": "changed",
    "valueRule.minimum": "1",
    "valueRule.maximum": "77",
    "valueRule.minLength": "1",
    "valueRule.maxLength": "77",
    "qualityTarget.accuracy": "77",
    "qualityTarget.validity": "77",
    "retention.period": "77",
    "retention.trigger": "changed",
    "retention.ground": "changed",
}


@pytest.mark.parametrize("name", HARD)
@pytest.mark.parametrize("field", TYPED)
def test_one_field_changes_what_it_shows_alone(name: str, field: str) -> None:
    before = hard(name)
    whole = by_browser(typed_of(before))
    new = {field: "" if field in TRUTHS and whole.get(field) else TYPED[field]}
    if field.startswith("retention.") and "retention.period" not in whole:
        new |= {"retention.period": "77", "retention.trigger": "t"}
    if field == "retention.period":
        new["retention.unit"] = "D"
    after = asked(requirement_typed({**whole, **new}, INDIVIDUAL, before=before))
    attribute, _, part = field.partition(".")
    was = asked(before)
    for other in {*was, *after} - {attribute}:
        assert was.get(other) == after.get(other), other
    assert was.get(attribute) != after.get(attribute)
    if attribute == "valueRule":
        facets = [
            [{**rule, part: None} for rule in said.get(attribute, []) if set(rule) - {"code", part}]
            for said in (was, after)
        ]
        assert facets[0] == facets[1]
    if attribute == "retention" and attribute in was:
        assert {**was[attribute], part: 0} == {**after[attribute], part: 0}
    if attribute == "qualityTarget":
        kept = [[each for each in said.get(attribute, []) if each["dimension"] != part] for said in (was, after)]
        assert kept[0] == kept[1]


def test_a_code_that_is_added_leaves_the_others_as_they_are() -> None:
    before = hard("codes")
    typed = by_browser(typed_of(before))
    typed["valueRule.codeList"] += '\r\n more \r\n" more "\r\n"open'
    after = requirement_typed(typed, INDIVIDUAL, before=before)
    assert asked(after)["valueRule"][0]["codeList"] == [*CODES, "more", " more ", '"open']


def test_a_number_beside_a_period_of_several_units_asks_for_a_unit() -> None:
    before = hard("a period of several units")
    with pytest.raises(InvalidDocument) as caught:
        requirement_typed({**typed_of(before), "retention.period": "2"}, INDIVIDUAL, before=before)
    assert [problem.path for problem in caught.value.problems] == ["retention.period"]


class Read(HTMLParser):
    """The fields of the form on a page, as a browser would send them."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._area: str | None = None
        self._choice: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        name = has.get("name", "")
        if tag == "textarea":
            self._area = name
            self.fields[name] = ""
        elif tag == "select":
            self._choice = name
        elif tag == "option" and self._choice and ("selected" in has or self._choice not in self.fields):
            self.fields[self._choice] = has["value"]
        elif tag == "input" and name and (has.get("type") not in {"radio", "checkbox"} or "checked" in has):
            self.fields[name] = has["value"]

    def handle_endtag(self, tag: str) -> None:
        self._area = None if tag == "textarea" else self._area
        self._choice = None if tag == "select" else self._choice

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self.fields[self._area] += data


def read(page: httpx.Response) -> dict[str, str]:
    reader = Read()
    reader.feed(page.text)
    reader.close()
    # A text area begins behind the end of a line (HTML 13.1.2.5).
    areas = {"meaning", "valueRule.codeList", "reason", *LISTS}
    return {name: text.removeprefix("\n") if name in areas else text for name, text in reader.fields.items()}


async def test_a_page_that_is_saved_as_it_was_proposes_nothing(
    stewards: Browser, access: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    ship_nothing(monkeypatch)
    hardest = {
        **HARD["texts with blanks at their ends"],
        **HARD["codes"],
        **{each: EVERYTHING[each] for each in TRUTHS},
    }
    await govern(access, attribute="familyName", **hardest)
    page = "/requirements/individual.familyName/change"
    fields = read(await stewards.get(page))
    assert set(CHOICES) < set(fields)
    same = await stewards.form(page, {**by_browser(fields), "reason": "none"})
    assert same.status_code == 409, same.text
    assert "changes nothing" in same.text
    fields["valueRule.codeList"] += "\r\nmore"
    made = await stewards.form(page, {**by_browser(fields), "reason": "more"})
    assert made.status_code == 303, made.text
    proposals = await access.facilities.catalogue.store.versions(identifier="individual.familyName", version=2)
    kept = msgspec.json.decode(proposals[0].document)["valueRule"][0]["codeList"]
    assert kept == [*CODES, "more"]


async def test_rules_that_contradict_each_other_are_told_at_their_field(stewards: Browser, access: Access) -> None:
    await govern(access, attribute="partyCharacteristic[age]", valueRule=[{"code": "type", "type": "integer"}])
    page = "/requirements/individual.partyCharacteristic%5Bage%5D/change"
    fields = {**by_browser(read(await stewards.get(page))), "valueRule.format": "email", "reason": "why"}
    answer = await stewards.form(page, fields)
    assert answer.status_code == 400
    assert re.search(r'id="e-valueRule.format">Contradicts type of the rule type: no value can', answer.text)
