"""What the register promises on every engine: clients and keys, each name once."""

from __future__ import annotations

import pytest

from customer_inventory.repository import Repository
from customer_inventory.repository.register import Register
from tests.consistency import ask
from tests.contract.conftest import START, together


@pytest.fixture
def register(repository: Repository) -> Register:
    return repository.register


async def add_client(register: Register, name: str, *grants: tuple[str, str], client_id: str | None = None) -> bool:
    return await register.add_client(
        client_id=client_id or f"{name}-id",
        name=name,
        secret_hash=name.encode().ljust(32),
        purposes=("care", "billing"),
        grants=grants,
        at=START,
        by="the owner",
    )


async def test_a_client_is_found_by_id_and_name_with_what_it_may_do(register: Register) -> None:
    assert await add_client(register, "crm", ("read", "*"), ("create", "customer"))
    for client in (await register.client("crm-id"), await register.client_named("crm")):
        assert client is not None
        assert (client.client_id, client.name, client.status) == ("crm-id", "crm", "active")
        assert client.secret_hash == b"crm".ljust(32)
        assert client.purposes == ("care", "billing")
        assert client.grants == {"read:*", "create:customer"}
        assert (client.registered_at, client.registered_by) == (START, "the owner")
    assert await register.client("crm") is None
    assert await register.client_named("crm-id") is None
    assert await register.client("") is None


async def test_a_client_without_grants_has_none(register: Register) -> None:
    assert await add_client(register, "idle")
    client = await register.client("idle-id")
    assert client is not None
    assert client.grants == frozenset()


async def test_a_name_is_taken_once_even_by_many_at_once(register: Register, database: str) -> None:
    done = await together(
        *(add_client(register, "crm", ("read", "*"), client_id=f"crm-{number}") for number in range(20))
    )
    assert sorted(done) == [False] * 19 + [True]
    assert await ask(database, "select count(*) from client where name = 'crm'") == [(1,)]
    assert await ask(database, "select count(*) from client_grant where client_id like 'crm-%'") == [(1,)]


async def test_a_registration_that_fails_leaves_no_grants(register: Register, database: str) -> None:
    assert await add_client(register, "crm", ("read", "*"))
    assert not await add_client(register, "crm", ("delete", "*"), client_id="other")
    assert await ask(database, "select client_id, verb from client_grant where client_id in ('crm-id', 'other')") == [
        ("crm-id", "read")
    ]


async def test_clients_are_listed_by_name(register: Register) -> None:
    for name in ("b", "c", "a"):
        await add_client(register, name)
    names = [client.name for client in await register.clients()]
    assert [name for name in names if name in {"a", "b", "c"}] == ["a", "b", "c"]


async def test_a_client_is_revoked_by_its_id(register: Register) -> None:
    await add_client(register, "crm")
    assert await register.set_client_status("crm-id", status="revoked")
    client = await register.client("crm-id")
    assert client is not None
    assert client.status == "revoked"
    assert not await register.set_client_status("nobody", status="revoked")
