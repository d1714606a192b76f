"""The file of a download is had by who asked for it, for its purpose, for a while, whole or in parts."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from customer_inventory.access import Access, Desk
from customer_inventory.access.downloads.tracing import trace
from customer_inventory.access.granting import regrant
from customer_inventory.api.download_making import Maker
from customer_inventory.capture.sinks import ids_and_marks
from customer_inventory.clock import system_clock
from customer_inventory.model import RESOURCES
from tests.consistency import ask
from tests.contract.download_world import PLACE, Client, Watch, client_of, desk, made, maker, people, person, watch

__all__ = ["desk", "maker", "watch"]
NAMES = "download individual (givenName, familyName)"


async def test_nobody_else_sees_or_has_a_download(
    desk: Desk, access: Access, door: httpx.AsyncClient, maker: Maker, database: str
) -> None:
    await people(access, 3)
    client = await client_of(desk, door, "one", NAMES)
    other = await client_of(desk, door, "other", NAMES)
    approver = await client_of(desk, door, "approver", "read:download", "modify:download", "all")
    asked = await client.asks("individual")
    await made(maker, client, asked)
    url = await client.link(asked)
    own = f"{PLACE}/{asked['id']}"
    for path in (own, f"{own}/manifest", url):
        assert (await other.get(path)).status_code == 404
    assert (await other.get(PLACE)).json() == []
    assert (await other.post(f"{own}/link")).status_code == (await other.delete(own)).status_code == 404
    assert [each["id"] for each in (await approver.get(PLACE)).json()] == [asked["id"]]
    assert (await approver.get(own)).json()["status"] == "ready"
    assert (await approver.get(url)).status_code == (await approver.post(f"{own}/link")).status_code == 404
    nobody = await client_of(desk, door, "nobody", "read:individual")
    assert (await nobody.get(PLACE)).status_code == 403
    assert (await nobody.post(PLACE, {"kind": "individual"})).status_code == 403
    assert (await door.get(url)).status_code == 401
    assert (await client.get(url)).status_code == 200
    refused = await ask(database, "select count(*) from trail where verb = 'download' and outcome = 'refused'")
    assert refused[0][0] >= 6
    fetched = "select count(*) from trail where verb = 'download' and kind = 'download' and outcome = 'done'"
    assert await ask(database, fetched) == [(1,)]


async def test_a_link_holds_for_a_while_and_only_as_it_was_given(
    desk: Desk, access: Access, door: httpx.AsyncClient, maker: Maker, watch: Watch
) -> None:
    await people(access, 2)
    client = await client_of(desk, door, "one", NAMES)
    asked = await client.asks("individual")
    await made(maker, client, asked)
    url = await client.link(asked, validFor=60)
    assert (await client.get(url)).status_code == 200
    other = "A" if url[-5] != "A" else "B"
    for wrong in (url[:-5] + other + url[-4:], url[:-1], url + "0", url.rpartition("/")[0] + "/x"):
        answer = await client.get(wrong)
        assert (answer.status_code, answer.json()["code"]) == (403, "link-not-valid")
    watch.ahead = timedelta(seconds=61)
    assert (await client.get(url)).json()["code"] == "link-not-valid"
    newer = await client.link(asked)
    assert (await client.get(newer)).status_code == 200
    newest = await client.link(asked)
    assert (await client.get(newer)).status_code == 403
    assert (await client.get(newest)).status_code == 200
    for seconds in (0, 3601):
        answer = await client.post(f"{PLACE}/{asked['id']}/link", {"validFor": seconds})
        assert answer.status_code == 400


async def test_when_its_time_is_over_the_file_goes_and_the_manifest_stays(
    desk: Desk, access: Access, door: httpx.AsyncClient, maker: Maker, watch: Watch
) -> None:
    await people(access, 2)
    client = await client_of(desk, door, "one", NAMES)
    asked = await client.asks("individual")
    await made(maker, client, asked)
    files = list(desk.downloads.directory.iterdir())
    assert [oct(each.stat().st_mode & 0o777) for each in files] == ["0o600"]
    assert oct(desk.downloads.directory.stat().st_mode & 0o777) == "0o700"
    watch.ahead = timedelta(minutes=90)
    url = await client.link(asked)
    watch.ahead = timedelta(hours=2, seconds=1)
    answer = await client.get(url)
    assert (answer.status_code, answer.json()["code"]) == (409, "download-not-ready")
    await maker.look()
    assert not list(desk.downloads.directory.iterdir())
    assert (await client.state(asked))["status"] == "expired"
    manifest = (await client.get(f"{PLACE}/{asked['id']}/manifest")).json()
    assert (manifest["recordCount"], manifest["purpose"], manifest["clientId"]) == (2, "tests", client.client_id)
    assert {"takenAt", "feedPosition", "requestId", "sha256", "expiresAt", "size"} <= manifest.keys()


async def test_parts_put_together_are_the_whole(
    desk: Desk, access: Access, door: httpx.AsyncClient, maker: Maker
) -> None:
    await people(access, 30)
    client = await client_of(desk, door, "one", NAMES)
    asked = await client.asks("individual")
    await made(maker, client, asked)
    url = await client.link(asked)
    whole = await client.get(url)
    tag, size = whole.headers["etag"], len(whole.content)
    assert whole.headers["accept-ranges"] == "bytes"
    assert asked["id"] in whole.headers["content-disposition"]
    parts = b""
    while len(parts) < size:
        answer = await client.get(url, range=f"bytes={len(parts)}-{len(parts) + 999}", **{"if-range": tag})
        assert answer.status_code == 206
        assert answer.headers["content-range"].startswith(f"bytes {len(parts)}-")
        parts += answer.content
    assert parts == whole.content
    assert (await client.get(url, range="bytes=-10")).content == whole.content[-10:]
    behind = await client.get(url, range=f"bytes={size}-")
    assert (behind.status_code, behind.json()["code"]) == (416, "range-not-satisfiable")
    changed = await client.get(url, range="bytes=5-", **{"if-range": '"another"'})
    assert (changed.status_code, changed.content) == (200, whole.content)
    assert (await client.get(url, **{"if-none-match": tag})).status_code == 304
    head = await door.head(url, headers=client.headers)
    assert (head.status_code, head.headers["content-length"], head.content) == (200, str(size), b"")


async def granted(desk: Desk, client: Client, grant: str) -> None:
    """Grant a client something else, and wait until that is known."""
    known = await desk.repository.register.client(client.client_id)
    assert known is not None
    await regrant(desk.repository.register, known, [grant], clock=system_clock, dry=False)
    await asyncio.sleep(1.05)


async def test_it_is_had_for_its_purpose_and_while_the_same_is_granted(
    desk: Desk, access: Access, door: httpx.AsyncClient, maker: Maker
) -> None:
    await people(access, 2)
    client = await client_of(desk, door, "one", NAMES, purposes=["tests", "other"])
    client.purpose = "tests"
    asked = await client.asks("individual")
    await made(maker, client, asked)
    url = await client.link(asked)
    assert (await client.get(url, **{"x-purpose": "other"})).json()["code"] == "denied"
    assert (await client.get(url)).status_code == 200
    await granted(desk, client, "download individual (givenName)")
    answer = await client.get(url)
    assert (answer.status_code, answer.json()["code"]) == (409, "download-not-ready")
    await granted(desk, client, "read:individual")
    assert (await client.get(url)).json()["code"] == "denied"


async def test_who_withdraws_consent_is_in_no_file_that_is_had_from_then_on(
    desk: Desk, access: Access, door: httpx.AsyncClient, maker: Maker
) -> None:
    ids = await people(access, 4)
    steward = await client_of(desk, door, "steward", "create:consent")

    async def says(party: str, status: str) -> None:
        fact = {"partyId": party, "purpose": "tests", "status": status, "evidence": "letter"}
        assert (await steward.post("/inventory/v1/consent", fact)).status_code == 201

    for each in ids[:3]:
        await says(each, "given")
    client = await client_of(desk, door, "one", "download individual (givenName) with consent")
    asked = await client.asks("individual")
    assert (await made(maker, client, asked))["recordCount"] == 3
    url = await client.link(asked)
    await says(ids[3], "given")
    assert (await client.get(url)).status_code == 200
    await says(ids[0], "withdrawn")
    answer = await client.get(url)
    assert (answer.status_code, answer.json()["code"]) == (409, "download-not-ready")
    again = await client.asks("individual")
    assert (await made(maker, client, again))["recordCount"] == 3
    assert ids[0].encode() not in await client.file(again)


@pytest.mark.parametrize(
    ("wish", "status", "code"),
    [
        ({}, 400, "invalid-document"),
        ({"kind": "nothing"}, 400, "invalid-document"),
        ({"kind": "individual; drop table download"}, 400, "invalid-document"),
        ({"kind": "permission"}, 400, "invalid-document"),
        ({"kind": "individual", "format": "exe"}, 400, "invalid-document"),
        ({"kind": "individual", "filter": "nope=1"}, 400, "unknown-attribute"),
        ({"kind": "individual", "filter": "limit=1"}, 400, "invalid-parameter"),
        ({"kind": "individual", "filter": "sort=givenName"}, 400, "invalid-parameter"),
        ({"kind": "individual", "filter": "asOf=2020-01-01T00:00:00Z"}, 400, "invalid-parameter"),
        ({"kind": "individual", "filter": "fields=id"}, 400, "invalid-parameter"),
        ({"kind": "individual", "filter": "x" * 4001}, 400, "invalid-document"),
        ({"kind": "individual", "filter": "birthDate=1990"}, 403, "masked-attribute"),
        ({"kind": "individual", "filter": "givenName=\x00"}, 400, None),
        ({"kind": "individual", "fields": "givenName,\x00"}, 400, "invalid-document"),
        ({"kind": "individual", "unknown": 1}, 400, "invalid-document"),
        ({"kind": "customer"}, 403, "denied"),
    ],
)
async def test_what_is_not_understood_or_granted_is_refused(
    desk: Desk, door: httpx.AsyncClient, wish: dict[str, object], status: int, code: str | None
) -> None:
    client = await client_of(desk, door, "one", NAMES)
    for path in (PLACE, f"{PLACE}/preview"):
        answer = await client.post(path, wish)
        assert answer.status_code == status, answer.text
        assert code in {None, answer.json()["code"]}
    assert (await client.get(PLACE)).json() == []


async def test_an_amount_a_day_is_spent_by_the_whole_or_not_at_all(
    desk: Desk, access: Access, door: httpx.AsyncClient, maker: Maker, database: str
) -> None:
    await people(access, 10)
    client = await client_of(desk, door, "one", f"{NAMES} at most 25 a day")
    for status in ("ready", "ready", "failed"):
        last = await made(maker, client, await client.asks("individual"), status=status)
    assert last["failure"] == "allowance-spent"
    assert "sha256" not in last
    assert (await client.post(f"{PLACE}/{last['id']}/link")).json()["code"] == "download-not-ready"
    some = await made(maker, client, await client.asks("individual", filter="givenName=Given1,Given2,Given3"))
    assert some["recordCount"] == 3
    spent = await ask(database, f"select amount from client_use where client_id = '{client.client_id}' and per = 'day'")
    assert spent == [(24,)], "and one for how many records a filter finds"
    assert len(list(desk.downloads.directory.iterdir())) == 3


async def test_marks_tell_from_which_download_a_file_came(
    desk: Desk, access: Access, door: httpx.AsyncClient, maker: Maker, tmp_path: Path
) -> None:
    await people(access, 50)
    files = {}
    for name in ("one", "two"):
        for wish in ({}, {"format": "csv", "fields": "familyName"}):
            client = await client_of(desk, door, f"{name}{len(wish)}", NAMES)
            asked = await client.asks("individual", **wish)
            await made(maker, client, asked)
            files[asked["id"]] = await client.file(asked)
    for identifier, data in files.items():
        file = tmp_path / "found"
        kept = data.splitlines(keepends=True)
        file.write_bytes(b"".join(reversed(kept[5:45])))
        assert [str(row.id) for row in await trace(access, ids_and_marks(file))] == [identifier]
        file.write_bytes(b"".join(kept[5:20]))
        assert await trace(access, ids_and_marks(file)) == []
    lines = {json.dumps(json.loads(line)) for data in list(files.values())[::2] for line in data.splitlines()}
    assert len(lines) == 50


async def test_what_is_written_meanwhile_is_not_in_the_file(
    desk: Desk, access: Access, door: httpx.AsyncClient, maker: Maker
) -> None:
    await people(access, 2)
    client = await client_of(desk, door, "one", NAMES)
    asked = await client.asks("individual")
    await made(maker, client, asked)
    await access.create(RESOURCES["individual"], person(99))
    assert len((await client.file(asked)).splitlines()) == 2


async def test_no_file_gives_a_record_whose_use_is_restricted(
    desk: Desk, access: Access, door: httpx.AsyncClient, maker: Maker
) -> None:
    ids = await people(access, 3)
    client = await client_of(desk, door, "one", NAMES)
    officer = await client_of(desk, door, "officer", "read", "create:restriction")
    before = await client.asks("individual")
    await made(maker, client, before)
    link = await client.link(before)
    answer = await officer.post("/inventory/v1/restriction", {"subjectId": ids[0], "reason": "disputed"})
    assert answer.status_code == 201, answer.text
    refused = await client.get(link)
    assert (refused.status_code, refused.json()["code"]) == (403, "restricted")
    after = await client.asks("individual")
    assert after["preview"]["recordCount"] == 2
    await made(maker, client, after)
    lines = [json.loads(line) for line in (await client.file(after)).splitlines()]
    assert {each["id"] for each in lines} == {*ids[1:]}
