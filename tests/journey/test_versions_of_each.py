"""Each API that has two versions: created as v4, read as v5, changed as v5, read again as v4."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx
import jsonschema_rs
import pytest

from customer_inventory.model.views import EARLIER, NATIVE
from tests.journey.api_words import create, refused
from tests.journey.conftest import Server

PARTY = {"id": "p1", "name": "Ada", "@referredType": "Individual"}
RELATED = [{**PARTY, "role": "owner"}]
V5_RELATED = {"role": "owner", "partyOrPartyRole": {**PARTY, "@type": "PartyRef"}}
PERIOD = {"startDateTime": "2026-01-01T00:00:00Z"}
CYCLE = {"isRef": True, "id": "c1", "name": "monthly", "dateShift": 3}


class Case(NamedTuple):
    """A v4 body, what of it v5 reads, what v5 changes, and what v4 is shown of the change."""

    body: dict[str, Any]
    read: dict[str, Any]
    change: dict[str, Any]
    shown: dict[str, Any]


CASES = {
    "partyRole": Case(
        {"name": "Wholesale", "engagedParty": {**PARTY, "role": "dealer"}},
        {"engagedParty": {**PARTY, "role": "dealer", "@type": "PartyRef"}},
        {"role": "reseller", "description": "Sells on."},
        {"role": "reseller", "description": "Sells on."},
    ),
    "partyInteraction": Case(
        {
            "channel": [{"id": "web", "href": "/channel/web", "role": "chat"}],
            "direction": "inbound",
            "reason": "complaint",
            "relatedParty": RELATED,
            "interactionItem": [{"item": {"role": "about", "id": "b1", "@referredType": "Bill"}}],
        },
        {
            "relatedChannel": [
                {
                    "role": "chat",
                    "@type": "RelatedChannel",
                    "channel": {"id": "web", "href": "/channel/web", "@type": "ChannelRef"},
                }
            ],
            "relatedParty": [{**V5_RELATED, "@type": "RelatedPartyOrPartyRole"}],
        },
        {"externalIdentifier": [{"@type": "ExternalIdentifier", "id": "x"}], "status": "done"},
        {"status": "done", "externalIdentifier": [{"@type": "ExternalIdentifier", "id": "x"}]},
    ),
    "agreement": Case(
        {
            "name": "Frame",
            "agreementType": "commercial",
            "agreementItem": [{"product": [{"id": "pr1"}]}],
            "engagedParty": [PARTY],
            "documentNumber": 7,
            "associatedAgreement": [{"id": "a1"}],
        },
        {"documentNumber": 7, "agreementRelationship": [{"id": "a1", "@type": "AgreementRelationship"}]},
        {"agreementRelationship": [{"id": "a1", "relationshipType": "replaces", "@type": "AgreementRelationship"}]},
        {"associatedAgreement": [{"id": "a1", "relationshipType": "replaces", "@type": "AgreementRef"}]},
    ),
    "agreementSpecification": Case(
        {
            "name": "Frames",
            "attachment": [{"id": "f1"}],
            "serviceCategory": {"id": "s1"},
            "specificationCharacteristic": [
                {"name": "term", "specCharacteristicValue": [{"value": 12, "valueFrom": "1", "valueTo": "many"}]}
            ],
        },
        {"category": {"id": "s1", "@type": "CategoryRef"}},
        {"lifecycleStatus": "active", "lastUpdate": "2026-01-01T00:00:00Z"},
        {"lifecycleStatus": "active", "serviceCategory": {"id": "s1", "@type": "CategoryRef"}},
    ),
    "billingAccount": Case(
        {
            "name": "Home",
            "relatedParty": RELATED,
            "billStructure": {"cycleSpecification": CYCLE},
            "taxExemption": [{"issuingJurisdiction": "CH", "validFor": PERIOD}],
        },
        {"relatedParty": [{**V5_RELATED, "@type": "RelatedPartyRefOrPartyRoleRef"}]},
        {"ratingType": "postpaid", "state": "active"},
        {"ratingType": "postpaid", "state": "active"},
    ),
    "partyAccount": Case({"name": "P", "relatedParty": RELATED}, {"name": "P"}, {"name": "Q"}, {"name": "Q"}),
    "settlementAccount": Case({"name": "S", "relatedParty": RELATED}, {"name": "S"}, {"name": "T"}, {"name": "T"}),
    "financialAccount": Case({"name": "F"}, {"name": "F"}, {"state": "open"}, {"state": "open"}),
    "billFormat": Case({"name": "short"}, {"name": "short"}, {"description": "One page."}, {"name": "short"}),
    "billPresentationMedia": Case({"name": "post"}, {"name": "post"}, {"description": "Paper."}, {"name": "post"}),
    "billingCycleSpecification": Case({"name": "m"}, {"name": "m"}, {"frequency": "monthly"}, {"frequency": "monthly"}),
    "partyPrivacyProfile": Case(
        {
            "agreedByParty": {**PARTY, "role": "self"},
            "partyPrivacyProfileSpecification": {"id": "s1"},
            "partyPrivacyProfileCharacteristic": [{"name": "email", "value": True}],
        },
        {
            "partyPrivacyProfileCharacteristic": [
                {
                    "@type": "PartyPrivacyProfileCharacteristic",
                    "characterisitc": {"@type": "BooleanCharacteristic", "name": "email", "value": True},
                }
            ]
        },
        {"status": "agreed"},
        {"status": "agreed"},
    ),
    "partyPrivacyAgreement": Case(
        {
            "name": "Privacy",
            "agreementType": "privacy",
            "agreementItem": [{"termOrCondition": [{"description": "No post."}]}],
            "engagedPartyRole": [{**PARTY, "role": "self"}],
        },
        {"engagedParty": [{**PARTY, "role": "self", "@type": "PartyRef"}]},
        {"externalIdentifier": [{"@type": "ExternalIdentifier", "id": "x"}]},
        {"externalIdentifier": [{"@type": "ExternalIdentifier", "id": "x"}]},
    ),
    "partyPrivacyProfileSpecification": Case(
        {"partyPrivacyProfileSpecCharacteristic": [{"name": "email"}], "status": "draft"},
        {"lifecycleStatus": "draft"},
        {"name": "Privacy", "lifecycleStatus": "active"},
        {"name": "Privacy", "status": "active"},
    ),
}
ELSEWHERE = {"individual", "organization", "customer"}
"""Those that `test_versions` tells about."""


@pytest.fixture(scope="module")
def api(server: Server) -> Iterator[httpx.Client]:
    with server.api() as client:
        yield client


def contains(found: Any, said: Any) -> bool:
    """Tell whether all that is said is found, and perhaps more."""
    if isinstance(said, dict):
        return isinstance(found, dict) and all(name in found and contains(found[name], said[name]) for name in said)
    if isinstance(said, list):
        return isinstance(found, list) and len(found) == len(said) and all(map(contains, found, said))
    return bool(found == said)


def test_every_resource_of_two_versions_is_told_about() -> None:
    assert EARLIER.keys() <= CASES.keys() | ELSEWHERE


@pytest.mark.parametrize("name", sorted(CASES.keys() & EARLIER.keys()))
def test_created_as_v4_read_and_changed_as_v5_and_read_as_v4(api: httpx.Client, name: str) -> None:
    v4, v5, case = EARLIER[name].collection, NATIVE[name].collection, CASES[name]
    made = create(api, v4, case.body)
    assert contains(made, case.body)
    stored = api.get(f"{v5}/{made['id']}").json()
    assert contains(stored, case.read), stored
    changed = api.patch(f"{v5}/{made['id']}", json=case.change)
    assert changed.status_code == 200, changed.text
    shown = api.get(f"{v4}/{made['id']}").json()
    assert contains(shown, case.shown), shown
    untouched = {key: value for key, value in case.body.items() if key not in case.shown | case.change}
    assert contains(shown, untouched), shown


@pytest.mark.parametrize("name", sorted(CASES.keys() & EARLIER.keys()))
def test_both_documents_describe_what_either_version_made(api: httpx.Client, name: str) -> None:
    made = create(api, EARLIER[name].collection, CASES[name].body)
    for view in (EARLIER[name], NATIVE[name]):
        document = api.get(f"{view.api.paths[0]}/openapi.json").json()
        schema = {"$ref": f"#/components/schemas/{view.shape.name}", "components": document["components"]}
        jsonschema_rs.Draft202012Validator(schema).validate(api.get(f"{view.collection}/{made['id']}").json())


@pytest.mark.parametrize("name", sorted(CASES.keys() & EARLIER.keys()))
def test_what_v4_reads_it_may_send_back(api: httpx.Client, name: str) -> None:
    v4, v5, case = EARLIER[name].collection, NATIVE[name].collection, CASES[name]
    made = create(api, v4, case.body)
    before = api.get(f"{v5}/{made['id']}").json()
    again = api.patch(f"{v4}/{made['id']}", json=made)
    assert again.status_code == 200, again.text
    assert {**api.get(f"{v5}/{made['id']}").json(), "lastUpdate": None} == {**before, "lastUpdate": None}


@pytest.mark.parametrize("name", sorted(CASES.keys() & EARLIER.keys()))
def test_every_alias_of_v4_answers(api: httpx.Client, name: str) -> None:
    view = EARLIER[name]
    made = create(api, view.collection, CASES[name].body)
    for base in view.api.paths:
        assert api.get(f"{base}/{view.resource.path}/{made['id']}").json() == made


@pytest.mark.parametrize("name", sorted(CASES.keys() & EARLIER.keys()))
def test_v4_refuses_a_body_without_what_it_demands(api: httpx.Client, name: str) -> None:
    answer = api.post(EARLIER[name].collection, json={})
    assert refused(answer, 400) == "invalid-document"
    for attribute in EARLIER[name].mandatory:
        assert f"{attribute}: is mandatory" in answer.json()["message"]
