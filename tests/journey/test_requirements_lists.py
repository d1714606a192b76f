"""Lists of requirements and of proposals refuse what their attributes cannot be, and say what they can be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

import httpx
import pytest

from customer_inventory.model.ruling import Enforcement
from customer_inventory.requirements.requirement import MASKS, PROPOSAL_STATUSES, SENSITIVITIES
from tests.journey.api_words import refused
from tests.journey.conftest import Server
from tests.journey.test_requirements import PROPOSALS, REQUIREMENTS, propose

BOOLEAN = ("true", "false")
OF_REQUIREMENTS = {
    "searchable": BOOLEAN,
    "unique": BOOLEAN,
    "identifying": BOOLEAN,
    "sensitivity": SENSITIVITIES,
    "masking": MASKS,
    "obligation": ("mandatory", "conditional", "optional"),
    "enforcement": get_args(Enforcement),
}
OF_PROPOSALS = {
    "status": PROPOSAL_STATUSES,
    "change": ("create", "modify", "retire"),
    "requirement.masking": MASKS,
}
CASES = [
    *((REQUIREMENTS, name, allowed) for name, allowed in OF_REQUIREMENTS.items()),
    *((PROPOSALS, name, allowed) for name, allowed in OF_PROPOSALS.items()),
    (f"{REQUIREMENTS}/individual.birthDate/version", "status", OF_PROPOSALS["status"]),
]


@pytest.fixture(scope="module")
def api(server: Server) -> Iterator[httpx.Client]:
    with server.api() as client:
        yield client


def test_the_lists_are_asked_by_what_their_attributes_can_be(api: httpx.Client) -> None:
    asked = {"resource": "individual", "attribute": "partyCharacteristic[shoe]", "name": "Shoe", "meaning": "m"}
    propose(api, {**asked, "sensitivity": "special"})
    assert {each["searchable"] for each in api.get(REQUIREMENTS, params={"searchable": "true"}).json()} == {True}
    found = api.get(f"{REQUIREMENTS}?sensitivity=special,internal&enforcement.ne=refuse&limit=1000").json()
    assert {each["sensitivity"] for each in found} == {"special", "internal"}
    of_it = {"requirementId": "individual.partyCharacteristic[shoe]", "status": "proposed"}
    assert len(api.get(PROPOSALS, params={**of_it, "change": "create"}).json()) == 1
    assert api.get(PROPOSALS, params={**of_it, "change": "modify"}).json() == []
    assert api.get(PROPOSALS, params={"status.contains": "propo"}).status_code == 200


@pytest.mark.parametrize(("place", "name", "allowed"), CASES)
@pytest.mark.parametrize("sign", ["", ".ne", ".gt"])
def test_what_an_attribute_cannot_be_is_refused_with_what_it_can_be(
    api: httpx.Client, place: str, name: str, allowed: tuple[str, ...], sign: str
) -> None:
    answer = api.get(place, params={f"{name}{sign}": "maybe"})
    refused(answer, 400)
    told = answer.json()["message"].replace(" or ", ", ")
    assert told.endswith(", ".join(allowed if allowed == BOOLEAN else sorted(allowed))), told
    assert "maybe" not in answer.text


def test_one_of_several_values_that_cannot_be_is_refused(api: httpx.Client) -> None:
    for query in ("searchable=true,maybe", "sensitivity=public;sensitivity=secret", "version=first"):
        refused(api.get(f"{REQUIREMENTS}?{query}"), 400)
    refused(api.get(f"{PROPOSALS}?proposedAt.gt=yesterday"), 400)
