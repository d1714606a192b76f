"""A masked grant shows special categories and CPNI as their requirements say, and a whole one beside it shows them."""

from __future__ import annotations

from uuid import UUID

import httpx

from customer_inventory.access import Access, Desk
from customer_inventory.access.clients import register_client
from customer_inventory.clock import system_clock
from customer_inventory.model import RESOURCES
from customer_inventory.requirements.masking import masks_of

PATH = "/tmf-api/party/v5/individual"
KEPT = {
    "@type": "Individual",
    "givenName": "Ada",
    "familyName": "Lovelace",
    "nationality": "GB",
    "disability": [{"@type": "Disability", "disabilityName": "blindness", "disabilityCode": "H54"}],
}


async def client_of(desk: Desk, *grants: str) -> dict[str, str]:
    made = await register_client(
        desk.repository.register, name="masked", purposes=["tests"], grants=grants, by="tests", clock=system_clock
    )
    return {"authorization": f"Bearer {desk.tokens.issue(made.client_id)}"}


async def test_what_is_masked_is_masked_on_every_path_and_not_searched_by(
    desk: Desk, access: Access, door: httpx.AsyncClient
) -> None:
    requirements = (await desk.catalogue.requirements("individual")).values()
    assert any(mask.place.path.startswith("disability") for mask in masks_of(requirements))
    kept = await access.create(RESOURCES["individual"], KEPT)
    headers = await client_of(desk, "read masked individual (*)", "modify individual (*)")
    for address in (f"/{kept.record.id}", "", f"/{kept.record.id}/history", f"/{kept.record.id}?fields=disability"):
        answer = await door.get(PATH + address, headers=headers)
        assert answer.status_code == 200
        assert "blindness" not in answer.text
        assert "Disability" in answer.text
    whole = await door.get(f"{PATH}/{kept.record.id}", headers=headers)
    assert whole.json()["familyName"] == "Lovelace"
    told = await door.get(f"{PATH}?disability.disabilityName=blindness", headers=headers)
    assert (told.status_code, told.json()["code"]) == (403, "masked-attribute")
    patched = await door.patch(f"{PATH}/{kept.record.id}", json={"givenName": "Eve"}, headers=headers)
    assert patched.status_code == 200
    assert "blindness" not in patched.text
    looks = [{"op": "test", "path": "/disability/0/disabilityName", "value": "blindness"}]
    patch_headers = {**headers, "content-type": "application/json-patch+json"}
    assert (await door.patch(f"{PATH}/{kept.record.id}", json=looks, headers=patch_headers)).status_code == 403


async def test_an_attribute_that_another_grant_shows_is_shown_as_it_is(
    desk: Desk, access: Access, door: httpx.AsyncClient
) -> None:
    kept = await access.create(RESOURCES["individual"], KEPT)
    british = await client_of(desk, "read masked individual (*)", "read individual (disability) where nationality = GB")
    assert "blindness" in (await door.get(f"{PATH}/{kept.record.id}", headers=british)).text
    await access.modify(
        RESOURCES["individual"], UUID(kept.record.id), lambda document: {**document, "nationality": "NL"}
    )
    assert "blindness" not in (await door.get(f"{PATH}/{kept.record.id}", headers=british)).text
    found = await door.get(f"{PATH}?disability.disabilityName=blindness", headers=british)
    assert (found.status_code, found.json()) == (200, [])
