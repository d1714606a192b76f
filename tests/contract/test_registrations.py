"""What the stores of registrations and credentials promise on every engine: one step at a time, each kept."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from customer_inventory.repository import Repository
from customer_inventory.repository.credentials import NewCredentials
from customer_inventory.repository.register import Register
from customer_inventory.repository.registrations import RegistrationRow, Step
from tests.consistency import ask
from tests.contract.conftest import START, together

DAY = timedelta(days=1)
SUBMITTED = {"submitted": "approved"}
SECRET = NewCredentials(b"s" * 32)


@pytest.fixture
def register(repository: Repository) -> Register:
    return repository.register


def row(client_id: str, name: str | None = None, **other: Any) -> RegistrationRow:
    stated: dict[str, Any] = {
        "client_id": client_id,
        "name": name or client_id,
        "document": '{"owner": "ann"}',
        "status": "submitted",
        "privileged": False,
        "requested_by": "ann",
        "requested_at": START,
    }
    return RegistrationRow(**{**stated, **other})


def step(verb: str, leads: dict[str, str], *, at: datetime = START, **other: Any) -> Step:
    return Step(verb=verb, leads=leads, by="bea", at=at, **other)


async def add_client(register: Register, client_id: str) -> None:
    values: dict[str, Any] = {"name": client_id, "secret_hash": None, "purposes": ("care",), "grants": ()}
    assert await register.add_client(client_id=client_id, at=START, by="ann", **values)


async def test_a_registration_is_kept_with_its_credentials_and_its_steps(register: Register) -> None:
    store = register.registrations
    asked = row("crm-1", "crm", token_hash=b"t" * 32, expires_at=START + DAY)
    assert await store.add(asked, SECRET, said="please")
    assert await store.one("crm-1") == await store.named("crm") == asked
    assert [each.secret_hash for each in await register.credentials.valid("crm-1", at=START)] == [b"s" * 32]
    assert await store.take("crm-1", step("approve", SUBMITTED, said="yes", approved_by="bea")) == "approved"
    assert await store.take("crm-1", step("approve", SUBMITTED)) is None
    assert await store.take("nobody", step("approve", SUBMITTED)) is None
    found = await store.one("crm-1")
    assert found is not None
    assert (found.status, found.approved_by) == ("approved", "bea")
    assert [(each.number, each.verb, each.status, each.decided_by, each.said) for each in await store.decisions()] == [
        (1, "request", "submitted", "ann", "please"),
        (2, "approve", "approved", "bea", "yes"),
    ]
    assert await store.one("") is None
    assert await store.named("nobody") is None


async def test_a_name_stands_once_even_when_many_ask_at_once(register: Register, database: str) -> None:
    store = register.registrations
    done = await together(*(store.add(row(f"crm-{number}", "crm"), SECRET) for number in range(20)))
    assert sorted(done) == [False] * 19 + [True]
    for table in ("registration", "registration_decision", "client_credential"):
        assert await ask(database, f"select count(*) from {table}") == [(1,)]
    (standing,) = await store.all()
    await store.take(standing.client_id, step("reject", {"submitted": "rejected"}))
    assert await store.add(row("crm-again", "crm"), SECRET)
    found = await store.named("crm")
    assert found is not None
    assert found.client_id == "crm-again"


async def test_a_client_has_its_name_for_ever(register: Register) -> None:
    await add_client(register, "billing")
    assert not await register.registrations.add(row("billing-2", "billing"), SECRET)
    assert await register.registrations.add(row("billing", "billing"), None)


async def test_of_many_steps_at_once_each_is_from_where_the_last_one_led(register: Register) -> None:
    store = register.registrations
    await store.add(row("crm", status="active"), SECRET)
    leads = {"active": "suspended", "suspended": "active"}
    assert all(await together(*(store.take("crm", step("turn", leads)) for _ in range(20))))
    statuses = [each.status for each in await store.decisions("crm")]
    assert statuses == ["active", *["suspended", "active"] * 10]


@pytest.mark.parametrize(
    ("reached", "status"),
    [("due", "active"), ("suspended", "suspended"), ("revoked", "revoked"), ("submitted", "active")],
)
async def test_a_step_acts_on_the_client_with_it(reached: str, status: str, register: Register) -> None:
    await add_client(register, "crm")
    await register.registrations.add(row("crm", status="active"), None)
    await register.registrations.take("crm", step("go", {"active": reached}))
    client = await register.client("crm")
    assert client is not None
    assert client.status == status


async def test_what_was_revoked_stays_so(register: Register) -> None:
    await add_client(register, "crm")
    await register.registrations.add(row("crm", status="suspended"), None)
    await register.set_client_status("crm", status="revoked")
    await register.registrations.take("crm", step("resume", {"suspended": "active"}))
    client = await register.client("crm")
    assert client is not None
    assert client.status == "revoked"


async def test_what_time_asks_for_is_found(register: Register) -> None:
    store, now = register.registrations, START
    for name, other in {
        "a-fresh": {"status": "active", "due_at": now + 20 * DAY},
        "b-soon": {"status": "active", "due_at": now + DAY},
        "c-warned": {"status": "due", "due_at": now + DAY},
        "d-late": {"status": "due", "due_at": now},
        "e-forgotten": {"status": "active", "due_at": now - DAY},
        "f-over": {"status": "active", "due_at": now + 20 * DAY, "expires_at": now},
        "g-over-and-out": {"status": "suspended", "due_at": now - DAY, "expires_at": now - DAY},
        "h-out": {"status": "suspended", "due_at": now - DAY},
        "i-approved": {"status": "approved"},
        "j-waiting": {"status": "submitted", "expires_at": now - DAY},
        "k-gone": {"status": "revoked", "due_at": now - DAY, "expires_at": now - DAY},
    }.items():
        assert await store.add(row(name, **other), None)
    assert await store.pending(at=now, warn_at=now + 14 * DAY) == [
        ("b-soon", "warn"),
        ("d-late", "lapse"),
        ("e-forgotten", "lapse"),
        ("f-over", "expire"),
        ("g-over-and-out", "expire"),
        ("i-approved", "activate"),
    ]


async def test_clients_without_a_registration_are_found(register: Register) -> None:
    for name in ("console", "old", "new"):
        await add_client(register, name)
    await register.registrations.add(row("new"), None)
    assert await register.registrations.unregistered(own={"console"}) == ["old"]


async def test_credentials_follow_each_other(register: Register) -> None:
    store = register.credentials
    await add_client(register, "crm")
    await store.add("crm", SECRET, at=START, by="ann")
    await store.rotate("crm", NewCredentials(None, ['{"kid": "k"}']), at=START, until=START + DAY, by="bea")
    both = await store.valid("crm", at=START)
    assert [(each.number, each.valid_until, each.created_by) for each in both] == [
        (1, START + DAY, "ann"),
        (2, None, "bea"),
    ]
    assert [each.public_key for each in both] == [None, '{"kid": "k"}']
    assert [each.number for each in await store.valid("crm", at=START + DAY)] == [2]


async def test_an_assertion_is_used_once_even_by_many_at_once(register: Register) -> None:
    store, until = register.credentials, START + DAY
    done = await together(*(store.use_assertion("crm", b"d" * 32, expires_at=until) for _ in range(20)))
    assert sorted(done) == [False] * 19 + [True]
    assert await store.use_assertion("other", b"d" * 32, expires_at=until)
    assert await store.drop_expired(before=START) == 0
    assert await store.drop_expired(before=until) == 2
