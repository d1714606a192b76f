"""The server is killed -9 while it makes the file of a download: it is whole afterwards, with nothing beside it."""

from __future__ import annotations

import json
import time
from hashlib import sha256
from pathlib import Path

from tests.journey.conftest import Server, command

PLACE = "/inventory/v1/download"
ROWS = 30_000


def people(place: Path) -> Path:
    """A file with many people."""
    file = place / "people.csv"
    lines = ["id,given_name,family_name", *(f"r{each},Given{each},Family{each}" for each in range(ROWS))]
    file.write_text("\n".join(lines) + "\n")
    return file


def test_a_killed_server_makes_the_file_anew(new_server: Server, tmp_path: Path) -> None:
    new_server.start("--download-threshold=1000000").register()
    done = command("import", str(people(tmp_path)), "--data", str(new_server.data))
    assert done.returncode == 0, done.stderr
    directory = new_server.data / "downloads"
    with new_server.api() as api:
        wish = {"kind": "individual", "fields": "givenName,familyName"}
        identifier = api.post(PLACE, json=wish).json()["id"]
        deadline = time.monotonic() + 30
        while not list(directory.glob("*.part")):
            assert time.monotonic() < deadline
            time.sleep(0.005)
    assert new_server.process is not None
    new_server.process.kill()
    new_server.process.wait()
    new_server.log.close()
    assert [each.name for each in directory.iterdir()] == [f"{identifier}-1.part"]
    new_server.start("--download-threshold=1000000")
    with new_server.api() as api:
        deadline = time.monotonic() + 90
        while (found := api.get(f"{PLACE}/{identifier}").json())["status"] != "ready":
            assert time.monotonic() < deadline, found
            assert found["status"] in {"running", "queued"}
            time.sleep(0.1)
        data = api.get(api.post(f"{PLACE}/{identifier}/link").json()["url"]).content
        assert sha256(data).hexdigest() == found["sha256"]
        records = [json.loads(line) for line in data.splitlines()]
        assert len({each["id"] for each in records}) == len(records) == found["recordCount"] == ROWS
        second = api.post(PLACE, json={**wish, "filter": "givenName=Given7"}).json()["id"]
        while api.get(f"{PLACE}/{second}").json()["status"] != "ready":
            time.sleep(0.1)
        assert api.delete(f"{PLACE}/{identifier}").status_code == 204
    assert {each.name.rpartition("-")[0] for each in directory.iterdir()} == {second}
    traced = command("download", "list", "--data", str(new_server.data))
    assert identifier in traced.stdout
    assert "cancelled" in traced.stdout
    assert new_server.stop() == 0
