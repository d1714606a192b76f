"""What people ask is kept with every step, due as the law counts, and tells of nobody once they are erased."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import randbits
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from structlog.testing import capture_logs

from customer_inventory.access import Access, Desk
from customer_inventory.access.attending import attending_daily, request_counts
from customer_inventory.access.clients import register_client, register_own_clients
from customer_inventory.access.consenting import Said as Statement
from customer_inventory.access.consenting import say
from customer_inventory.access.erasing import erase
from customer_inventory.access.grants import Denied
from customer_inventory.access.privacy_evidence import NothingDone
from customer_inventory.access.privacy_request import (
    Asked,
    InvalidRequest,
    NotForThis,
    RequestNotFound,
    Said,
    StepIncomplete,
    WrongStep,
    due,
)
from customer_inventory.access.privacy_requesting import enter, linked, receipt, request, requests, served, take
from customer_inventory.access.rectifying import UnknownWrongAttribute
from customer_inventory.access.references import ReferenceChecks
from customer_inventory.access.restriction import Wished, lift, restrict
from customer_inventory.access.subjects import NoSubject
from customer_inventory.clock import system_clock
from customer_inventory.model import RESOURCES
from customer_inventory.repository import Repository
from customer_inventory.settings import InvalidSetting, Settings
from tests.consistency import ask
from tests.contract.conftest import customer_of, document
from tests.contract.test_wholes import made


@pytest.fixture
async def officer(desk: Desk) -> Access:
    return await desk.open_at_command_line(person="ann", purpose=None, request_id="officer")


async def entered(officer: Access, right: Any = "access", **more: Any) -> UUID:
    return (await enter(officer, Asked(right=right, **more))).row.id


async def limited(desk: Desk, *grants: str) -> Access:
    made_ = await register_client(
        desk.repository.register, name="small", purposes=("p",), grants=grants, by="t", clock=desk.clock
    )
    return await desk.open_for_client(made_.client_id, purpose="p", request_id="small")


async def test_a_request_goes_from_receipt_to_answer(access: Access, officer: Access) -> None:
    party = await made(access, "individual", document("individual"))
    customer = await made(access, "customer", customer_of(party))
    found = await enter(officer, Asked(right="access", subject_id=str(customer), note="by letter"))
    assert (found.row.subject_kind, found.row.subject_id) == ("individual", party)
    first = receipt(found.row)
    assert first["article"] == "GDPR 15"
    assert str(party) not in str(first)
    with pytest.raises(WrongStep):
        await take(officer, found.row.id, "complete", Said())
    await take(officer, found.row.id, "ask", Said())
    with pytest.raises(StepIncomplete):
        await take(officer, found.row.id, "verify", Said())
    await take(officer, found.row.id, "verify", Said(identity="card shown"))
    await take(officer, found.row.id, "assign", Said(handler="bea"))
    await served(officer, found.row, "package", result="x")
    done = await request(officer, found.row.id)
    assert [each.verb for each in done.events] == ["receive", "ask", "verify", "assign", "complete"]
    row = done.row
    assert (row.status, row.identity, row.handler, row.ground, row.result) == ("done", "card shown", "bea", None, "x")
    last = receipt(row)
    assert last["sha256"] != first["sha256"]
    assert receipt((await request(officer, row.id)).row) == last
    for verb in ("refuse", "withdraw", "verify", "extend", "note"):
        with pytest.raises(WrongStep):
            await take(officer, row.id, verb, Said(identity="x", reason="x"))


async def test_it_is_extended_once_and_steps_at_the_same_time_are_one_after_the_other(officer: Access) -> None:
    identifier = await entered(officer)
    before = (await request(officer, identifier)).row.due_at
    steps = (take(officer, identifier, "extend", Said(reason="many files")) for _ in range(6))
    came = await asyncio.gather(*steps, return_exceptions=True)
    assert sum(isinstance(each, WrongStep) for each in came) == 5
    row = (await request(officer, identifier)).row
    assert row.due_at - before > timedelta(days=57)
    closing = (take(officer, identifier, verb, Said(reason="r")) for verb in ("refuse", "withdraw", "refuse"))
    came = await asyncio.gather(*closing, return_exceptions=True)
    assert sum(isinstance(each, WrongStep) for each in came) == 2


async def test_what_is_overdue_is_not_made_timely_by_extending_it(desk: Desk, officer: Access) -> None:
    late = await entered(officer, received_at=desk.clock() - timedelta(days=40))
    with pytest.raises(WrongStep, match="overdue"):
        await take(officer, late, "extend", Said(reason="many files"))


async def test_those_that_are_due_come_first_and_are_counted(desk: Desk, officer: Access) -> None:
    now = desk.clock()
    late = await entered(officer, received_at=now - timedelta(days=40))
    soon = await entered(officer, received_at=now - timedelta(days=27))
    new = await entered(officer)
    gone = await entered(officer, received_at=now - timedelta(days=60))
    await take(officer, gone, "withdraw", Said())
    assert [each.row.id for each in await requests(officer)] == [late, soon, new, gone]
    assert await request_counts(desk) == (3, 1, 1)


@pytest.mark.parametrize("days", [-1, 4000])
async def test_what_cannot_have_come_is_refused(desk: Desk, officer: Access, days: int) -> None:
    with pytest.raises(InvalidRequest):
        await entered(officer, received_at=desk.clock() - timedelta(days=days))
    with pytest.raises(NoSubject):
        await entered(officer, subject_id="nobody")
    with pytest.raises(RequestNotFound):
        await request(officer, UUID(int=0))


async def test_nobody_else_may(access: Access, desk: Desk, officer: Access, database: str) -> None:
    party = await made(access, "individual", document("individual"))
    identifier = await entered(officer)
    everything = await limited(desk, "all")
    with pytest.raises(Denied):
        await requests(everything)
    with pytest.raises(Denied):
        await request(everything, identifier)
    with pytest.raises(Denied):
        await take(everything, identifier, "withdraw", Said())
    with pytest.raises(Denied):
        await enter(everything, Asked(right="access"))
    with pytest.raises(Denied):
        await linked(everything, identifier, "erase", party)
    refused = "select count(*) from trail where kind = 'privacy_request' and outcome = 'refused'"
    assert await ask(database, refused) == [(5,)]


async def test_who_may_not_see_parties_finds_out_nothing_of_them(access: Access, desk: Desk) -> None:
    party = await made(access, "individual", document("individual"))
    asking = await limited(desk, "create:privacyRequest")
    for subject in (str(party), "01900000-0000-8000-8000-000000000000", "x"):
        with pytest.raises(Denied):
            await enter(asking, Asked(right="access", subject_id=subject))


async def test_after_the_erasure_it_tells_of_nobody(
    access: Access, officer: Access, database: str, tmp_path: Path
) -> None:
    party = await made(access, "individual", document("individual", givenName="Adaquix"))
    other = await made(access, "individual", document("individual"))
    identifier = await entered(officer, right="erasure", subject_id=str(party), note="Adaquix called")
    with pytest.raises(NotForThis):
        await linked(officer, identifier, "erase", party)
    await take(officer, identifier, "verify", Said(identity="Adaquix, card K-0815-Ident", note="Adaquix again"))
    with pytest.raises(NotForThis):
        await linked(officer, identifier, "erase", other)
    row = await linked(officer, identifier, "erase", party)
    told = await erase(access, party, ground="asked", register=tmp_path / "register")
    assert told.rows["privacy_request"] == 1
    await served(officer, row, "erase", result=told.id)
    found = await request(officer, identifier)
    assert (found.row.status, found.row.subject_id, found.row.identity) == ("done", None, "erased")
    assert found.row.result == told.id
    assert [each.note for each in found.events] == [None, None, f"erase: {told.id}"]
    for table in ("privacy_request", "privacy_request_event"):
        assert await ask(database, f"select 1 from {table} t where t::text ~ 'Adaquix|K-0815-Ident|{party}'") == []


async def in_work(officer: Access, right: str, party: UUID | None) -> UUID:
    """A request of a party that is verified."""
    identifier = await entered(officer, right, subject_id=str(party) if party else None)
    await take(officer, identifier, "verify", Said(identity="card"))
    return identifier


RIGHTS = ("access", "rectification", "erasure", "restriction", "portability", "objection")


@pytest.mark.parametrize("right", RIGHTS)
async def test_nothing_is_done_by_saying_so(access: Access, officer: Access, database: str, right: str) -> None:
    party = await made(access, "individual", document("individual"))
    identifier = await in_work(officer, right, party)
    for result in (None, "done", "nothing held", str(party), str(UUID(int=0)), f"change {identifier}"):
        with pytest.raises(NothingDone):
            await take(officer, identifier, "complete", Said(result=result, reason="all is well"))
    assert (await request(officer, identifier)).row.status == "inWork"
    refused = "select count(*) from trail where kind = 'privacy_request' and outcome = 'refused'"
    assert await ask(database, refused) == [(6,)]
    done = await take(officer, identifier, "refuse", Said(reason="a duty to keep"))
    assert (done.row.status, done.row.ground) == ("refused", "a duty to keep")


@pytest.mark.parametrize("right", RIGHTS)
async def test_nothing_held_is_an_answer_to_who_was_not_found_with_a_ground(officer: Access, right: str) -> None:
    identifier = await in_work(officer, right, None)
    with pytest.raises(NothingDone):
        await take(officer, identifier, "complete", Said(result="nothing held"))
    done = await take(officer, identifier, "complete", Said(result="nothing held", reason="no such name is here"))
    assert (done.row.status, done.row.result) == ("done", "nothing held")


async def test_what_was_done_of_the_party_closes_it_and_what_was_done_before_or_of_others_does_not(
    access: Access, officer: Access, desk: Desk, database: str, tmp_path: Path
) -> None:
    party, other = [await made(access, "individual", document("individual")) for _ in range(2)]
    customer = await made(access, "customer", customer_of(party))
    before = await changes_of(database, party)
    rectify, restrain, object_, forget = [
        await in_work(officer, each, party) for each in ("rectification", "restriction", "objection", "erasure")
    ]
    await access.modify(RESOURCES["customer"], customer, lambda stored: {**stored, "name": "Right"})
    await access.modify(RESOURCES["individual"], other, lambda stored: {**stored, "gender": "f"})
    for result in (before[0], (await changes_of(database, other))[-1]):
        with pytest.raises(NothingDone):
            await take(officer, rectify, "complete", Said(result=result))
    change = (await changes_of(database, customer))[-1]
    assert (await take(officer, rectify, "complete", Said(result=f"change {change}"))).row.status == "done"
    said = await say(access, Statement(party, "marketing", given=False))
    assert (await take(officer, object_, "complete", Said(result=str(said.id)))).row.status == "done"
    theirs = await restrict(officer, Wished(subject_id=str(other), reason="x"))
    with pytest.raises(NothingDone):
        await take(officer, restrain, "complete", Said(result=str(theirs.id)))
    mine = await restrict(officer, Wished(subject_id=str(party), reason="x"))
    assert (await take(officer, restrain, "complete", Said(result=f"restriction {mine.id}"))).row.status == "done"
    await lift(officer, mine.id, reason="x")
    await lift(officer, theirs.id, reason="x")
    elsewhere = await erase(access, other, ground="x", register=tmp_path / "register")
    with pytest.raises(NothingDone):
        await take(officer, forget, "complete", Said(result=elsewhere.id))
    gone = await erase(access, party, ground="x", register=tmp_path / "register")
    assert (await take(officer, forget, "complete", Said(result=gone.id))).row.status == "done"


async def test_a_restriction_answers_while_it_holds_or_once_it_ran_its_time(
    access: Access, officer: Access, database: str
) -> None:
    party = await made(access, "individual", document("individual"))
    wished = Wished(subject_id=str(party), reason="x")
    old = await restrict(officer, wished)
    await lift(officer, old.id, reason="x")
    over = await restrict(officer, wished)
    await ask(database, _RAN_OUT.format(over.id, "1 day"))
    asked = [await in_work(officer, "restriction", party) for _ in range(3)]
    await lift(officer, over.id, reason="x")
    lifted = await restrict(officer, wished)
    await lift(officer, lifted.id, reason="x")
    for result in (old.id, over.id, lifted.id):
        with pytest.raises(NothingDone):
            await take(officer, asked[0], "complete", Said(result=str(result)))
    holding = await restrict(officer, wished)
    await ask(
        database, f"update restriction set since = since - interval '1 year' where id = '{holding.id}' returning 1"
    )
    assert (await take(officer, asked[0], "complete", Said(result=str(holding.id)))).row.status == "done"
    await lift(officer, holding.id, reason="x")
    short = await restrict(officer, wished)
    await ask(database, _RAN_OUT.format(short.id, "0 days"))
    assert (await take(officer, asked[1], "complete", Said(result=str(short.id)))).row.status == "done"
    await lift(officer, short.id, reason="x")
    assert (await take(officer, asked[2], "complete", Said(result=str(short.id)))).row.status == "done"


_RAN_OUT = """update restriction set since = since - interval '{1}', until = since - interval '{1}' + interval '1 ms'
where id = '{0}' returning 1"""


async def changes_of(database: str, identifier: UUID) -> list[str]:
    rows = await ask(
        database, f"select change_id::text from change_record where record_id = '{identifier}' order by version"
    )
    return [row[0] for row in rows]


def test_a_month_is_counted_as_the_law_does() -> None:
    for came, month, three in (
        ("2026-01-31", "2026-02-28", "2026-04-30"),
        ("2024-01-31", "2024-02-29", "2024-04-30"),
        ("2026-11-30", "2026-12-30", "2027-02-28"),
        ("2026-12-31", "2027-01-31", "2027-03-31"),
        ("2026-03-15", "2026-04-15", "2026-06-15"),
    ):
        at = datetime.fromisoformat(came).replace(hour=13, tzinfo=UTC)
        assert due(at).date().isoformat() == month
        assert due(at, extended=True).date().isoformat() == three


@pytest.mark.parametrize(
    ("came", "zone", "until"),
    [
        ("2026-11-02T00:00:00+00:00", "UTC", "2026-12-02T23:59:59+00:00"),
        ("2026-11-02T23:30:00+00:00", "Europe/Berlin", "2026-12-03T22:59:59+00:00"),
        ("2026-02-28T23:30:00+00:00", "Europe/Berlin", "2026-04-01T21:59:59+00:00"),
        ("2026-01-31T03:00:00+00:00", "America/New_York", "2026-03-01T04:59:59+00:00"),
        ("2026-01-31T06:00:00+00:00", "America/New_York", "2026-03-01T04:59:59+00:00"),
        ("2025-12-31T12:00:00+00:00", "Pacific/Kiritimati", "2026-02-01T09:59:59+00:00"),
        # A Saturday stays one.
        ("2026-10-05T12:00:00+00:00", "Europe/Berlin", "2026-11-05T22:59:59+00:00"),
        # Clocks go back at midnight: the hour before it comes twice.
        ("2026-09-24T12:00:00+00:00", "Asia/Beirut", "2026-10-24T21:59:59+00:00"),
    ],
)
def test_a_day_ends_where_the_time_zone_says(came: str, zone: str, until: str) -> None:
    assert due(datetime.fromisoformat(came), zone=ZoneInfo(zone)).isoformat() == until


async def test_requests_are_due_in_the_time_zone_of_the_settings(repository: Repository) -> None:
    zone = Settings(privacy_time_zone="Pacific/Kiritimati").privacy_zone
    checks = ReferenceChecks.parse(())
    async with Desk(
        repository, clock=system_clock, randomness=randbits, reference_checks=checks, privacy_zone=zone
    ) as desk:
        await register_own_clients(repository.register, clock=system_clock)
        officer = await desk.open_at_command_line(person="ann", purpose=None, request_id="officer")
        row = (await enter(officer, Asked(right="access"))).row
        assert row.due_at.astimezone(zone).time().isoformat() == "23:59:59"
        longer = (await take(officer, row.id, "extend", Said(reason="many files"))).row
        assert longer.due_at.astimezone(zone).time().isoformat() == "23:59:59"


@pytest.mark.parametrize("zone", ["Nowhere/Land", "../etc/passwd", "", "\0"])
def test_what_is_no_time_zone_is_refused(zone: str) -> None:
    with pytest.raises(InvalidSetting, match="--privacy-time-zone"):
        Settings(privacy_time_zone=zone).check()


async def test_once_a_day_the_log_counts_and_names_nobody(access: Access, desk: Desk, officer: Access) -> None:
    party = await made(access, "individual", document("individual"))
    await entered(officer, subject_id=str(party), received_at=desk.clock() - timedelta(days=40))
    with capture_logs() as logs:
        async with attending_daily(desk, every_s=0.05):
            await asyncio.sleep(0.3)
    told = [each for each in logs if each["event"] == "privacy_requests.open"]
    assert len(told) > 1
    assert told[0] == {
        "event": "privacy_requests.open",
        "log_level": "warning",
        "open": 1,
        "due_soon": 0,
        "overdue": 1,
    }


async def changed(access: Access, kind: str, identifier: UUID, **attributes: Any) -> str:
    """Change attributes of a record; return the id of the change."""
    await access.modify(RESOURCES[kind], identifier, lambda stored: {**stored, **attributes})
    (rows,) = await ask(
        access.facilities.repository.conninfo,
        f"select change_id::text from change_record where record_id = '{identifier}' order by version desc limit 1",
    )
    return str(rows[0])


async def test_what_is_said_to_be_wrong_has_to_change(access: Access, officer: Access) -> None:
    party = await made(access, "individual", {**document("individual"), "gender": "m", "placeOfBirth": "Milan"})
    customer = await made(access, "customer", customer_of(party))
    wrong = ["placeOfBirth", "customer.name", "placeOfBirth"]
    found = await enter(officer, Asked(right="rectification", subject_id=str(customer), wrong_attribute=wrong))
    assert found.row.wrong_attributes == ["individual.placeOfBirth", "customer.name"]
    request_ = found.row.id
    await take(officer, request_, "verify", Said(identity="card"))
    trivial = await changed(access, "individual", party, gender="f")
    with pytest.raises(NothingDone, match=r"individual\.placeOfBirth, customer\.name has not changed"):
        await take(officer, request_, "complete", Said(result=trivial))
    birth = await changed(access, "individual", party, placeOfBirth="Turin")
    with pytest.raises(NothingDone, match=r"done: customer\.name has not changed"):
        await take(officer, request_, "complete", Said(result=birth))
    await changed(access, "customer", customer, name="Right")
    back = await changed(access, "individual", party, placeOfBirth="Milan")
    with pytest.raises(NothingDone, match=r"done: individual\.placeOfBirth has not"):
        await take(officer, request_, "complete", Said(result=back))
    birth = await changed(access, "individual", party, placeOfBirth="Turin")
    with pytest.raises(NothingDone, match="name the id of such a change"):
        await take(officer, request_, "complete", Said(result=trivial))
    assert (await take(officer, request_, "complete", Said(result=birth))).row.status == "done"


async def test_what_is_right_is_told_to_be_so_with_a_reason(access: Access, officer: Access) -> None:
    party = await made(access, "individual", {**document("individual"), "placeOfBirth": "Milan"})
    unnamed = await in_work(officer, "rectification", party)
    with pytest.raises(NothingDone):
        await take(officer, unnamed, "complete", Said(result="nothing to change", reason="it is right"))
    named = await entered(officer, "rectification", subject_id=str(party))
    told = Said(identity="card", wrong_attribute=["individual.placeOfBirth"])
    assert (await take(officer, named, "verify", told)).row.wrong_attributes == ["individual.placeOfBirth"]
    with pytest.raises(NothingDone):
        await take(officer, named, "complete", Said(result="nothing to change"))
    done = await take(officer, named, "complete", Said(result="nothing to change", reason="the register says so"))
    assert (done.row.status, done.row.ground) == ("done", "the register says so")


async def test_the_order_of_values_is_no_change_and_an_addition_or_a_removal_is(
    access: Access, officer: Access
) -> None:
    media = [{"@type": "EmailContactMedium", "emailAddress": f"{each}@example.org"} for each in ("a", "b")]
    party = await made(access, "individual", {**document("individual"), "contactMedium": media})
    asked = []
    for name in ("contactMedium", "contactMedium.emailAddress", "individual.placeOfBirth", "contactMedium"):
        asked.append(await entered(officer, "rectification", subject_id=str(party), wrong_attribute=[name]))
        await take(officer, asked[-1], "verify", Said(identity="card"))
    turned = await changed(access, "individual", party, contactMedium=media[::-1])
    for each in asked:
        with pytest.raises(NothingDone):
            await take(officer, each, "complete", Said(result=turned))
    less = await changed(access, "individual", party, contactMedium=media[:1], placeOfBirth="Turin")
    for each in asked[:3]:
        assert (await take(officer, each, "complete", Said(result=less))).row.status == "done"
    await access.delete(RESOURCES["individual"], party)
    (last,) = await ask(
        access.facilities.repository.conninfo,
        f"select change_id::text from change_record where record_id = '{party}' order by version desc limit 1",
    )
    assert (await take(officer, asked[3], "complete", Said(result=last[0]))).row.status == "done"


@pytest.mark.parametrize(
    "name", ["birthplace", "individual.birthplace", "customer", "customer.x", "x.name", "placeOfBirth.", ".", "id\n"]
)
async def test_what_is_no_attribute_cannot_be_wrong(access: Access, officer: Access, name: str) -> None:
    party = await made(access, "individual", document("individual"))
    with pytest.raises(UnknownWrongAttribute):
        await entered(officer, "rectification", subject_id=str(party), wrong_attribute=[name])
    identifier = await entered(officer, "rectification", subject_id=str(party))
    with pytest.raises(UnknownWrongAttribute):
        await take(officer, identifier, "verify", Said(identity="x", wrong_attribute=[name]))


async def test_wrong_attributes_are_of_a_rectification_of_somebody_and_named_in_time(
    access: Access, officer: Access
) -> None:
    party = await made(access, "individual", document("individual"))
    named = ["individual.placeOfBirth"]
    for right, subject in (("access", str(party)), ("rectification", None)):
        with pytest.raises(UnknownWrongAttribute):
            await entered(officer, right, subject_id=subject, wrong_attribute=named)
    identifier = await entered(officer, "rectification", subject_id=str(party))
    with pytest.raises(StepIncomplete):
        await take(officer, identifier, "note", Said(note="x", wrong_attribute=named))
    with pytest.raises(RequestNotFound):
        await take(officer, UUID(int=0), "verify", Said(identity="x", wrong_attribute=named))
