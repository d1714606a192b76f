"""The dates that the server sets, in imports: by the same rules as at the API."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from customer_inventory.access import Access
from customer_inventory.capture.mappings import choose_mapping, mapping_path
from customer_inventory.capture.runs import Order, Report, import_file
from customer_inventory.model import RESOURCES, Resource
from customer_inventory.model.filtering import Condition
from customer_inventory.repository.query import Query

INTERACTION, SPECIFICATION = RESOURCES["partyInteraction"], RESOURCES["agreementSpecification"]
OTHERS = [each for each in RESOURCES.values() if each.stamps.all_names and each is not INTERACTION]
SAID = "2020-02-03T04:05:06Z"


async def bring_in(access: Access, path: Path, *documents: dict) -> Report:
    path.write_text("\n".join(map(json.dumps, documents)))
    return await import_file(access, Order(path=path, source="crm"), chosen=choose_mapping(path))


async def only(access: Access, resource: Resource) -> tuple[UUID, dict]:
    (record,) = (await access.page(resource, Query())).records
    return UUID(record.id), msgspec.json.decode(record.document)


def is_new(text: str) -> bool:
    return timedelta() <= datetime.now(UTC) - datetime.fromisoformat(text) < timedelta(minutes=5)


async def test_an_interaction_is_dated_as_at_the_api(access: Access, tmp_path: Path):
    path = tmp_path / "talks.ndjson"
    talk = {"@type": "PartyInteraction", "id": "T1", "direction": "inbound", "reason": "bill", "status": "opened"}
    assert (await bring_in(access, path, talk)).created == 1
    identifier, first = await only(access, INTERACTION)
    assert all(is_new(first[name]) for name in ("creationDate", "lastUpdate", "statusChangeDate"))
    by_date = Query(conditions=(Condition("creationDate", "eq", (first["creationDate"],)),))
    assert len((await access.page(INTERACTION, by_date)).records) == 1

    assert (await bring_in(access, path, talk)).unchanged == 1

    assert (await bring_in(access, path, {**talk, "description": "twice"})).updated == 1
    _, second = await only(access, INTERACTION)
    assert second["lastUpdate"] > first["lastUpdate"]
    assert second == {**first, "description": "twice", "lastUpdate": second["lastUpdate"]}

    assert (await bring_in(access, path, {**talk, "description": "twice", "status": "completed"})).updated == 1
    _, third = await only(access, INTERACTION)
    assert third["statusChangeDate"] > first["statusChangeDate"]
    assert third["creationDate"] == first["creationDate"]

    await access.modify(INTERACTION, identifier, lambda document: {**document, "description": "thrice"})
    assert (await bring_in(access, path, {**talk, "description": "twice", "status": "completed"})).updated == 1
    _, fifth = await only(access, INTERACTION)
    assert fifth == {**third, "lastUpdate": fifth["lastUpdate"]}


async def test_dates_that_the_source_says_stand(access: Access, tmp_path: Path):
    path = tmp_path / "talks.ndjson"
    talk = {"@type": "PartyInteraction", "id": "T1", "direction": "inbound", "reason": "bill", "status": "opened"}
    dates = {"creationDate": SAID, "lastUpdate": SAID, "statusChangeDate": SAID}
    await bring_in(access, path, {**talk, **dates})
    _, first = await only(access, INTERACTION)
    assert first == {name: value for name, value in {**talk, **dates}.items() if name != "id"}
    assert (await bring_in(access, path, {**talk, **dates, "creationDate": "1999-01-01T00:00:00Z"})).unchanged == 1


@pytest.mark.parametrize("resource", OTHERS, ids=lambda each: each.name)
async def test_what_the_server_dates_is_dated_in_every_kind(access: Access, tmp_path: Path, resource: Resource):
    path = tmp_path / "any.ndjson"
    document = {"@type": resource.shape.name, "id": "A", "description": "first"}
    await bring_in(access, path, document)
    _, first = await only(access, resource)
    assert all(is_new(first[name]) for name in resource.stamps.all_names)
    assert (await bring_in(access, path, document)).unchanged == 1
    assert (await bring_in(access, path, {**document, "description": "second"})).updated == 1
    _, second = await only(access, resource)
    assert second["lastUpdate"] > first["lastUpdate"]


async def test_rows_of_columns_are_dated_too(access: Access, tmp_path: Path):
    path = tmp_path / "contracts.csv"
    path.write_text("no,title\n1,Household\n2,Cars\n")
    records = '[agreementSpecification]\nname = { column = "title" }\nlifecycleStatus = "active"\n'
    mapping_path(path).write_text(f'source_id = "no"\n{records}')
    order = Order(path=path, rows_a_batch=1)
    assert (await import_file(access, order, chosen=choose_mapping(path))).created == 2
    for record in (await access.page(SPECIFICATION, Query())).records:
        assert is_new(msgspec.json.decode(record.document)["lastUpdate"])
    assert (await import_file(access, order, chosen=choose_mapping(path))).unchanged == 2
