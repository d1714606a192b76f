"""Registration of processes: its steps, four eyes, what must be told, and what time does to it."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from customer_inventory.access import Access, Desk
from customer_inventory.access.clients import (
    Credentials,
    InvalidClient,
    NameTaken,
    RegistrationNotActive,
    authenticate_client,
    is_privileged,
    register_client,
    revoke_client,
)
from customer_inventory.access.grants import Denied, InvalidGrant
from customer_inventory.access.recertifying import sweep
from customer_inventory.access.registering import (
    DECIDING,
    decide,
    registration,
    registrations,
    request,
    submit,
)
from customer_inventory.access.registration import (
    STEPS,
    OwnDecision,
    RegistrationNotFound,
    Wanted,
    WrongState,
)
from customer_inventory.access.tokens import InvalidToken
from customer_inventory.clock import system_clock
from customer_inventory.model import InvalidDocument
from tests.consistency import ask

DAY = timedelta(days=1)
TOLD = {
    "name": "portal",
    "owner": "ann",
    "deputy": "dee",
    "purpose": [{"name": "self-care", "lawfulBasis": "contract"}],
    "grant": ["read:customer,read:individual"],
    "expectedVolume": 10_000,
    "expectedHours": "Mon-Sun 00:00-24:00",
    "network": ["10.1.0.0/16"],
}
BY_PEOPLE = {"submit", *DECIDING}


def wanted(**other: Any) -> Wanted:
    told = {name: value for name, value in {**TOLD, **other}.items() if value is not None}
    return msgspec.convert(told, Wanted)


async def of(desk: Desk, person: str) -> Access:
    return await desk.open_at_command_line(person=person, purpose=None, request_id="r")


async def asked(desk: Desk, *, draft: bool = False, **other: Any) -> Credentials:
    _, credentials = await request(await of(desk, "ann"), wanted(**other), draft=draft)
    return credentials


async def active(desk: Desk, **other: Any) -> Credentials:
    made = await asked(desk, **other)
    await decide(await of(desk, "bea"), made.client_id, "approve")
    return made


async def token_of(desk: Desk, made: Credentials) -> str:
    register = desk.repository.register
    client = await authenticate_client(
        register, client_id=made.client_id, secret=made.client_secret or "", clock=system_clock
    )
    return desk.tokens.issue(client.client_id)


async def state(desk: Desk, made: Credentials) -> str:
    return (await registration(await of(desk, "eve"), made.client_id)).row.status


async def swept(desk: Desk, after: timedelta) -> dict[str, int]:
    return await sweep(desk.repository.register, clock=lambda: system_clock() + after)


# ---------------------------------------------------------------- the life of a registration


async def test_from_a_draft_to_a_client_and_out_again(desk: Desk) -> None:
    made = await asked(desk, draft=True)
    waiting = "draft"
    for person, step, reached in (
        ("ann", "submit", "submitted"),
        ("bea", "approve", "active"),
        ("bea", "suspend", "suspended"),
        ("bea", "resume", "active"),
        ("bea", "recertify", "active"),
        ("cyd", "revoke", "revoked"),
    ):
        if waiting in {"draft", "submitted", "suspended"}:
            with pytest.raises(RegistrationNotActive, match=waiting):
                await token_of(desk, made)
        access = await of(desk, person)
        done = await (submit(access, "portal") if step == "submit" else decide(access, "portal", step, said="why"))
        assert done.row.status == reached
        if reached == "active":
            assert await token_of(desk, made)
        waiting = reached
    with pytest.raises(InvalidClient):
        await token_of(desk, made)
    steps = [(each.verb, each.decided_by, each.status) for each in done.decisions]
    assert steps[:4] == [
        ("request", "ann", "draft"),
        ("submit", "ann", "submitted"),
        ("approve", "bea", "approved"),
        ("activate", "customer-inventory", "active"),
    ]
    assert [each.said for each in done.decisions][-1] == "why"
    client = await desk.repository.register.client(made.client_id)
    assert client is not None
    assert client.grants == {"read:customer", "read:individual"}
    assert client.purposes == ("self-care",)


@pytest.mark.parametrize("status", sorted({*STEPS["revoke"], "rejected", "revoked"}))
async def test_what_the_table_does_not_say_cannot_be_done(status: str, desk: Desk, database: str) -> None:
    for step in sorted(BY_PEOPLE):
        made = await asked(desk, name=step)
        there = f"status = '{status}', due_at = now() + '1 day' where name = '{step}'"
        await ask(database, f"update registration set {there} returning 1")
        access = await of(desk, "ann" if step == "submit" else "bea")
        work = submit(access, step) if step == "submit" else decide(access, step, step)
        reached = STEPS[step].get(status)
        if reached is None:
            with pytest.raises(WrongState):
                await work
            assert await state(desk, made) == status
        else:
            await work
            assert await state(desk, made) == ("active" if reached == "approved" else reached)


async def test_of_many_who_approve_at_once_one_does(desk: Desk) -> None:
    made = await asked(desk)
    work = (decide(await of(desk, f"bea-{number}"), made.client_id, "approve") for number in range(10))
    done = await asyncio.gather(*[each async for each in work], return_exceptions=True)
    assert sum(not isinstance(each, WrongState) for each in done) == 1
    found = await registration(await of(desk, "eve"), "portal")
    assert [each.verb for each in found.decisions] == ["request", "approve", "activate"]


async def test_who_was_suspended_or_revoked_is_out_within_a_second(desk: Desk) -> None:
    made = await active(desk)
    token = await token_of(desk, made)
    await desk.open_by_token(token, purpose=None, request_id="r", peer="10.1.2.3")
    for step in ("suspend", "revoke"):
        await decide(await of(desk, "bea"), "portal", step)
        await asyncio.sleep(1.0)
        with pytest.raises(InvalidToken):
            await desk.open_by_token(token, purpose=None, request_id="r", peer="10.1.2.3")
        if step == "suspend":
            await decide(await of(desk, "bea"), "portal", "resume")
            await asyncio.sleep(1.0)
            await desk.open_by_token(token, purpose=None, request_id="r", peer="10.1.2.3")


async def test_an_approval_that_was_cut_short_is_finished(desk: Desk, database: str) -> None:
    made = await asked(desk)
    await ask(database, "update registration set status = 'approved', approved_by = 'bea' returning 1")
    with pytest.raises(RegistrationNotActive):
        await token_of(desk, made)
    assert await swept(desk, timedelta()) == {"activate": 1}
    assert await token_of(desk, made)


# ---------------------------------------------------------------- four eyes and grants


@pytest.mark.parametrize("step", ["approve", "reject"])
@pytest.mark.parametrize("person", ["ann", "dee"])
async def test_who_asked_and_the_deputy_cannot_decide(step: str, person: str, desk: Desk) -> None:
    made = await asked(desk)
    with pytest.raises(OwnDecision):
        await decide(await of(desk, person), "portal", step)
    assert await state(desk, made) == "submitted"


async def process(desk: Desk, name: str, *grants: str, by: str, **expected: str) -> Access:
    register = desk.repository.register
    made = await register_client(
        register, name=name, purposes=(), grants=grants, by=by, clock=system_clock, expected=expected
    )
    return await desk.open_by_token(desk.tokens.issue(made.client_id), purpose=None, request_id="r", peer="10.1.2.3")


async def test_who_asked_cannot_go_on_alone_either(desk: Desk) -> None:
    await active(desk)
    await decide(await of(desk, "ann"), "portal", "suspend")  # what takes away, anybody may
    for step in ("resume", "recertify"):
        with pytest.raises(OwnDecision):
            await decide(await of(desk, "ann"), "portal", step)
    await decide(await of(desk, "ann"), "portal", "revoke")


async def test_a_draft_is_handed_in_by_who_made_it(desk: Desk) -> None:
    await asked(desk, draft=True)
    with pytest.raises(OwnDecision):
        await submit(await of(desk, "bea"), "portal")


async def test_a_process_asks_and_decides_by_its_grants_and_never_on_itself(desk: Desk) -> None:
    asking = await process(desk, "asking", "create:registration", by="t")
    deciding = await process(desk, "deciding", "modify:registration", by="u")
    looking = await process(desk, "looking", "read:registration", by="t")
    found, made = await request(asking, wanted())
    assert found.row.requested_by == asking.principal.client_id
    for work in (
        request(deciding, wanted(name="other")),
        request(looking, wanted(name="other")),
        decide(asking, "portal", "approve"),
        decide(looking, "portal", "approve"),
        submit(looking, "portal"),
        registration(asking, "portal"),
        registrations(deciding),
    ):
        with pytest.raises(Denied):
            await work
    assert (await decide(deciding, made.client_id, "approve")).row.approved_by == deciding.principal.client_id
    assert {each.row.name for each in await registrations(looking)} == {"asking", "deciding", "looking", "portal"}
    for step in DECIDING:
        with pytest.raises(OwnDecision):
            await decide(deciding, "deciding", step)


# ---------------------------------------------------------------- what must be told


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"expectedVolume": None}, "expectedVolume"),
        ({"deputy": "ann"}, "deputy"),
        ({"purpose": [{"name": "self-care"}]}, "lawfulBasis"),
        ({"purpose": [{"name": "a", "lawfulBasis": "consent"}] * 2}, "purpose"),
        ({"network": ["10.1.0.1/16"]}, "network"),
        ({"network": ["anywhere"]}, "network"),
        ({"expiresAt": datetime(2020, 1, 1).astimezone()}, "expiresAt"),
    ],
)
async def test_what_an_approver_must_know_is_asked_for(wrong: dict[str, Any], named: str, desk: Desk) -> None:
    with pytest.raises(InvalidDocument, match=named):
        await asked(desk, **wrong)


async def test_a_grant_that_is_none_is_refused(desk: Desk) -> None:
    with pytest.raises(InvalidGrant):
        await asked(desk, grant=["everything"])


async def test_a_name_is_asked_for_once_while_it_stands(desk: Desk) -> None:
    made = await asked(desk)
    for name in ("portal", "console"):
        with pytest.raises(NameTaken):
            await asked(desk, name=name)
    register = desk.repository.register
    with pytest.raises(NameTaken):
        await register_client(register, name="portal", purposes=(), grants=["all"], by="t", clock=system_clock)
    await decide(await of(desk, "bea"), made.client_id, "reject")
    await asked(desk)
    await revoke_client(register, name=(await active(desk, name="other")).client_id, by="t", clock=system_clock)
    with pytest.raises(NameTaken):  # a client had it, and is in the trail
        await asked(desk, name="other")


async def test_what_nobody_registered_is_not_found(desk: Desk) -> None:
    access = await of(desk, "bea")
    for name in ("nobody", "console", "", "a\0b", "é", "x" * 10_000):
        for work in (registration(access, name), decide(access, name, "approve"), submit(access, name)):
            with pytest.raises(RegistrationNotFound):
                await work


# ---------------------------------------------------------------- time


@pytest.mark.parametrize(
    ("grants", "privileged"),
    [
        (["all"], True),
        (["read"], True),
        (["read:*"], True),
        (["delete:customer"], True),
        (["read:customer", "download:customer"], True),
        (["read:customer", "update:customer", "create:individual"], False),
    ],
)
def test_who_is_privileged(grants: list[str], privileged: bool) -> None:
    assert is_privileged(grants) == privileged


@pytest.mark.parametrize(("grants", "days"), [(["read:customer"], 180), (["all"], 30)])
async def test_a_registration_that_nobody_recertifies_is_warned_about_and_suspended(
    grants: list[str], days: int, desk: Desk
) -> None:
    made = await active(desk, grant=grants)
    hour = timedelta(hours=1)
    assert await swept(desk, (days - 14) * DAY - hour) == {}
    assert await swept(desk, (days - 14) * DAY + hour) == {"warn": 1}
    assert await state(desk, made) == "due"
    assert await token_of(desk, made)
    assert await swept(desk, days * DAY - hour) == {}
    assert await swept(desk, days * DAY + hour) == {"lapse": 1}
    assert await swept(desk, days * DAY + hour) == {}
    with pytest.raises(RegistrationNotActive, match="suspended"):
        await token_of(desk, made)


async def test_who_is_recertified_goes_on(desk: Desk) -> None:
    made = await active(desk)
    await swept(desk, 170 * DAY)
    assert await state(desk, made) == "due"
    assert (await decide(await of(desk, "bea"), "portal", "recertify")).row.status == "active"
    assert await swept(desk, 165 * DAY) == {}


async def test_who_lapsed_is_recertified_and_then_resumed(desk: Desk, database: str) -> None:
    made = await active(desk)
    await ask(database, "update registration set due_at = now() - interval '1 minute' returning 1")
    assert await swept(desk, timedelta()) == {"lapse": 1}
    with pytest.raises(WrongState, match="recertified"):
        await decide(await of(desk, "bea"), "portal", "resume")
    await decide(await of(desk, "bea"), "portal", "recertify")
    assert await state(desk, made) == "suspended"
    await decide(await of(desk, "bea"), "portal", "resume")
    assert await token_of(desk, made)


async def test_what_has_an_end_ends(desk: Desk) -> None:
    made = await active(desk, expiresAt=system_clock() + 10 * DAY)
    assert await swept(desk, 9 * DAY) == {}
    assert await swept(desk, 11 * DAY) == {"expire": 1}
    with pytest.raises(InvalidClient):
        await token_of(desk, made)


async def test_servers_that_sweep_together_take_each_step_once(desk: Desk) -> None:
    for number in range(5):
        await active(desk, name=f"p{number}")
    done = await asyncio.gather(*(swept(desk, 200 * DAY) for _ in range(4)))
    assert sum(each.get("lapse", 0) for each in done) == 5
    found = await registrations(await of(desk, "eve"))
    assert [[step.verb for step in each.decisions] for each in found] == [
        ["request", "approve", "activate", "lapse"]
    ] * 5


# ---------------------------------------------------------------- the command line, and the version before


async def test_what_the_command_line_registers_is_approved_by_who_did(desk: Desk) -> None:
    register = desk.repository.register
    await register_client(register, name="crm", purposes=["care"], grants=["read"], by="op", clock=system_clock)
    found = await registration(await of(desk, "op"), "crm")
    assert (found.row.status, found.row.requested_by, found.row.approved_by) == ("active", "op", "op")
    assert found.told == {"name": "crm", "owner": "op", "purpose": [{"name": "care"}], "grant": ["read"]}
    assert found.row.privileged
    await decide(await of(desk, "op"), "crm", "recertify")


async def test_a_client_from_before_there_were_registrations_is_entered(desk: Desk, database: str) -> None:
    register = desk.repository.register
    made = await register_client(
        register, name="crm", purposes=(), grants=["read:trailEntry"], by="op", clock=system_clock
    )
    await ask(database, "delete from registration_decision returning 1")
    await ask(database, "delete from registration returning 1")
    assert await token_of(desk, made)
    assert await swept(desk, timedelta()) == {"enter": 1}
    assert await swept(desk, timedelta()) == {}
    found = await registration(await of(desk, "op"), "crm")
    assert (found.row.status, found.row.privileged, found.told["grant"]) == ("active", False, ["read:trailEntry"])
    assert await swept(desk, 181 * DAY) == {"lapse": 1}
