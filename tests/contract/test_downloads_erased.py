"""Who is erased is named by no download any more, whatever became of it and however the name was written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from customer_inventory.access import Access, Desk
from customer_inventory.access import erasing as erasures
from customer_inventory.access.downloads.forgetting import Told
from customer_inventory.api.download_making import Maker
from customer_inventory.model import RESOURCES
from customer_inventory.repository.erasing import ErasureWork
from tests.consistency import ask
from tests.contract.download_world import PLACE, Document, client_of, desk, made, maker, people, watch

__all__ = ["desk", "maker", "watch"]
INDIVIDUAL, CUSTOMER = RESOURCES["individual"], RESOURCES["customer"]
NAMING = (
    "givenName=Zoraide",
    "givenName=zORAIDE",
    "givenName=%5aoraide",
    "familyName=d%27Ol%C3%ADveira",
    "familyName=D'Oliveira",
    "name=Countess+Zoraide",
    "filter=$[?(@.familyName=='d\\'Ol\\u00edveira')]",
    "otherName.fullName=Maiden+Nameworthy",
    "familyName=Formerly",
    "contactMedium.emailAddress.contains=ZORA.O@example.org",
    "contactMedium.phoneNumber=%2B31-6-1234-5678",
)


async def zoraide(desk: Desk, access: Access, door: httpx.AsyncClient) -> str:
    """A person with names of now and before, and her customer."""
    medium = [
        {"@type": "EmailContactMedium", "emailAddress": "zora.o@example.org"},
        {"@type": "PhoneContactMedium", "phoneNumber": "+31 6 1234 5678"},
    ]
    other = [{"@type": "OtherNameIndividual", "fullName": "Maiden Nameworthy"}]
    names = {"givenName": "Zoraide", "familyName": "Formerly"}
    document = {"@type": "Individual", **names, "contactMedium": medium, "otherName": other}
    party = await access.create(INDIVIDUAL, document)
    writer = await client_of(desk, door, "writer", "modify:individual", "read:individual")
    path = f"/tmf-api/partyManagement/v5/individual/{party.record.id}"
    merging = {**writer.headers, "content-type": "application/merge-patch+json"}
    answer = await door.patch(path, content=json.dumps({"familyName": "d'Olíveira"}), headers=merging)
    assert answer.status_code == 200, answer.text
    reference = {"@type": "PartyRef", "id": party.record.id, "@referredType": "Individual"}
    await access.create(CUSTOMER, {"@type": "Customer", "name": "Countess Zoraide", "engagedParty": reference})
    return party.record.id


async def told(database: str) -> dict[str, tuple[str, str]]:
    """What is kept of every download, by id: its status, and all of it as text."""
    rows = await ask(database, "select id::text, status, d::text from download d")
    return {row[0]: (row[1], row[2]) for row in rows}


async def test_no_state_of_a_download_keeps_the_name_of_who_is_erased(
    desk: Desk, access: Access, door: httpx.AsyncClient, maker: Maker, tmp_path: Path, database: str
) -> None:
    await people(access, 3)
    identifier = await zoraide(desk, access, door)
    decider = await client_of(desk, door, "decider", "modify:download")
    naming: list[Document] = []
    for number in range(0, len(NAMING), 4):
        client = await client_of(desk, door, f"c{number}", "download individual (*)")
        for condition in NAMING[number : number + 4]:
            naming += [await client.asks("individual", filter=condition, fields="status") for _ in range(4)]
    states = {"cancelled": [], "refused": [], "waiting": [], "ready": []}  # type: dict[str, list[Document]]
    client = await client_of(desk, door, "one", "download individual (*)")
    for name, found in states.items():
        found.append(await client.asks("individual", filter="givenName=Zoraide", fields="givenName,disability"))
        if name == "cancelled":
            assert (await client.delete(f"{PLACE}/{found[0]['id']}")).status_code == 204
        elif name == "refused":
            said = {"reason": "about Zoraide"}
            assert (await decider.post(f"{PLACE}/{found[0]['id']}/refuse", said)).status_code == 200
        elif name == "ready":
            assert (await decider.post(f"{PLACE}/{found[0]['id']}/approve")).status_code == 200
            await made(maker, client, found[0])
    by_fields = await client.asks("individual", fields="contactMedium[?(@.emailAddress=='zora.o@example.org')]")
    apart = [
        await client.asks("individual", filter=each, fields="status")
        for each in ("givenName=Zoraida", "givenName.ne=Formerlyness", "status=validated", "familyName=Olive")
    ]
    before = await told(database)
    await erasures.erase(access, UUID(identifier), ground="asked", register=tmp_path / "erasures.ndjson")
    after = await told(database)
    for each in (*naming, *(each for found in states.values() for each in found), by_fields):
        status, text = after[each["id"]]
        live = before[each["id"]][0] in {"waiting", "queued", "running", "ready"}
        assert status == ("erased" if live else before[each["id"]][0])
        for word in ("zora", "veira", "formerly", "nameworthy", "6-1234-5678", identifier):
            assert word not in text.lower(), text
    for each in apart:
        assert after[each["id"]][1].partition("queued")[0] == before[each["id"]][1].partition("queued")[0]
    manifest = (await client.get(f"{PLACE}/{states['ready'][0]['id']}/manifest")).json()
    assert "Zora" not in json.dumps(manifest)
    assert not list(desk.downloads.directory.iterdir())
    assert await ask(database, "select count(*) from scrub_due where table_name = 'download'") == [(1,)]


async def test_what_is_asked_for_while_somebody_is_erased_does_not_keep_the_name(
    desk: Desk,
    access: Access,
    door: httpx.AsyncClient,
    tmp_path: Path,
    database: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    identifier = await zoraide(desk, access, door)
    client = await client_of(desk, door, "one", "download individual (*)")
    of_all, asked = erasures.forget_asked, []

    async def meanwhile(work: ErasureWork, *given: Any) -> int:
        number = await of_all(work, *given)
        if not asked:
            asked.append(await client.asks("individual", filter="givenName=Zoraide", fields="status"))
        return number

    monkeypatch.setattr(erasures, "forget_asked", meanwhile)
    await erasures.erase(access, UUID(identifier), ground="asked", register=tmp_path / "erasures.ndjson")
    ((status, text),) = (await told(database)).values()
    assert status == "erased"
    assert "Zoraide" not in text


@pytest.mark.parametrize(
    ("filter_", "named"),
    [
        ("name=Jan", True),
        ("name.regex=^jan.*", True),
        ("name=Janus", False),
        ("name=J%C3%A1n", True),
        ("name=Li", True),
        ("disability.isnull=true", False),
        ("status=active", False),
        ("contactMedium.phoneNumber=(0611)223344", True),
        ("", False),
    ],
)
def test_a_name_is_found_as_a_word_and_what_identifies_in_any_spelling(filter_: str, named: bool) -> None:
    wish = json.dumps({"kind": "individual", "filter": filter_, "fields": ""})
    left = Told({"Jan", "Li", " "}, {"0611-223344", "12"}).without(wish, None)
    assert (left is not None) is named
    assert left is None or json.loads(left[0])["filter"] == "erased"
    assert Told((), ()).without(wish, "Jan") is None


@pytest.mark.parametrize(
    ("filter_", "named"),
    [
        ("familyName.startsWith=Zorai", True),
        ("familyName.contains=ORAID", True),
        ("givenName.startsWith=Bob,Zora", True),
        ("name=Zora", True),
        ("givenName=Zora", False),
        ("status=active&familyName.regex=^zorai.*", True),
        ("otherName.fullName.like=%25oraide", True),
        ("filter=$[?(@.familyName =~ /zorai.*/)]", True),
        ("filter=$[?(@.status=='active' && @.familyName == 'Zorai*')]", True),
        ("contactMedium.emailAddress.contains=zora.o", True),
        ("contactMedium.emailAddress.contains=example.org", True),
        ("contactMedium.city=Zora", False),
        ("status.contains=oraid", False),
        ("familyName.contains=z", False),
        ("familyName.startsWith=Zorb", False),
        ("contactMedium.emailAddress.contains=bob", False),
    ],
)
def test_a_part_is_found_where_a_name_or_what_identifies_is_asked_for(filter_: str, named: bool) -> None:
    wish = json.dumps({"kind": "individual", "filter": filter_, "fields": ""})
    left = Told({"Zoraide"}, {"zora.o@example.org"}).without(wish, None)
    assert (left is not None) is named


def test_what_was_said_goes_alone() -> None:
    wish = json.dumps({"kind": "individual", "filter": "status=active", "fields": "status"})
    left = Told({"Jan"}, ()).without(wish, "asked by Jan")
    assert left is not None
    assert (json.loads(left[0])["filter"], left[1]) == ("status=active", None)
