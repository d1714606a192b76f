"""Requirements that say unique: no two records have the same value, whoever writes it, and what was there before."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from customer_inventory.access import Access, Desk
from customer_inventory.access.governing import approve, propose
from customer_inventory.access.impact import impact
from customer_inventory.access.undoing import UndoConflict
from customer_inventory.capture.mappings import choose_mapping
from customer_inventory.capture.runs import Order, Report, import_file
from customer_inventory.model import RESOURCES, InvalidDocument
from customer_inventory.repository.uniqueness import ValueTaken
from customer_inventory.requirements.governance import Proposed
from customer_inventory.requirements.reading import requirement_from
from customer_inventory.requirements.requirement import InformationRequirement

INDIVIDUAL, ORGANIZATION = RESOURCES["individual"], RESOURCES["organization"]
EMAIL = "contactMedium.emailAddress"


def asked(attribute: str = EMAIL, **more: Any) -> InformationRequirement:
    said = {"resource": "individual", "attribute": attribute, "name": "E-mail", "meaning": "Where mail reaches them."}
    return requirement_from({**said, "unique": True, "enforcement": "refuse", **more})


async def decide(desk: Desk, access: Access, requirement: InformationRequirement) -> None:
    """Have it decided by two people."""
    other = await desk.open_at_command_line(person="another", purpose=None, request_id="r")
    version = (await propose(access, Proposed(requirement, "for a test"))).version
    await approve(other, version.id, version.version, said=None, effective_from=None)


def person(email: str, **more: Any) -> dict[str, Any]:
    medium = {"@type": "EmailContactMedium", "contactType": "email", "emailAddress": email}
    return {"@type": "Individual", "givenName": "A", "familyName": "B", "contactMedium": [medium], **more}


async def keep(access: Access, email: str, **more: Any) -> UUID:
    return UUID((await access.create(INDIVIDUAL, person(email, **more))).record.id)


async def test_a_value_of_another_record_is_refused_by_whichever_way(desk: Desk, access: Access) -> None:
    await decide(desk, access, asked())
    first = await keep(access, "a@example.com")
    said = f"{EMAIL} has a value that {first} has already. It must be unique (requirement individual.{EMAIL})"
    with pytest.raises(ValueTaken) as refused:
        await keep(access, "a@example.com")
    assert said in refused.value.message
    assert "a@example.com" not in refused.value.message
    second = await keep(access, "b@example.com")
    with pytest.raises(ValueTaken):
        await access.modify(INDIVIDUAL, second, lambda _: person("a@example.com"))
    assert len(await access.versions(INDIVIDUAL, second)) == 1
    # Another attribute, another kind, the same value twice in one record: nobody else has it.
    await access.modify(INDIVIDUAL, second, lambda document: {**document, "title": "a@example.com"})
    twice = person("c@example.com")
    await access.create(INDIVIDUAL, {**twice, "contactMedium": twice["contactMedium"] * 2})
    await access.create(ORGANIZATION, {"@type": "Organization", "name": "O", "contactMedium": twice["contactMedium"]})


async def test_a_value_is_free_again_when_its_record_gives_it_up_or_goes(desk: Desk, access: Access) -> None:
    await decide(desk, access, asked())
    first = await keep(access, "a@example.com")
    await access.modify(INDIVIDUAL, first, lambda _: person("b@example.com"))
    second = await keep(access, "a@example.com")
    await access.delete(INDIVIDUAL, second)
    third = await keep(access, "a@example.com")
    with pytest.raises(ValueTaken):
        await access.restore(INDIVIDUAL, second, 1)
    change = UUID((await access.versions(INDIVIDUAL, first))[0].change_id)
    with pytest.raises(UndoConflict):
        await access.undo(change, skip_conflicts=False, dry=False)
    await access.delete(INDIVIDUAL, third)
    await access.undo(change, skip_conflicts=False, dry=False)
    with pytest.raises(ValueTaken):
        await keep(access, "a@example.com")


async def test_of_many_that_write_a_value_at_once_one_does(desk: Desk, access: Access) -> None:
    await decide(desk, access, asked())
    outcomes = await asyncio.gather(
        *(keep(access, f"{number % 3}@example.com") for number in range(24)), return_exceptions=True
    )
    assert sum(isinstance(outcome, UUID) for outcome in outcomes) == 3
    assert all(isinstance(outcome, UUID | ValueTaken) for outcome in outcomes), outcomes


async def test_what_was_stored_before_counts(desk: Desk, access: Access) -> None:
    first, shared = await keep(access, "a@example.com"), await keep(access, "s@example.com")
    also = await keep(access, "s@example.com", title="Dr")
    long = await keep(access, f"{'l' * 300}@example.com")
    await decide(desk, access, asked())
    for email in ("a@example.com", "s@example.com", f"{'l' * 300}@example.com"):
        with pytest.raises(ValueTaken):
            await keep(access, email)
    # What two had before keeps nobody from changing something else, or from mending it.
    for each in (shared, also):
        await access.modify(INDIVIDUAL, each, lambda document: {**document, "title": "Prof"})
    await access.modify(INDIVIDUAL, also, lambda _: person("t@example.com"))
    await access.delete(INDIVIDUAL, first)
    await access.delete(INDIVIDUAL, long)
    await keep(access, "a@example.com")


async def test_what_two_had_before_nobody_else_can_have_though_one_gives_it_up(desk: Desk, access: Access) -> None:
    """Of what was stored before the records themselves tell."""
    shared = [await keep(access, "s@example.com") for _ in range(3)]
    await decide(desk, access, asked())
    with pytest.raises(ValueTaken):
        await keep(access, "s@example.com")
    for each in shared[:2]:
        await access.modify(INDIVIDUAL, each, lambda document: {**document, "contactMedium": []})
        with pytest.raises(ValueTaken):
            await keep(access, "s@example.com")
    await access.delete(INDIVIDUAL, shared[2])
    await keep(access, "s@example.com")


async def test_off_and_on_again_leaves_no_hole_and_no_value_held_for_nothing(desk: Desk, access: Access) -> None:
    await decide(desk, access, asked())
    first = await keep(access, "a@example.com")
    await decide(desk, access, asked(unique=False))
    await keep(access, "b@example.com")
    await access.modify(INDIVIDUAL, first, lambda _: person("c@example.com"))
    await decide(desk, access, asked())
    with pytest.raises(ValueTaken):
        await keep(access, "b@example.com")
    with pytest.raises(ValueTaken):
        await keep(access, "c@example.com")
    await keep(access, "a@example.com")
    with pytest.raises(ValueTaken):
        await access.modify(INDIVIDUAL, first, lambda _: person("a@example.com"))


async def test_rows_that_lose_to_a_row_that_is_refused_are_taken(desk: Desk, access: Access, tmp_path: Path) -> None:
    await decide(desk, access, asked())
    await keep(access, "taken@example.com")
    path = tmp_path / "people.ndjson"

    def line(number: int, *emails: str) -> bytes:
        media = [person(email)["contactMedium"][0] for email in emails]
        return msgspec.json.encode({**person(""), "id": f"s{number}", "contactMedium": media})

    rows = [line(1, "taken@example.com", "v@example.com"), line(2, "v@example.com", "w@example.com")]
    rows += [line(3, "w@example.com"), line(4, "x@example.com", "y@example.com"), line(5, "y@example.com")]
    path.write_bytes(b"\n".join(rows))
    report = await import_file(access, Order(path=path, source="s"), chosen=choose_mapping(path))
    assert (report.created, report.rejected) == (2, 3), report  # the second and the fourth
    assert len(report.reasons) == 1


async def test_nothing_is_asked_any_more_when_it_need_not_be_unique(desk: Desk, access: Access) -> None:
    await decide(desk, access, asked())
    first = await keep(access, "a@example.com")
    await decide(desk, access, asked(unique=False))
    await keep(access, "a@example.com")
    await access.modify(INDIVIDUAL, first, lambda _: person("b@example.com"))
    await keep(access, "b@example.com")


async def test_a_warning_takes_the_record_and_says_so_and_observing_says_nothing(desk: Desk, access: Access) -> None:
    await keep(access, "0@example.com")
    await decide(desk, access, asked(enforcement="warn"))
    await keep(access, "a@example.com")
    saved = await access.create(INDIVIDUAL, person("a@example.com"))
    assert "unique" in {each.rule.code for each in (await access.create(INDIVIDUAL, person("0@example.com"))).breaches}
    (breach,) = [each for each in saved.breaches if each.rule.code == "unique"]
    assert (breach.path, breach.rule.requirement) == (EMAIL, f"individual.{EMAIL}")
    changed = await access.modify(INDIVIDUAL, UUID(saved.record.id), lambda _: person("b@example.com"))
    assert "unique" not in {each.rule.code for each in changed.breaches}
    await decide(desk, access, asked(enforcement="observe"))
    saved = await access.create(INDIVIDUAL, person("b@example.com"))
    assert "unique" not in {each.rule.code for each in saved.breaches}


async def imported(access: Access, path: Path, emails: list[str]) -> Report:
    lines = (f"{number},A,B,{email}" for number, email in enumerate(emails))
    path.write_text("\n".join(["id,given name,family name,email", *lines, ""]))
    return await import_file(access, Order(path=path, source="s"), chosen=choose_mapping(path))


async def test_an_import_refuses_the_rows_whose_values_others_have(desk: Desk, access: Access, tmp_path: Path) -> None:
    await decide(desk, access, asked())
    await keep(access, "a@example.com")
    path = tmp_path / "people.csv"
    emails = ["a@example.com", "b@example.com", "b@example.com", *(f"{number}@example.com" for number in range(50))]
    # Quotes and backslashes go another way through the import than plain texts do.
    report = await imported(access, path, [*emails, '"""q""@example.com"', '"""q""@example.com"'])
    assert (report.created, report.rejected) == (52, 3), report
    assert all(f"it must be unique (requirement individual.{EMAIL})" in reason for reason in report.reasons)
    with pytest.raises(ValueTaken):
        await keep(access, "7@example.com")
    again = await imported(access, path, emails)
    assert (again.created, again.updated, again.rejected) == (0, 0, 2)
    changed = await imported(access, path, [f"{name}@example.com" for name in ("n", "0", "k", "0", "m")])
    assert (changed.created, changed.updated, changed.unchanged, changed.rejected) == (2, 1, 1, 1), changed


async def test_an_impact_counts_the_records_that_share_a_value(desk: Desk, access: Access) -> None:
    other = await desk.open_at_command_line(person="another", purpose=None, request_id="r", source="billing")
    shared = [str(await keep(each, "s@example.com")) for each in (access, other, access)]
    await keep(access, "a@example.com")
    twice = person("c@example.com")
    await access.create(INDIVIDUAL, {**twice, "contactMedium": twice["contactMedium"] * 2})
    made = await propose(access, Proposed(asked(), "for a test"))
    (rule,) = [each for each in (await impact(access, made.version.id, 1)).rules if each.code == "unique"]
    assert (rule.broken, rule.broken_now, dict(rule.by_source)) == (3, 0, {"": 2, "billing": 1})
    assert sorted(rule.samples) == sorted(shared)


@pytest.mark.parametrize(
    ("attribute", "reason"),
    [
        ("contactMedium", "group of attributes"),
        ("externalReference", "group of attributes"),
        ("isActive", "none of the attributes"),
        ("partyCharacteristic[loyalty]", "none of the attributes"),
    ],
)
async def test_what_cannot_be_unique_is_refused(access: Access, attribute: str, reason: str) -> None:
    rule = {"code": "type", "type": "boolean", "message": "is true or false"} if attribute == "isActive" else None
    requirement = asked(attribute, **({"valueRule": [rule]} if rule else {}))
    with pytest.raises(InvalidDocument, match=reason):
        await propose(access, Proposed(requirement, "for a test"))
