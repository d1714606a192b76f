"""TMF672: who may do what, as the register has it; nothing can be written this way."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.journey.api_words import refused
from tests.journey.conftest import Server

V4 = "/tmf-api/userRolePermissionManagement/v4"
PERMISSIONS = f"{V4}/permission"
ROLES = f"{V4}/userRole"
SETS = "/tmf-api/rolesAndPermissionsManagement/v5/permissionSpecificationSet"
VERBS = {"create", "modify", "update", "delete", "download", "read"}


@pytest.fixture(scope="module")
def api(server: Server) -> Iterator[httpx.Client]:
    with server.api() as client:
        yield client


def test_a_client_sees_what_it_may_do_and_never_a_secret(server: Server, api: httpx.Client) -> None:
    mine = api.get(f"{PERMISSIONS}/{server.client_id}").json()
    assert (mine["@type"], mine["name"], mine["status"]) == ("Permission", "tester", "active")
    assert mine["href"] == f"{PERMISSIONS}/{server.client_id}"
    assert {(granted["action"], granted["function"]) for granted in mine["privilege"]} == {
        (verb, "*") for verb in VERBS
    }
    assert mine["user"]["id"] == server.client_id
    assert mine["validFor"]["startDateTime"] == mine["creationDate"]
    assert "secret" not in str(mine)
    assert "password" not in api.get(PERMISSIONS).text


def test_the_administrator_has_the_role_that_is_told(api: httpx.Client) -> None:
    (admin,) = api.get(PERMISSIONS, params={"name": "admin"}).json()
    assert admin["assetUserRole"][0]["userRole"]["id"] == "administrator"
    role = api.get(f"{ROLES}/administrator").json()
    assert {(one["action"], one["function"]) for one in role["entitlement"]} == {(verb, "*") for verb in VERBS}
    assert [one["id"] for one in api.get(ROLES).json()] == ["administrator", "auditor", "steward"]


def test_grants_are_told_by_the_names_of_resources(server: Server, api: httpx.Client) -> None:
    server_id = server.client_id, server.client_secret
    server.register("narrow", "--grant", "read:communicationMessage", "--grant", "read:permission")
    try:
        with server.api() as narrow:
            mine = narrow.get(f"{PERMISSIONS}/{server.client_id}").json()
            assert [(one["action"], one["function"]) for one in mine["privilege"]] == [
                ("read", "communicationMessage"),
                ("read", "permission"),
            ]
            assert mine["privilege"][0]["manageableAsset"]["id"] == "communicationMessage"
            assert refused(narrow.get(ROLES), 403) == "denied"
            assert refused(narrow.get(SETS), 403) == "denied"
    finally:
        server.client_id, server.client_secret = server_id


def test_the_sets_are_the_words_by_which_grants_are_given(api: httpx.Client) -> None:
    sets = {one["id"]: one for one in api.get(SETS).json()}
    assert sets.keys() == {"all", *VERBS, "administrator", "auditor", "steward"}
    assert [one["id"] for one in sets["read"]["permissionSpecification"]] == ["read:*"]
    assert sets["auditor"]["involvementRole"] == "auditor"
    assert api.get(f"{SETS}/all").json() == sets["all"]
    assert refused(api.get(f"{SETS}/everything"), 404) == "not-found"


@pytest.mark.parametrize("base", [V4, "/userrolepermission/v4"])
def test_lists_are_paged_selected_and_filtered(api: httpx.Client, base: str) -> None:
    first = api.get(f"{base}/userRole", params={"limit": 2, "fields": "involvementRole"})
    assert (first.status_code, first.headers["x-total-count"], first.headers["x-result-count"]) == (206, "3", "2")
    assert first.json()[0].keys() == {"id", "href", "@type", "involvementRole"}
    rest = api.get(f"{base}/userRole", params={"limit": 2, "offset": 2})
    assert (rest.status_code, [one["id"] for one in rest.json()]) == (200, ["steward"])
    assert api.get(f"{base}/userRole", params={"offset": 99}).json() == []
    assert [one["id"] for one in api.get(f"{base}/userRole?id=auditor,steward").json()] == ["auditor", "steward"]
    assert api.get(f"{base}/permission", params={"status": "gone"}).json() == []
    for query in ("entitlement.action=read", "sort=id", "limit=-1", "nobody=1"):
        answer = api.get(f"{base}/userRole?{query}")
        assert refused(answer, 400) == "invalid-parameter"
    assert "id" in api.get(f"{base}/userRole?nobody=1").json()["message"]


@pytest.mark.parametrize("path", [PERMISSIONS, ROLES, SETS, f"{ROLES}/auditor"])
@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE"])
def test_nothing_is_written_this_way(api: httpx.Client, path: str, method: str) -> None:
    answer = api.request(method, path, json={})
    assert refused(answer, 405) == "method-not-allowed"
    assert answer.headers["allow"] == "GET, HEAD"
