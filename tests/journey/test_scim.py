"""SCIM 2.0: a directory gives people access to the console and takes it away, at once, where it is granted that."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx
import pytest

from tests.journey.conftest import Server, command

USERS = "/scim/v2/Users"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
PASSWORD = "gravel lantern tuesday-ish moss"
VERBS = ("create", "read", "modify", "delete")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of this module's own: who may sign in is nobody else's matter."""
    started = Server(tmp_path_factory.mktemp("scim") / "data").start()
    yield started
    assert started.stop() == 0, started.output()


@pytest.fixture(scope="module")
def directory(server: Server) -> Iterator[httpx.Client]:
    server.register("directory", *(word for verb in VERBS for word in ("--grant", f"{verb}:person")))
    with server.api() as client:
        yield client


def user(login: str, **more: Any) -> dict[str, Any]:
    return {"schemas": [USER], "userName": login, "roles": [{"value": "steward"}], **more}


def made(directory: httpx.Client, login: str, **more: Any) -> dict[str, Any]:
    answer = directory.post(USERS, json=user(login, **more))
    assert answer.status_code == 201, answer.text
    assert answer.headers["content-type"] == "application/scim+json"
    body: dict[str, Any] = answer.json()
    assert answer.headers["location"] == body["meta"]["location"] == f"{USERS}/{body['id']}"
    return body


def patch(*operations: dict[str, Any]) -> dict[str, Any]:
    return {"schemas": [PATCH], "Operations": list(operations)}


def refused(answer: httpx.Response, status: int, kind: str | None = None) -> str:
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert (body["schemas"], body["status"], body.get("scimType")) == ([ERROR], str(status), kind)
    return str(body["detail"])


def test_who_is_provisioned_signs_in_and_who_is_disabled_is_out_at_once(
    server: Server, directory: httpx.Client
) -> None:
    dora = made(directory, "dora", displayName="Dora Lind", password=PASSWORD)
    assert (dora["active"], dora["roles"], dora["displayName"]) == (
        True,
        [{"value": "steward", "primary": True}],
        "Dora Lind",
    )
    assert "password" not in str(dora)
    with closing(server.signed_in("dora", PASSWORD)) as browser:
        assert browser.get("/").status_code == 200
        off = directory.patch(
            f"{USERS}/{dora['id']}", json=patch({"op": "Replace", "path": "active", "value": "False"})
        )
        assert off.json()["active"] is False
        assert browser.get("/").status_code == 303
        on = directory.patch(f"{USERS}/{dora['id']}", json=patch({"op": "replace", "value": {"active": True}}))
        assert on.json()["active"] is True
        assert browser.get("/").status_code == 303, "a session that ended stays ended"
    with closing(server.signed_in("dora", PASSWORD)) as browser:
        gone = directory.delete(f"{USERS}/{dora['id']}")
        assert (gone.status_code, gone.content) == (204, b"")
        assert browser.get("/").status_code == 303
    assert directory.get(f"{USERS}/{dora['id']}").json()["active"] is False
    assert "dora  Dora Lind  steward  disabled" in command("person", "list", "--data", str(server.data)).stdout
    assert PASSWORD not in server.output()


def test_users_are_found_and_paged(directory: httpx.Client) -> None:
    for login in ("ada", 'qu"o\\te', "zoe"):
        one = made(directory, login)
        name = login.replace("\\", "\\\\").replace('"', '\\"')
        found = directory.get(USERS, params={"filter": f'username EQ "{name}"'}).json()
        assert (found["totalResults"], found["Resources"]) == (1, [one])
    none = directory.get(USERS, params={"filter": 'userName eq "ADA"'}).json()
    assert (none["totalResults"], none["Resources"]) == (0, [])
    every = directory.get(USERS).json()
    logins = [one["userName"] for one in every["Resources"]]
    assert logins == sorted(logins)
    assert every["totalResults"] == len(logins)
    page = directory.get(USERS, params={"startIndex": 2, "count": 1}).json()
    assert (page["startIndex"], page["itemsPerPage"], page["Resources"]) == (2, 1, [every["Resources"][1]])
    assert directory.get(USERS, params={"count": 0}).json()["Resources"] == []


def test_a_user_is_replaced_and_changed(directory: httpx.Client) -> None:
    ben = made(directory, "ben")
    made(directory, "taken")
    place = f"{USERS}/{ben['id']}"
    put = directory.put(place, json=user("benno", displayName="Benno", roles=["auditor"]))
    assert (put.json()["userName"], put.json()["roles"][0]["value"]) == ("benno", "auditor")
    changed = directory.patch(
        place,
        json=patch(
            {"op": "add", "path": f"{USER}:displayName", "value": "B."},
            {"op": "replace", "path": "roles", "value": [{"value": "owner"}]},
        ),
    ).json()
    assert (changed["displayName"], changed["roles"][0]["value"], changed["active"]) == ("B.", "owner", True)
    assert changed == directory.get(place).json()
    refused(directory.put(place, json=user("taken")), 409, "uniqueness")
    refused(directory.post(USERS, json=user("taken")), 409, "uniqueness")
    assert directory.get(place).json() == changed


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({}, "invalidSyntax"),
        ({"schemas": [USER]}, "invalidValue"),
        (user("x", roles=[]), "invalidValue"),
        (user("x", roles=["steward", "auditor"]), "invalidValue"),
        (user("x", roles=[{"value": 1}]), "invalidValue"),
        (user("x", roles=["king"]), None),
        (user("x" * 101), None),
        (user("a\u0000b"), None),
        (user("x", displayName="a\u0000b"), None),
        (user("x", active="perhaps"), "invalidValue"),
        (user("x", active=1), "invalidValue"),
        ({**user("x"), "userName": {"a": 1}}, "invalidValue"),
        (user("x", password="password1234"), None),
        (user("x", password=7), "invalidValue"),
    ],
)
def test_what_is_no_user_is_refused(directory: httpx.Client, body: dict[str, Any], kind: str | None) -> None:
    before = directory.get(USERS).json()["totalResults"]
    refused(directory.post(USERS, json=body), 400, kind)
    assert directory.get(USERS).json()["totalResults"] == before


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"schemas": [PATCH]}, "invalidSyntax"),
        ({"schemas": [USER], "Operations": []}, "invalidSyntax"),
        (patch(), "invalidSyntax"),
        (patch(*[{"op": "replace", "path": "active", "value": True}] * 51), "invalidSyntax"),
        ({"schemas": [PATCH], "Operations": ["x"]}, "invalidSyntax"),
        (patch({"op": "remove", "path": "active"}), "mutability"),
        (patch({"path": "active", "value": True}), "mutability"),
        (patch({"op": "replace", "value": True}), "noTarget"),
        (patch({"op": "replace", "path": "id", "value": "x"}), "invalidPath"),
        (patch({"op": "replace", "path": 'emails[type eq "work"]', "value": "x"}), "invalidPath"),
        (patch({"op": "replace", "path": "active", "value": []}), "invalidValue"),
    ],
)
def test_what_is_no_change_is_refused(directory: httpx.Client, body: dict[str, Any], kind: str) -> None:
    (one,) = directory.get(USERS, params={"filter": 'userName eq "admin"'}).json()["Resources"]
    refused(directory.patch(f"{USERS}/{one['id']}", json=body), 400, kind)
    assert directory.get(f"{USERS}/{one['id']}").json() == one


@pytest.mark.parametrize(
    "text", ["userName", 'userName co "a"', 'userName eq "a" or active eq true', "", 'userName eq "\\q"']
)
def test_other_filters_are_refused(directory: httpx.Client, text: str) -> None:
    refused(directory.get(USERS, params={"filter": text}), 400, "invalidFilter")


@pytest.mark.parametrize("grants", [("all",), VERBS, ("read:person",)])
def test_who_is_not_granted_people_by_name_changes_none(
    server: Server, directory: httpx.Client, grants: tuple[str, ...]
) -> None:
    (one,) = directory.get(USERS, params={"filter": 'userName eq "admin"'}).json()["Resources"]
    mine = server.client_id, server.client_secret
    name = "other-" + grants[0].replace(":", "-")
    server.register(name, *(word for grant in grants for word in ("--grant", grant)))
    place, may_read = f"{USERS}/{one['id']}", "read:person" in grants
    try:
        with server.api() as other:
            for answer in (other.get(USERS), other.get(place)):
                assert answer.status_code == (200 if may_read else 403)
            refused(other.post(USERS, json=user("intruder", roles=["administrator"])), 403)
            refused(other.put(place, json=user("admin")), 403)
            refused(other.patch(place, json=patch({"op": "replace", "path": "active", "value": False})), 403)
            refused(other.delete(place), 403)
    finally:
        server.client_id, server.client_secret = mine
    assert directory.get(place).json() == one


def test_what_is_not_there_and_how_it_is_told(server: Server, directory: httpx.Client) -> None:
    for place in (f"{USERS}/x", f"{USERS}/019ad2a7-5c1e-8a31-9f0b-6f3c7e0d2b11", "/scim/v2/Groups", "/scim/v2"):
        refused(directory.get(place), 404)
    refused(directory.delete(f"{USERS}/019ad2a7-5c1e-8a31-9f0b-6f3c7e0d2b11"), 404)
    answer = directory.post("/scim/v2/ServiceProviderConfig")
    refused(answer, 405)
    assert answer.headers["allow"] == "GET, HEAD"
    refused(httpx.get(f"{server.url}{USERS}"), 401)
    refused(directory.post(USERS, content=b"{"), 400)
    config = directory.get("/scim/v2/ServiceProviderConfig").json()
    assert (config["patch"]["supported"], config["bulk"]["supported"]) == (True, False)
    assert directory.get("/scim/v2/ResourceTypes").json()["Resources"][0]["endpoint"] == "/Users"


ALWAYS = {"schemas", "id"}


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ("attributes=userName", {"userName"}),
        ("attributes=USERNAME,%20active", {"userName", "active"}),
        (f"attributes={USER}:displayName", {"displayName"}),
        ("attributes=name.familyName,urn:example:other:2.0:User:manager", set()),
        ("attributes=roles.value,meta.location", {"roles", "meta"}),
        ("attributes=userName.first", set()),
        ("excludedAttributes=roles,meta,id,schemas", {"userName", "displayName", "active"}),
        ("excludedAttributes=roles.value,roles.primary,meta,displayName", {"userName", "active"}),
    ],
)
def test_what_is_returned_of_a_user_are_the_attributes_that_are_asked_for(
    directory: httpx.Client, asked: str, names: set[str]
) -> None:
    found = directory.get(USERS, params={"filter": 'userName eq "partial"'}).json()["Resources"]
    each = found[0] if found else made(directory, "partial", displayName="P")
    one = f"{USERS}/{each['id']}?{asked}"
    whole = user("partial", displayName="P")
    answers = [
        directory.get(one),
        directory.put(one, json=whole),
        directory.patch(one, json=patch({"op": "replace", "path": "active", "value": True})),
    ]
    listed = directory.get(f"{USERS}?filter=userName%20eq%20%22partial%22&{asked}").json()
    assert listed["totalResults"] == 1
    for body in (*(answer.json() for answer in answers), *listed["Resources"]):
        assert body.keys() == ALWAYS | names, body
        assert body["id"] == each["id"]
    assert answers[1].headers["location"] == each["meta"]["location"]
    shown = answers[0].json()
    if "roles.value" in asked and "roles" in shown:
        assert shown["roles"] == [{"value": "steward"}]
        assert shown["meta"].keys() == {"location"}


def test_a_user_is_created_with_the_attributes_returned_that_are_asked_for(directory: httpx.Client) -> None:
    answer = directory.post(f"{USERS}?attributes=active", json=user("created-in-part"))
    assert answer.status_code == 201
    assert answer.json().keys() == {*ALWAYS, "active"}


@pytest.mark.parametrize(
    "asked",
    [
        "attributes=",
        "excludedAttributes=a,,b",
        "attributes=a/b",
        "attributes=a.b.c",
        "attributes=" + ",".join(["a"] * 51),
        "attributes=" + "a" * 2000,
        "attributes=userName&excludedAttributes=roles",
    ],
)
def test_names_of_attributes_that_are_none_are_refused_before_anything_is_done(
    directory: httpx.Client, asked: str
) -> None:
    refused(directory.get(f"{USERS}?{asked}"), 400, "invalidValue")
    refused(directory.post(f"{USERS}?{asked}", json=user("never-made")), 400, "invalidValue")
    never = directory.get(USERS, params={"filter": 'userName eq "never-made"'}).json()
    assert never["totalResults"] == 0
