"""Deleted records at the API and at the command line: what can come back, and what goes for good."""

from __future__ import annotations

from uuid import uuid4

import httpx
import pytest

from tests.journey.api_words import NO_SUCH_ID, PERSONS, create, person, refused
from tests.journey.conftest import Server, command

DELETED = "/inventory/v1/deletedRecord"


def test_deleted_records_are_listed_with_the_way_back(server: Server) -> None:
    with server.api() as api:
        made = [create(api, PERSONS, person(given=f"G{number}")) for number in range(3)]
        before = int(api.get(DELETED, params={"kind": "individual"}).headers["x-total-count"])
        for record in made:
            assert api.delete(record["href"], headers={"x-reason": "a test"}).status_code == 204
        answer = api.get(DELETED, params={"kind": "individual", "limit": 2})
        assert (answer.status_code, answer.headers["x-total-count"]) == (206, str(before + 3))
        found = answer.json() + api.get(answer.links["next"]["url"]).json()[:1]
        assert [record["id"] for record in found] == [record["id"] for record in reversed(made)]
        one = found[0]
        assert (one["name"], one["reason"], one["href"]) == ("G2 Byron", "a test", made[2]["href"])
        assert "purgeAfter" not in one
        assert api.post(one["restore"]).json() == made[2]
        assert api.get(DELETED, params={"kind": "individual", "limit": 1}).json()[0]["id"] == made[1]["id"]


@pytest.mark.parametrize(
    "query", ["", "kind=", "kind=party", "kind=individual&after=x", "kind=individual&limit=x", "kind=individual&x=1"]
)
def test_hostile_questions_about_deleted_records_are_refused(server: Server, query: str) -> None:
    with server.api() as api:
        assert refused(api.get(f"{DELETED}?{query}"), 400) == "invalid-parameter"
        assert refused(api.get(f"{DELETED}?kind=individual&after={NO_SUCH_ID}"), 400) == "invalid-cursor"
    assert httpx.get(f"{server.url}{DELETED}?kind=individual").status_code == 401


def test_deleted_records_are_shown_to_who_may_read_them(server: Server) -> None:
    other = Server(server.data, server.port).register(f"d{uuid4().hex[:8]}", "--grant", "read:customer,delete")
    with other.api() as api:
        assert api.get(DELETED, params={"kind": "customer"}).status_code == 200
        assert refused(api.get(DELETED, params={"kind": "individual"}), 403) == "denied"


def test_a_purge_is_previewed_and_done_by_command(new_server: Server) -> None:
    new_server.start("--purge-after", "1").register()
    data = ("--data", str(new_server.data))
    with new_server.api() as api:
        made = create(api, PERSONS, person())
        api.delete(made["href"])
        (deleted,) = api.get(DELETED, params={"kind": "individual"}).json()
        assert deleted["purgeAfter"][:8] >= deleted["deletedAt"][:8]
        never = command("purge", *data)
        assert never.returncode == 2
        assert "--purge-after" in never.stderr
        done = command("purge", "--purge-after", "1", "--dry-run", *data)
        assert (done.returncode, done.stdout) == (0, "Nothing was deleted more than 1 days ago.\n"), done.stderr
        assert command("purge", "--purge-after", "-1", *data).returncode == 2
        assert api.post(deleted["restore"]).json() == made
