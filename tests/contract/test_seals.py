"""The trail is sealed: every entry in one block, whatever is written meanwhile; what is done to it later is found."""

from __future__ import annotations

import asyncio
import random
from uuid import UUID

import psycopg
import pytest

from customer_inventory.access import Access, Desk
from customer_inventory.access.sealing import Anchor, NothingSealed, Sealer, Verdict, anchor_of, trail_lines, verify
from customer_inventory.access.sealing.blocks import Block
from customer_inventory.model import RESOURCES

INDIVIDUAL = RESOURCES["individual"]
PERSON = {"@type": "Individual", "givenName": "Ada", "familyName": "Byron"}


async def seal(desk: Desk) -> Block | None:
    async with desk.repository.seals.turn() as turn:
        assert turn is not None
        return await Sealer(desk).seal(turn)


async def verified(access: Access, *anchors: Anchor) -> Verdict:
    keys = [key.public_key for key in await access.facilities.repository.seals.keys()]
    return await verify(trail_lines(access), keys=keys, anchors=anchors)


async def used(access: Access, times: int) -> None:
    for _ in range(times):
        made = await access.create(INDIVIDUAL, PERSON)
        await access.naming(("title",)).read(INDIVIDUAL, UUID(made.record.id))


async def number_of_entries(database: str) -> int:
    async with await psycopg.AsyncConnection.connect(database) as connection:
        row = await (await connection.execute("select count(*) from trail")).fetchone()
    return int(row[0]) if row else 0


async def test_nothing_sealed_is_told(access: Access) -> None:
    with pytest.raises(NothingSealed):
        await verified(access)


async def test_every_entry_is_in_one_block_however_much_is_written_meanwhile(
    desk: Desk, access: Access, database: str
) -> None:
    done = asyncio.Event()

    async def use() -> None:
        await asyncio.gather(*(used(access, 15) for _ in range(8)))
        done.set()

    async def seal_all_along() -> None:
        while not done.is_set():
            await seal(desk)

    await asyncio.gather(use(), seal_all_along())
    await seal(desk)
    number = await number_of_entries(database)
    found = await verified(access)
    assert found.findings == []
    assert (found.entries, found.first, number >= 240) == (number, 1, True)
    assert found.blocks > 1
    assert found.last == found.blocks


async def test_one_server_seals_at_a_time(desk: Desk, access: Access) -> None:
    await used(access, 1)
    async with desk.repository.seals.turn() as turn, desk.repository.seals.turn() as other:
        assert turn is not None
        assert other is None
        assert await Sealer(desk).seal(turn) is not None
        assert await Sealer(desk).seal(turn) is None
    assert (await verified(access)).findings == []


async def test_entries_from_before_there_were_seals_are_in_the_first_block(
    desk: Desk, access: Access, database: str
) -> None:
    await used(access, 3)
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
        await connection.execute("update trail set position = 0, seed = null")
    await used(access, 1)
    block = await seal(desk)
    assert block is not None
    assert (block.first, block.entries) == (0, 8)
    assert (await verified(access)).findings == []


TAMPERINGS = [
    "update trail set client_id = 'another' where id = %(id)s",
    "update trail set outcome = 'absent' where id = %(id)s",
    "update trail set person = '' where id = %(id)s",
    "update trail set at = at + interval '1 microsecond' where id = %(id)s",
    "update trail set attributes = null where id = (select id from trail where attributes is not null limit 1)",
    "update trail set record_ids = array[gen_random_uuid()] where id = %(id)s",
    "update trail set record_ids = '{}' where id = %(id)s",
    "update trail set seed = gen_random_uuid() where id = %(id)s",
    "update trail set position = position + 100000 where id = %(id)s",
    "update trail set id = gen_random_uuid() where id = %(id)s",
    "delete from trail where id = %(id)s",
    "delete from trail where position = (select position from trail where id = %(id)s)",
    """insert into trail select bucket, gen_random_uuid(), at, client_id, person, purpose, verb, kind, outcome,
    record_ids, request_id, attributes, position, seed from trail where id = %(id)s""",
    "delete from seal where number = %(number)s",
    "update seal set signed = (select signed from seal where number = 1) where number = %(number)s",
    "update seal set signed = 'nothing' where number = %(number)s",
    "update seal set signed = overlay(signed placing 'A' from 90) where number = %(number)s",
    "delete from seal where number >= %(number)s",
    """with gone as (delete from seal where number >= %(number)s returning number)
    delete from trail where position >= (
        select next_position from seal where number = (select min(number) - 1 from gone))""",
]


async def test_whatever_is_done_to_it_in_the_database_is_found(desk: Desk, access: Access, database: str) -> None:
    """What is cut off at the end, with its seals, by an anchor that was written down before."""
    for _ in range(5):
        await used(access, 4)
        await seal(desk)
    last = await desk.repository.seals.last()
    assert last is not None
    anchor, chance = anchor_of(last), random.Random(5)
    assert (await verified(access, anchor)).findings == []
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
        rows = await (await connection.execute("select id from trail where position < %s", (last.next,))).fetchall()
        await connection.execute("create table trail_was as table trail")
        await connection.execute("create table seal_was as table seal")
        for tampering in TAMPERINGS:
            for _ in range(3):
                values = {"id": chance.choice(rows)[0], "number": chance.randint(2, last.number)}
                done = await connection.execute(tampering, values)
                assert done.rowcount, tampering
                assert (await verified(access, anchor)).findings, (tampering, values)
                await connection.execute(b"delete from trail; insert into trail table trail_was")
                await connection.execute(b"delete from seal; insert into seal table seal_was")
    assert (await verified(access, anchor)).findings == []
