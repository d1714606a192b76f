"""What is past its retention is shown with what keeps it, and erased when that is said, and nothing else."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from customer_inventory.access import Access, Desk
from customer_inventory.access.holding import hold
from customer_inventory.access.privacy_request import Asked
from customer_inventory.access.privacy_requesting import enter
from customer_inventory.access.restriction import Wished, restrict
from customer_inventory.access.retaining import Found, RetentionRunning, retain, retaining_nightly, rules
from customer_inventory.access.retention import Rule, after, rule_of
from customer_inventory.model import RESOURCES
from customer_inventory.repository import Repository
from customer_inventory.requirements.baseline import shipped
from tests.consistency import ask
from tests.contract.conftest import customer_of, document
from tests.contract.test_erasing import agreed
from tests.contract.test_wholes import made, ref

CHANNEL = {"@type": "ChannelRef", "@referredType": "Channel", "id": "phone"}
OLD, NEW = "2001-03-31T10:00:00Z", "2026-01-01T10:00:00Z"


@pytest.fixture
async def officer(desk: Desk) -> Access:
    return await desk.open_at_command_line(person="ann", purpose=None, request_id="officer", privacy=True)


def talk(party: UUID, ended: str | None) -> dict[str, Any]:
    date = {"startDateTime": "2001-01-01T10:00:00Z", **({"endDateTime": ended} if ended else {})}
    related = {"@type": "RelatedPartyOrPartyRole", "role": "customer", "partyOrPartyRole": ref(party, "Individual")}
    return {
        "@type": "PartyInteraction",
        "description": "call",
        "reason": "question",
        "direction": "inbound",
        "relatedChannel": [{"@type": "RelatedChannel", "role": "used", "channel": CHANNEL}],
        "interactionDate": date,
        "relatedParty": [related],
    }


def contract(party: UUID, end: str | None) -> dict[str, Any]:
    period = {"startDateTime": "2000-01-01T00:00:00Z", **({"endDateTime": end} if end else {})}
    return {**agreed(ref(party, "Individual") | {"name": "A"}), "agreementPeriod": period}


async def of(access: Access, kind: str, **more: Any) -> Found:
    return next(each for each in await retain(access, **more) if each.rule.kind == kind)


async def number(database: str, kind: str) -> int:
    return int((await ask(database, f"select count(*) from {kind}"))[0][0])


async def test_things_go_when_their_time_is_over(officer: Access, database: str, tmp_path: Path) -> None:
    party = await made(officer, "individual", document("individual"))
    for ended in (OLD, OLD, NEW, None):
        await made(officer, "partyInteraction", talk(party, ended))
    found = await of(officer, "party_interaction")
    assert (found.past, found.to_erase, found.erased) == (2, 2, 0)
    assert found.oldest == datetime(2004, 3, 31, 10, tzinfo=UTC)
    assert await number(database, "party_interaction") == 4
    done = await of(officer, "party_interaction", register=tmp_path / "register")
    assert (done.erased, len(done.receipts)) == (2, 1)
    assert await number(database, "party_interaction") == 2
    assert await number(database, "individual") == 1
    assert (await ask(database, "select ground from erasure")) == [
        ("retention of partyInteraction: P3Y from end of the interaction",)
    ]
    again = await of(officer, "party_interaction", register=tmp_path / "register")
    assert (again.past, again.erased) == (0, 0)


async def test_a_bound_is_kept_and_the_next_run_goes_on(officer: Access, database: str, tmp_path: Path) -> None:
    party = await made(officer, "individual", document("individual"))
    for _ in range(5):
        await made(officer, "partyInteraction", talk(party, OLD))
    for left in (3, 1, 0):
        await retain(officer, register=tmp_path / "register", most=2)
        assert await number(database, "party_interaction") == left


async def test_a_party_goes_after_its_last_contract_and_not_before_what_must_be_kept_longer(
    officer: Access, database: str, tmp_path: Path
) -> None:
    people = {}
    for name, end in (("old", OLD), ("recent", "2020-01-01T00:00:00Z"), ("running", None), ("none", "")):
        people[name] = await made(officer, "individual", document("individual", givenName=name))
        await made(officer, "customer", customer_of(people[name]))
        if end != "":
            await made(officer, "agreement", contract(people[name], end))
    found = await of(officer, "individual")
    assert (found.past, found.uncounted) == (2, 2)
    assert dict(found.kept) == {"agreement that belongs to it is kept longer": 1}
    await retain(officer, register=tmp_path / "register")
    left = {row[0] for row in await ask(database, "select doc->>'givenName' from individual")}
    assert left == {"recent", "running", "none"}
    assert (
        await ask(database, "select 1 from agreement where doc->'agreementPeriod'->>'endDateTime' like '2001%'") == []
    )


async def test_what_keeps_it_is_told_and_keeps_it(officer: Access, database: str, tmp_path: Path) -> None:
    held, limited, asking, free = [await made(officer, "individual", document("individual")) for _ in range(4)]
    for party in (held, limited, asking, free):
        customer = await made(officer, "customer", customer_of(party))
        await made(officer, "partyInteraction", talk(party, OLD))
        assert customer
    await hold(officer, held, ground="litigation 4")
    await restrict(officer, Wished(subject_id=str(limited), reason="disputed"))
    await enter(officer, Asked(right="access", subject_id=str(asking)))
    expected = {"legal hold: litigation 4": 1, "restricted: disputed": 1, "open privacy request: access": 1}
    found = await of(officer, "party_interaction")
    assert (found.past, found.to_erase, dict(found.kept)) == (4, 1, expected)
    done = await of(officer, "party_interaction", register=tmp_path / "register")
    assert (done.erased, dict(done.kept)) == (1, expected)
    assert await number(database, "party_interaction") == 3


async def test_open_accounts_are_kept_and_closed_ones_counted_from_the_end_of_the_year() -> None:
    rule = rule_of(RESOURCES["billingAccount"], shipped("billingAccount").values())
    assert rule is not None
    assert rule.due(datetime(2010, 3, 1, tzinfo=UTC)) == datetime(2021, 1, 1, tzinfo=UTC)


async def test_a_record_that_is_changed_meanwhile_is_left(
    officer: Access, repository: Repository, database: str, tmp_path: Path
) -> None:
    party = await made(officer, "individual", document("individual"))
    first, second = [await made(officer, "partyInteraction", talk(party, OLD)) for _ in range(2)]
    from customer_inventory.access import retaining  # noqa: PLC0415

    known = await rules(officer)
    async with repository.erasing.working() as work:
        one = retaining._Retaining(officer, work, known, Found(known["party_interaction"]), tmp_path / "register")
        assert await one._is_to_go(str(first))
        assert await one._is_to_go(str(second))
        later = {"startDateTime": OLD, "endDateTime": NEW}
        resource = RESOURCES["partyInteraction"]
        await officer.modify(resource, first, lambda stored: {**stored, "interactionDate": later})
        await one._erase([str(first), str(second)], tmp_path / "register")
    assert (one.found.erased, dict(one.found.kept)) == (1, {"it was changed meanwhile": 1})
    assert await ask(database, "select id from party_interaction") == [(first,)]


async def test_one_at_a_time(officer: Access, repository: Repository, tmp_path: Path) -> None:
    async with repository.erasing.working() as work:
        assert await work.alone()
        with pytest.raises(RetentionRunning):
            await retain(officer, register=tmp_path / "register")
        assert await retain(officer)
    await retain(officer, register=tmp_path / "register")


async def test_a_server_does_it_at_night(desk: Desk, officer: Access, database: str, tmp_path: Path) -> None:
    party = await made(officer, "individual", document("individual"))
    await made(officer, "partyInteraction", talk(party, OLD))
    async with retaining_nightly(desk, register=tmp_path / "register", first_in_s=0.01):
        for _ in range(200):
            if await number(database, "party_interaction") == 0:
                break
            await asyncio.sleep(0.05)
    assert await number(database, "party_interaction") == 0


@pytest.mark.parametrize(
    ("period", "start", "end"),
    [
        ("P3Y", "2024-02-29", "2027-02-28"),
        ("P1M", "2026-01-31", "2026-02-28"),
        ("P30D", "2026-01-31", "2026-03-02"),
        ("P1Y6M10D", "2020-08-31", "2022-03-10"),
        ("P999Y99999D", "2026-01-01", "3298-10-15"),
    ],
)
def test_periods(period: str, start: str, end: str) -> None:
    found = after(datetime.fromisoformat(start).replace(tzinfo=UTC), period)
    assert found.date().isoformat() == end or period == "P999Y99999D"


def test_the_longest_retention_of_the_attributes_that_a_record_has_counts() -> None:
    rule = rule_of(RESOURCES["individual"], shipped("individual").values())
    assert isinstance(rule, Rule)
    assert (rule.period, rule.counted_from) == ("P3Y", ("lastContract",))
    assert rule.applying({"givenName": "A"}) is rule
    exempt = rule.applying({"givenName": "A", "taxExemptionCertificate": [{"certificateNumber": "4"}]})
    assert (exempt.period, exempt.counted_from) == ("P10Y", ())
    assert rule.applying({"taxExemptionCertificate": []}) is rule
    assert rule_of(RESOURCES["individual"], []) is None
    assert rule.due(datetime(2020, 1, 1, tzinfo=UTC)) - datetime(2020, 1, 1, tzinfo=UTC) > timedelta(days=1090)
