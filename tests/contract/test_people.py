"""What the register of people promises on every engine: each login once, sessions that end."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from customer_inventory.ids import draw_bucket, new_id
from customer_inventory.repository import Repository
from customer_inventory.repository.people import People
from tests.consistency import ask
from tests.contract.conftest import START, TICK, together

HOUR = timedelta(hours=1)


@pytest.fixture
def people(repository: Repository) -> People:
    return repository.people


async def add_person(people: People, login: str) -> UUID | None:
    identifier = new_id(bucket=draw_bucket(), at=START)
    added = await people.add_person(
        identifier=identifier, login=login, display_name=login.title(), password_hash="$", role="steward", at=START
    )
    return identifier if added else None


async def test_a_login_is_taken_once(people: People) -> None:
    added = [found for found in await together(*(add_person(people, "ada") for _ in range(10))) if found]
    assert len(added) == 1
    person = await people.person_by_login("ada")
    assert person is not None
    assert (person.id, person.display_name, person.role, person.status) == (added[0], "Ada", "steward", "active")
    assert await people.person_by_login("Ada") is None
    await add_person(people, "aaron")
    assert [one.login for one in await people.people()] == ["aaron", "ada"]


async def test_a_session_lasts_until_just_before_its_end(people: People) -> None:
    person = await add_person(people, "ada")
    assert person is not None
    await people.add_session(token_hash=b"t", person_id=person, at=START, expires_at=START + HOUR)
    found = await people.session(b"t", at=START + HOUR - timedelta(microseconds=1), idle_since=START - HOUR)
    assert found is not None
    assert found.person.id == person
    assert await people.session(b"t", at=START + HOUR, idle_since=START - HOUR) is None
    assert await people.session(b"another", at=START, idle_since=START - HOUR) is None


async def test_a_session_ends_when_told_and_old_ones_are_swept(people: People, database: str) -> None:
    person = await add_person(people, "ada")
    assert person is not None
    await people.add_session(token_hash=b"old", person_id=person, at=START, expires_at=START + TICK)
    await people.add_session(token_hash=b"new", person_id=person, at=START + TICK, expires_at=START + HOUR)
    assert await ask(database, "select token_hash from session") == [(b"new",)]
    await people.end_session(b"new")
    assert await people.session(b"new", at=START + TICK, idle_since=START - HOUR) is None


async def test_a_new_password_ends_every_session(people: People, database: str) -> None:
    ada, ben = await add_person(people, "ada"), await add_person(people, "ben")
    assert ada is not None
    assert ben is not None
    for token, person in ((b"1", ada), (b"2", ada), (b"3", ben)):
        await people.add_session(token_hash=token, person_id=person, at=START, expires_at=START + HOUR)
    await people.set_password(ada, password_hash="new")
    changed = await people.person_by_login("ada")
    assert changed is not None
    assert changed.password_hash == "new"
    assert await ask(database, "select token_hash from session") == [(b"3",)]


async def test_someone_who_is_disabled_has_no_session(people: People, database: str) -> None:
    person = await add_person(people, "ada")
    assert person is not None
    await people.add_session(token_hash=b"t", person_id=person, at=START, expires_at=START + HOUR)
    await ask(database, "update person set status = 'disabled'")
    assert await people.session(b"t", at=START, idle_since=START - HOUR) is None
