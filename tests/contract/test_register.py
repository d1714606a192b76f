"""What the register promises on every engine: clients, people, sessions and keys, each name once."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from customer_inventory.ids import draw_bucket, new_id
from customer_inventory.repository import Repository
from customer_inventory.repository.register import Register
from tests.consistency import ask
from tests.contract.conftest import START, TICK, together

HOUR = timedelta(hours=1)


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


async def add_person(register: Register, login: str) -> UUID | None:
    identifier = new_id(bucket=draw_bucket(), at=START)
    added = await register.add_person(
        identifier=identifier, login=login, display_name=login.title(), password_hash="$", role="steward", at=START
    )
    return identifier if added else None


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


async def test_a_login_is_taken_once(register: Register) -> None:
    people = [found for found in await together(*(add_person(register, "ada") for _ in range(10))) if found]
    assert len(people) == 1
    person = await register.person_by_login("ada")
    assert person is not None
    assert (person.id, person.display_name, person.role, person.status) == (people[0], "Ada", "steward", "active")
    assert await register.person_by_login("Ada") is None
    await add_person(register, "aaron")
    assert [one.login for one in await register.people()] == ["aaron", "ada"]


async def test_a_session_lasts_until_just_before_its_end(register: Register) -> None:
    person = await add_person(register, "ada")
    assert person is not None
    await register.add_session(token_hash=b"t", person_id=person, at=START, expires_at=START + HOUR)
    found = await register.session(b"t", at=START + HOUR - timedelta(microseconds=1))
    assert found is not None
    assert found.id == person
    assert await register.session(b"t", at=START + HOUR) is None
    assert await register.session(b"another", at=START) is None


async def test_a_session_ends_when_told_and_old_ones_are_swept(register: Register, database: str) -> None:
    person = await add_person(register, "ada")
    assert person is not None
    await register.add_session(token_hash=b"old", person_id=person, at=START, expires_at=START + TICK)
    await register.add_session(token_hash=b"new", person_id=person, at=START + TICK, expires_at=START + HOUR)
    assert await ask(database, "select token_hash from session") == [(b"new",)]
    await register.end_session(b"new")
    assert await register.session(b"new", at=START + TICK) is None


async def test_a_new_password_ends_every_session(register: Register, database: str) -> None:
    ada, ben = await add_person(register, "ada"), await add_person(register, "ben")
    assert ada is not None
    assert ben is not None
    for token, person in ((b"1", ada), (b"2", ada), (b"3", ben)):
        await register.add_session(token_hash=token, person_id=person, at=START, expires_at=START + HOUR)
    await register.set_password(ada, password_hash="new")
    changed = await register.person_by_login("ada")
    assert changed is not None
    assert changed.password_hash == "new"
    assert await ask(database, "select token_hash from session") == [(b"3",)]


async def test_someone_who_is_disabled_has_no_session(register: Register, database: str) -> None:
    person = await add_person(register, "ada")
    assert person is not None
    await register.add_session(token_hash=b"t", person_id=person, at=START, expires_at=START + HOUR)
    await ask(database, "update person set status = 'disabled'")
    assert await register.session(b"t", at=START) is None


async def test_signing_keys_come_oldest_first(register: Register) -> None:
    await register.add_signing_key(identifier="b", private_key=b'{"k": 1}', at=START)
    await register.add_signing_key(identifier="a", private_key=b'{"k": 2}', at=START + TICK)
    await register.add_signing_key(identifier="b", private_key=b'{"k": 3}', at=START + 2 * TICK)
    keys = await register.signing_keys()
    assert [(name, key.replace(b" ", b"")) for name, key in keys] == [("b", b'{"k":1}'), ("a", b'{"k":2}')]
