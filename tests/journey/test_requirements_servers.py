"""One approved edit acts at every door of two servers on one database within a second: API, import, form and mask."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.journey.api_words import PERSONS, create, person, refused
from tests.journey.conftest import Server, command
from tests.journey.test_requirements import REQUIREMENTS, decide, within_a_second

STATUS = "individual.maritalStatus"
KEPT = "single-since-4711"
"""What nobody asked for yet, and what is masked then."""
EDIT = {
    "obligation": "mandatory",
    "enforcement": "refuse",
    "valueRule": [{"code": "code-list", "codeList": ["open", "married"]}],
    "sensitivity": "special",
    "masking": "null",
}


@pytest.fixture
def servers(new_server: Server, tmp_path: Path) -> Iterator[tuple[Server, Server, str]]:
    """Two servers on the database of the first, and the address of that."""
    first = new_server.start().register()
    place = first.data.resolve()
    address = f"host={place / 'socket'} dbname=customer_inventory user=customer_inventory passfile={place / 'passfile'}"
    second = Server(tmp_path / "second").start("--dsn", address)
    yield first, second, address
    assert second.stop() == 0, second.output()


@pytest.fixture
def browsers(servers: tuple[Server, Server, str]) -> Iterator[dict[str, list[httpx.Client]]]:
    """A steward's and an auditor's browser at each of the servers."""
    first, second, _ = servers
    found = {}
    for login, role in (("bea", "steward"), ("aud", "auditor")):
        added = command("person", "add", login, "--role", role, "--data", str(first.data))
        password = re.search(r"password\s+(\S+)", added.stdout)
        assert password, added.stderr
        found[login] = [each.signed_in(login, password[1]) for each in (first, second)]
    yield found
    for each in (*found["bea"], *found["aud"]):
        each.close()


def imported(address: str, folder: Path) -> tuple[int, int]:
    """Import one person without a marital status; return how many were accepted and rejected."""
    rows = folder / "people.ndjson"
    rows.write_text(json.dumps({"id": "1", **person(given="Imported")}))
    done = command("import", str(rows), "--dsn", address, "--json", "--dry-run")
    report = json.loads(done.stdout)
    return report["accepted"], report["rejected"]


def offers(browser: httpx.Client) -> bool:
    """Return whether the form of a new person offers the marital states that the edit allows."""
    field = re.search(r'<select[^>]*name="maritalStatus".*?</select>', browser.get("/individual/new").text, re.DOTALL)
    return field is not None and re.findall(r'value="(\w*)"', field[0]) == ["", "open", "married"]


def test_one_edit_acts_at_every_door_of_every_server(
    servers: tuple[Server, Server, str], browsers: dict[str, list[httpx.Client]], tmp_path: Path
) -> None:
    first, second, address = servers
    second.client_id, second.client_secret = first.client_id, first.client_secret
    decider = Server(first.data, first.port).register("decider").api()
    apis = [first.api(), second.api()]
    made = create(apis[0], PERSONS, person(maritalStatus=KEPT))
    page = f"/individual/{made['id']}"

    def acts(api: httpx.Client, steward: httpx.Client, auditor: httpx.Client) -> list[bool]:
        return [
            api.post(PERSONS, json=person()).status_code == 400,
            api.post(PERSONS, json=person(maritalStatus="widowed")).status_code == 400,
            offers(steward),
            KEPT not in auditor.get(page).text,
        ]

    doors = list(zip(apis, browsers["bea"], browsers["aud"], strict=True))
    proposed = apis[0].patch(f"{REQUIREMENTS}/{STATUS}", json=EDIT, headers={"x-reason": "asked for"})
    assert proposed.status_code == 202, proposed.text
    assert [acts(*each) for each in doors] == [[False] * 4] * 2
    assert imported(address, tmp_path) == (1, 0)

    decide(decider, proposed.json())
    for each in doors:
        within_a_second(everything(acts, each))
    assert imported(address, tmp_path) == (0, 1)
    answer = apis[1].post(PERSONS, json=person())
    assert refused(answer, 400) == "invalid-document"
    assert f"requirement {STATUS}, obligation" in answer.json()["message"]
    for api in (*apis, decider):
        api.close()


def everything(
    acts: Callable[..., list[bool]], door: tuple[httpx.Client, httpx.Client, httpx.Client]
) -> Callable[[], bool]:
    """Return what tells whether an edit acts at all doors of a server."""
    return lambda: all(acts(*door))
