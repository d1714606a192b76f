"""Gaps: what is asked for and not kept, and what is kept and not asked for, counted in a real repository."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from customer_inventory.access import Access, Desk
from customer_inventory.access.gaps import Gaps, gaps
from customer_inventory.access.governing import approve, propose
from customer_inventory.access.grants import Denied
from customer_inventory.access.opened import RecordNotFound
from customer_inventory.clock import system_clock
from customer_inventory.ids import new_id
from customer_inventory.model import RESOURCES, InvalidDocument
from customer_inventory.repository.query import Query
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


async def test_numbers_and_truths_are_kept_too_and_segments_leave_the_whole_as_it_is(
    desk: Desk, access: Access
) -> None:
    for attribute in ("partyCharacteristic[size]", "contactMedium.preferred", "birthDate"):
        await asked(desk, access, attribute, obligation="optional")
    for number in range(230):
        size = {"@type": "IntegerCharacteristic", "name": "size", "value": number}
        mail = {"@type": "EmailContactMedium", "emailAddress": "a@example.com", "preferred": False}
        more = {"partyCharacteristic": [size], "contactMedium": [mail]} if number % 2 else {}
        born = f"19{number % 100:02}-0{number % 9 + 1}-01"
        await access.create(INDIVIDUAL, person(number, birthDate=born, **more))
    whole, told = await gaps(access, "individual"), await gaps(access, "individual", segment="birthDate")
    for found in (whole, told):
        shares = [covered(found, name).share for name in ("partyCharacteristic[size]", "contactMedium.preferred")]
        assert (found.records, shares, covered(found, "birthDate").share) == (230, [0.5, 0.5], 1.0)
    assert len(covered(told, "birthDate").parts) == 200
    assert (whole.apart, told.apart) == (0, 230 - sum(part.records for part in covered(told, "birthDate").parts))
    assert told.apart > 0
    with pytest.raises(InvalidDocument, match="segment: is no attribute; did you mean birthDate"):
        await gaps(access, "individual", segment="birthDat")


async def test_what_nobody_asks_for_by_name_is_kept_and_not_used(desk: Desk, access: Access) -> None:
    for attribute in ("gender", "birthDate", "contactMedium.emailAddress", "deathDate"):
        await asked(desk, access, attribute)
    mail = {"@type": "EmailContactMedium", "emailAddress": "a@example.com"}
    made = await access.create(INDIVIDUAL, person(1, gender="f", birthDate="2000-01-01", contactMedium=[mail]))
    found = await gaps(access, "individual")
    assert not any(found.unused(each) for each in found.coverage)

    await access.read(INDIVIDUAL, UUID(made.record.id))
    await access.naming(("birthDate",)).read(INDIVIDUAL, UUID(made.record.id))
    await access.naming(("birthDate", "contactMedium")).page(INDIVIDUAL, Query())
    with pytest.raises(RecordNotFound):
        await access.naming(("gender",)).read(INDIVIDUAL, new_id(bucket=0, at=system_clock()))
    found = await gaps(access, "individual")
    assert (found.whole, found.accesses_share) == (1, 100.0)
    uses = {name.removeprefix("individual."): use for name, use in found.uses.items()}
    told = {name: (use.accesses, use.last is not None) for name, use in uses.items() if use.accesses}
    assert told["birthDate"] == (2, True)
    assert told["contactMedium.emailAddress"] == (1, True)
    assert all(name == "birthDate" or name.startswith("contactMedium") for name in told)
    unused = {each.requirement.attribute for each in found.coverage if found.unused(each)}
    assert unused & {"gender", "birthDate", "contactMedium.emailAddress", "deathDate"} == {"gender"}

    ahead = replace(access.facilities, clock=lambda: system_clock() + timedelta(days=91))
    later = await gaps(replace(access, facilities=ahead), "individual")
    assert (later.whole, later.uses["individual.birthDate"].accesses) == (0, 0)


async def test_gaps_are_for_who_may_read_both_the_catalogue_and_the_records(desk: Desk, access: Access) -> None:
    with pytest.raises(InvalidDocument, match="did you mean individual"):
        await gaps(access, "individuals")
    blind = await desk.open_for_housekeeping(request_id="r")
    with pytest.raises(Denied):
        await gaps(blind, "individual")
    assert (await gaps(access, "organization")).records == 0
