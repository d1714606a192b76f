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
EVERY_ROLE = ["administrator", "auditor", "operator", "owner", "privacy-officer", "steward"]
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
    assert {(one["action"], one["function"]) for one in role["entitlement"]} > {(verb, "*") for verb in VERBS}
    assert [one["id"] for one in api.get(ROLES).json()] == EVERY_ROLE


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
    assert sets.keys() == {"all", *VERBS, *EVERY_ROLE}
    assert [one["id"] for one in sets["read"]["permissionSpecification"]] == ["read:*"]
    assert sets["auditor"]["involvementRole"] == "auditor"
    assert api.get(f"{SETS}/all").json() == sets["all"]
    assert refused(api.get(f"{SETS}/everything"), 404) == "not-found"


@pytest.mark.parametrize("base", [V4, "/userrolepermission/v4"])
def test_lists_are_paged_selected_and_filtered(api: httpx.Client, base: str) -> None:
    first = api.get(f"{base}/userRole", params={"limit": 2, "fields": "involvementRole"})
    assert (first.status_code, first.headers["x-total-count"], first.headers["x-result-count"]) == (206, "6", "2")
    assert first.json()[0].keys() == {"id", "href", "@type", "involvementRole"}
    rest = api.get(f"{base}/userRole", params={"limit": 2, "offset": 4})
    assert (rest.status_code, [one["id"] for one in rest.json()]) == (200, EVERY_ROLE[4:])
    assert api.get(f"{base}/userRole", params={"offset": 99}).json() == []
    assert [one["id"] for one in api.get(f"{base}/userRole?id=auditor,steward").json()] == ["auditor", "steward"]
    assert api.get(f"{base}/permission", params={"status": "gone"}).json() == []
    assert first.headers["content-range"] == "items 1-2/6"
    assert api.get(f"{base}/userRole", params={"after": "administrator", "limit": 1}).json()[0]["id"] == "auditor"


@pytest.mark.parametrize(
    ("address", "query", "expected"),
    [
        (ROLES, "sort=-name", "steward privacy-officer owner operator auditor administrator"),
        (ROLES, "sort=entitlement.action,-id", "steward privacy-officer owner operator auditor administrator"),
        (ROLES, "entitlement.action=delete", "administrator operator privacy-officer"),
        (ROLES, "entitlement.action=modify;id=auditor&sort=-id", "steward privacy-officer owner auditor administrator"),
        (ROLES, "filter=entitlement[?(@.action=='modify' %26%26 @.function=='*')]", "administrator steward"),
        (ROLES, "filter=entitlement[?(@.action=='delete')]", "administrator operator privacy-officer"),
        (ROLES, "filter=$[?(@.name=~/^A/i)]", "administrator auditor"),
        (ROLES, "name.regex=^a&name.ne=auditor", "administrator"),
        (ROLES, f"href={ROLES}/auditor", "auditor"),
        (SETS, "involvementRole.isnull=false", " ".join(EVERY_ROLE)),
        (SETS, "permissionSpecification.action=download&sort=-involvementRole", "administrator all download"),
        (SETS, "description.contains=Everything", "all"),
    ],
)
def test_lists_obey_the_rules_that_lists_of_records_do(
    api: httpx.Client, address: str, query: str, expected: str
) -> None:
    answer = api.get(f"{address}?{query}")
    assert answer.status_code == 200, answer.text
    assert [one["id"] for one in answer.json()] == expected.split()
    assert answer.headers["x-total-count"] == str(len(expected.split()))


def test_dates_are_compared_as_instants(server: Server, api: httpx.Client) -> None:
    later = api.get(PERMISSIONS, params={"creationDate.gt": "2020-01-01T00:00:00+02:00", "sort": "-creationDate"})
    dates = [one["creationDate"] for one in later.json()]
    assert dates == sorted(dates, reverse=True)
    assert server.client_id in {one["id"] for one in later.json()}
    assert api.get(PERMISSIONS, params={"creationDate.lt": "2020-01-01"}).json() == []


def test_pages_lead_on_in_both_directions(api: httpx.Client) -> None:
    whole = [one["id"] for one in api.get(SETS, params={"sort": "-name"}).json()]
    seen: list[str] = []
    address = f"{SETS}?sort=-name&limit=2"
    while address:
        page = api.get(address)
        assert page.status_code == (206 if "next" in page.links else 200)
        seen += [one["id"] for one in page.json()]
        before, address = page, page.links.get("next", {}).get("url", "")
    assert seen == whole
    back = api.get(before.links["prev"]["url"]).json()
    assert [one["id"] for one in back] == whole[-4:-2] if len(whole) % 2 == 0 else whole[-3:-1]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("nam=auditor", "unknown-attribute"),
        ("sort=nam", "unknown-attribute"),
        ("filter=$[?(@.nam=='x')]", "unknown-attribute"),
        ("filter=$[?(@.name==", "invalid-json-path"),
        ("sort=entitlement", "invalid-parameter"),
        ("limit=-1", "invalid-parameter"),
        ("asOf=2026-01-01T00:00:00Z", "invalid-parameter"),
        ("after=nobody", "invalid-cursor"),
        ("after=auditor&before=auditor", "invalid-parameter"),
        ("name.regex=(", "invalid-pattern"),
    ],
)
def test_what_is_not_understood_is_refused(api: httpx.Client, query: str, code: str) -> None:
    answer = api.get(f"{ROLES}?{query}")
    assert refused(answer, 400) == code
    if code == "unknown-attribute":
        assert "Did you mean name?" in answer.json()["message"]


def test_fields_choose_below_and_one_entry_takes_nothing_else(api: httpx.Client) -> None:
    (role,) = api.get(ROLES, params={"id": "auditor", "fields": "entitlement.action"}).json()
    assert role == {
        "id": "auditor",
        "href": f"{ROLES}/auditor",
        "@type": "UserRole",
        "entitlement": [{"@type": "Entitlement", "action": verb} for verb in ("create", "modify", "read", "read")],
    }
    assert api.get(f"{ROLES}/auditor", params={"fields": "none"}).json().keys() == {"id", "href", "@type"}
    assert refused(api.get(f"{ROLES}/auditor", params={"name": "auditor"}), 400) == "invalid-parameter"


@pytest.mark.parametrize("path", [PERMISSIONS, ROLES, SETS, f"{ROLES}/auditor"])
@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE"])
def test_nothing_is_written_this_way(api: httpx.Client, path: str, method: str) -> None:
    answer = api.request(method, path, json={})
    assert refused(answer, 405) == "method-not-allowed"
    assert answer.headers["allow"] == "GET, HEAD"
