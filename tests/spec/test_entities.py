"""A new kind of record needs no code: its specification is enough (TMF662, TMF703)."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from customer_inventory.access import Access
from customer_inventory.capture.exports import export
from customer_inventory.capture.mapping import InvalidMapping
from customer_inventory.capture.mappings import choose_mapping
from customer_inventory.capture.runs import Order, import_file
from customer_inventory.model import RESOURCES, InvalidDocument
from customer_inventory.repository.query import Query

SPECIFICATION, ENTITY = RESOURCES["entitySpecification"], RESOURCES["entity"]

METER = {
    "@type": "EntitySpecification",
    "name": "Electricity meter",
    "targetEntitySchema": {"@schemaLocation": "https://example.com/Meter.schema.json", "@type": "Meter"},
    "specCharacteristic": [
        {"name": "serialNumber", "valueType": "string", "minCardinality": 1, "regex": "[A-Z]{2}[0-9]+"},
        {"name": "phases", "valueType": "integer", "characteristicValueSpecification": [{"value": 1}, {"value": 3}]},
    ],
}


async def made(access: Access, document: dict[str, Any]) -> str:
    return (await access.create(ENTITY, document)).record.id


async def refused(access: Access, document: dict[str, Any]) -> str:
    with pytest.raises(InvalidDocument) as caught:
        await access.create(ENTITY, document)
    return caught.value.message


async def test_entities_are_held_to_their_specification_as_soon_as_it_is_written(access: Access) -> None:
    await made(access, {"@type": "Meter", "phases": 7})
    await access.despite().create(SPECIFICATION, METER)
    assert "phases" in await refused(access, {"@type": "Meter", "serialNumber": "AB1", "phases": 7})
    assert "serialNumber: is mandatory" in await refused(access, {"@type": "Meter"})
    await made(access, {"@type": "Meter", "serialNumber": "AB1", "phases": 3})
    await made(access, {"@type": "Boiler", "whatever": 1})


async def test_a_change_of_the_specification_is_in_force_at_once(access: Access) -> None:
    saved = await access.create(SPECIFICATION, METER)
    assert "phases" in await refused(access, {"@type": "Meter", "serialNumber": "AB1", "phases": 2})

    def with_two_phases(document: dict[str, Any]) -> dict[str, Any]:
        offered = [{"value": number} for number in (1, 2, 3)]
        first, second = document["specCharacteristic"]
        return {**document, "specCharacteristic": [first, {**second, "characteristicValueSpecification": offered}]}

    await access.modify(SPECIFICATION, UUID(saved.record.id), with_two_phases)
    meter = await made(access, {"@type": "Meter", "serialNumber": "AB1", "phases": 2})
    with pytest.raises(InvalidDocument, match="phases"):
        await access.modify(ENTITY, UUID(meter), lambda document: {**document, "phases": 4})

    await access.despite().delete(SPECIFICATION, UUID(saved.record.id))
    await access.modify(ENTITY, UUID(meter), lambda document: {**document, "phases": 4})


async def test_a_specification_of_which_no_class_can_be_made_is_refused(access: Access) -> None:
    broken = {**METER, "specCharacteristic": [{"name": "a", "regex": "("}]}
    with pytest.raises(InvalidDocument, match="regular expression"):
        await access.create(SPECIFICATION, broken)


async def test_an_entity_lives_with_the_party_that_it_belongs_to(access: Access) -> None:
    person = {"@type": "Individual", "givenName": "Ada", "familyName": "Byron"}
    party = (await access.create(RESOURCES["individual"], person)).record.id
    owned = {"@type": "Meter", "relatedParty": [{"id": party, "@referredType": "Individual", "role": "owner"}]}
    entity = await made(access, owned)
    assert UUID(entity).hex[12:16] == UUID(party).hex[12:16]
    assert [(link[0], link[1]) for link in await access.linked_from(RESOURCES["individual"], UUID(party))] == [
        ("entity", entity)
    ]


async def test_entities_go_out_and_come_in_again_held_to_their_class(access: Access, tmp_path: Path) -> None:
    await access.create(SPECIFICATION, METER)
    meter = await made(access, {"@type": "Meter", "serialNumber": "AB1", "phases": 3})
    boiler = await made(access, {"@type": "Boiler", "whatever": 1})
    output = tmp_path / "entities.ndjson"
    await export(access, ENTITY, output=str(output), form="ndjson")
    await access.modify(ENTITY, UUID(boiler), lambda document: {**document, "whatever": 2})
    broken = msgspec.json.encode({"@type": "Meter", "id": "7", "serialNumber": "AB1", "phases": 5})
    output.write_bytes(output.read_bytes() + broken + b"\n")

    report = await import_file(access, Order(path=output), chosen=choose_mapping(output))

    assert (report.updated, report.unchanged, report.rejected) == (1, 1, 1), report.reasons
    assert "phases" in next(iter(report.reasons))
    assert msgspec.json.decode((await access.read(ENTITY, UUID(boiler))).document)["whatever"] == 1
    assert msgspec.json.decode((await access.read(ENTITY, UUID(meter))).document)["serialNumber"] == "AB1"


async def test_columns_become_entities_of_a_class_by_a_mapping(access: Access, tmp_path: Path) -> None:
    await access.create(SPECIFICATION, METER)
    source, mapping = tmp_path / "meters.csv", tmp_path / "meters.csv.mapping.toml"
    source.write_text("no,serial,phases,hall\n1,AB1,3,north\n2,AB2,1,south\n3,x,1,north\n4,AB4,2,north\n")
    mapping.write_text(
        'source_id = "no"\n[entity]\n"@type" = "Meter"\nserialNumber = { column = "serial" }\n'
        'phases = { column = "phases" }\n[[entity.characteristic]]\nname = "hall"\nvalue = { column = "hall" }\n'
    )
    classes = await access.facilities.classes.by_name()
    report = await import_file(access, Order(path=source), chosen=choose_mapping(source, classes=classes))

    assert (report.created, report.rejected) == (2, 2), report.reasons
    assert {reason.split(":")[1].split()[0] for reason in report.reasons} == {"serialNumber", "phases"}
    kept = [msgspec.json.decode(record.document) for record in (await access.page(ENTITY, Query())).records]
    assert sorted((each["serialNumber"], each["phases"]) for each in kept) == [("AB1", 3), ("AB2", 1)]

    mapping.write_text(mapping.read_text().replace("phases =", "phasez ="))
    with pytest.raises(InvalidMapping, match=r"Did you mean phases\?"):
        choose_mapping(source, classes=classes)


async def test_lines_of_a_class_are_whole_documents(access: Access, tmp_path: Path) -> None:
    await access.create(SPECIFICATION, METER)
    source = tmp_path / "meters.ndjson"
    source.write_bytes(msgspec.json.encode({"@type": "Meter", "id": "7", "serialNumber": "AB1"}))
    chosen = choose_mapping(source, classes=await access.facilities.classes.by_name())
    assert (await import_file(access, Order(path=source), chosen=chosen)).created == 1


async def test_a_table_of_entities_has_a_column_for_each_specified_attribute(access: Access, tmp_path: Path) -> None:
    await access.create(SPECIFICATION, METER)
    await made(access, {"@type": "Meter", "serialNumber": "AB1", "phases": 3})
    await made(access, {"@type": "Boiler", "whatever": 1})
    output = tmp_path / "entities.csv"
    await export(access, ENTITY, output=str(output), form="csv")
    rows = list(csv.DictReader(output.read_text().splitlines()))
    assert sorted((row["@type"], row["serialNumber"], row["phases"]) for row in rows) == [
        ("Boiler", "", ""),
        ("Meter", "AB1", "3"),
    ]
