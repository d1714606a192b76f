"""Ways around an approval that do not lead around it: filters, many small downloads, the process's own people."""

from __future__ import annotations

import httpx
import pytest

from customer_inventory.access import Access, Desk
from customer_inventory.api.download_making import Maker
from tests.contract.download_world import PLACE, client_of, desk, made, maker, people, watch

__all__ = ["desk", "maker", "watch"]
NAMES = "givenName,familyName"


@pytest.mark.parametrize(
    "condition",
    [
        "disability.disabilityCode=H54",
        "disability.isnull=false",
        "disability.disabilityName.startswith=blind",
        "nationality=NL;disability.disabilityCode=H54",
        "filter=$[?(@.disability[?(@.disabilityCode=='H54')])]",
    ],
)
async def test_what_is_sensitive_in_the_filter_is_approved_and_its_count_not_told(
    desk: Desk, access: Access, door: httpx.AsyncClient, maker: Maker, condition: str
) -> None:
    await people(access, 12)
    client = await client_of(desk, door, "one", "download individual (*)")
    decider = await client_of(desk, door, "decider", "read:download", "modify:download")
    wish = {"kind": "individual", "fields": NAMES, "filter": condition}
    preview = (await client.post(f"{PLACE}/preview", wish)).json()
    none = (await client.post(f"{PLACE}/preview", {**wish, "filter": condition.replace("H54", "H55")})).json()
    asked = (await client.post(PLACE, wish)).json()
    assert asked["status"] == "waiting"
    for found in (preview, none, asked["preview"], (await decider.get(f"{PLACE}/{asked['id']}")).json()["preview"]):
        assert any(each.startswith("special:disability") for each in found["reason"])
        assert "recordCount" not in found
        assert found["isExact"] is False
    await maker.look()
    assert (await client.state(asked))["status"] == "waiting"
    assert (await decider.post(f"{PLACE}/{asked['id']}/approve")).status_code == 200
    assert (await made(maker, client, asked))["recordCount"] >= 1
