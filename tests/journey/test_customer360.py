"""Customer 360, hierarchies and ways at the API."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.journey.api_words import COMPANIES, CUSTOMERS, NO_SUCH_ID, PERSONS, create, customer, person, refused
from tests.journey.conftest import Server

WHOLE = "/inventory/v1/customer360"
HIERARCHY = "/inventory/v1/partyHierarchy"
WAY = "/inventory/v1/partyPath"
AGREEMENTS = "/tmf-api/agreementManagement/v5/agreement"
DOCUMENTS = "/tmf-api/documentManagement/v4/document"
MESSAGES = "/tmf-api/communicationManagement/v4/communicationMessage"


def below(parent: dict[str, Any]) -> dict[str, Any]:
    target = {"@type": "OrganizationRef", "@referredType": "Organization", "id": parent["id"]}
    relationship = {
        "@type": "OrganizationParentRelationship",
        "relationshipType": "hierarchical",
        "organization": target,
    }
    return {"organizationParentRelationship": relationship}


@pytest.fixture(scope="module")
def engines(server: Server) -> dict[str, dict[str, Any]]:
    """A company in a group, its customer, a document of it, and a person who works there."""
    with server.api() as api:
        group = create(api, COMPANIES, {"@type": "Organization", "name": "Group"})
        party = create(api, COMPANIES, {"@type": "Organization", "name": "Engines", **below(group)})
        shop = create(api, COMPANIES, {"@type": "Organization", "name": "Shop", **below(party)})
        engaged = {"@type": "PartyRef", "@referredType": "Organization", "id": party["id"]}
        buyer = create(api, CUSTOMERS, customer(engagedParty=engaged))
        owner = [{"id": buyer["id"], "@referredType": "Customer", "role": "owner"}]
        papers = [create(api, DOCUMENTS, {"name": f"contract {n}", "relatedParty": owner}) for n in range(3)]
        works = [{"@type": "RelatedPartyRefOrPartyRoleRef", "role": "employer", "partyOrPartyRole": engaged}]
        worker = create(api, PERSONS, person(relatedParty=works))
    return {
        "group": group,
        "party": party,
        "shop": shop,
        "customer": buyer,
        "worker": worker,
        **{f"paper{number}": paper for number, paper in enumerate(papers)},
    }


def test_a_customer_comes_whole_in_one_call(server: Server, engines: dict[str, dict[str, Any]]) -> None:
    with server.api() as api:
        answer = api.get(f"{WHOLE}/{engines['customer']['id']}")
        assert answer.status_code == 200, answer.text
        whole = answer.json()
    assert (whole["@type"], whole["href"]) == ("Customer360", f"{WHOLE}/{engines['customer']['id']}")
    assert (whole["customer"], whole["party"]) == (engines["customer"], engines["party"])
    assert whole["document"] == [engines["paper2"], engines["paper1"], engines["paper0"]]
    assert whole["count"]["document"] == 3
    assert {"consent", "communication", "role"} <= whole.keys()
    (above,) = whole["hierarchy"]["parents"]
    assert above == {
        "@type": "PartyRef",
        "@referredType": "Organization",
        "id": engines["group"]["id"],
        "href": engines["group"]["href"],
        "name": "Group",
        "role": "parent",
        "relationshipType": "hierarchical",
        "of": engines["party"]["id"],
    }
    assert {(each["name"], each["role"]) for each in whole["hierarchy"]["children"]} == {
        ("Shop", "child"),
        ("Ada Byron", "employee"),
    }
    assert whole["related"] == []
    assert "withheld" not in whole


def test_parts_and_attributes_are_chosen(server: Server, engines: dict[str, dict[str, Any]]) -> None:
    with server.api() as api:
        address = f"{WHOLE}/{engines['party']['id']}"
        one = api.get(address, params={"fields": "customer.name,document.name,hierarchy.name", "limit.document": 1})
        assert one.json().keys() == {"@type", "id", "href", "customer", "document", "hierarchy", "count"}
        assert one.json()["customer"].keys() == {"id", "href", "@type", "name"}
        (shown,) = one.json()["document"]
        assert shown.keys() - {"@type"} == {"id", "href", "name"}
        assert one.json()["count"] == {"document": 3}
        assert one.json()["hierarchy"]["parents"][0].keys() == {"id", "href", "@type", "name"}
        assert api.get(address, params={"fields": "none"}).json().keys() == {"@type", "id", "href", "count"}
        assert api.get(address, params={"fields": "party", "limit": 0}).json()["party"] == engines["party"]


def test_looking_back_shows_the_whole_as_it_was(server: Server) -> None:
    with server.api() as api:
        party = create(api, PERSONS, person())
        made = create(api, CUSTOMERS, customer(party))
        then = api.get(f"{made['href']}/history").json()[0]["validFor"]["startDateTime"]
        assert api.delete(made["href"]).status_code == 204
        assert refused(api.get(f"{WHOLE}/{made['id']}"), 404) == "not-found"
        assert "customer" not in api.get(f"{WHOLE}/{party['id']}").json()
        for identifier in (made["id"], party["id"]):
            whole = api.get(f"{WHOLE}/{identifier}", params={"asOf": then}).json()
            assert (whole["customer"], whole["party"]) == (made, party)


def test_a_pointer_that_says_no_more_than_an_id_leads_there_all_the_same(server: Server) -> None:
    """TMF629 v5 demands of a PartyRef nothing but its class and id."""
    with server.api() as api:
        party = create(api, COMPANIES, {"@type": "Organization", "name": "Engines"})
        bare = {"@type": "PartyRef", "id": party["id"]}
        answer = api.post(CUSTOMERS, json=customer(engagedParty=bare))
        assert (answer.status_code, answer.headers.get("x-reference-warning")) == (201, None)
        buyer = answer.json()
        assert buyer["engagedParty"] == bare
        assert buyer["id"][15:18] == party["id"][15:18]
        item = {"@type": "AgreementItem", "id": "1"}
        agreed = {"@type": "Agreement", "name": "Contract", "agreementType": "commercial", "agreementItem": [item]}
        contract = create(api, AGREEMENTS, {**agreed, "engagedParty": [{"@type": "PartyRoleRef", "id": buyer["id"]}]})
        assert contract["id"][15:18] == buyer["id"][15:18]

        def shown(**query: Any) -> list[Any]:
            wholes = [api.get(f"{WHOLE}/{one['id']}", params=query).json() for one in (buyer, party)]
            parts = ("customer", "party", "agreement")
            return [tuple(whole.get(part) for part in parts) for whole in wholes]

        assert shown() == [(buyer, party, [contract])] * 2
        then = api.get(contract["href"] + "/history").json()[0]["validFor"]["startDateTime"]
        assert shown(asOf=then) == shown()
        assert api.patch(buyer["href"], json={"engagedParty": {"id": NO_SUCH_ID}}).headers["x-reference-warning"]
        assert shown()[0][:2] == (api.get(buyer["href"]).json(), None)
        assert shown(asOf=then) == [(buyer, party, [contract])] * 2
        assert api.post(f"{buyer['href']}/history/1/restore").status_code == 200
        assert [each[1] for each in shown()] == [party, party]

        for gone in (buyer, party):
            assert api.delete(gone["href"]).status_code == 204
        for back in (buyer, party):  # the customer first: of which kind its party was is known
            assert api.post(f"{back['href']}/history/1/restore").status_code == 200
        assert [each[1] for each in shown()] == [party, party]
        change = api.get("/inventory/v1/change", params={"recordId": contract["id"]}).json()[0]["id"]
        assert api.delete(contract["href"]).status_code == 204
        deletion = api.get("/inventory/v1/change", params={"recordId": contract["id"]}).json()[0]["id"]
        assert deletion != change
        assert api.post(f"/inventory/v1/change/{deletion}/undo").status_code == 200
        assert [each[2] for each in shown()] == [[contract], [contract]]


def test_a_hierarchy_is_a_tree_and_a_list(server: Server, engines: dict[str, dict[str, Any]]) -> None:
    with server.api() as api:
        answer = api.get(f"{HIERARCHY}/{engines['party']['id']}", params={"relationship": "child"})
        found = answer.json()
        assert [each["name"] for each in found["party"]] == ["Engines", "Group", "Shop"]
        assert [each["level"] for each in found["party"]] == [0, 1, -1]
        tree = found["tree"]
        assert (tree["name"], tree["above"][0]["name"], tree["below"][0]["name"]) == ("Engines", "Group", "Shop")
        assert (tree["above"][0]["role"], tree["below"][0]["role"]) == ("parent", "child")
        assert (found["complete"], found["circle"]) == (True, [])
        whole = api.get(f"{HIERARCHY}/{engines['group']['id']}", params={"direction": "down"}).json()
        assert {each["name"] for each in whole["party"]} == {"Group", "Engines", "Shop", "Ada Byron"}
        first = api.get(f"{HIERARCHY}/{engines['group']['id']}", params={"depth": 1}).json()
        assert {each["name"] for each in first["party"]} == {"Group", "Engines"}
        assert (whole["complete"], first["complete"]) == (True, False)


def test_the_way_between_two_parties_is_told_step_by_step(server: Server, engines: dict[str, dict[str, Any]]) -> None:
    with server.api() as api:
        ends = {"from": engines["worker"]["id"], "to": engines["group"]["id"]}
        found = api.get(WAY, params=ends).json()
        assert [step["role"] for step in found["step"]] == ["employer", "parent"]
        assert [each["name"] for each in found["party"]] == ["Ada Byron", "Engines", "Group"]
        assert found["length"] == 2
        back = api.get(WAY, params={"from": ends["to"], "to": ends["from"]}).json()
        assert [step["role"] for step in back["step"]] == ["child", "employee"]
        assert refused(api.get(WAY, params={**ends, "depth": 1}), 404) == "no-way"
        same = api.get(WAY, params={"from": ends["to"], "to": ends["to"]}).json()
        assert (same["length"], same["step"]) == (0, [])


def test_hostile_questions_are_refused(server: Server, engines: dict[str, dict[str, Any]]) -> None:
    party = engines["party"]["id"]
    with server.api() as api:
        for query in (
            "fields=custmer",
            "fields=customer,x",
            "fields=%00",
            "limit=x",
            "limit.document=-1",
            "limit.custmer=1",
            "asOf=now",
            "asOf=2026-01-01T00:00:00",
            "x=1",
            "fields=customer&fields=party",
        ):
            assert refused(api.get(f"{WHOLE}/{party}?{query}"), 400) == "invalid-parameter", query
        for query in ("direction=left", "depth=0", "depth=x", "asOf=x", f"relationship={',a' * 30}", "fields=id"):
            assert refused(api.get(f"{HIERARCHY}/{party}?{query}"), 400) == "invalid-parameter", query
        for query in ("", f"from={party}", "from=x&to=y", f"from={party}&to={party}&depth=-1"):
            assert refused(api.get(f"{WAY}?{query}"), 400) == "invalid-parameter", query
        assert api.get(f"{WAY}?from={party}").json()["message"].startswith("The parameter to is missing.")
        assert "Did you mean customer?" in api.get(f"{WHOLE}/{party}?fields=custmer").json()["message"]
        for path in (WHOLE, HIERARCHY):
            assert refused(api.get(f"{path}/{NO_SUCH_ID}"), 404) == "not-found"
            assert refused(api.get(f"{path}/x"), 404) == "not-found"
            assert refused(api.post(f"{path}/{party}"), 405) == "method-not-allowed"
        assert refused(api.get(WAY, params={"from": party, "to": NO_SUCH_ID}), 404) == "not-found"
        assert refused(api.get(f"{WHOLE}/{engines['paper0']['id']}"), 404) == "not-found"


@pytest.mark.parametrize(
    ("grants", "whole", "hierarchy", "withheld"),
    [
        ("read", 200, 200, None),
        ("read:customer", 200, 404, "organization"),
        ("read:organization", 403, 200, None),
        ("read:customer,read:organization", 200, 200, "document"),
        ("create,modify,delete,update,download", 403, 403, None),
    ],
)
def test_who_may_see_what(
    server: Server,
    engines: dict[str, dict[str, Any]],
    grants: str,
    whole: int,
    hierarchy: int,
    withheld: str | None,
) -> None:
    other = Server(server.data, server.port).register(f"w{uuid4().hex[:8]}", "--grant", grants)
    with other.api() as api:
        answer = api.get(f"{WHOLE}/{engines['customer']['id']}")
        assert answer.status_code == whole, answer.text
        if whole == 200:
            assert (withheld is None) == ("withheld" not in answer.json())
            assert withheld is None or withheld in answer.json()["withheld"]
            assert ("document" in grants or grants == "read") == bool(answer.json().get("document"))
        assert api.get(f"{HIERARCHY}/{engines['party']['id']}").status_code == hierarchy
        way = api.get(WAY, params={"from": engines["party"]["id"], "to": engines["group"]["id"]})
        assert way.status_code == hierarchy


def test_a_token_is_needed(server: Server) -> None:
    for path in (f"{WHOLE}/{NO_SUCH_ID}", f"{HIERARCHY}/{NO_SUCH_ID}", WAY):
        assert httpx.get(f"{server.url}{path}").status_code == 401
