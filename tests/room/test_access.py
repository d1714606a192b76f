"""The access room: what is granted and what is not, purposes, registrations, reference checks and people."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_inventory.access import Access, Desk
from customer_inventory.access.access import RecordNotFound, VersionConflict
from customer_inventory.access.clients import (
    COMMAND_LINE,
    CONSOLE,
    DEFAULT_PURPOSE,
    InvalidClient,
    InvalidRegistration,
    NameTaken,
    UnknownClient,
    authenticate_client,
    hash_secret,
    register_client,
    register_own_clients,
    revoke_client,
)
from customer_inventory.access.grants import VERBS, Denied, InvalidGrant, allows, parse_grants
from customer_inventory.access.people import (
    InvalidPerson,
    LoginTaken,
    SignInFailed,
    UnknownPerson,
    add_person,
    check_password,
    reset_password,
)
from customer_inventory.access.references import InvalidReferenceCheck, ReferenceChecks
from customer_inventory.access.roles import ROLE_GRANTS
from customer_inventory.access.sessions import (
    SESSION_LASTS,
    USUAL_RULES,
    Origin,
    end_session,
    session_of,
    start_session,
)
from customer_inventory.access.standing import PurposeNotRegistered, PurposeRequired
from customer_inventory.access.tokens import InvalidToken
from customer_inventory.clock import system_clock
from customer_inventory.ids import bucket_of, new_id, parse_id
from customer_inventory.model import RESOURCES
from customer_inventory.repository import Repository
from customer_inventory.repository.query import Query
from customer_inventory.repository.records import IdempotencyKey, ReferenceMissing
from tests.conftest import make_desk

INDIVIDUAL = RESOURCES["individual"]
CUSTOMER = RESOURCES["customer"]
PERSON = {"@type": "Individual", "givenName": "Ada", "familyName": "Lovelace"}

# ---------------------------------------------------------------- grants


@pytest.mark.parametrize(
    ("texts", "pairs"),
    [
        (["all"], [(verb, "*") for verb in VERBS]),
        (["read"], [("read", "*")]),
        (["read:customer"], [("read", "customer")]),
        (
            ["read:customer,create:individual", "delete:*"],
            [("read", "customer"), ("create", "individual"), ("delete", "*")],
        ),
        ([" read : customer".replace(" : ", ":")], [("read", "customer")]),
        (["read", "read"], [("read", "*")]),
        ([], []),
    ],
)
def test_grant_expressions_stand_for_pairs(texts: list[str], pairs: list[tuple[str, str]]) -> None:
    assert parse_grants(texts) == pairs


@pytest.mark.parametrize(
    "text", ["", "write", "read:nothing", "READ", "all:customer", "read:customer:x", ":customer", "*", "read,"]
)
def test_a_grant_that_is_not_understood_grants_nothing(text: str) -> None:
    with pytest.raises(InvalidGrant):
        parse_grants([text])


@given(granted=st.sets(st.tuples(st.sampled_from(VERBS), st.sampled_from([*RESOURCES, "*"]))))
def test_what_is_not_written_down_is_denied(granted: set[tuple[str, str]]) -> None:
    grants = frozenset(f"{verb}:{kind}" for verb, kind in granted)
    for verb in VERBS:
        for kind in RESOURCES:
            assert allows(grants, verb, kind) == ((verb, kind) in granted or (verb, "*") in granted)


def test_roles_grant_what_they_say() -> None:
    reviews = {f"{verb}:access_review" for verb in ("read", "modify", "create")}
    assert ROLE_GRANTS["auditor"] == {"read:*", *reviews}
    assert ROLE_GRANTS["steward"] == {"read:*", "create:*", "modify:*"}
    assert ROLE_GRANTS["administrator"] > {f"{verb}:*" for verb in VERBS}


@pytest.mark.parametrize("role", ["owner", "operator"])
def test_who_does_not_work_with_customers_is_granted_nothing_on_any_record(role: str) -> None:
    granted = {one.name for one in RESOURCES.values() for verb in VERBS if allows(ROLE_GRANTS[role], verb, one.kind)}
    assert granted == set()
    assert not [grant for grant in ROLE_GRANTS[role] if grant.endswith(":*")]


def test_a_privacy_officer_changes_only_what_people_agreed_to() -> None:
    grants = ROLE_GRANTS["privacy-officer"]
    changed = {one.name for one in RESOURCES.values() for verb in VERBS[:-1] if allows(grants, verb, one.kind)}
    assert changed == {name for name in RESOURCES if "rivacy" in name}


# ---------------------------------------------------------------- reference checks


def test_a_reference_is_checked_as_declared_unless_said_otherwise() -> None:
    declared = ReferenceChecks.parse([])
    assert "engagedParty" in declared.with_check("customer", "warn")
    strict = ReferenceChecks.parse(["customer.engagedParty=strict", " customer.relatedParty.partyOrPartyRole = off "])
    assert strict.with_check("customer", "strict") == {"engagedParty"}
    assert strict.with_check("customer", "off") == {"relatedParty.partyOrPartyRole"}
    assert strict.with_check("individual", "strict") == frozenset()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "customer",
        "customer.engagedParty",
        "customer.engagedParty=",
        "customer.name=strict",
        "customer.engagedParty=Strict",
        "nobody.engagedParty=off",
        "=strict",
    ],
)
def test_a_check_that_is_not_understood_is_refused_with_those_that_are(text: str) -> None:
    with pytest.raises(InvalidReferenceCheck, match=r"customer\.engagedParty"):
        ReferenceChecks.parse([text])


# ---------------------------------------------------------------- clients


async def registered(desk: Desk, name: str, *grants: str, purposes: tuple[str, ...] = ()) -> str:
    """Register a client and return a token of its."""
    credentials = await register_client(
        desk.repository.register, name=name, purposes=purposes, grants=grants, by="tester", clock=system_clock
    )
    return desk.tokens.issue(credentials.client_id)


async def test_a_secret_is_shown_once_and_kept_as_its_hash(desk: Desk) -> None:
    register = desk.repository.register
    made = await register_client(register, name="crm", purposes=(), grants=["read"], by="t", clock=system_clock)
    held = await register.client_named("crm")
    assert held is not None
    assert made.client_secret is not None
    kept = await register.credentials.valid(made.client_id, at=system_clock())
    assert [each.secret_hash for each in kept] == [hash_secret(made.client_secret)]
    assert made.client_secret.encode() not in (kept[0].secret_hash or b"")
    assert held.purposes == (DEFAULT_PURPOSE,)
    found = await authenticate_client(register, client_id=made.client_id, secret=made.client_secret, clock=system_clock)
    assert found.client_id == made.client_id
    for client_id, secret in (
        (made.client_id, made.client_secret + "x"),
        (made.client_id, ""),
        ("crm", made.client_secret),
        (made.client_id + "\0", made.client_secret),
        ("", ""),
        (CONSOLE, ""),
        (COMMAND_LINE, "\0" * 32),
    ):
        with pytest.raises(InvalidClient):
            await authenticate_client(register, client_id=client_id, secret=secret, clock=system_clock)


@pytest.mark.parametrize("name", ["", "a b", "a" * 101, "ä", "a\n", "a/b", "-._", "a\0"])
async def test_a_name_that_is_none_is_refused(name: str, desk: Desk) -> None:
    register = desk.repository.register
    with pytest.raises(InvalidRegistration):
        await register_client(register, name=name, purposes=(), grants=["read"], by="t", clock=system_clock)
    with pytest.raises(InvalidRegistration):
        await register_client(register, name="ok", purposes=[name], grants=["read"], by="t", clock=system_clock)
    assert await register.client_named("ok") is None


async def test_a_name_is_registered_once(desk: Desk) -> None:
    await registered(desk, "crm", "read")
    with pytest.raises(NameTaken):
        await registered(desk, "crm", "all")
    with pytest.raises(NameTaken):
        await registered(desk, CONSOLE, "all")
    await register_own_clients(desk.repository.register, clock=system_clock)


async def test_a_revoked_client_loses_its_tokens_within_a_second(desk: Desk) -> None:
    token = await registered(desk, "crm", "all")
    await desk.open_by_token(token, purpose=None, request_id="r")
    revoked = await revoke_client(desk.repository.register, name="crm", by="t", clock=system_clock)
    desk._standings[revoked.client_id] = (0.0, desk._standings[revoked.client_id][1])  # the second has passed
    with pytest.raises(InvalidToken):
        await desk.open_by_token(token, purpose=None, request_id="r")


@pytest.mark.parametrize("name", ["nobody", CONSOLE, COMMAND_LINE])
async def test_who_has_no_secret_cannot_be_revoked(name: str, desk: Desk) -> None:
    with pytest.raises(UnknownClient):
        await revoke_client(desk.repository.register, name=name, by="t", clock=system_clock)


async def test_a_token_lasts_its_time_and_no_longer(repository: Repository) -> None:
    now = system_clock()
    async with make_desk(repository) as desk:
        token = await registered(desk, "crm", "all")
        assert await desk.tokens.verify(token)
        desk.tokens._clock = lambda: now + timedelta(seconds=700)
        with pytest.raises(InvalidToken):
            await desk.tokens.verify(token)
        desk.tokens._cache.clear()
        with pytest.raises(InvalidToken):
            await desk.tokens.verify(token)


async def test_a_token_of_another_inventory_is_nobody(desk: Desk, engine: object) -> None:
    async with engine.database(template="template_inventory") as conninfo:  # type: ignore[attr-defined]
        other = Repository(conninfo)
        async with make_desk(other) as foreign:
            token = await registered(foreign, "crm", "all")
        await other.close()
    with pytest.raises(InvalidToken):
        await desk.open_by_token(token, purpose=None, request_id="r")


# ---------------------------------------------------------------- purposes


async def test_one_purpose_need_not_be_said_and_several_must(desk: Desk) -> None:
    one = await registered(desk, "one", "all", purposes=("care",))
    two = await registered(desk, "two", "all", purposes=("care", "billing"))
    assert (await desk.open_by_token(one, purpose=None, request_id="r")).purpose == "care"
    assert (await desk.open_by_token(two, purpose="billing", request_id="r")).purpose == "billing"
    with pytest.raises(PurposeRequired):
        await desk.open_by_token(two, purpose=None, request_id="r")
    for token in (one, two):
        for purpose in ("marketing", "", "CARE"):
            with pytest.raises(PurposeNotRegistered):
                await desk.open_by_token(token, purpose=purpose, request_id="r")


# ---------------------------------------------------------------- accesses


@pytest.mark.parametrize("granted", [None, *VERBS])
@pytest.mark.parametrize("name", sorted(RESOURCES))
async def test_every_verb_on_every_kind_needs_its_grant(granted: str | None, name: str, desk: Desk) -> None:
    resource, identifier = RESOURCES[name], new_id(bucket=1, at=system_clock())
    grants = (
        [f"{granted}:{name}"] if granted else [f"{verb}:{kind}" for verb in VERBS for kind in RESOURCES if kind != name]
    )
    access = await desk.open_by_token(await registered(desk, "c", *grants), purpose=None, request_id="r-1")
    attempts = {
        "read": [
            access.read(resource, identifier),
            access.read(resource, identifier, as_of=datetime.now().astimezone()),
            access.page(resource, Query()),
            access.versions(resource, identifier),
            access.linked_from(resource, identifier),
        ],
        "create": [access.create(resource, {"@type": "Nonsense"})],
        "modify": [access.modify(resource, identifier, lambda document: document)],
        "delete": [access.delete(resource, identifier)],
    }
    denials = 0
    for verb, work in attempts.items():
        for one in work:
            if verb == granted:
                with_grant = await outcome(one)
                assert not isinstance(with_grant, Denied), verb
            else:
                assert isinstance(await outcome(one), Denied), verb
                denials += 1
    trail = await desk.repository.journal.of_request("r-1")
    assert len([entry for entry in trail if entry[2] == "refused" and entry[3] == []]) == denials


async def outcome(work: object) -> object:
    try:
        return await work  # type: ignore[misc]
    except Exception as error:  # noqa: BLE001
        return error


async def test_a_customer_lives_in_the_bucket_of_its_party(access: Access) -> None:
    party = await access.create(INDIVIDUAL, PERSON)
    reference = {"@type": "PartyRef", "id": party.record.id, "@referredType": "Individual"}
    customer = await access.create(CUSTOMER, {"@type": "Customer", "name": "Ada", "engagedParty": reference})
    first, second = parse_id(party.record.id), parse_id(customer.record.id)
    assert first is not None
    assert second is not None
    assert bucket_of(first) == bucket_of(second)
    assert customer.unresolved == ()


async def test_a_reference_to_nobody_is_warned_about_or_refused(repository: Repository) -> None:
    nobody = str(new_id(bucket=1, at=system_clock()))
    for identifier in (nobody, str(uuid4()), "c-17"):
        reference = {"@type": "PartyRef", "id": identifier, "@referredType": "Individual"}
        document = {"@type": "Customer", "name": "Ada", "engagedParty": reference}
        for check, expected in (("off", ()), ("warn", ("engagedParty",))):
            async with make_desk(repository, f"customer.engagedParty={check}") as desk:
                access = await desk.open_at_command_line(person="t", purpose=None, request_id="r")
                assert (await access.create(CUSTOMER, document)).unresolved == expected, (identifier, check)
        async with make_desk(repository, "customer.engagedParty=strict") as desk:
            access = await desk.open_at_command_line(person="t", purpose=None, request_id="r")
            refused = await outcome(access.create(CUSTOMER, document))
            assert getattr(refused, "code", None) == ReferenceMissing.code, identifier


async def test_a_bare_reference_is_checked_like_a_named_one(repository: Repository, access: Access) -> None:
    def bare(identifier: str) -> dict[str, Any]:
        return {"@type": "Customer", "name": "Ada", "engagedParty": {"@type": "PartyRef", "id": identifier}}

    party = (await access.create(INDIVIDUAL, PERSON)).record.id
    other = (await access.create(CUSTOMER, bare(party))).record.id
    gone = (await access.create(INDIVIDUAL, PERSON)).record.id
    await access.delete(INDIVIDUAL, UUID(gone))
    for nobody in (str(new_id(bucket=1, at=system_clock())), gone, other):
        for check, expected in (("off", ()), ("warn", ("engagedParty",))):
            async with make_desk(repository, f"customer.engagedParty={check}") as desk:
                writing = await desk.open_at_command_line(person="t", purpose=None, request_id="r")
                assert (await writing.create(CUSTOMER, bare(nobody))).unresolved == expected, (nobody, check)
        async with make_desk(repository, "customer.engagedParty=strict") as desk:
            writing = await desk.open_at_command_line(person="t", purpose=None, request_id="r")
            refused = await outcome(writing.create(CUSTOMER, bare(nobody)))
            assert getattr(refused, "code", None) == ReferenceMissing.code, nobody
    async with make_desk(repository, "customer.engagedParty=strict") as desk:
        writing = await desk.open_at_command_line(person="t", purpose=None, request_id="r")
        assert (await writing.create(CUSTOMER, bare(party))).unresolved == ()
        assert getattr(await outcome(writing.delete(INDIVIDUAL, UUID(party))), "code", None) == "still-referenced"


async def test_a_change_that_raises_leaves_the_record(access: Access) -> None:
    made = await access.create(INDIVIDUAL, PERSON)
    identifier = parse_id(made.record.id)
    assert identifier is not None

    def fail(document: dict[str, object]) -> dict[str, object]:
        document["givenName"] = "Changed"
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        await access.modify(INDIVIDUAL, identifier, fail)
    assert (await access.read(INDIVIDUAL, identifier)).version == 1
    with pytest.raises(VersionConflict):
        await access.modify(INDIVIDUAL, identifier, lambda document: document, expected=frozenset({2}))
    with pytest.raises(VersionConflict):
        await access.delete(INDIVIDUAL, identifier, expected=frozenset())
    await access.delete(INDIVIDUAL, identifier, expected=frozenset({1, 5}))
    with pytest.raises(RecordNotFound):
        await access.read(INDIVIDUAL, identifier)
    assert [version.operation for version in await access.versions(INDIVIDUAL, identifier)] == ["delete", "create"]


async def test_a_repeated_creation_shows_what_the_first_one_made(access: Access) -> None:
    key = IdempotencyKey(key="k", fingerprint=b"f" * 32)
    first = await access.create(INDIVIDUAL, PERSON, key=key)
    identifier = parse_id(first.record.id)
    assert identifier is not None
    await access.modify(INDIVIDUAL, identifier, lambda document: {**document, "title": "Dr"})
    again = await access.create(INDIVIDUAL, PERSON, key=key)
    assert (again.outcome, again.record.id, again.record.version) == ("replayed", first.record.id, 1)
    assert b"Dr" not in again.record.document


# ---------------------------------------------------------------- people


async def test_a_person_signs_in_with_the_password_shown_once(desk: Desk) -> None:
    people = desk.repository.people
    made = await add_person(people, login="ada", display_name="", role="steward", clock=system_clock)
    person = await check_password(people, login="ada", password=made.password)
    token = await start_session(people, person=person, origin=Origin(None, None), clock=system_clock)
    assert (person.login, person.display_name, person.role) == ("ada", "ada", "steward")
    assert made.password not in person.password_hash
    held = await session_of(people, token=token, rules=USUAL_RULES, clock=system_clock)
    assert held is not None
    assert (held.person, held.second_factor) == (person, False)
    late = system_clock() + SESSION_LASTS
    assert await session_of(people, token=token, rules=USUAL_RULES, clock=lambda: late) is None
    await end_session(people, token=token)
    assert await session_of(people, token=token, rules=USUAL_RULES, clock=system_clock) is None


@pytest.mark.parametrize(("login", "password"), [("ada", "wrong"), ("ada", ""), ("nobody", "x"), ("a\0", "x"), ("", ""),
                                                 ("a" * 101, "x"), ("ada", "x" * 10_000)])  # fmt: skip
async def test_a_wrong_login_or_password_is_the_same_refusal(login: str, password: str, desk: Desk) -> None:
    await add_person(desk.repository.people, login="ada", display_name="", role="steward", clock=system_clock)
    with pytest.raises(SignInFailed):
        await check_password(desk.repository.people, login=login, password=password)


async def test_a_reset_password_ends_sessions_and_the_old_password(desk: Desk) -> None:
    people = desk.repository.people
    made = await add_person(people, login="ada", display_name="", role="auditor", clock=system_clock)
    person = await check_password(people, login="ada", password=made.password)
    token = await start_session(people, person=person, origin=Origin(None, None), clock=system_clock)
    fresh = await reset_password(people, login="ada", clock=system_clock)
    assert await session_of(people, token=token, rules=USUAL_RULES, clock=system_clock) is None
    with pytest.raises(SignInFailed):
        await check_password(people, login="ada", password=made.password)
    await check_password(people, login="ada", password=fresh.password)
    with pytest.raises(UnknownPerson):
        await reset_password(people, login="nobody", clock=system_clock)


@pytest.mark.parametrize(
    ("login", "role"), [("", "steward"), ("a" * 101, "steward"), ("a\n", "steward"), ("a", "king"), ("a", "")]
)
async def test_a_person_needs_a_login_and_a_role(login: str, role: str, desk: Desk) -> None:
    with pytest.raises(InvalidPerson):
        await add_person(desk.repository.people, login=login, display_name="", role=role, clock=system_clock)


async def test_a_login_is_given_once(desk: Desk) -> None:
    await add_person(desk.repository.people, login="ada", display_name="", role="steward", clock=system_clock)
    with pytest.raises(LoginTaken):
        await add_person(desk.repository.people, login="ada", display_name="", role="auditor", clock=system_clock)
