"""Large and sensitive downloads wait for somebody else; each is made once, of one moment, and an erasure reaches it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from customer_inventory.access import Access, Desk
from customer_inventory.access import erasing as erasures
from customer_inventory.access.downloading import download as export
from customer_inventory.access.downloads import decide
from customer_inventory.access.downloads.life import MOST_LIVE, OwnDownload
from customer_inventory.access.grants import Denied
from customer_inventory.api.download_making import LEASE, Maker
from customer_inventory.model import RESOURCES
from tests.consistency import ask
from tests.contract.download_world import PLACE, Watch, client_of, desk, made, maker, people, person, watch

__all__ = ["desk", "maker", "watch"]
NAMES = "download individual (givenName, familyName)"


async def test_many_records_wait_and_nobody_approves_their_own(
    desk: Desk, access: Access, door: httpx.AsyncClient, maker: Maker
) -> None:
    await people(access, 51)
    client = await client_of(desk, door, "one", NAMES, "modify:download")
    asked = await client.asks("individual")
    assert (asked["status"], asked["preview"]["reason"]) == ("waiting", ["records"])
    await maker.look()
    assert (await client.state(asked))["status"] == "waiting"
    answer = await client.post(f"{PLACE}/{asked['id']}/approve")
    assert (answer.status_code, answer.json()["code"]) == (403, "own-download")
    all_of_it = await client_of(desk, door, "all", "all")
    assert (await all_of_it.post(f"{PLACE}/{asked['id']}/approve")).status_code == 403
    decider = await client_of(desk, door, "decider", "modify:download")
    approved = await decider.post(f"{PLACE}/{asked['id']}/approve", {"reason": "needed"})
    assert (approved.json()["decidedBy"], approved.json()["reason"]) == (decider.client_id, "needed")
    assert (await made(maker, client, asked))["recordCount"] == 51
    again = await decider.post(f"{PLACE}/{asked['id']}/refuse")
    assert (again.status_code, again.json()["code"]) == (409, "wrong-download-state")
    other = await client.asks("individual")
    assert (await decider.post(f"{PLACE}/{other['id']}/refuse", {"reason": "no"})).json()["status"] == "refused"
    await maker.look()
    assert (await client.state(other))["status"] == "refused"
    assert (await client.post(f"{PLACE}/{other['id']}/link")).status_code == 409


async def test_whoever_asks_at_the_command_line_does_not_approve_there(desk: Desk, door: httpx.AsyncClient) -> None:
    client = await client_of(desk, door, "one", "download individual (*)")
    asked = await client.asks("individual")
    assert any(each.startswith("special:") for each in asked["preview"]["reason"])
    by = await desk.open_at_command_line(person=client.client_id, purpose=None, request_id="r")
    with pytest.raises(OwnDownload):
        await decide(by, UUID(asked["id"]), "approve")
    ann = await desk.open_at_command_line(person="ann", purpose=None, request_id="r")
    assert (await decide(ann, UUID(asked["id"]), "approve")).decided_by == "ann"


async def test_what_grew_beyond_what_was_told_waits(
    desk: Desk, access: Access, door: httpx.AsyncClient, maker: Maker
) -> None:
    await people(access, 50)
    client = await client_of(desk, door, "one", NAMES)
    asked = await client.asks("individual")
    assert asked["status"] == "queued"
    await access.create(RESOURCES["individual"], person(99))
    waiting = await made(maker, client, asked, status="waiting")
    assert waiting["preview"]["reason"] == ["records"]
    assert not list(desk.downloads.directory.iterdir())


async def test_masks_make_an_approval_needless(desk: Desk, access: Access, door: httpx.AsyncClient) -> None:
    await people(access, 3)
    masked = await client_of(desk, door, "masked", "download masked individual (*)")
    asked = await masked.asks("individual")
    shown = {each["attribute"]: each["shown"] for each in asked["preview"]["attribute"]}
    assert asked["status"] == "queued"
    assert {each for name, each in shown.items() if name.startswith("disability")} == {"masked"}
    assert shown["familyName"] == "whole"
    named = await client_of(desk, door, "named", "download individual (*)")
    assert (await named.asks("individual", fields="givenName"))["status"] == "queued"
    less = await client_of(desk, door, "less", "download individual (givenName)")
    shown = {each["attribute"]: each["shown"] for each in (await less.asks("individual"))["preview"]["attribute"]}
    assert (shown["givenName"], shown["familyName"]) == ("whole", "leftOut")


async def test_an_export_is_not_for_who_is_shown_less(desk: Desk, access: Access, door: httpx.AsyncClient) -> None:
    await people(access, 3)
    client = await client_of(desk, door, "masked", "download masked individual (*)")
    limited = await desk.open_for_client(client.client_id, purpose="tests", request_id="r")
    with pytest.raises(Denied):
        await anext(export(limited, RESOURCES["individual"]))


async def test_a_client_has_so_many_at_a_time(desk: Desk, door: httpx.AsyncClient) -> None:
    client = await client_of(desk, door, "one", NAMES)
    wish = {"kind": "individual"}
    answers = await asyncio.gather(*(client.post(PLACE, wish) for _ in range(MOST_LIVE + 5)))
    assert sorted(each.status_code for each in answers) == [201] * MOST_LIVE + [429] * 5
    first = next(each.json() for each in answers if each.status_code == 201)
    assert (await client.delete(f"{PLACE}/{first['id']}")).status_code == 204
    assert (await client.delete(f"{PLACE}/{first['id']}")).status_code == 409
    assert (await client.post(PLACE, wish)).status_code == 201


async def test_two_servers_make_each_file_once_and_of_a_client_one_at_a_time(
    desk: Desk, access: Access, door: httpx.AsyncClient, maker: Maker, database: str
) -> None:
    await people(access, 12)
    clients = [await client_of(desk, door, name, NAMES) for name in ("one", "two")]
    asked = [(client, await client.asks("individual")) for client in clients for _ in range(4)]
    second = Maker(desk, public_url="")
    most = 0
    for _ in range(400):
        await asyncio.gather(maker.look(), second.look())
        rows = await ask(database, "select client_id, count(*) from download where status = 'running' group by 1")
        most = max([most, *(row[1] for row in rows)])
        if {(await client.state(each))["status"] for client, each in asked} == {"ready"}:
            break
    await second.stop()
    assert most <= 1
    assert await ask(database, "select distinct attempt, status, number, failure from download") == [
        (1, "ready", 12, None)
    ]


async def test_tidying_leaves_what_another_server_begins_meanwhile(
    desk: Desk, access: Access, door: httpx.AsyncClient
) -> None:
    await people(access, 5)
    client = await client_of(desk, door, "one", NAMES)
    await client.asks("individual")
    downloads, files = desk.repository.register.downloads, desk.downloads.files
    lost = desk.downloads.directory / "01a22f00-95f1-8bbb-8dec-9a8723eddf28-1.part"
    lost.parent.mkdir(mode=0o700, exist_ok=True)
    lost.write_bytes(b"of nobody")
    begun: list[Path] = []

    async def held() -> frozenset[str]:
        found = await downloads.held()
        now = desk.clock()
        row = await downloads.claim(now=now, until=now + LEASE)
        assert row is not None
        begun.append(desk.downloads.directory / f"{row.id}-{row.attempt}.part")
        begun[0].write_bytes(b"half")
        return found

    assert await files.tidy(held) == 1
    assert begun[0].exists()
    assert not lost.exists()


async def test_what_a_server_that_was_killed_had_begun_is_begun_anew(
    desk: Desk, access: Access, door: httpx.AsyncClient, maker: Maker, watch: Watch, database: str
) -> None:
    await people(access, 5)
    client = await client_of(desk, door, "one", NAMES)
    asked = await client.asks("individual")
    now = watch()
    row = await desk.repository.register.downloads.claim(now=now, until=now + LEASE)
    assert row is not None
    assert await desk.repository.register.downloads.add_part(row, 0, [str(row.id)])
    half = desk.downloads.directory / f"{row.id}-1.part"
    half.parent.mkdir(mode=0o700, exist_ok=True)
    half.write_bytes(b"half")
    lost = desk.downloads.directory / f"{str(row.id).replace('0', '1')}-1"
    lost.write_bytes(b"of nobody")
    await maker.look()
    assert (await client.state(asked))["status"] == "running"
    assert half.exists()
    assert not lost.exists()
    watch.ahead = LEASE + timedelta(seconds=1)
    ready = await made(maker, client, asked)
    assert ready["recordCount"] == 5
    await Maker(desk, public_url="").look()
    assert [each.name for each in desk.downloads.directory.iterdir()] == [f"{row.id}-2"]
    ids = "select count(*) from download_part, unnest(record_ids)"
    assert await ask(database, ids) == [(5,)]
    assert not await desk.repository.register.downloads.renew(row, until=watch() + LEASE)


async def test_an_erasure_reaches_every_file_that_holds_the_erased(
    desk: Desk, access: Access, door: httpx.AsyncClient, maker: Maker, tmp_path: Path, database: str
) -> None:
    ids = await people(access, 4)
    reference = {"@type": "PartyRef", "id": ids[0], "name": "Given0 Family0", "@referredType": "Individual"}
    related = {"@type": "RelatedPartyRefOrPartyRoleRef", "role": "friend", "partyOrPartyRole": reference}
    await access.create(RESOURCES["individual"], person(9, relatedParty=[related]))
    client = await client_of(desk, door, "one", "download individual (givenName, familyName, relatedParty)")
    wishes = ("givenName=Given0", "givenName=Given9", "givenName=Given1", f"id.ne={ids[0]}")
    asked = [await client.asks("individual", filter=each) for each in wishes]
    for each in asked:
        assert (await made(maker, client, each))["recordCount"] >= 1
    urls = [await client.link(each) for each in asked]
    last = await client.asks("individual")
    now = desk.clock()
    running = await desk.repository.register.downloads.claim(now=now, until=now + LEASE)
    assert running is not None
    assert str(running.id) == last["id"]
    found = await erasures.plan(access, UUID(ids[0]))
    assert found.rows["download"] >= 1
    assert [(await client.state(each))["status"] for each in asked] == ["ready"] * 4
    await erasures.erase(access, UUID(ids[0]), ground="asked", register=tmp_path / "erasures.ndjson")
    statuses = [(await client.state(each))["status"] for each in asked]
    assert statuses[:3] == ["erased", "erased", "ready"]
    assert statuses[3] == "erased"  # what was asked for named her
    for url in (urls[0], urls[1], urls[3]):
        assert (await client.get(url)).status_code == 409
    assert (await client.get(urls[2])).status_code == 200
    names = {each.name.rpartition("-")[0] for each in desk.downloads.directory.iterdir()}
    assert names == {asked[2]["id"]}
    assert (await made(maker, client, last))["recordCount"] == 4
    assert not await desk.repository.register.downloads.renew(running, until=now + LEASE)
    assert b"Family0" not in await client.file(last)
    assert await ask(database, f"select count(*) from download where wish like '%{ids[0]}%'") == [(0,)]


async def test_counting_by_previews_is_counted(desk: Desk, access: Access, door: httpx.AsyncClient) -> None:
    await people(access, 3)
    client = await client_of(desk, door, "one", "download individual (*) at most 4 a day")
    for letter in "ABCD":
        wish = {"kind": "individual", "filter": f"givenName.regex=^{letter}"}
        assert (await client.post(f"{PLACE}/preview", wish)).status_code == 200
    for path in (f"{PLACE}/preview", PLACE):
        stopped = await client.post(path, {"kind": "individual", "filter": "givenName.regex=^E"})
        assert (stopped.status_code, stopped.json()["code"]) == (429, "allowance-spent")
