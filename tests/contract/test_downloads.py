"""A download holds what its client's list shows, no more and no less."""

from __future__ import annotations

import csv
import io
import json
from hashlib import sha256

import httpx
import pytest

from customer_inventory.access import Access, Desk
from customer_inventory.api.download_making import Maker
from customer_inventory.model import RESOURCES
from tests.consistency import ask
from tests.contract.download_world import PLACE, Document, client_of, desk, made, maker, people, person, watch

__all__ = ["desk", "maker", "watch"]
INDIVIDUALS = "/tmf-api/partyManagement/v5/individual"


def lines(data: bytes) -> list[Document]:
    return [json.loads(line) for line in data.splitlines()]


def ordered(documents: list[Document]) -> list[Document]:
    return sorted(documents, key=lambda each: str(each["id"]))


POLICIES = [
    ["read, download individual (*)"],
    ["read, download individual (givenName, status)"],
    ["read, download individual (*) where nationality = NL"],
    ["read, download individual (givenName) where nationality = NL", "read, download individual (familyName, status)"],
    ["read, download masked individual (*)"],
    ["read, download masked individual (*)", "read, download individual (disability) where nationality = BE"],
    ["read, download individual (*) with consent"],
    ["read, download individual (contactMedium.emailAddress) where status in (validated, deceased)"],
    ["read, download individual (givenName) for tests", "read, download individual (*) from 2120-01-01"],
    ["read, download individual (*) where nationality = DE"],
]


@pytest.mark.parametrize("policy", POLICIES, ids=" / ".join)
async def test_a_download_holds_exactly_what_the_list_shows(
    desk: Desk, access: Access, door: httpx.AsyncClient, maker: Maker, policy: list[str], database: str
) -> None:
    ids = await people(access)
    decider = await client_of(desk, door, "decider", "modify:download", "create:consent")
    for each in ids[:5]:
        said = {"partyId": each, "purpose": "tests", "status": "given", "evidence": "letter"}
        kept = await decider.post("/inventory/v1/consent", said)
        assert kept.status_code == 201, kept.text
    client = await client_of(desk, door, "limited", *policy)
    for wish, query in (
        ({}, ""),
        ({"fields": "givenName,status"}, "fields=givenName,status"),
        ({"filter": "nationality=NL"}, "nationality=NL"),
        ({"fields": "disability,contactMedium.emailAddress"}, "fields=disability,contactMedium.emailAddress"),
    ):
        answer = await client.get(f"{INDIVIDUALS}?limit=1000&{query}")
        if answer.status_code != 200:
            refused = await client.post(PLACE, {"kind": "individual", **wish})
            assert (refused.status_code, refused.json()["code"]) == (403, answer.json()["code"])
            continue
        asked = await client.asks("individual", **wish)
        assert asked["preview"]["recordCount"] == len(answer.json())
        if asked["status"] == "waiting":
            assert "blindness" in answer.text or "disability" in str(asked["preview"]["reason"])
            assert (await decider.post(f"{PLACE}/{asked['id']}/approve")).status_code == 200
        else:
            assert "blindness" not in answer.text
        ready = await made(maker, client, asked)
        data = await client.file(asked)
        assert ordered(lines(data)) == ordered(answer.json())
        assert ready["recordCount"] == len(answer.json())
        assert (ready["sha256"], ready["size"]) == (sha256(data).hexdigest(), len(data))
        told = await ask(
            database,
            f"select count(distinct i) from trail, unnest(record_ids) i where verb = 'download' and kind = 'individual'"
            f" and outcome = 'shown' and request_id = (select request_id from download where id = '{asked['id']}')",
        )
        assert told == [(len(answer.json()),)]


async def test_a_table_has_the_columns_that_are_asked_for_and_cells_that_compute_nothing(
    desk: Desk, access: Access, door: httpx.AsyncClient, maker: Maker
) -> None:
    await access.create(RESOURCES["individual"], person(1, title="=cmd()"))
    client = await client_of(desk, door, "tables", "download individual (title, familyName, contactMedium)")
    asked = await client.asks("individual", format="csv", fields="title,familyName")
    await made(maker, client, asked)
    rows = list(csv.reader(io.StringIO((await client.file(asked)).decode())))
    assert rows[0] == ["id", "familyName", "title"]
    assert rows[1][1:] == ["Family1", "'=cmd()"]
    manifest = (await client.get(f"{PLACE}/{asked['id']}/manifest")).json()
    assert manifest["column"] == rows[0]
    for fields, code in (("contactMedium", "invalid-parameter"), ("nope", "unknown-attribute")):
        answer = await client.post(PLACE, {"kind": "individual", "format": "csv", "fields": fields})
        assert (answer.status_code, answer.json()["code"]) == (400, code)
