"""An import that was undone: imported again, its records are there again, the same ones."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import msgspec

from customer_inventory.access import Access
from customer_inventory.access.undoing import Undone
from customer_inventory.capture.mappings import choose_mapping
from customer_inventory.capture.runs import Order, Report, import_file
from customer_inventory.model import RESOURCES, Resource
from customer_inventory.repository.bulk_batch import DELETED
from customer_inventory.repository.changes import ChangeQuery, FeedPosition
from customer_inventory.repository.query import Query

INDIVIDUAL, CUSTOMER = RESOURCES["individual"], RESOURCES["customer"]
TABLE = "id,first name,surname\n1,Ann,Lee\n2,Bob,Moss\n"


async def bring_in(access: Access, path: Path, **order: object) -> Report:
    return await import_file(access, Order(path=path, **order), chosen=choose_mapping(path))


async def undo_last(access: Access, operation: str = "import") -> Undone:
    change = (await access.changes(ChangeQuery(operation=operation, limit=1))).changes[0]
    return await access.undo(change.id, skip_conflicts=False, dry=False)


async def held(access: Access, resource: Resource) -> dict[str, tuple[int, dict]]:
    records = (await access.page(resource, Query(limit=100))).records
    return {record.id: (record.version, msgspec.json.decode(record.document)) for record in records}


async def test_an_import_that_was_undone_brings_the_same_records_again(access: Access, tmp_path: Path):
    path = tmp_path / "crm.csv"
    path.write_text(TABLE)
    await bring_in(access, path)
    people, customers = await held(access, INDIVIDUAL), await held(access, CUSTOMER)
    await undo_last(access)
    assert await held(access, INDIVIDUAL) == {}

    dry = await bring_in(access, path, dry=True)
    assert (dry.created, dry.rejected) == (2, 0)
    again = await bring_in(access, path)
    assert (again.created, again.updated, again.rejected) == (2, 0, 0)
    assert await held(access, INDIVIDUAL) == {i: (3, document) for i, (_, document) in people.items()}
    assert await held(access, CUSTOMER) == {i: (3, document) for i, (_, document) in customers.items()}
    one = next(iter(customers))
    linked = await access.linked_from(INDIVIDUAL, UUID(customers[one][1]["engagedParty"]["id"]))
    assert ("customer", one, "engagedParty", "") in linked
    entries = await access.facilities.repository.changes.after(FeedPosition())
    assert [entry.operation for entry in entries if entry.record_id == one] == ["create", "delete", "create"]

    third = await bring_in(access, path)
    assert (third.unchanged, third.rejected) == (2, 0)
    await undo_last(access)
    assert await held(access, INDIVIDUAL) == {}


async def test_it_brings_what_the_file_says_by_now(access: Access, tmp_path: Path):
    path = tmp_path / "crm.csv"
    path.write_text(TABLE)
    await bring_in(access, path)
    await undo_last(access)
    path.write_text(TABLE.replace("Moss", "Ross") + "3,Eve,New\n")
    assert (await bring_in(access, path)).created == 3
    names = sorted(document["familyName"] for _, document in (await held(access, INDIVIDUAL)).values())
    assert names == ["Lee", "New", "Ross"]


async def test_an_undone_correction_comes_again(access: Access, tmp_path: Path):
    path = tmp_path / "crm.csv"
    path.write_text(TABLE)
    await bring_in(access, path)
    path.write_text(TABLE.replace("Moss", "Ross"))
    assert (await bring_in(access, path)).updated == 1
    await undo_last(access)
    assert (await bring_in(access, path)).updated == 1


async def test_what_somebody_deleted_on_purpose_stays_deleted(access: Access, tmp_path: Path):
    path = tmp_path / "crm.csv"
    path.write_text(TABLE)
    await bring_in(access, path)
    one = next(iter(await held(access, CUSTOMER)))
    await access.delete(CUSTOMER, UUID(one))
    assert (await bring_in(access, path)).reasons == {DELETED: 1}
    await undo_last(access, "delete")
    assert (await bring_in(access, path)).unchanged == 2
    await undo_last(access, "undo")  # and so it is deleted again
    assert (await bring_in(access, path)).reasons == {DELETED: 1}


async def test_documents_with_ids_of_ours_come_again_too(access: Access, tmp_path: Path):
    path = tmp_path / "roles.ndjson"
    identifier = "01a20923-97f5-80f2-8499-230942aa9af7"
    path.write_text(f'{{"@type":"BillFormat","id":"{identifier}","name":"paper"}}\n')
    assert (await bring_in(access, path)).created == 1
    await undo_last(access)
    assert (await bring_in(access, path)).created == 1
    assert await held(access, RESOURCES["billFormat"]) == {identifier: (3, {"@type": "BillFormat", "name": "paper"})}
