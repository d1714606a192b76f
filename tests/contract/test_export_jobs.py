"""Export jobs (TMF662 v4) are downloads: the same grants, the same approval, the same file."""

from __future__ import annotations

import json

import httpx
import pytest

from customer_inventory.access import Access, Desk
from customer_inventory.api.download_making import Maker
from tests.contract.download_world import PLACE, Client, Watch, client_of, desk, made, maker, people, watch

__all__ = ["desk", "maker", "watch"]
JOBS = "/tmf-api/entityCatalogManagement/v4/exportJob"
PEOPLE = "/tmf-api/party/v5/individual"
NAMES = "download individual (givenName, nationality) where nationality = NL"


async def asked(client: Client, **body: str) -> dict[str, str]:
    answer = await client.post(JOBS, {"path": PEOPLE, **body})
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"{JOBS}/{answer.json()['id']}"
    return dict(answer.json())


async def test_a_job_goes_from_its_request_to_its_file(
    desk: Desk, access: Access, door: httpx.AsyncClient, maker: Maker, watch: Watch
) -> None:
    await people(access, 6)
    client = await client_of(desk, door, "one", NAMES)
    job = await asked(client, query="givenName.ne=Given0&fields=givenName", contentType="text/csv")
    assert (job["status"], job["@type"], job["contentType"]) == ("Not Started", "ExportJob", "text/csv")
    assert job["path"].endswith("/individual")
    assert job["query"] == "givenName.ne=Given0&fields=givenName"
    assert "url" not in job
    assert (await client.get(f"{JOBS}/{job['id']}/content")).json()["code"] == "download-not-ready"
    await made(maker, client, job)
    done = (await client.get(f"{JOBS}/{job['id']}")).json()
    assert (done["status"], done["url"]) == ("Succeeded", f"{JOBS}/{job['id']}/content")
    assert done["completionDate"] >= done["creationDate"]
    whole = await client.get(done["url"])
    names = [line.split(",")[-1].strip('"') for line in whole.text.splitlines()]
    assert sorted(names) == ["Given2", "Given4", "givenName"], "as far as the grant goes"
    part = await client.get(done["url"], range="bytes=3-")
    assert (part.status_code, part.content) == (206, whole.content[3:])
    assert [each["id"] for each in (await client.get(JOBS)).json()] == [job["id"]]
    assert (await client.get(f"{PLACE}/{job['id']}")).json()["status"] == "ready", "it is a download like any other"
    assert (await client.delete(f"{JOBS}/{job['id']}")).status_code == 204
    gone = (await client.get(f"{JOBS}/{job['id']}")).json()
    assert (gone["status"], gone["errorLog"]) == ("Failed", "cancelled")
    assert (await client.get(done["url"])).status_code == 409


async def test_a_job_is_nobody_elses(desk: Desk, access: Access, door: httpx.AsyncClient, maker: Maker) -> None:
    await people(access, 2)
    client = await client_of(desk, door, "one", NAMES)
    approver = await client_of(desk, door, "approver", "read:download", "modify:download", "all")
    job = await asked(client)
    await made(maker, client, job)
    for path in (f"{JOBS}/{job['id']}", f"{JOBS}/{job['id']}/content"):
        assert (await approver.get(path)).status_code == 404
    assert (await approver.get(JOBS)).json() == []
    assert (await approver.delete(f"{JOBS}/{job['id']}")).status_code == 404
    reader = await client_of(desk, door, "reader", "read")
    assert (await reader.post(JOBS, {"path": PEOPLE})).status_code == 403
    lines = (await client.get(f"{JOBS}/{job['id']}/content")).text.splitlines()
    assert [json.loads(line)["givenName"] for line in lines] == ["Given0"]


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"path": "/etc/passwd"}, "path"),
        ({"path": "/tmf-api/party/v5/hub"}, "path"),
        ({"path": ""}, "path"),
        ({"path": PEOPLE, "url": "ftp://elsewhere.example/file"}, "url"),
        ({"path": PEOPLE, "contentType": "application/pdf"}, "contentType"),
        ({"path": PEOPLE, "query": "nothing=1"}, "nothing"),
        ({"path": PEOPLE, "query": "sort=givenName"}, ""),
        ({"path": PEOPLE, "status": "Succeeded"}, "status"),
        ({}, "path"),
    ],
)
async def test_what_is_no_job_is_refused(desk: Desk, door: httpx.AsyncClient, body: dict[str, str], named: str) -> None:
    client = await client_of(desk, door, "one", "download:individual")
    answer = await client.post(JOBS, body)
    assert answer.status_code == 400, answer.text
    assert named in answer.text
