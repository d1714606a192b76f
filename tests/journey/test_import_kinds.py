"""Every kind of record goes out whole and comes in again; documents of v4 come in as the API would take them."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from bench.samples import sample, sample_of
from customer_inventory.access import Access
from customer_inventory.capture.exports import export
from customer_inventory.capture.mapping import InvalidMapping
from customer_inventory.capture.mappings import choose_mapping
from customer_inventory.capture.runs import Order, Report, import_file
from customer_inventory.model import RESOURCES, Resource
from customer_inventory.model.conversion import copied
from customer_inventory.model.views import EARLIER
from customer_inventory.repository import Repository
from customer_inventory.repository.query import Query
from tests.conftest import _TEMPLATE, make_desk

PERSON = {"@type": "Individual", "givenName": "Ada", "familyName": "Byron"}
METER = {
    "@type": "EntitySpecification",
    "name": "Electricity meter",
    "targetEntitySchema": {"@schemaLocation": "https://example.com/Meter.schema.json", "@type": "SmartMeter"},
    "specCharacteristic": [{"name": "serialNumber", "valueType": "string", "minCardinality": 1}],
}


async def bring_in(access: Access, path: Path, version: str | None = None) -> Report:
    chosen = choose_mapping(path, documents=version is not None)
    return await import_file(access, Order(path=path, source="other", version=version), chosen=chosen)


async def import_file_strictly(access: Access, path: Path) -> Report:
    async with make_desk(access.facilities.repository, "customer.engagedParty=strict") as desk:
        return await bring_in(await desk.open_at_command_line(person="t", purpose=None, request_id="r"), path)


async def take_out(access: Access, resource: Resource, path: Path) -> list[dict[str, Any]]:
    await export(access, resource, output=str(path), form="ndjson")
    return sorted(map(msgspec.json.decode, path.read_bytes().splitlines()), key=lambda one: one["id"])


async def fill(access: Access) -> None:
    """Make a record of each kind, as large as its declaration makes it, and one of a class of the user's own."""
    for resource in RESOURCES.values():
        await access.create(resource, sample(resource))
    await access.create(RESOURCES["entitySpecification"], METER)
    await access.create(RESOURCES["entity"], {"@type": "SmartMeter", "serialNumber": "SM1"})


async def test_bare_references_in_a_file_lead_to_what_is_there_and_in_it(access: Access, tmp_path: Path):
    party = (await access.create(RESOURCES["individual"], PERSON)).record.id
    new = f"{party[:-12]}{'f' * 12 if party[-12:] != 'f' * 12 else 'e' * 12}"
    nobody = f"{party[:-12]}{'d' * 12 if party[-12:] != 'd' * 12 else 'c' * 12}"
    path = tmp_path / "bare.ndjson"
    lines = [{"@type": "Organization", "id": new, "name": "Engines"}]
    for number, target in enumerate((party, new, nobody)):
        engaged = {"@type": "PartyRef", "id": target}
        lines.append({"@type": "Customer", "id": f"C{number}", "name": target, "engagedParty": engaged})
    path.write_text("\n".join(map(json.dumps, lines)))
    assert (await bring_in(access, path)).created == 4
    assert (await bring_in(access, path)).unchanged == 4
    for kind, target, number in (("individual", party, 1), ("organization", new, 1), ("individual", nobody, 0)):
        found = await access.linked_from(RESOURCES[kind], UUID(target))
        assert [each[2] for each in found] == ["engagedParty"] * number, kind
    strict = await import_file_strictly(access, path)
    assert (strict.unchanged, strict.rejected) == (3, 1)


async def test_every_kind_goes_out_and_comes_in_as_it_was(access: Access, engine, tmp_path: Path):
    await fill(access)
    out = {name: await take_out(access, each, tmp_path / f"{name}.ndjson") for name, each in RESOURCES.items()}
    assert all(out.values())
    for name, documents in out.items():
        own = await bring_in(access, tmp_path / f"{name}.ndjson")
        assert (own.unchanged, own.rows) == (len(documents), len(documents)), (name, own)
    async with engine.database(template=_TEMPLATE) as elsewhere:
        repository = Repository(elsewhere)
        async with make_desk(repository) as desk:
            there = await desk.open_at_command_line(person="tester", purpose=None, request_id="there")
            for name in sorted(out, key=lambda name: name == "entity"):  # classes of entities before entities
                report = await bring_in(there, tmp_path / f"{name}.ndjson")
                assert (report.created, report.rejected) == (len(out[name]), 0), (name, report.reasons)
                assert await take_out(there, RESOURCES[name], tmp_path / "again.ndjson") == out[name], name
        await repository.close()


async def test_every_kind_goes_out_as_a_table(access: Access, tmp_path: Path):
    await fill(access)
    for name, resource in RESOURCES.items():
        path = tmp_path / f"{name}.csv"
        written = await export(access, resource, output=str(path), form="csv")
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))
        assert len(rows) == written >= 1
        assert all(row["id"] for row in rows)
        assert sum(bool(value) for value in rows[0].values()) > 1, name


@pytest.mark.parametrize("said", ["by their hrefs", "by the version"])
async def test_documents_of_v4_come_in_by_every_kind_that_has_it(access: Access, tmp_path: Path, said: str):
    for name, view in EARLIER.items():
        document = {**sample_of(view.shape), "id": "A1"}
        kept = view.keep(copied(document), None)
        if said == "by their hrefs":
            document["href"] = f"https://example.com{view.collection}/A1"
        path = tmp_path / f"{name}.ndjson"
        path.write_text(json.dumps(document))
        report = await bring_in(access, path, "v4" if said == "by the version" else None)
        assert (report.created, report.rejected) == (1, 0), (name, report.reasons)
        again = await bring_in(access, path, "v4" if said == "by the version" else None)
        assert again.unchanged == 1, name
        (record,) = (await access.page(RESOURCES[name], Query())).records
        held = msgspec.json.decode(record.document)
        assert {key: value for key, value in held.items() if key in kept} == {
            key: value for key, value in kept.items() if key != "id"
        }, name


async def test_v4_that_nobody_said_is_recognised(access: Access, tmp_path: Path):
    path = tmp_path / "people.ndjson"
    medium = {"mediumType": "email", "characteristic": {"emailAddress": "ann@example.com"}}
    person = {"@type": "Individual", "givenName": "Ann", "familyName": "Lee", "contactMedium": [medium]}
    path.write_text(json.dumps({**person, "id": "A1"}))
    (reason,) = (await bring_in(access, path)).reasons
    assert reason.startswith("holds contactMedium.characteristic, which v4 declares")
    assert "--api-version v4" in reason
    report = await bring_in(access, path, "v4")
    assert (report.created, report.warnings) == (1, {})
    (record,) = (await access.page(RESOURCES["individual"], Query())).records
    (medium,) = msgspec.json.decode(record.document)["contactMedium"]
    assert (medium["@type"], medium["emailAddress"]) == ("EmailContactMedium", "ann@example.com")


async def test_a_version_is_of_documents_that_have_it(access: Access, tmp_path: Path):
    path = tmp_path / "bills.ndjson"
    path.write_text('{"@type":"EntitySpecification","name":"x","id":"1"}\n{"name":"y","id":"2"}\n')
    (refused, nameless) = (await bring_in(access, path, "v5")).reasons
    assert "no v5" in refused
    assert "name its @type" in nameless
    table = tmp_path / "people.csv"
    table.write_text("id,first name,surname\n1,Ann,Lee\n")
    with pytest.raises(InvalidMapping, match="whole documents"):
        await bring_in(access, table, "v4")


async def test_classes_come_in_as_they_are_spelled(access: Access, tmp_path: Path):
    await access.create(RESOURCES["entitySpecification"], METER)
    source = tmp_path / "spelled.ndjson"
    documents: list[dict[str, Any]] = [
        {**PERSON, "@type": "individual", "id": "p1"},
        {"@type": "smartmeter", "id": "e1", "serialNumber": "SM1"},
        {"@type": "SMARTMETER", "id": "e2"},
    ]
    source.write_text("".join(json.dumps(each) + "\n" for each in documents))
    report = await bring_in(access, source)
    assert (report.created, report.rejected) == (2, 1), report.reasons
    for resource, named in (("individual", "Individual"), ("entity", "SmartMeter")):
        (kept,) = await take_out(access, RESOURCES[resource], tmp_path / f"{resource}.ndjson")
        assert kept["@type"] == named
