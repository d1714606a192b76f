"""A specification is written with the stored entities in view: none is lost sight of, and none broken unseen."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from customer_inventory.access import Access
from customer_inventory.access.grants import Denied
from customer_inventory.access.specifying import RecordsWouldBreak, SpecificationContradicted, SpecificationInUse
from customer_inventory.api.parameters import parse
from customer_inventory.model import RESOURCES, InvalidDocument
from customer_inventory.model.views import NATIVE
from customer_inventory.repository import Repository
from customer_inventory.repository.uniqueness import ValueTaken
from tests.conftest import make_desk

SPECIFICATION, ENTITY = RESOURCES["entitySpecification"], RESOURCES["entity"]
TARGET = {"@schemaLocation": "https://example.com/Meter.schema.json", "@type": "Meter"}


def meters(*characteristics: dict[str, Any], **more: Any) -> dict[str, Any]:
    shared = {"@type": "EntitySpecification", "name": "Meter", "targetEntitySchema": TARGET}
    return {**shared, "specCharacteristic": [*characteristics], **more}


SERIAL = {"name": "serial", "valueType": "string"}


async def specified(access: Access, *characteristics: dict[str, Any], **more: Any) -> UUID:
    return UUID((await access.create(SPECIFICATION, meters(*characteristics, **more))).record.id)


async def made(access: Access, **document: Any) -> UUID:
    return UUID((await access.create(ENTITY, {"@type": "Meter", **document})).record.id)


async def found(access: Access, query: str) -> set[UUID]:
    view = replace(NATIVE["entity"], attributes=await access.attributes(ENTITY))
    page = await access.page(ENTITY, parse(view, query.encode()).query)
    return {UUID(record.id) for record in page.records}


async def test_a_specification_that_stored_entities_do_not_follow_is_refused_with_their_number(access: Access) -> None:
    first = await made(access, serial=1)
    await made(access, serial="A")
    await made(access)
    await access.create(ENTITY, {"@type": "Boiler", "serial": 1})
    with pytest.raises(RecordsWouldBreak) as refused:
        await specified(access, {**SERIAL, "minCardinality": 1})
    assert refused.value.message.startswith("2 of 3 stored entities of the class Meter do not follow")
    assert "serial: is mandatory (1)" in refused.value.message
    assert str(first) in refused.value.message
    await made(access, serial=2)
    await specified(access.despite(), {**SERIAL, "minCardinality": 1})
    with pytest.raises(InvalidDocument):
        await made(access, serial=2)


async def test_only_what_a_change_breaks_counts(access: Access) -> None:
    await made(access, serial=1, phases=2)
    specification = await specified(access.despite(), SERIAL)
    await access.modify(SPECIFICATION, specification, lambda document: {**document, "description": "A meter"})
    phases = {"name": "phases", "characteristicValueSpecification": [{"value": 1}]}
    await made(access, serial="A", phases=2)

    def with_phases(document: dict[str, Any]) -> dict[str, Any]:
        return {**document, "specCharacteristic": [SERIAL, phases]}

    with pytest.raises(RecordsWouldBreak, match=r"^1 of 2 stored"):
        await access.modify(SPECIFICATION, specification, with_phases)
    await access.despite().modify(SPECIFICATION, specification, with_phases)


async def test_stored_entities_are_found_by_what_a_specification_names(access: Access) -> None:
    meter = await made(access, serial="A", installed="2026-01-31T13:00:00+01:00")
    boiler = await access.create(ENTITY, {"@type": "Boiler", "serial": "A"})
    specification = await specified(access, SERIAL)
    assert await found(access, "serial=A") == {meter}
    installed = {"name": "installed", "valueType": "date-time"}
    await access.modify(SPECIFICATION, specification, lambda document: {**document, "specCharacteristic": [installed]})
    assert await found(access, "installed=2026-01-31T12:00:00Z") == {meter}
    assert len(await access.versions(ENTITY, meter)) == 1
    boilers = {**meters(SERIAL), "targetEntitySchema": {**TARGET, "@type": "Boiler"}}
    await access.create(SPECIFICATION, boilers)
    assert await found(access, "serial=A") == {UUID(boiler.record.id)}


async def test_what_becomes_unique_must_be_unique_already_and_is_from_then_on(access: Access) -> None:
    first = await made(access, serial="A")
    second = await made(access, serial="A")
    unique = {**SERIAL, "isUnique": True}
    with pytest.raises(RecordsWouldBreak, match=r"^1 of 2 .* serial: is not unique"):
        await specified(access, unique)
    await access.delete(ENTITY, second)
    await specified(access, unique)
    with pytest.raises(ValueTaken, match=str(first)):
        await made(access, serial="A")


async def test_a_specification_in_use_is_not_deleted_unless_that_is_wanted(access: Access) -> None:
    specification = await specified(access, SERIAL)
    await made(access, serial="A")
    with pytest.raises(SpecificationInUse, match="1 stored entities of the class Meter"):
        await access.delete(SPECIFICATION, specification)
    await access.despite().delete(SPECIFICATION, specification)
    await made(access, serial=1)
    with pytest.raises(RecordsWouldBreak):
        await access.restore(SPECIFICATION, specification, 1)


async def test_a_retired_specification_governs_nothing_and_can_be_deleted(access: Access) -> None:
    specification = await specified(access, SERIAL)
    await made(access, serial="A")
    await access.modify(SPECIFICATION, specification, lambda document: {**document, "lifecycleStatus": "Retired"})
    await made(access, serial=1)
    with pytest.raises(RecordsWouldBreak):
        await access.modify(SPECIFICATION, specification, lambda document: {**document, "lifecycleStatus": "Active"})
    await access.delete(SPECIFICATION, specification)


async def test_two_specifications_of_a_class_must_agree(access: Access) -> None:
    await specified(access, SERIAL)
    with pytest.raises(SpecificationContradicted, match="serial"):
        await specified(access, {**SERIAL, "valueType": "integer"})
    await specified(access, SERIAL, {"name": "phases", "valueType": "integer"})
    draft = await specified(access, {**SERIAL, "valueType": "integer"}, lifecycleStatus="In design")
    with pytest.raises(SpecificationContradicted):
        await access.modify(SPECIFICATION, draft, lambda document: {**document, "lifecycleStatus": "Active"})
    with pytest.raises(InvalidDocument, match="phases"):
        await made(access, phases="three")


async def test_the_undoing_of_a_specification_minds_the_entities_too(access: Access) -> None:
    specification = await specified(access, SERIAL)
    await made(access, serial="A")
    change = UUID((await access.versions(SPECIFICATION, specification))[0].change_id)
    with pytest.raises(SpecificationInUse):
        await access.undo(change, skip_conflicts=False, dry=False)
    await access.despite().undo(change, skip_conflicts=False, dry=False)
    assert "serial" not in await access.attributes(ENTITY)


async def test_a_specification_is_in_force_on_every_server_at_once(database: str, access: Access) -> None:
    other = Repository(database)
    try:
        async with make_desk(other) as desk:
            there = await desk.open_at_command_line(person="tester", purpose=None, request_id="there")
            assert "serial" not in await there.attributes(ENTITY)
            specification = await specified(access, {**SERIAL, "isUnique": True})
            with pytest.raises(InvalidDocument):
                await made(there, serial=1)
            await made(there, serial="A")
            with pytest.raises(ValueTaken):
                await made(access, serial="A")
            assert len(await found(there, "serial=A")) == 1
            await access.despite().delete(SPECIFICATION, specification)
            await made(there, serial=1)
            outcomes = await asyncio.gather(
                *(specified(each, {**SERIAL, "isUnique": True}) for each in (access.despite(), there.despite()))
            )
            assert len(outcomes) == 2
            written = await asyncio.gather(
                *(made(each, serial="B") for each in (access, there) * 6), return_exceptions=True
            )
            assert sum(isinstance(each, UUID) for each in written) == 1
    finally:
        await other.close()


async def test_of_specifications_that_contradict_each_other_one_is_taken(access: Access) -> None:
    types = ("string", "integer", "number", "boolean")
    tried = [specified(access, {"name": "serial", "valueType": each}) for each in types]
    outcomes = await asyncio.gather(*tried, return_exceptions=True)
    refused = [each for each in outcomes if isinstance(each, SpecificationContradicted)]
    assert (len(refused), sum(isinstance(each, UUID) for each in outcomes)) == (3, 1)


async def test_who_may_not_read_entities_is_told_nothing_of_them(access: Access) -> None:
    await made(access, serial="A1")
    object.__setattr__(access.principal, "grants", frozenset({"create:entity_specification"}))
    for regex in ("A.*", "B.*"):
        with pytest.raises(Denied):
            await specified(access, {**SERIAL, "regex": regex})
    await specified(access.despite(), {**SERIAL, "regex": "B.*"})
