"""Ways around an approval that do not lead around it: filters, many small downloads, the process's own people."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import httpx
import msgspec
import pytest

from customer_inventory.access import Access, Desk, registering
from customer_inventory.access.downloads import decide
from customer_inventory.access.downloads.life import OwnDownload
from customer_inventory.access.governing import approve, propose
from customer_inventory.access.registration import Wanted
from customer_inventory.api.download_making import Maker
from customer_inventory.requirements.governance import Proposed
from customer_inventory.requirements.reading import requirement_from
from tests.contract.download_world import PLACE, Client, Watch, client_of, desk, made, maker, people, watch

__all__ = ["desk", "maker", "watch"]
NAMES = "givenName,familyName"


@pytest.mark.parametrize(
    "condition",
    [
        "disability.disabilityCode=H54",
        "disability.isnull=false",
        "disability.disabilityName.startswith=blind",
        "nationality=NL;disability.disabilityCode=H54",
        "filter=$[?(@.disability[?(@.disabilityCode=='H54')])]",
    ],
)
async def test_what_is_sensitive_in_the_filter_is_approved_and_its_count_not_told(
    desk: Desk, access: Access, door: httpx.AsyncClient, maker: Maker, condition: str
) -> None:
    await people(access, 12)
    client = await client_of(desk, door, "one", "download individual (*)")
    decider = await client_of(desk, door, "decider", "read:download", "modify:download")
    wish = {"kind": "individual", "fields": NAMES, "filter": condition}
    preview = (await client.post(f"{PLACE}/preview", wish)).json()
    none = (await client.post(f"{PLACE}/preview", {**wish, "filter": condition.replace("H54", "H55")})).json()
    asked = (await client.post(PLACE, wish)).json()
    assert asked["status"] == "waiting"
    for found in (preview, none, asked["preview"], (await decider.get(f"{PLACE}/{asked['id']}")).json()["preview"]):
        assert any(each.startswith("special:disability") for each in found["reason"])
        assert "recordCount" not in found
        assert found["isExact"] is False
    await maker.look()
    assert (await client.state(asked))["status"] == "waiting"
    assert (await decider.post(f"{PLACE}/{asked['id']}/approve")).status_code == 200
    assert (await made(maker, client, asked))["recordCount"] >= 1


async def test_a_condition_in_the_fields_asks_as_a_filter_does(
    desk: Desk, access: Access, door: httpx.AsyncClient
) -> None:
    await people(access, 3)
    client = await client_of(desk, door, "one", "download individual (*)")
    for condition in ("$.disability.disabilityCode=='H54'", "$.disability[?(@.disabilityCode=='H54')]"):
        asked = await client.asks("individual", fields=f"givenName,contactMedium[?({condition})]")
        assert asked["status"] == "waiting"
        assert "special:disability.disabilityCode" in asked["preview"]["reason"]
    plain = await client.asks("individual", fields="givenName,contactMedium[?(@.emailAddress=='p1@example.org')]")
    assert plain["status"] == "queued"


async def test_a_file_with_what_became_sensitive_since_is_asked_for_anew(
    desk: Desk, access: Access, door: httpx.AsyncClient, maker: Maker
) -> None:
    await people(access, 3)
    client = await client_of(desk, door, "one", "download individual (*)")
    wishes = {
        "shown": {"fields": "givenName,title"},
        "filtered": {"fields": "givenName", "filter": "title.isnull=true"},
        "apart": {"fields": "givenName,gender"},
        "pseudonyms": {"protection": "pseudonymised"},
        "apart as pseudonyms": {"protection": "pseudonymised", "fields": "nationality"},
    }
    asked = {name: await client.asks("individual", **wish) for name, wish in wishes.items()}
    urls = {}
    for name, each in asked.items():
        await made(maker, client, each)
        urls[name] = await client.link(each)
    await classified(desk, access, "title")
    for name, url in urls.items():
        answer = await client.get(url)
        assert answer.status_code == (409 if name in {"shown", "filtered"} else 200), name
    assert (await client.get(urls["shown"])).json()["code"] == "download-not-ready"
    assert (await client.asks("individual", **wishes["shown"]))["status"] == "waiting"
    await classified(desk, access, "gender")
    for name, url in urls.items():
        assert (await client.get(url)).status_code == (200 if name == "apart as pseudonyms" else 409), name


async def classified(desk: Desk, access: Access, attribute: str) -> None:
    """Let an attribute be of a special category from now on."""
    said = {"resource": "individual", "attribute": attribute, "name": attribute, "meaning": "Tested."}
    requirement = requirement_from({**said, "sensitivity": "special", "masking": "null"})
    proposal = await propose(access, Proposed(requirement, "for a test"))
    other = await desk.open_at_command_line(person="another", purpose=None, request_id="r")
    await approve(other, proposal.version.id, proposal.version.version, said=None, effective_from=None)


async def test_no_one_of_a_process_decides_on_its_downloads(
    desk: Desk, access: Access, door: httpx.AsyncClient
) -> None:
    async def by(person: str) -> Access:
        return await desk.open_at_command_line(person=person, purpose="inventory-management", request_id="r")

    told = {
        "name": "theirs",
        "owner": "Olga",
        "deputy": "dan",
        "grant": ["download:individual", "modify:download"],
        "purpose": [{"name": "tests", "lawfulBasis": "contract"}],
        "expectedVolume": 1000,
    }
    wanted = msgspec.convert(told, Wanted)
    registered, _ = await registering.request(await by("rita"), wanted, draft=True)
    await registering.submit(await by("rita"), registered.row.client_id)
    await registering.decide(await by("ann"), registered.row.client_id, "approve")
    theirs = Client(desk, door, registered.row.client_id)
    at_the_line = await client_of(desk, door, "quick", "download individual (*)")
    for client, refused in (
        (theirs, ("rita", "olga", "OLGA ", "dan")),
        (at_the_line, ("who registered quick", "Who Registered Quick")),
    ):
        asked = await client.asks("individual")
        assert asked["status"] == "waiting"
        for person in (*refused, client.client_id):
            with pytest.raises(OwnDownload):
                await decide(await by(person), UUID(asked["id"]), "approve")
        assert (await client.state(asked))["status"] == "waiting"
        assert (await decide(await by("ann"), UUID(asked["id"]), "approve")).decided_by == "ann"


@pytest.mark.parametrize(("owner", "deputy"), [("OLGA", "eve"), ("eve", "dan"), ("dan ", "olga"), ("eve", "fay")])
async def test_no_process_decides_on_the_downloads_of_another_of_the_same_people(
    desk: Desk, access: Access, door: httpx.AsyncClient, owner: str, deputy: str
) -> None:
    async def of(name: str, grant: str, **people: str) -> Client:
        told = {**people, "name": name, "grant": [grant], "expectedVolume": 1000}
        wanted = msgspec.convert({**told, "purpose": [{"name": "tests", "lawfulBasis": "contract"}]}, Wanted)
        rita = await desk.open_at_command_line(person="rita", purpose="inventory-management", request_id="r")
        ann = await desk.open_at_command_line(person="ann", purpose="inventory-management", request_id="r")
        made, _ = await registering.request(rita, wanted, draft=True)
        await registering.submit(rita, made.row.client_id)
        await registering.decide(ann, made.row.client_id, "approve")
        return Client(desk, door, made.row.client_id)

    asking = await of("asking", "download:individual", owner="olga", deputy="dan")
    deciding = await of("deciding", "modify:download", owner=owner, deputy=deputy)
    asked = await asking.asks("individual")
    assert asked["status"] == "waiting"
    opened = await desk.open_for_client(deciding.client_id, purpose="tests", request_id="r")
    if owner == "eve" and deputy == "fay":
        assert (await decide(opened, UUID(asked["id"]), "approve")).decided_by == deciding.client_id
        return
    with pytest.raises(OwnDownload):
        await decide(opened, UUID(asked["id"]), "approve")


async def test_many_small_downloads_wait_as_a_large_one_does(
    desk: Desk, access: Access, door: httpx.AsyncClient, maker: Maker, watch: Watch
) -> None:
    await people(access, 20)
    grants = ("download individual (givenName, familyName, nationality)", "download customer (*)")
    client = await client_of(desk, door, "one", *grants, purposes=["tests", "other"])
    other = await client_of(desk, door, "two", *grants)
    decider = await client_of(desk, door, "decider", "modify:download")
    client.purpose = "tests"
    first, second = [await client.asks("individual") for _ in range(2)]
    await made(maker, client, first)
    assert (await client.delete(f"{PLACE}/{first['id']}")).status_code == 204  # it could have been fetched
    await made(maker, client, second)
    third = await client.asks("individual")
    assert (third["status"], third["preview"]["reason"]) == ("waiting", ["records"])
    ten = {"kind": "individual", "filter": "nationality=NL"}
    assert (await client.post(f"{PLACE}/preview", ten)).json()["reason"] == ["records"]
    assert (await client.delete(f"{PLACE}/{third['id']}")).status_code == 204  # it was never made
    assert (await client.post(f"{PLACE}/preview", ten)).json()["reason"] == []
    third = await client.asks("individual")
    assert (await other.asks("individual"))["status"] == "queued"
    assert (await client.asks("customer"))["status"] == "waiting"  # but for what is sensitive in it
    assert (await client.asks("customer", fields="status"))["status"] == "queued"
    client.purpose = "other"
    assert (await client.asks("individual"))["status"] == "queued"
    client.purpose = "tests"
    assert (await decider.post(f"{PLACE}/{third['id']}/approve")).status_code == 200
    await made(maker, client, third)
    watch.ahead = timedelta(days=1, seconds=5)
    assert (await client.asks("individual"))["status"] == "queued"


async def test_what_is_asked_for_at_once_is_counted_while_it_is_made(
    desk: Desk, access: Access, door: httpx.AsyncClient, maker: Maker
) -> None:
    await people(access, 20)
    client = await client_of(desk, door, "one", "download individual (givenName, familyName)")
    answers = await asyncio.gather(*(client.post(PLACE, {"kind": "individual"}) for _ in range(8)))
    assert {each.status_code for each in answers} == {201}
    for _ in range(400):
        await maker.look()
        await asyncio.sleep(0.02)
        found = [(await client.state(each.json()))["status"] for each in answers]
        if {"queued", "running"}.isdisjoint(found):
            break
    assert sorted(found) == ["ready"] * 2 + ["waiting"] * 6
