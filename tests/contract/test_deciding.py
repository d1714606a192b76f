"""Other systems are told what may be done, in the words of AuthZEN, and nothing that they may not know."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx
import pytest

from customer_inventory.access import Access, Desk
from customer_inventory.access.clients import register_client, revoke_client
from customer_inventory.access.people import add_person
from customer_inventory.api.deciding import EVALUATION, EVALUATIONS
from customer_inventory.clock import system_clock
from customer_inventory.model import RESOURCES

ADA = {"@type": "Individual", "givenName": "Ada", "familyName": "Lovelace", "nationality": "GB"}
Body = dict[str, Any]


async def client_of(desk: Desk, name: str, *grants: str, purposes: tuple[str, ...] = ("tests",)) -> dict[str, str]:
    made = await register_client(
        desk.repository.register, name=name, purposes=purposes, grants=grants, by="tests", clock=system_clock
    )
    return {"authorization": f"Bearer {desk.tokens.issue(made.client_id)}"}


def asks(verb: str, resource: Body, *, subject: str = "shop", kind: str = "client", **context: str) -> Body:
    return {
        "subject": {"type": kind, "id": subject},
        "action": {"name": verb},
        "resource": resource,
        "context": context,
    }


async def test_decisions_follow_grants_purposes_rows_and_attributes(
    desk: Desk, access: Access, door: httpx.AsyncClient
) -> None:
    ada = (await access.create(RESOURCES["individual"], ADA)).record.id
    dutch = (await access.create(RESOURCES["individual"], {**ADA, "nationality": "NL"})).record.id
    limited = "read individual (givenName) where nationality = GB for sales"
    await client_of(desk, "shop", "read:customer", limited, purposes=("sales", "care"))
    overseer = await client_of(desk, "overseer", "read")
    await add_person(desk.repository.people, login="aud", display_name="", role="auditor", clock=system_clock)
    person = {"type": "individual", "id": ada}
    told = {"attribute": "givenName"}
    for asked, expected in (
        (asks("read", {"type": "customer"}, purpose="care"), True),
        (asks("read", {"type": "customer"}), "purpose-required"),
        (asks("read", {"type": "customer"}, purpose="spying"), "purpose-not-registered"),
        (asks("modify", {"type": "customer"}, purpose="care"), "not-granted"),
        (asks("see", {"type": "customer"}, purpose="care"), "unknown-action-or-resource"),
        (asks("read", {"type": "custmer"}, purpose="care"), "unknown-action-or-resource"),
        (asks("read", {**person, "properties": told}, purpose="sales"), True),
        (asks("read", {**person, "properties": {"attribute": ["givenName", "gender"]}}, purpose="sales"), False),
        (asks("read", person, purpose="sales"), "attribute-not-granted"),
        (asks("read", {**person, "properties": told}, purpose="care"), "not-granted"),
        (asks("read", {"type": "individual", "id": dutch}, purpose="sales"), "record-not-granted"),
        (asks("read", {"type": "individual", "properties": told}, purpose="sales"), "depends-on-record"),
        (asks("read", {"type": "individual", "id": "none"}, purpose="sales"), "no-such-record"),
        (asks("read", {"type": "customer"}, subject="nobody"), "unknown-subject"),
        (asks("delete", {"type": "customer"}, subject="aud", kind="person"), "not-granted"),
        (asks("read", {"type": "customer", "properties": {"attribute": "name"}}, subject="aud", kind="person"), True),
        (asks("read", {**person, "properties": {"attribute": "disability"}}, subject="aud", kind="person"), False),
    ):
        answer = await door.post(EVALUATION, json=asked, headers=overseer)
        assert answer.status_code == 200, answer.text
        found = answer.json()
        assert found["decision"] is (expected is True), asked
        if isinstance(expected, str):
            assert found["context"] == {"reason": expected}, asked
    await revoke_client(desk.repository.register, name="shop", by="tests", clock=system_clock)
    gone = await door.post(EVALUATION, json=asks("read", {"type": "customer"}, purpose="care"), headers=overseer)
    assert gone.json() == {"decision": False, "context": {"reason": "unknown-subject"}}


async def test_several_are_decided_at_once_and_may_stop_early(desk: Desk, door: httpx.AsyncClient) -> None:
    await client_of(desk, "shop", "read:customer")
    overseer = await client_of(desk, "overseer", "read:permission")
    names = ("customer", "individual", "customer")
    body = {
        "subject": {"type": "client", "id": "shop"},
        "action": {"name": "read"},
        "evaluations": [{"resource": {"type": name}} for name in names],
    }
    for semantic, expected in (
        ("execute_all", [True, False, True]),
        ("deny_on_first_deny", [True, False]),
        ("permit_on_first_permit", [True]),
    ):
        sent = {**body, "options": {"evaluations_semantic": semantic}}
        answer = await door.post(EVALUATIONS, json=sent, headers=overseer)
        assert [each["decision"] for each in answer.json()["evaluations"]] == expected
    single = await door.post(EVALUATIONS, json=asks("read", {"type": "customer"}), headers=overseer)
    assert single.json() == {"decision": True}


async def test_who_may_not_know_is_told_nothing(desk: Desk, access: Access, door: httpx.AsyncClient) -> None:
    ada = (await access.create(RESOURCES["individual"], ADA)).record.id
    await client_of(desk, "shop", "read")
    asked = asks("read", {"type": "individual", "id": ada})
    blind = await client_of(desk, "blind", "read:permission")
    assert (await door.post(EVALUATION, json=asked, headers=blind)).status_code == 403
    nobody = await client_of(desk, "nobody", "read:individual")
    assert (await door.post(EVALUATION, json=asked, headers=nobody)).status_code == 403
    assert UUID(ada)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"subject": "shop"},
        asks("read", {"type": "customer"}, kind="robot"),
        {**asks("read", {"type": "customer"}), "context": []},
        {**asks("read", {"type": "x" * 201})},
        {**asks("read", {"type": "customer", "properties": {"attribute": [1]}})},
        {**asks("read", {"type": "customer", "properties": {"attribute": ["a"] * 101}})},
        {"evaluations": {}},
        {"evaluations": [1]},
        {"evaluations": [{}] * 101},
        {"evaluations": [{}], "options": {"evaluations_semantic": "guess"}},
    ],
)
async def test_what_is_no_evaluation_is_refused(body: Body, desk: Desk, door: httpx.AsyncClient) -> None:
    overseer = await client_of(desk, "overseer", "read")
    address = EVALUATIONS if "evaluations" in body else EVALUATION
    answer = await door.post(address, json=body, headers=overseer)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid-evaluation")
