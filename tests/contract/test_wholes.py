"""The whole of a customer: everything that belongs to it, in one statement, now and as it was."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
import pytest

from customer_inventory.access import Access
from customer_inventory.access.access import RecordNotFound
from customer_inventory.access.grants import Denied
from customer_inventory.access.wholes import ALL_PARTS, Whole, whole
from customer_inventory.clock import system_clock
from customer_inventory.ids import bucket_of
from customer_inventory.model import RESOURCES
from customer_inventory.model.belonging import PARTIES, PARTS, ROLES, THINGS, newest_by
from customer_inventory.repository import Repository, surroundings
from tests.consistency import ask
from tests.contract.conftest import customer_of, document

INDIVIDUAL, CUSTOMER, ORGANIZATION = RESOURCES["individual"], RESOURCES["customer"], RESOURCES["organization"]
DOCUMENT, MESSAGE, PROFILE = (
    RESOURCES["document"],
    RESOURCES["communicationMessage"],
    RESOURCES["partyPrivacyProfile"],
)
EVERYTHING = dict.fromkeys(ALL_PARTS, 20)


def ref(identifier: UUID, referred: str) -> dict[str, Any]:
    return {"@type": "PartyRef", "id": str(identifier), "@referredType": referred}


async def made(access: Access, name: str, content: dict[str, Any]) -> UUID:
    return UUID((await access.create(RESOURCES[name], content)).record.id)


def paper(owner: UUID, name: str, referred: str = "Customer", **more: Any) -> dict[str, Any]:
    related = [{"id": str(owner), "@referredType": referred, "role": "owner"}]
    return {"name": name, "relatedParty": related, **more}


@pytest.fixture
async def ada(access: Access) -> dict[str, UUID]:
    """A person, her customer, and what belongs to them."""
    party = await made(access, "individual", document("individual", givenName="Ada"))
    customer = await made(access, "customer", customer_of(party))
    found = {"party": party, "customer": customer}
    found["paper"] = await made(access, "document", paper(customer, "contract", creationDate="2026-02-01T00:00:00Z"))
    found["passport"] = await made(access, "document", paper(party, "passport", "Individual"))
    other = await made(access, "individual", document("individual", givenName="Bob"))
    await made(access, "document", paper(other, "not hers", "Individual"))
    await made(access, "customer", customer_of(other))
    return found


def names(found: Whole, part: str) -> list[str]:
    return [msgspec.json.decode(record.document)["name"] for record in found.things[part]]


def test_every_resource_of_a_customer_has_its_place() -> None:
    """What is declared later takes its place by itself; nothing that has an owner is left out."""
    owned = {r.kind for r in RESOURCES.values() if any(reference.owner for reference in r.references)}
    assert owned == (set(THINGS) | set(ROLES)) & owned
    assert {kind for kinds in PARTS.values() for kind in kinds} == set(THINGS)
    assert set(PARTIES) == {"individual", "organization"}
    assert {"customer", "party_role"} == set(ROLES)
    for resource in THINGS.values():
        assert newest_by(resource) is None or newest_by(resource) in resource.searchable


async def test_a_customer_comes_whole_by_its_own_id_or_its_partys(access: Access, ada: dict[str, UUID]) -> None:
    for identifier in (ada["customer"], ada["party"]):
        found = await whole(access, identifier, limits=EVERYTHING)
        assert found.customer is not None
        assert found.party is not None
        assert (found.customer.id, found.party.id) == (str(ada["customer"]), str(ada["party"]))
        assert names(found, "document") == ["contract", "passport"]  # dated before undated
        assert found.counts["document"] == 2
        assert found.counts["role"] == 0
        assert found.withheld == ()


async def test_it_is_one_statement(access: Access, ada: dict[str, UUID], monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    rows = surroundings._rows

    async def counted(connection: Any, text: str, values: Any) -> Any:
        asked.append(text)
        return await rows(connection, text, values)

    monkeypatch.setattr(surroundings, "_rows", counted)
    await whole(access, ada["customer"], limits=EVERYTHING)
    assert len(asked) == 1
    spouse = [
        {
            "role": "spouse",
            "partyOrPartyRole": ref(await made(access, "individual", document("individual")), "Individual"),
        }
    ]
    await access.modify(INDIVIDUAL, ada["party"], lambda d: {**d, "relatedParty": spouse})
    await whole(access, ada["customer"], limits=EVERYTHING)
    assert len(asked) == 3, "whoever lives in another bucket takes a second one"


async def test_lists_are_bounded_and_counted(access: Access, ada: dict[str, UUID]) -> None:
    for number in range(7):
        content = paper(ada["customer"], f"d{number}", creationDate=f"2026-03-0{number + 1}T00:00:00Z")
        await made(access, "document", content)
    found = await whole(access, ada["customer"], limits={**EVERYTHING, "document": 3})
    assert names(found, "document") == ["d6", "d5", "d4"]
    assert found.counts["document"] == 9
    found = await whole(access, ada["customer"], limits={"customer": 1, "document": 0})
    assert (found.things["document"], found.counts["document"], found.party) == ([], 9, None)


async def test_who_is_related_is_told_from_both_ends(access: Access, ada: dict[str, UUID]) -> None:
    bob = await made(access, "individual", document("individual", givenName="Bob"))
    employer = await made(access, "organization", document("organization", name="Engines"))
    told = [
        {"role": "spouse", "partyOrPartyRole": ref(bob, "Individual")},
        {"role": "employer", "partyOrPartyRole": ref(employer, "Organization")},
    ]
    await access.modify(INDIVIDUAL, ada["party"], lambda d: {**d, "relatedParty": told})
    child = document("individual", givenName="Cid")
    child["relatedParty"] = [{"role": "mother", "partyOrPartyRole": ref(ada["party"], "Individual")}]
    await made(access, "individual", child)
    for as_of in (None, system_clock()):
        found = await whole(access, ada["customer"], limits=EVERYTHING, as_of=as_of)
        relatives = {(each.name, each.relation.name, each.relation.direction) for each in found.relatives}
        assert relatives == {
            ("Bob Lovelace", "spouse", "side"),
            ("Engines", "employer", "up"),
            ("Cid Lovelace", "child", "down"),
        }


async def test_a_customer_whose_party_lives_elsewhere_comes_whole(access: Access, ada: dict[str, UUID]) -> None:
    mover = await made(access, "individual", document("individual", givenName="Eve"))
    await access.modify(CUSTOMER, ada["customer"], lambda d: {**d, "engagedParty": ref(mover, "Individual")})
    assert bucket_of(mover) != bucket_of(ada["customer"])
    found = await whole(access, ada["customer"], limits=EVERYTHING)
    assert found.party is not None
    assert found.party.id == str(mover)
    found = await whole(access, mover, limits=EVERYTHING)
    assert found.customer is not None
    assert found.customer.id == str(ada["customer"])


async def test_looking_back_shows_it_as_it_was(access: Access, ada: dict[str, UUID]) -> None:
    before = system_clock()
    await access.modify(DOCUMENT, ada["paper"], lambda d: {**d, "name": "renamed"})
    await access.delete(DOCUMENT, ada["passport"])
    between = system_clock()
    await access.modify(DOCUMENT, ada["paper"], lambda d: {k: v for k, v in d.items() if k != "relatedParty"})
    await access.delete(CUSTOMER, ada["customer"])
    now = await whole(access, ada["party"], limits=EVERYTHING)
    assert (now.customer, names(now, "document")) == (None, [])
    for moment, expected in ((before, ["contract", "passport"]), (between, ["renamed"])):
        for identifier in (ada["party"], ada["customer"]):
            then = await whole(access, identifier, limits=EVERYTHING, as_of=moment)
            assert then.customer is not None
            assert (then.customer.id, names(then, "document")) == (str(ada["customer"]), expected)
            assert then.counts["document"] == len(expected)
    with pytest.raises(RecordNotFound):
        await whole(access, ada["customer"], limits=EVERYTHING)
    with pytest.raises(RecordNotFound):
        await whole(access, ada["customer"], limits=EVERYTHING, as_of=before.replace(year=2020))


async def test_what_may_not_be_read_is_withheld_and_named(access: Access, ada: dict[str, UUID], database: str) -> None:
    object.__setattr__(access.principal, "grants", frozenset({"read:customer", "read:document"}))
    found = await whole(access, ada["customer"], limits=EVERYTHING)
    assert found.customer is not None
    assert found.party is None
    assert names(found, "document") == ["contract", "passport"]
    assert "individual" in found.withheld
    assert "partyPrivacyProfile" in found.withheld
    assert not {"customer", "document"} & set(found.withheld)
    object.__setattr__(access, "request_id", "denied")
    with pytest.raises(RecordNotFound):
        await whole(access, ada["party"], limits=EVERYTHING)
    object.__setattr__(access.principal, "grants", frozenset({"read:individual"}))
    with pytest.raises(Denied):
        await whole(access, ada["customer"], limits=EVERYTHING)
    rows = await ask(database, "select kind, outcome from trail where request_id = 'denied' order by kind")
    assert rows == [("customer", "refused"), ("individual", "refused")]


async def test_who_may_not_be_read_is_not_told_of(access: Access, ada: dict[str, UUID]) -> None:
    """Neither who is related, nor that the party that may not be read is: not now, and not looking back."""
    ward = document("individual", givenName="Cid")
    ward["relatedParty"] = [{"role": "guardian", "partyOrPartyRole": ref(ada["customer"], "Customer")}]
    child = await made(access, "individual", ward)
    firm = document("organization", name="Engines")
    firm["relatedParty"] = [{"role": "employee", "partyOrPartyRole": ref(ada["party"], "Individual")}]
    organization = await made(access, "organization", firm)
    everything, principal = access.principal.grants, access.principal
    for granted, told in (
        (everything, {str(child), str(organization)}),
        ({"read:customer"}, set()),
        ({"read:customer", "read:organization"}, {str(organization)}),
        ({"read:customer", "read:individual"}, {str(child)}),
    ):
        object.__setattr__(principal, "grants", frozenset(granted))
        for as_of in (None, system_clock()):
            found = await whole(access, ada["customer"], limits=EVERYTHING, as_of=as_of)
            assert {each.id for each in found.relatives} == told


async def test_the_trail_names_every_id_that_is_shown(access: Access, ada: dict[str, UUID], database: str) -> None:
    object.__setattr__(access, "request_id", "whole")
    await whole(access, ada["customer"], limits=EVERYTHING)
    rows = await ask(database, "select kind, record_ids from trail where request_id = 'whole' order by kind")
    shown = {kind: set(ids) for kind, ids in rows}
    assert shown == {
        "customer": {ada["customer"]},
        "individual": {ada["party"]},
        "document": {ada["paper"], ada["passport"]},
    }


async def test_a_party_that_everything_points_at_is_bounded(
    access: Access, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(surroundings, "BOUND", 5)
    party = await made(access, "individual", document("individual"))
    await made(access, "customer", customer_of(party))
    for number in range(9):
        await made(access, "document", paper(party, f"d{number}", "Individual"))
    found = await whole(access, party, limits=EVERYTHING)
    assert 1 <= found.counts["document"] <= 6
