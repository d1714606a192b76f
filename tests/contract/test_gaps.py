"""Gaps: what is asked for and not kept, and what is kept and not asked for, counted in a real repository."""

from __future__ import annotations

from typing import Any

import pytest

from customer_inventory.access import Access, Desk
from customer_inventory.access.gaps import Gaps, gaps
from customer_inventory.access.governing import approve, propose
from customer_inventory.access.grants import Denied
from customer_inventory.model import RESOURCES, InvalidDocument
from customer_inventory.requirements.gaps import Coverage, Unasked
from customer_inventory.requirements.governance import Proposed
from customer_inventory.requirements.reading import requirement_from

INDIVIDUAL = RESOURCES["individual"]


async def asked(desk: Desk, access: Access, attribute: str, **more: Any) -> None:
    said = {"resource": "individual", "attribute": attribute, "name": attribute, "meaning": "Tested.", **more}
    made = await propose(access, Proposed(requirement_from(said), "for a test"))
    other = await desk.open_at_command_line(person="another", purpose=None, request_id="r")
    await approve(other, made.version.id, made.version.version, said=None, effective_from=None)


def covered(found: Gaps, attribute: str) -> Coverage:
    return next(each for each in found.coverage if each.requirement.attribute == attribute)


def unasked(found: Gaps, attribute: str) -> Unasked:
    return next(each for each in found.unasked if each.attribute == attribute)


def person(number: int, **more: Any) -> dict[str, Any]:
    return {"@type": "Individual", "givenName": f"P{number}", "familyName": "Byron", **more}


def speaks(value: str) -> dict[str, Any]:
    return {"@type": "StringCharacteristic", "name": "language", "value": value}


async def test_coverage_is_told_by_source_and_segment(desk: Desk, access: Access) -> None:
    await asked(desk, access, "gender", obligation="optional")
    await asked(desk, access, "partyCharacteristic[language]", obligation="mandatory", enforcement="warn")
    await asked(desk, access, "partyCharacteristic[shoe]", obligation="mandatory", enforcement="warn")
    other = await desk.open_at_command_line(person="x", purpose=None, request_id="r", source="billing")
    for number in range(8):
        more = {"gender": "f" if number < 2 else "", "nationality": "FR" if number % 2 else "DE"}
        by = access if number < 6 else other
        characteristics = {"partyCharacteristic": [speaks("de")]} if number < 3 else {}
        await by.create(INDIVIDUAL, person(number, **more, **characteristics))
    found = await gaps(access, "individual", segment="nationality")
    assert (found.records, found.share) == (8, 100.0)
    assert covered(found, "gender").share == 2 / 8
    assert covered(found, "gender").target is None
    language = covered(found, "partyCharacteristic[language]")
    assert (language.share, language.target, language.short, language.unreachable) == (3 / 8, 1.0, True, False)
    assert covered(found, "partyCharacteristic[shoe]").unreachable
    told = {(part.source, part.segment): (part.records, part.share) for part in language.parts}
    assert told == {
        ("command-line", "DE"): (3, 2 / 3),
        ("command-line", "FR"): (3, 1 / 3),
        ("billing", "DE"): (1, 0.0),
        ("billing", "FR"): (1, 0.0),
    }


async def test_what_nobody_asked_for_is_told_with_a_draft_that_can_be_proposed(desk: Desk, access: Access) -> None:
    first = await access.create(INDIVIDUAL, person(1, nickname="Ada", partyCharacteristic=[speaks("de")]))
    mail = {"@type": "EmailContactMedium", "emailAddress": "a@example.com", "bounces": 3}
    await access.create(INDIVIDUAL, person(2, nickname=7, contactMedium=[mail, mail]))
    found = await gaps(access, "individual")
    nickname = unasked(found, "nickname")
    assert (nickname.records, set(nickname.types)) == (2, {"string", "number"})
    assert nickname.sources[0][0] == "command-line"
    assert unasked(found, "contactMedium.bounces").records == 1
    language = unasked(found, "partyCharacteristic[language]")
    assert (language.records, language.example) == (1, first.record.id)
    await asked(desk, access, "partyCharacteristic[language]")
    assert "partyCharacteristic[language]" not in {
        each.attribute for each in (await gaps(access, "individual")).unasked
    }


async def test_gaps_are_for_who_may_read_both_the_catalogue_and_the_records(desk: Desk, access: Access) -> None:
    with pytest.raises(InvalidDocument, match="did you mean individual"):
        await gaps(access, "individuals")
    blind = await desk.open_for_housekeeping(request_id="r")
    with pytest.raises(Denied):
        await gaps(blind, "individual")
    assert (await gaps(access, "organization")).records == 0
