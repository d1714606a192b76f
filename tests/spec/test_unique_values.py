"""Values that must be unique are: whoever writes them, at the same time, in bulk, and when something comes back."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from customer_inventory.access import Access
from customer_inventory.access.undoing import UndoConflict
from customer_inventory.capture.mappings import choose_mapping
from customer_inventory.capture.runs import Order, import_file
from customer_inventory.model import RESOURCES
from customer_inventory.repository.uniqueness import ValueTaken

SPECIFICATION, ENTITY = RESOURCES["entitySpecification"], RESOURCES["entity"]

METER = {
    "@type": "EntitySpecification",
    "name": "Electricity meter",
    "targetEntitySchema": {"@schemaLocation": "https://example.com/Meter.schema.json", "@type": "Meter"},
    "specCharacteristic": [{"name": "serial", "valueType": "string", "isUnique": True}, {"name": "phases"}],
}


@pytest.fixture
async def specified(access: Access) -> Access:
    await access.create(SPECIFICATION, METER)
    return access


async def meter(access: Access, serial: str, **more: Any) -> UUID:
    return UUID((await access.create(ENTITY, {"@type": "Meter", "serial": serial, **more})).record.id)


async def test_no_two_entities_of_the_class_have_the_same_value(specified: Access) -> None:
    first = await meter(specified, "A")
    with pytest.raises(ValueTaken, match=f"serial has a value that {first} has already"):
        await meter(specified, "A")
    named = {"@type": "Meter", "characteristic": [{"name": "serial", "value": "A"}]}
    with pytest.raises(ValueTaken):
        await specified.create(ENTITY, named)
    await specified.create(ENTITY, {"@type": "Boiler", "serial": "A"})
    await specified.create(ENTITY, {"@type": "Meter"})
    await specified.create(ENTITY, {"@type": "Meter"})


async def test_a_refused_write_leaves_nothing(specified: Access) -> None:
    await meter(specified, "A")
    second = await meter(specified, "B")
    with pytest.raises(ValueTaken):
        await specified.modify(ENTITY, second, lambda document: {**document, "serial": "A"})
    assert msgspec.json.decode((await specified.read(ENTITY, second)).document)["serial"] == "B"
    assert len(await specified.versions(ENTITY, second)) == 1
    with pytest.raises(ValueTaken):
        await meter(specified, "B")


async def test_a_value_is_free_again_when_its_entity_gives_it_up_or_goes(specified: Access) -> None:
    first = await meter(specified, "A")
    await specified.modify(ENTITY, first, lambda document: {**document, "serial": "B"})
    second = await meter(specified, "A")
    await specified.modify(ENTITY, second, lambda document: {**document, "phases": 3})
    await specified.delete(ENTITY, second)
    await meter(specified, "A")


async def test_of_many_that_write_a_value_at_once_one_does(specified: Access) -> None:
    outcomes = await asyncio.gather(
        *(meter(specified, f"{number % 3}") for number in range(24)), return_exceptions=True
    )
    assert sum(isinstance(outcome, UUID) for outcome in outcomes) == 3
    assert all(isinstance(outcome, UUID | ValueTaken) for outcome in outcomes), outcomes


async def test_entities_that_swap_values_at_once_never_share_one(specified: Access) -> None:
    ids = [await meter(specified, f"{number}") for number in range(6)]

    async def take(identifier: UUID, serial: int) -> None:
        await specified.modify(ENTITY, identifier, lambda document: {**document, "serial": f"{serial}"})

    for _ in range(3):
        takes = [take(identifier, (at + 1) % 7) for at, identifier in enumerate(ids)]
        outcomes = await asyncio.gather(*takes, return_exceptions=True)
        assert all(outcome is None or isinstance(outcome, ValueTaken) for outcome in outcomes), outcomes
        documents = [msgspec.json.decode((await specified.read(ENTITY, identifier)).document) for identifier in ids]
        assert len({document["serial"] for document in documents}) == len(ids)


async def test_what_was_deleted_comes_back_only_while_its_value_is_free(specified: Access) -> None:
    first = await meter(specified, "A")
    await specified.delete(ENTITY, first)
    second = await meter(specified, "A")
    with pytest.raises(ValueTaken):
        await specified.restore(ENTITY, first, 1)
    await specified.delete(ENTITY, second)
    await specified.restore(ENTITY, first, 1)
    with pytest.raises(ValueTaken):
        await meter(specified, "A")


async def test_an_undo_takes_back_no_value_that_another_has(specified: Access) -> None:
    first = await meter(specified, "A")
    await specified.modify(ENTITY, first, lambda document: {**document, "serial": "B"})
    change = UUID((await specified.versions(ENTITY, first))[0].change_id)
    second = await meter(specified, "A")
    with pytest.raises(UndoConflict):
        await specified.undo(change, skip_conflicts=False, dry=False)
    skipped = await specified.undo(change, skip_conflicts=True, dry=False)
    assert [(each.outcome, each.id) for each in skipped.records] == [("taken", first)]
    await specified.delete(ENTITY, second)
    undone = await specified.undo(change, skip_conflicts=False, dry=False)
    assert [each.outcome for each in undone.records] == ["done"]
    with pytest.raises(ValueTaken):
        await meter(specified, "A")
    await meter(specified, "B")


async def test_an_import_refuses_the_rows_whose_values_others_have(specified: Access, tmp_path: Path) -> None:
    kept = await meter(specified, "A")
    rows = [("1", "A"), ("2", "B"), ("3", "B"), ("4", "C")]
    path = tmp_path / "meters.ndjson"

    async def imported(rows: list[tuple[str, str]]) -> tuple[int, int, int, int]:
        documents = (
            {"@type": "Meter", "@baseType": "Entity", "id": identifier, "serial": serial} for identifier, serial in rows
        )
        path.write_bytes(b"\n".join(map(msgspec.json.encode, documents)))
        report = await import_file(specified, Order(path=path, source="s"), chosen=choose_mapping(path))
        assert all("it must be unique" in reason for reason in report.reasons), report.reasons
        return report.created, report.updated, report.unchanged, report.rejected

    assert await imported(rows) == (2, 0, 0, 2)
    assert await imported(rows) == (0, 0, 2, 2)
    # Two rows that change places, and one that takes what is free by now.
    await specified.delete(ENTITY, kept)
    assert await imported([("1", "A"), ("2", "C"), ("4", "B")]) == (1, 2, 0, 0)
    with pytest.raises(ValueTaken):
        await meter(specified, "C")
