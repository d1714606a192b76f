"""An erasure takes a subject with all that belongs to it, leaves what belongs to others, and is always finished."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest

from customer_inventory.access import Access, Desk
from customer_inventory.access.access import RecordNotFound
from customer_inventory.access.clients import register_client
from customer_inventory.access.erasing import erase, finish_erasures, hide_in_trail, plan
from customer_inventory.access.grants import Denied
from customer_inventory.access.sealing.stored import leaf_of
from customer_inventory.access.subjects import NoSubject
from customer_inventory.model import RESOURCES, validate
from customer_inventory.repository import Repository
from customer_inventory.repository.erasing import ErasureWork
from customer_inventory.repository.erasures import Erasure, announce, read_register
from tests.consistency import ask
from tests.contract.conftest import START, customer_of, document
from tests.contract.test_wholes import made, paper, ref

INDIVIDUAL, CUSTOMER, DOCUMENT = RESOURCES["individual"], RESOURCES["customer"], RESOURCES["document"]
MESSAGE, AGREEMENT = RESOURCES["communicationMessage"], RESOURCES["agreement"]
EVERYTHING = "select (select count(*) from individual) + (select count(*) from individual_history)"


def agreed(*parties: dict[str, Any]) -> dict[str, Any]:
    return {
        "@type": "Agreement",
        "name": "contract",
        "agreementType": "commercial",
        "agreementItem": [{"@type": "AgreementItem", "id": "1"}],
        "engagedParty": list(parties),
    }


@pytest.fixture
async def ada(access: Access) -> dict[str, UUID]:
    """Ada, with a customer, papers, an agreement of her own and one with a company; and Bob, who knows her."""
    party = await made(access, "individual", document("individual", givenName="Ada"))
    customer = await made(access, "customer", customer_of(party, name="Ada L"))
    company = await made(access, "organization", document("organization"))
    found = {"party": party, "customer": customer, "company": company}
    found["paper"] = await made(access, "document", paper(customer, "contract"))
    found["gone"] = await made(access, "document", paper(party, "letter", "Individual"))
    await access.delete(DOCUMENT, found["gone"])
    named = ref(party, "Individual") | {"name": "Ada Lovelace"}
    found["own"] = await made(access, "agreement", agreed(named))
    found["shared"] = await made(access, "agreement", agreed(named, ref(company, "Organization")))
    wife = {"@type": "RelatedPartyOrPartyRole", "role": "wife", "partyOrPartyRole": named}
    found["bob"] = await made(
        access, "individual", document("individual", givenName="Bob", familyName="Moss", relatedParty=[wife])
    )
    return found


async def kept(access: Access, resource: Any, identifier: UUID) -> dict[str, Any]:
    record = await access.read(resource, identifier)
    found: dict[str, Any] = msgspec.json.decode(record.document)
    return found


async def erased(access: Access, identifier: UUID, tmp_path: Path, **more: Any) -> dict[str, int]:
    receipt = await erase(access, identifier, ground="asked", register=tmp_path / "register", **more)
    assert receipt.finished_at is not None
    return receipt.rows


async def test_all_that_is_hers_goes_and_others_lose_their_references_alone(
    access: Access, ada: dict[str, UUID], database: str, tmp_path: Path
) -> None:
    planned = await plan(access, ada["customer"])
    assert planned.records == {"individual": 1, "customer": 1, "document": 2, "agreement": 1}
    assert planned.others == {"agreement": 1, "individual": 1}
    assert (await access.read(INDIVIDUAL, ada["party"])).version == 1
    rows = await erased(access, ada["customer"], tmp_path)
    assert await ask(database, f"select 1 from trail where record_ids @> array['{ada['party']}'::uuid]") == []
    assert {name: number for name, number in planned.rows.items() if name != "trail"}.items() <= rows.items()
    for resource, name in ((INDIVIDUAL, "party"), (CUSTOMER, "customer"), (DOCUMENT, "paper"), (AGREEMENT, "own")):
        with pytest.raises(RecordNotFound):
            await access.read(resource, ada[name])
    shared = await kept(access, AGREEMENT, ada["shared"])
    assert [each["id"] for each in shared["engagedParty"]] == [str(ada["company"])]
    assert "relatedParty" not in await kept(access, INDIVIDUAL, ada["bob"])
    for table in ("agreement", "agreement_history", "individual", "individual_history", "document_history"):
        assert await ask(database, f"select doc::text from {table} where doc::text ~ '{ada['party']}|Lovelace'") == []
        assert await ask(database, f"select terms::text from {table} where terms::text ~ '{ada['party']}|Ada'") == []
    assert await ask(database, f"select 1 from link where '{ada['party']}' in (source_id::text, target_id::text)") == []
    assert await ask(database, "select 1 from deleted_record") == []
    assert (await plan(access, ada["bob"])).records == {"individual": 1}


async def test_what_must_be_there_points_at_nobody(access: Access, ada: dict[str, UUID], tmp_path: Path) -> None:
    told = {
        "content": "hello",
        "messageType": "sms",
        "receiver": [{"id": "1", "party": ref(ada["company"], "Organization")}],
        "sender": {"phoneNumber": "+4915112309876", "party": ref(ada["party"], "Individual")},
    }
    message = await made(access, "communicationMessage", told)
    await erased(access, ada["party"], tmp_path)
    left = await kept(access, MESSAGE, message)
    assert left["sender"] == {"party": {"@type": "PartyRef", "@referredType": "Individual", "id": "erased"}}
    validate(MESSAGE, left)


async def test_keys_events_reasons_and_subscriptions_go_too(
    access: Access, ada: dict[str, UUID], database: str, tmp_path: Path
) -> None:
    mail = "ada.lovelace@mail.example"
    contact = {"@type": "EmailContactMedium", "emailAddress": mail}
    await access.because("Ada Lovelace called").modify(
        INDIVIDUAL, ada["party"], lambda stored: {**stored, "contactMedium": [contact]}
    )
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
        await connection.execute(
            "insert into unique_value values (1, decode(repeat('ab', 32), 'hex'), %s)", (ada["party"],)
        )
        await connection.execute("insert into source_record values (1, 'individual', 'crm', 'A1', %s)", (ada["party"],))
        event = "insert into received_event values (1, 'c', %s, %s, 'TMF632', 'v5', 'x', now(), %s)"
        await connection.execute(event, ("1", ada["bob"], f'{{"a":"{mail}"}}'))
        await connection.execute(event, ("2", ada["company"], '{"a":"somebody else"}'))
        await connection.execute(
            """insert into subscription values (gen_random_uuid(), 'command-line', 'p', 'TMF632', 'v5', null, 'http://x',
            'contactMedium.emailAddress=ada.lovelace%40mail.example', 'Hub', 'f', 's', 'active', null, now(), 0, 0,
            gen_random_uuid(), 0)"""
        )
    rows = await erased(access, ada["party"], tmp_path)
    gone = ("unique_value", "source_record", "received_event", "subscription", "change")
    assert {name: rows[name] for name in gone} == dict.fromkeys(gone, 1)
    assert await ask(database, "select event_id from received_event") == [("2",)]
    assert await ask(database, "select 1 from change where reason is not null") == []


async def test_events_of_the_same_name_are_told_and_go_when_they_are_named(
    access: Access, ada: dict[str, UUID], database: str, tmp_path: Path
) -> None:
    event = "insert into received_event values (1, 'c', '1', %s, 'TMF632', 'v5', 'x', now(), %s)"
    body = '{"givenName":"Ada","familyName":"Lovelace"}'
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
        await connection.execute(event, (ada["bob"], body))
    assert (await plan(access, ada["party"])).doubtful == [str(ada["bob"])]
    assert (await plan(access, ada["party"], events=[ada["bob"]])).doubtful == []
    assert (await erased(access, ada["party"], tmp_path, events=[ada["bob"]]))["received_event"] == 1


async def test_what_a_crash_interrupts_is_finished_before_anybody_gets_in(
    desk: Desk, access: Access, ada: dict[str, UUID], database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {row[0]: leaf_of(row) for row in await _sealed(desk.repository)}
    register = tmp_path / "register"
    for step in ("erase", "hide"):

        async def dies(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr(ErasureWork, step, dies)
            with pytest.raises(KeyboardInterrupt):
                await erase(access, ada["party"], ground="asked", register=register)
    assert len(await desk.repository.erasures.unfinished()) == 2
    assert {UUID(int=each.int) for _, each in (await read_register(register))[0].records} >= {ada["party"], ada["own"]}
    receipts = await finish_erasures(desk, register=register)
    assert sum(receipt.rows.get("individual", 0) for receipt in receipts) == 1
    assert await finish_erasures(desk, register=register) == []
    assert await ask(database, f"select 1 from trail where record_ids && array['{ada['party']}'::uuid]") == []
    after = {row[0]: leaf_of(row) for row in await _sealed(desk.repository)}
    assert before.items() <= after.items()


async def _sealed(repository: Repository) -> list[Any]:
    async with repository.seals.reading() as reading:
        return [row async for row in reading.entries(0, 2**62)]


async def test_who_asks_again_by_the_id_is_hidden_with_the_next_scrub(
    desk: Desk, access: Access, ada: dict[str, UUID], database: str, tmp_path: Path
) -> None:
    await erased(access, ada["party"], tmp_path)
    with pytest.raises(RecordNotFound):
        await access.read(INDIVIDUAL, ada["party"])
    assert await hide_in_trail(desk) == 1
    assert await ask(database, f"select 1 from trail where record_ids && array['{ada['party']}'::uuid]") == []


async def test_the_register_forgets_whom_it_was_when_no_backup_has_them(
    desk: Desk, access: Access, ada: dict[str, UUID], database: str, tmp_path: Path
) -> None:
    await erased(access, ada["party"], tmp_path)
    erasures = desk.repository.erasures
    assert await erasures.forget(before=START - timedelta(days=9999)) == (0, 0)
    ids, told = await erasures.forget(before=datetime.now(UTC) + timedelta(days=1))
    assert (ids, told >= ids) == (5, True)
    assert [each.records for each in await erasures.registered()] == [()]
    assert await ask(database, f"select 1 from change_record where record_id = '{ada['party']}'") == []
    assert len(await erasures.receipts()) == 1


async def test_whoever_may_not_delete_erases_nobody(
    desk: Desk, access: Access, ada: dict[str, UUID], database: str, tmp_path: Path
) -> None:
    count = await ask(database, EVERYTHING)
    reader = desk.repository.register

    made_client = await register_client(
        reader, name="reader", purposes=["p"], grants=["read"], by="t", clock=desk.clock
    )
    denied = await desk.open_for_client(made_client.client_id, purpose="p", request_id="r")
    with pytest.raises(Denied):
        await erase(denied, ada["party"], ground="x", register=tmp_path / "register")
    with pytest.raises(Denied):
        await plan(denied, ada["party"])
    for identifier in (ada["paper"], UUID("019a0000-0000-8001-8000-000000000001")):
        with pytest.raises(NoSubject):
            await plan(access, identifier)
    assert await ask(database, EVERYTHING) == count


async def test_what_a_restore_announced_is_erased_before_anybody_gets_in(
    desk: Desk, ada: dict[str, UUID], database: str, tmp_path: Path
) -> None:
    """Whatever happened to the restore itself: the register stood in the database before the data came."""
    records = (("individual", ada["party"]),)
    known = Erasure(UUID(int=7), START, "command-line", None, "asked", records)
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
        await announce(connection, [known])
    (receipt,) = await finish_erasures(desk, register=tmp_path / "register")
    assert (receipt.id, receipt.ground, receipt.rows["customer"]) == (str(known.id), "asked", 1)
    assert await ask(database, "select to_regclass('restoring.erasure')::text") == [(None,)]
    assert await ask(database, f"select 1 from individual where id = '{ada['party']}'") == []
