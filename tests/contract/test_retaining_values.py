"""Values whose own time is over go out of records that stay, from all that has them, and do not come back."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest

from customer_inventory.access import Access, Desk, downloads
from customer_inventory.access.downloads import Wanted
from customer_inventory.access.erasing import finish_erasures, hide_in_trail
from customer_inventory.access.governing import approve, propose
from customer_inventory.access.holding import hold
from customer_inventory.access.privacy_request import Asked
from customer_inventory.access.privacy_requesting import enter
from customer_inventory.access.restriction import Wished, restrict
from customer_inventory.access.retaining import Found, retain
from customer_inventory.access.value_rules import pruned
from customer_inventory.api.download_wishes import sought_of
from customer_inventory.model import RESOURCES, InvalidDocument
from customer_inventory.repository.erasures import Removal, announce, read_register
from customer_inventory.requirements.governance import Proposed
from customer_inventory.requirements.reading import requirement_from
from tests.consistency import ask
from tests.contract.conftest import document
from tests.contract.test_wholes import made

INDIVIDUAL = RESOURCES["individual"]
OLD, NEW = "2001-03-31T10:00:00Z", "2099-01-01T10:00:00Z"
MAIL, COPY = "contactMedium.emailAddress", "individualIdentification.attachment"
GONE, KEPT = "ada.old@mail.example", "ada.new@mail.example"
NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
async def officer(desk: Desk) -> Access:
    return await desk.open_at_command_line(person="ann", purpose=None, request_id="officer", privacy=True)


def said(attribute: str, *counted_from: str, **more: Any) -> dict[str, Any]:
    retention = {"period": "P30D", "trigger": "its end", "countedFrom": list(counted_from), "valueAlone": True}
    asked = {"resource": "individual", "attribute": attribute, "name": "X", "meaning": "Tested.", **more}
    return {**asked, "retention": retention}


async def ask_for(desk: Desk, access: Access, attribute: str, *counted_from: str, **more: Any) -> None:
    """Have it decided by two people."""
    made_of = await propose(access, Proposed(requirement_from(said(attribute, *counted_from, **more)), "for a test"))
    other = await desk.open_at_command_line(person="another", purpose=None, request_id="r")
    await approve(other, made_of.version.id, made_of.version.version, said=None, effective_from=None)


def medium(address: str, end: str | None) -> dict[str, Any]:
    period = {"validFor": {"endDateTime": end}} if end else {}
    return {"@type": "EmailContactMedium", "contactType": "email", "emailAddress": address, **period}


async def of(access: Access, attribute: str, **more: Any) -> Found:
    return next(each for each in await retain(access, **more) if each.attribute == attribute)


async def content(access: Access, identifier: UUID) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode((await access.read(INDIVIDUAL, identifier)).document)
    return found


async def anywhere(database: str, text: str) -> list[str]:
    """The tables that hold a text, of those that hold what people say."""
    tables = ("individual", "individual_history", "received_event", "subscription", "download")
    return [each for each in tables if await ask(database, f"select 1 from {each} t where t::text ~* '{text}'")]


async def test_a_value_goes_from_every_version_and_what_others_sent_and_the_record_stays(
    desk: Desk, officer: Access, database: str, tmp_path: Path
) -> None:
    await ask_for(desk, officer, MAIL, "contactMedium.validFor.endDateTime", unique=True, enforcement="refuse")
    media = [medium(GONE, OLD), medium(KEPT, NEW)]
    party = await made(officer, "individual", document("individual", contactMedium=media))
    other = await made(officer, "individual", document("individual", contactMedium=[medium("bob@mail.example", None)]))
    await officer.modify(INDIVIDUAL, party, lambda stored: {**stored, "gender": "f"})
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
        event = "insert into received_event values (1, 'c', %s, %s, 'TMF632', 'v5', 'x', now(), %s)"
        await connection.execute(event, ("1", party, f'{{"id":"{party}","a":"{GONE}"}}'))
        await connection.execute(event, ("2", other, f'{{"id":"{party}","a":"{KEPT}"}}'))
    dry = await of(officer, MAIL)
    assert (dry.past, dry.to_erase, dry.uncounted, dry.erased, dry.ids) == (1, 1, 1, 0, [str(party)])
    assert dry.oldest == datetime(2001, 4, 30, 10, tzinfo=UTC)
    assert await anywhere(database, GONE) == ["individual", "individual_history", "received_event"]
    done = await of(officer, MAIL, register=tmp_path / "register")
    assert (done.erased, len(done.receipts)) == (1, 1)
    assert await anywhere(database, GONE) == []
    left = await content(officer, party)
    assert [each.get("emailAddress") for each in left["contactMedium"]] == [None, KEPT]
    assert (left["gender"], left["givenName"]) == ("f", "Ada")
    assert await ask(database, "select event_id from received_event") == [("2",)]
    assert [row[0] for row in await ask(database, "select count(*) from unique_value")] == [2]
    ((rows,),) = await ask(database, "select rows from erasure")
    assert rows == {"individual.contactMedium.emailAddress": 1, "received_event": 1, "unique_value": 1}
    again = await of(officer, MAIL, register=tmp_path / "register")
    assert (again.past, again.erased) == (0, 0)


async def test_what_downloads_were_asked_for_by_does_not_tell_it(
    desk: Desk, officer: Access, database: str, tmp_path: Path
) -> None:
    """Of the attribute, and of records that had the value: a filter of another thing stays."""
    await ask_for(desk, officer, "placeOfBirth", "birthDate")
    born = {"birthDate": "1980-01-01", "placeOfBirth": "Zwiebelstadt"}
    await made(officer, "individual", document("individual", **born))
    wishes = ("placeOfBirth=Zwiebelstadt", "filter=$[?(@.placeOfBirth=='zwiebelstadt')]", "placeOfBirth=Ulm")
    asked = [
        await downloads.request(officer, await sought_of(officer, Wanted(kind="individual", filter=each)))
        for each in (*wishes, "nationality=Zwiebelstadt")
    ]
    assert (await of(officer, "placeOfBirth", register=tmp_path / "register")).erased == 1
    rows = dict(await ask(database, "select id, wish::json ->> 'filter' from download"))
    assert [rows[each.id] for each in asked] == ["erased", "erased", "placeOfBirth=Ulm", "nationality=Zwiebelstadt"]
    assert ("download",) in await ask(database, "select table_name from scrub_due")


async def test_the_trail_tells_and_goes_on_to_name_the_record(
    desk: Desk, officer: Access, database: str, tmp_path: Path
) -> None:
    await ask_for(desk, officer, MAIL, "contactMedium.validFor.endDateTime")
    party = await made(officer, "individual", document("individual", contactMedium=[medium(GONE, OLD)]))
    await of(officer, MAIL, register=tmp_path / "register")
    named = f"select verb, outcome from trail where record_ids @> array['{party}'::uuid] order by id"
    assert ("modify", "done") in await ask(database, named)
    number = len(await ask(database, named))
    await hide_in_trail(desk)
    assert len(await ask(database, named)) == number
    ground = "retention of individual.contactMedium.emailAddress: P30D from its end"
    assert await ask(database, "select ground, finished_at is not null from erasure") == [(ground, True)]
    await desk.repository.erasures.forget(before=datetime(2099, 1, 1, tzinfo=UTC))
    assert await ask(database, f"select operation from change_record where record_id = '{party}' order by version") == [
        ("create",),
        ("modify",),
    ]


async def test_neither_undo_nor_restore_brings_it_back(
    desk: Desk, officer: Access, database: str, tmp_path: Path
) -> None:
    await ask_for(desk, officer, MAIL, "contactMedium.validFor.endDateTime")
    party = await made(officer, "individual", document("individual", contactMedium=[medium(GONE, OLD)]))
    gone = await made(officer, "individual", document("individual", contactMedium=[medium(GONE, OLD)]))
    await officer.modify(INDIVIDUAL, party, lambda stored: {**stored, "contactMedium": []})
    await officer.delete(INDIVIDUAL, gone)
    assert (await of(officer, MAIL, register=tmp_path / "register")).erased == 2
    changes = await ask(database, "select distinct change_id from change_record where operation = 'modify'")
    for (change,) in changes:
        await officer.undo(change, skip_conflicts=True, dry=False)
    for identifier in (party, gone):
        await officer.restore(INDIVIDUAL, identifier, 1)
        assert "emailAddress" not in str(await content(officer, identifier))
    assert await anywhere(database, GONE) == []


async def test_an_older_backup_loses_it_again_before_anybody_gets_in(
    desk: Desk, officer: Access, database: str, tmp_path: Path
) -> None:
    media = [medium(GONE, OLD), medium(KEPT, NEW)]
    await ask_for(desk, officer, MAIL, "contactMedium.validFor.endDateTime")
    party = await made(officer, "individual", document("individual", contactMedium=media))
    await of(officer, MAIL, register=tmp_path / "register")
    known = await read_register(tmp_path / "register")
    assert known[0].removal is not None
    # As a backup from before holds it, with a catalogue that may not say it yet.
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
        await connection.execute("delete from erasure_record; delete from erasure; delete from requirement_version")
        await connection.execute(
            "update individual set doc = jsonb_set(doc, '{contactMedium,0,emailAddress}', %s::jsonb)", (f'"{GONE}"',)
        )
        await announce(connection, known)
    assert await anywhere(database, GONE) == ["individual"]
    (receipt,) = await finish_erasures(desk, register=tmp_path / "register")
    assert receipt.rows["individual.contactMedium.emailAddress"] == 1
    assert await anywhere(database, GONE) == []
    assert [each.get("emailAddress") for each in (await content(officer, party))["contactMedium"]] == [None, KEPT]


async def test_what_a_crash_interrupted_is_finished(
    desk: Desk, officer: Access, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ask_for(desk, officer, MAIL, "contactMedium.validFor.endDateTime")
    await made(officer, "individual", document("individual", contactMedium=[medium(GONE, OLD)]))
    from customer_inventory.repository.erasing import ErasureWork  # noqa: PLC0415

    async def crash(*_: Any, **__: Any) -> None:
        raise KeyError("crashed")

    with monkeypatch.context() as patched:
        patched.setattr(ErasureWork, "cut", crash)
        with pytest.raises(KeyError):
            await retain(officer, register=tmp_path / "register")
    assert await anywhere(database, GONE) == ["individual"]
    (receipt,) = await finish_erasures(desk, register=tmp_path / "register")
    assert receipt.finished_at is not None
    assert await anywhere(database, GONE) == []


async def test_what_keeps_a_person_keeps_their_values(
    desk: Desk, officer: Access, database: str, tmp_path: Path
) -> None:
    await ask_for(desk, officer, MAIL, "contactMedium.validFor.endDateTime")
    people = [
        await made(officer, "individual", document("individual", contactMedium=[medium(GONE, OLD)])) for _ in range(4)
    ]
    held, limited, asking, free = people
    await hold(officer, held, ground="litigation 4")
    await restrict(officer, Wished(subject_id=str(limited), reason="disputed"))
    await enter(officer, Asked(right="access", subject_id=str(asking)))
    kept = {"legal hold: litigation 4": 1, "restricted: disputed": 1, "open privacy request: access": 1}
    for more in ({}, {"register": tmp_path / "register"}):
        found = await of(officer, MAIL, **more)
        assert (found.past, found.to_erase, dict(found.kept), found.ids) == (4, 1, kept, [str(free)])
    rows = await ask(database, f"select id from individual where doc::text ~ '{GONE}' order by id")
    assert {row[0] for row in rows} == {held, limited, asking}


async def test_files_go_with_the_attachment_that_names_them(
    desk: Desk, officer: Access, database: str, tmp_path: Path
) -> None:
    await ask_for(desk, officer, COPY, "individualIdentification.validFor.endDateTime")
    file = base64.b64encode(b"%PDF-1.4 " + b"passport" * 4000).decode()
    attachment = {
        "@type": "Attachment",
        "attachmentType": "copy",
        "name": "copy",
        "mimeType": "application/pdf",
        "content": file,
    }
    paper = {
        "@type": "IndividualIdentification",
        "identificationId": "C01X00T47",
        "identificationType": "passport",
        "validFor": {"endDateTime": OLD},
        "attachment": attachment,
    }
    party = await made(officer, "individual", document("individual", individualIdentification=[paper]))
    assert await ask(database, "select count(*) from content") == [(1,)]
    await of(officer, COPY, register=tmp_path / "register")
    assert await ask(database, "select (select count(*) from content) + (select count(*) from content_use)") == [(0,)]
    (left,) = (await content(officer, party))["individualIdentification"]
    assert (left["identificationId"], "attachment" in left) == ("C01X00T47", False)


async def test_the_last_change_of_a_record_is_no_later_for_it(
    desk: Desk, officer: Access, database: str, tmp_path: Path
) -> None:
    await ask_for(desk, officer, "location", "lastChange")
    party = await made(officer, "individual", document("individual", location="Nowhere 4711"))
    assert (await of(officer, "location")).past == 0
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
        await connection.execute("update individual set updated_at = '2020-01-01', created_at = '2020-01-01'")
    assert (await of(officer, "location", register=tmp_path / "register")).erased == 1
    assert "location" not in await content(officer, party)
    assert await ask(database, "select version, updated_at < '2020-01-02' from individual") == [(2, True)]


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        (said(MAIL, "lastChange", obligation="mandatory"), "retention.valueAlone"),
        (said(MAIL, "lastChange", obligation="conditional", condition="@.contactType == 'email'"), "valueAlone"),
        (said("individualIdentification.attachment.attachmentType", "lastChange"), "retention.valueAlone"),
        ({**said("engagedParty.id", "lastChange"), "resource": "customer"}, "retention.valueAlone"),
        ({**said("name", "lastChange"), "resource": "customer"}, "retention.valueAlone"),
    ],
)
async def test_what_a_record_cannot_be_without_cannot_go_alone(
    officer: Access, asked: dict[str, Any], problem: str
) -> None:
    with pytest.raises(InvalidDocument) as caught:
        await propose(officer, Proposed(requirement_from(asked), "for a test"))
    assert any(problem in each.path for each in caught.value.problems), caught.value.problems


async def test_what_goes_alone_says_where_it_is_counted_from(officer: Access) -> None:
    asked = said(MAIL, "x")
    del asked["retention"]["countedFrom"]
    with pytest.raises(InvalidDocument, match="countedFrom"):
        await propose(officer, Proposed(requirement_from(asked), "for a test"))


def removal(attribute: str, *counted_from: str) -> Removal:
    return Removal("individual", attribute, "P30D", "end", counted_from, year_end=False, ground="")


@pytest.mark.parametrize(
    ("before", "attribute", "counted_from", "after"),
    [
        ({"a": {"b": "x", "end": OLD}}, "a.b", ("a.end",), {"a": {"end": OLD}}),
        ({"a": {"b": "x"}, "end": OLD}, "a.b", ("end",), {"end": OLD}),
        ({"a": [{"b": "x", "end": OLD}, {"b": "y", "end": NEW}]}, "a.b", ("a.end",), None),
        ({"a": [{"v": 1, "end": OLD}, {"v": 2, "end": NEW}]}, "a", ("a.end",), {"a": [{"v": 2, "end": NEW}]}),
        ({"a": [{"v": 1, "end": OLD}]}, "a", ("a.end",), {}),
        ({"a": {"@type": "A", "b": 1}, "end": OLD}, "a.b", ("none", "end"), {"end": OLD}),
        ({"c": [{"name": "n", "value": 1}, {"name": "m"}], "end": OLD}, "c[n]", ("end",), None),
        ({"a": "x", "end": NEW}, "a", ("end",), {"a": "x", "end": NEW}),
        ({"a": "x", "end": "soon"}, "a", ("end",), {"a": "x", "end": "soon"}),
    ],
)
def test_each_entry_is_counted_by_itself(
    before: dict[str, Any], attribute: str, counted_from: tuple[str, ...], after: dict[str, Any] | None
) -> None:
    found = pruned(before, removal(attribute, *counted_from), {}, now=NOW)
    if after is None and attribute == "a.b":
        after = {"a": [{"end": OLD}, {"b": "y", "end": NEW}]}
    elif after is None:
        after = {"c": [{"name": "m"}], "end": OLD}
    assert found.document == after
    assert found.uncounted == (before.get("end") == "soon")
