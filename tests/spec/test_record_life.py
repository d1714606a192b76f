"""A record's life, the same for every kind of record: created, read, found, changed and deleted, its history kept.

What belongs to a customer lives in the customer's bucket, and is found from it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from customer_inventory.access import Access
from customer_inventory.access.access import RecordNotFound
from customer_inventory.ids import bucket_of
from customer_inventory.model import RESOURCES, InvalidDocument, Resource
from customer_inventory.model.filtering import Condition
from customer_inventory.model.resource import Stamps, stamped
from customer_inventory.repository.query import Query

PERSON = {"@type": "Individual", "givenName": "Ada", "familyName": "Byron"}
KEPT = {"@type": "RelatedPartyRefOrPartyRoleRef", "role": "customer"}
ITEM = {"@type": "AgreementItem", "id": "1"}
CHANNEL = {"@type": "RelatedChannel", "role": "enquiry", "channel": {"@type": "ChannelRef", "id": "shop-7"}}


def pointer(kind: str, identifier: UUID | str) -> dict[str, Any]:
    """A pointer to a record of a class."""
    ref = "PartyRef" if kind in {"Individual", "Organization"} else "PartyRoleRef"
    return {"@type": ref, "@referredType": kind, "id": str(identifier)}


def record(resource: Resource, party: str, customer: str) -> dict[str, Any]:
    """The smallest record of a kind that belongs to a customer, where its kind can."""
    about: dict[str, dict[str, Any]] = {
        "individual": PERSON,
        "organization": {"name": "Analytical Engines"},
        "customer": {"engagedParty": pointer("Individual", party)},
        "partyRole": {"engagedParty": pointer("Individual", party)},
        "partyInteraction": {
            "reason": "A question about a bill",
            "direction": "inbound",
            "relatedChannel": [CHANNEL],
            "relatedParty": [{**KEPT, "partyOrPartyRole": pointer("Customer", customer)}],
        },
        "agreement": {
            "agreementType": "commercial",
            "agreementItem": [ITEM],
            "engagedParty": [pointer("Customer", customer)],
        },
        "agreementSpecification": {"lastUpdate": "2026-01-01T00:00:00Z", "lifecycleStatus": "active"},
        **{
            account: {"relatedParty": [{**KEPT, "partyOrPartyRole": pointer("Customer", customer)}]}
            for account in ("partyAccount", "billingAccount", "settlementAccount", "financialAccount")
        },
    }
    return {"@type": resource.shape.name, "name": f"A {resource.name}", **about.get(resource.name, {})}


OF_THE_CUSTOMER = {
    "partyInteraction": "relatedParty.partyOrPartyRole",
    "agreement": "engagedParty",
    "partyAccount": "relatedParty.partyOrPartyRole",
    "billingAccount": "relatedParty.partyOrPartyRole",
    "settlementAccount": "relatedParty.partyOrPartyRole",
    "financialAccount": "relatedParty.partyOrPartyRole",
}
LIVED = [name for name, resource in RESOURCES.items() if resource.api.number in
         {"TMF632", "TMF629", "TMF669", "TMF683", "TMF651", "TMF666"}]  # fmt: skip


async def made(access: Access, name: str, document: dict[str, Any]) -> str:
    return (await access.create(RESOURCES[name], document)).record.id


async def customer_of(access: Access) -> tuple[str, str]:
    """A person who is a customer: their ids."""
    party = await made(access, "individual", PERSON)
    customer = {"@type": "Customer", "name": "Ada Byron", "engagedParty": pointer("Individual", party)}
    return party, await made(access, "customer", customer)


def body(content: bytes | None) -> dict[str, Any]:
    return msgspec.json.decode(content or b"{}", type=dict[str, Any])


@pytest.mark.parametrize("name", LIVED)
async def test_a_record_is_created_read_found_changed_and_deleted(name: str, access: Access) -> None:
    resource = RESOURCES[name]
    party, customer = await customer_of(access)
    document = record(resource, party, customer)
    saved = await access.create(resource, document)
    assert saved.unresolved == ()
    identifier = UUID(saved.record.id)

    assert document.items() <= body((await access.read(resource, identifier)).document).items()
    by_id = Query(conditions=(Condition("id", "eq", (str(identifier),)),))
    assert [found.id for found in (await access.page(resource, by_id)).records] == [str(identifier)]

    changed = {"description": "Changed."} if "description" in resource.shape.fields else {"nobodysAttribute": 1}
    await access.modify(resource, identifier, lambda held: {**held, **changed})
    assert changed.items() <= body((await access.read(resource, identifier)).document).items()

    await access.delete(resource, identifier)
    with pytest.raises(RecordNotFound):
        await access.read(resource, identifier)
    versions = await access.versions(resource, identifier)
    assert [version.version for version in versions] == [3, 2, 1]
    assert versions[0].document is None


@pytest.mark.parametrize("name", LIVED)
async def test_a_record_without_what_its_kind_demands_is_refused(name: str, access: Access) -> None:
    resource = RESOURCES[name]
    document = record(resource, *await customer_of(access))
    for missing in set(resource.mandatory) - {"@type", resource.stamps.updated}:
        with pytest.raises(InvalidDocument, match=missing):
            await access.create(resource, {key: value for key, value in document.items() if key != missing})


@pytest.mark.parametrize("name", LIVED)
async def test_what_a_kind_demands_is_blank_neither_at_first_nor_later(name: str, access: Access) -> None:
    resource = RESOURCES[name]
    document = record(resource, *await customer_of(access))
    identifier = UUID(await made(access, name, document))
    for demanded in set(resource.mandatory) - {"@type", resource.stamps.updated, *resource.immutable}:
        blanks: dict[type, Any] = {str: " ", list: []}
        if type(document[demanded]) not in blanks:
            continue
        blanked = {demanded: blanks[type(document[demanded])]}
        with pytest.raises(InvalidDocument, match=f"{demanded}: is mandatory"):
            await access.create(resource, {**document, **blanked})
        with pytest.raises(InvalidDocument, match=f"{demanded}: is mandatory"):
            await access.modify(resource, identifier, lambda held, blanked=blanked: {**held, **blanked})


@pytest.mark.parametrize(("name", "attribute"), OF_THE_CUSTOMER.items())
async def test_what_belongs_to_a_customer_lives_beside_it_and_is_found_from_it(
    name: str, attribute: str, access: Access
) -> None:
    party, customer = await customer_of(access)
    identifier = await made(access, name, record(RESOURCES[name], party, customer))
    assert bucket_of(UUID(identifier)) == bucket_of(UUID(customer)) == bucket_of(UUID(party))
    links = await access.linked_from(RESOURCES["customer"], UUID(customer))
    assert [link[:3] for link in links] == [(RESOURCES[name].kind, identifier, attribute)]


async def test_a_record_about_several_parties_lives_with_the_customer_among_them(access: Access) -> None:
    party, customer = await customer_of(access)
    enterprise = await made(access, "organization", {"@type": "Organization", "name": "The enterprise"})
    document = record(RESOURCES["agreement"], party, customer)
    document["engagedParty"] = [pointer("Organization", enterprise), pointer("Customer", customer)]
    identifier = await made(access, "agreement", document)
    assert bucket_of(UUID(identifier)) == bucket_of(UUID(customer))


async def test_bills_accounts_and_agreements_point_at_each_other(access: Access) -> None:
    """A pointer need not name a class where only one kind of record can stand."""
    party, customer = await customer_of(access)
    form = await made(access, "billFormat", {"@type": "BillFormat", "name": "One page"})
    debt = await made(access, "financialAccount", record(RESOURCES["financialAccount"], party, customer))
    account = {
        **record(RESOURCES["billingAccount"], party, customer),
        "billStructure": {"@type": "BillStructure", "format": {"@type": "BillFormatRef", "id": form}},
        "financialAccount": {"@type": "FinancialAccountRef", "id": debt},
    }
    saved = await access.create(RESOURCES["billingAccount"], account)
    assert saved.unresolved == ()
    links = await access.linked_from(RESOURCES["billFormat"], UUID(form))
    assert links == [("billing_account", saved.record.id, "billStructure.format", "")]

    former = await made(access, "agreement", record(RESOURCES["agreement"], party, customer))
    later = {
        **record(RESOURCES["agreement"], party, customer),
        "agreementRelationship": [{"@type": "AgreementRelationship", "id": former, "relationshipType": "replaces"}],
    }
    identifier = await made(access, "agreement", later)
    links = await access.linked_from(RESOURCES["agreement"], UUID(former))
    assert links == [("agreement", identifier, "agreementRelationship", "replaces")]


async def test_an_interaction_is_dated_by_the_server(access: Access) -> None:
    """When it was written down, and when its status last changed: what does not change its status changes no date."""
    interaction = RESOURCES["partyInteraction"]
    before = datetime.now(UTC) - timedelta(seconds=1)
    document = {**record(interaction, *await customer_of(access)), "status": "opened"}
    identifier = UUID(await made(access, "partyInteraction", document))
    first = body((await access.read(interaction, identifier)).document)
    assert before < datetime.fromisoformat(first["creationDate"]) == datetime.fromisoformat(first["statusChangeDate"])

    await access.modify(interaction, identifier, lambda held: {**held, "description": "About the bill of May"})
    second = body((await access.read(interaction, identifier)).document)
    assert second == {**first, "description": "About the bill of May", "lastUpdate": second["lastUpdate"]}
    assert first["lastUpdate"] < second["lastUpdate"]

    for said in ({"lastUpdate": "2026-01-01T00:00:00Z"}, {"lastUpdate": second["lastUpdate"]}, {}):
        undated = {name: value for name, value in second.items() if name not in {"id", "href", "lastUpdate"}}
        saved = await access.modify(interaction, identifier, lambda _, undated={**undated, **said}: undated)
        assert saved.outcome == "unchanged"
        assert body((await access.read(interaction, identifier)).document) == second
        changed = {**undated, **said, "description": str(said)}
        await access.modify(interaction, identifier, lambda _, changed=changed: changed)
        third = body((await access.read(interaction, identifier)).document)
        assert third == {**second, "description": str(said), "lastUpdate": third["lastUpdate"]}
        assert third["lastUpdate"] > second["lastUpdate"]
        second = third


def test_the_date_of_a_state_is_told_or_taken_when_the_state_changes() -> None:
    stamps, now = Stamps(turned="statusChangeDate"), datetime(2026, 2, 3, tzinfo=UTC)
    told = {"status": "opened", "statusChangeDate": "2026-01-01T00:00:00Z"}
    assert stamped(stamps, told, before=None, now=now) == told
    assert stamped(stamps, {"status": "opened"}, before=told, now=now) == told
    taken = {"status": "completed", "statusChangeDate": "2026-02-03T00:00:00.000Z"}
    assert stamped(stamps, {**told, "status": "completed"}, before=told, now=now) == taken
    assert stamped(stamps, {"reason": "x"}, before=None, now=now) == {"reason": "x"}
