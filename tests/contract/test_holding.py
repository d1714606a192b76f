"""A legal hold and what is still owed keep a subject from being erased, each with its ground."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from customer_inventory.access import Access, Desk
from customer_inventory.access.clients import register_client
from customer_inventory.access.erasing import erase, plan
from customer_inventory.access.grants import Denied
from customer_inventory.access.holding import NotOnHold, OnHold, StillObliged, hold, release
from customer_inventory.model import RESOURCES
from tests.consistency import ask
from tests.contract.conftest import customer_of, document
from tests.contract.test_erasing import agreed
from tests.contract.test_wholes import made, ref

INDIVIDUAL = RESOURCES["individual"]


@pytest.fixture
async def ada(access: Access) -> tuple[UUID, UUID]:
    party = await made(access, "individual", document("individual"))
    return party, await made(access, "customer", customer_of(party))


async def test_who_is_on_hold_is_not_erased_until_released(
    access: Access, ada: tuple[UUID, UUID], database: str, tmp_path: Path
) -> None:
    party, customer = ada
    assert (await hold(access, customer, ground="litigation 4")).id == party
    with pytest.raises(OnHold, match="already"):
        await hold(access, party, ground="another one")
    assert (await plan(access, party)).held == ["litigation 4"]
    for identifier in ada:
        with pytest.raises(OnHold, match="litigation 4"):
            await erase(access, identifier, ground="asked", register=tmp_path / "register")
    assert not (tmp_path / "register").exists()
    assert await ask(database, "select count(*) from erasure") == [(0,)]
    assert (await access.read(INDIVIDUAL, party)).version == 1
    assert await release(access, customer) == party
    with pytest.raises(NotOnHold):
        await release(access, party)
    await erase(access, party, ground="asked", register=tmp_path / "register")
    verbs = await ask(database, "select verb, outcome from trail where kind in ('legal_hold', 'erasure') order by at")
    assert ("hold", "done") in verbs
    assert verbs.count(("erase", "refused")) == 2


async def test_a_hold_that_comes_between_is_heeded(
    access: Access, ada: tuple[UUID, UUID], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is erased who came under a hold after it was looked for: it is looked for again in the transaction."""
    await hold(access, ada[0], ground="litigation 4")
    monkeypatch.setattr("customer_inventory.access.erasing._refuse_if_kept", _looks_too_early)
    with pytest.raises(OnHold):
        await erase(access, ada[0], ground="asked", register=tmp_path / "register")
    assert (await access.read(INDIVIDUAL, ada[0])).version == 1


async def _looks_too_early(*_: object, **__: object) -> None:
    return


async def test_what_is_in_force_is_told_and_refused_unless_nothing_obliges(
    access: Access, ada: tuple[UUID, UUID], tmp_path: Path
) -> None:
    contract = agreed(ref(ada[0], "Individual")) | {"status": "approved"}
    identifier = await made(access, "agreement", contract)
    assert list((await plan(access, ada[0])).obliged) == [("agreement", str(identifier))]
    with pytest.raises(StillObliged, match="in force"):
        await erase(access, ada[0], ground="asked", register=tmp_path / "register")
    receipt = await erase(access, ada[0], ground="asked", register=tmp_path / "register", despite_obligations=True)
    assert receipt.rows["agreement"] == 1


async def test_nothing_is_purged_that_may_be_of_who_is_on_hold(access: Access, ada: tuple[UUID, UUID]) -> None:
    await access.delete(RESOURCES["customer"], ada[1])
    deleted = access.facilities.repository.deleted
    later = access.facilities.clock() + timedelta(days=1)
    assert await deleted.number_due("customer", before=later) == 1
    await hold(access, ada[0], ground="litigation 4")
    assert await deleted.number_due("customer", before=later) == 0
    async with deleted.purging() as work:
        assert await work.batch("customer", before=later, author=lambda: access.authorship(0)) == 0
    await release(access, ada[0])
    async with deleted.purging() as work:
        assert await work.batch("customer", before=later, author=lambda: access.authorship(0)) == 1


async def test_whoever_may_not_delete_holds_nobody(desk: Desk, access: Access, ada: tuple[UUID, UUID]) -> None:
    register = desk.repository.register
    client = await register_client(register, name="reader", purposes=["p"], grants=["read"], by="t", clock=desk.clock)
    denied = await desk.open_for_client(client.client_id, purpose="p", request_id="r")
    with pytest.raises(Denied):
        await hold(denied, ada[0], ground="x")
    await hold(access, ada[0], ground="x")
    with pytest.raises(Denied):
        await release(denied, ada[0])
    assert [each.ground for each in await desk.repository.erasures.holds.holds()] == ["x"]
