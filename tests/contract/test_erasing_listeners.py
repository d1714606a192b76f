"""Erasing who listens: subscriptions and topics that ask for the subject, and the table of holds, released or not."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID, uuid4

import msgspec
import psycopg
import pytest

from customer_inventory.access import Access
from customer_inventory.access.erasing import plan
from tests.consistency import ask
from tests.contract.test_erasing import INDIVIDUAL, ada, erased

MAIL = "ada.lovelace@mail.example"
QUERY = "event.individual"
__all__ = ["ada"]


async def subscribed(database: str, query: str, *, callback: str = "http://hook.example/x", topic: str = "") -> None:
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
        await connection.execute(
            """insert into subscription values (gen_random_uuid(), 'command-line', 'p', 'TMF632', 'v5', %s, %s,
            %s, 'Hub', %s, 's', 'active', null, now(), 0, 0, gen_random_uuid(), 0)""",
            (topic or None, callback, query, uuid4().bytes),
        )


async def topic(database: str, **said: str) -> str:
    identifier = str(uuid4())
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
        document = msgspec.json.encode({"@type": "Topic", "name": "t", **said}).decode()
        await connection.execute("insert into topic values (%s, 'c', now(), %s)", (identifier, document))
    return identifier


@pytest.fixture
async def mailed(access: Access, ada: dict[str, UUID]) -> UUID:
    contact = {"@type": "EmailContactMedium", "emailAddress": MAIL}
    await access.modify(INDIVIDUAL, ada["party"], lambda stored: {**stored, "contactMedium": [contact]})
    return ada["party"]


async def test_topics_that_ask_for_the_subject_go(access: Access, mailed: UUID, database: str, tmp_path: Path) -> None:
    of_mail = await topic(database, contentQuery=f"{QUERY}.contactMedium.emailAddress={MAIL.replace('@', '%40')}")
    await topic(database, contentQuery="$.event.individual[?(@.familyName=='Lovelace')]")
    await topic(database, headerQuery=f"{QUERY}.contactMedium.emailAddress={MAIL}")
    other = await topic(database, contentQuery=f"{QUERY}.familyName=Somebody", name="Lovelace and sons")
    await subscribed(database, "", topic=of_mail)
    assert (await plan(access, mailed)).rows["topic"] == 3
    assert (await erased(access, mailed, tmp_path))["topic"] == 3
    assert await ask(database, "select id::text from topic") == [(other,)]
    assert await ask(database, "select status from subscription") == [("disabled",)]
    assert await ask(database, "select 1 from scrub_due where table_name = 'topic'") == [(1,)]


async def test_subscriptions_by_a_name_or_a_callback_go(
    access: Access, mailed: UUID, database: str, tmp_path: Path
) -> None:
    for query in (
        f"{QUERY}.familyName=Lovelace",
        f"{QUERY}.familyName=LOVELACE&eventType=x",
        f"{QUERY}.fullName.regex=Lovel*",
    ):
        await subscribed(database, query)
    await subscribed(database, "", callback=f"http://hook.example/of/{MAIL}?x=1")
    await subscribed(database, "", callback="http://hook.example/of/ada-lovelace")
    await subscribed(database, f"{QUERY}.familyName=Somebody", callback="http://lovelace.example/x")
    await subscribed(database, "lovelace=3")
    assert (await plan(access, mailed)).rows["subscription"] == 5
    assert (await erased(access, mailed, tmp_path))["subscription"] == 5
    left = await ask(database, "select query from subscription order by query")
    assert left == [(f"{QUERY}.familyName=Somebody",), ("lovelace=3",)]


async def test_a_hold_that_was_released_is_scrubbed_too(
    access: Access, mailed: UUID, database: str, tmp_path: Path
) -> None:
    await erased(access, mailed, tmp_path)
    assert await ask(database, "select 1 from scrub_due where table_name = 'legal_hold'") == [(1,)]
