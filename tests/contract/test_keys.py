"""Keys take the place of others: nothing fails, the secret of the old one is gone, and no key can be put among them."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import msgspec
import psycopg
import pytest

from customer_inventory.access import Access, Desk
from customer_inventory.access.compact import head_of
from customer_inventory.access.key_pairs import ED25519, ES256, new_pair
from customer_inventory.access.rotating import (
    PSEUDONYMS,
    SEALS,
    TOKENS,
    InvalidKeyRotation,
    NoKey,
    Wanted,
    keys_of,
    rotate,
)
from customer_inventory.access.sealing import Verdict, trail_lines, verify
from customer_inventory.access.sealing.blocks import new_key, signed
from customer_inventory.access.tokens import InvalidToken, Tokens
from customer_inventory.repository.register import Register
from customer_inventory.repository.seals import SealKey
from tests.consistency import ask
from tests.contract.conftest import START, TICK
from tests.contract.test_seals import seal, used

CLIENT = "crm-1234"


def head(token: str) -> dict[str, Any]:
    found: dict[str, Any] = head_of(token)
    return found


async def tokens_of(register: Register, desk: Desk) -> Tokens:
    """The tokens of one more server."""
    found = Tokens(register, clock=desk.clock)
    await found.start()
    return found


async def test_of_rotations_at_once_one_follows_the_other_and_one_key_is_left(desk: Desk, access: Access) -> None:
    await asyncio.gather(*(rotate(access, Wanted(TOKENS, algorithm=each)) for each in (ES256, ED25519) * 3))
    found = [each for each in await keys_of(access) if each.of == TOKENS]
    assert (len(found), sum(each.retired_at is None for each in found)) == (7, 1)
    keys = await desk.repository.register.keys.signing(at=desk.clock())
    assert [("d" in json.loads(each.key), each.active) for each in keys] == [
        (each.active, each.active) for each in keys
    ]


async def test_a_first_key_is_made_once(desk: Desk) -> None:
    keys = desk.repository.register.keys
    pair = new_pair()
    await keys.add_signing(identifier="z", algorithm=ES256, private_key=pair.private, at=START + TICK)
    assert "z" not in {each.id for each in await keys.signing(at=desk.clock())}


async def test_a_client_that_calls_all_along_fails_no_call_on_any_server(desk: Desk, access: Access) -> None:
    """Three servers, each verifying what another one issued a moment before; five rotations between two algorithms."""
    servers = [await tokens_of(desk.repository.register, desk) for _ in range(3)]
    names: set[str] = set()
    calls, done = 0, asyncio.Event()

    async def call(number: int) -> None:
        nonlocal calls
        while not done.is_set():
            await servers[number].look()
            token = servers[number].issue(CLIENT)
            names.add(head(token)["alg"])
            for other in servers:
                assert await other.verify(token) == CLIENT
            calls += 1
            await asyncio.sleep(0)

    async def replace() -> None:
        for algorithm in (ED25519, ES256, ED25519, ES256, ED25519):
            await asyncio.sleep(0.3)
            await rotate(access, Wanted(TOKENS, algorithm=algorithm))
        await asyncio.sleep(0.3)
        done.set()

    await asyncio.gather(call(0), call(1), call(2), replace())
    assert names == {ES256, ED25519}
    assert calls > 100


async def test_within_a_second_every_server_signs_with_the_new_key_and_shows_both(desk: Desk, access: Access) -> None:
    other = await tokens_of(desk.repository.register, desk)
    old = other.issue(CLIENT)
    assert head(old)["alg"] == ES256
    made = (await rotate(access, Wanted(TOKENS, algorithm=ED25519))).made
    await asyncio.sleep(0.6)
    for each in (desk.tokens, other):
        await each.look()
        assert (head(each.issue(CLIENT))["kid"], await each.verify(old)) == (made.id, CLIENT)
        shown = (await each.public_keys())["keys"]
        assert [(key["kid"], key["alg"]) for key in shown] == [(head(old)["kid"], ES256), (made.id, ED25519)]
        assert not any("d" in key for key in shown)


async def test_tokens_of_a_key_in_wrong_hands_are_taken_no_more(desk: Desk, access: Access) -> None:
    other = await tokens_of(desk.repository.register, desk)
    old = other.issue(CLIENT)
    assert await other.verify(old) == await desk.tokens.verify(old) == CLIENT
    await rotate(access, Wanted(TOKENS, overlap=timedelta()))
    await asyncio.sleep(0.6)
    for each in (desk.tokens, other):
        with pytest.raises(InvalidToken):
            await each.verify(old)
        assert await each.verify(each.issue(CLIENT)) == CLIENT
        assert len((await each.public_keys())["keys"]) == 1


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(TOKENS, purpose="study"),
        Wanted(SEALS, purpose="study"),
        Wanted(PSEUDONYMS),
        Wanted(TOKENS, algorithm="HS256"),
        Wanted(TOKENS, algorithm="none"),
        Wanted(PSEUDONYMS, purpose="study", algorithm=ES256),
        Wanted(TOKENS, overlap=timedelta(minutes=11)),
        Wanted(TOKENS, overlap=timedelta(seconds=-1)),
        Wanted(SEALS, overlap=timedelta(minutes=1)),
        Wanted(PSEUDONYMS, purpose="study", overlap=timedelta()),
    ],
)
async def test_what_cannot_be_rotated_so(wanted: Wanted, access: Access) -> None:
    with pytest.raises(InvalidKeyRotation):
        await rotate(access, wanted)


async def test_where_no_key_is_none_is_rotated_and_the_trail_tells_each_rotation(access: Access, database: str) -> None:
    for wanted in (Wanted(SEALS), Wanted(PSEUDONYMS, purpose="study")):
        with pytest.raises(NoKey):
            await rotate(access, wanted)
    told = "select person, outcome from trail where kind = 'key' and verb = 'modify'"
    assert await ask(database, told) == []
    await rotate(access, Wanted(TOKENS))
    assert await ask(database, told) == [("tester", "done")]


async def test_a_purpose_gets_new_pseudonyms_and_the_old_key_is_gone(desk: Desk, access: Access, database: str) -> None:
    keys, at = desk.repository.register.keys, desk.clock()
    old = [await keys.pseudonym_key(each, new=each.encode() * 8, at=at) for each in ("study", "other")]
    await rotate(access, Wanted(PSEUDONYMS, purpose="study"))
    new = [await keys.pseudonym_key(each, new=b"never", at=at) for each in ("study", "other")]
    assert (new[0] != old[0], len(new[0]), new[1] == old[1]) == (True, 32, True)
    rows = await ask(database, "select length(key), retired_at is null from pseudonym_key order by 1")
    assert rows == [(0, False), (32, True), (40, True)]


async def exported(access: Access) -> list[bytes]:
    return [line async for line in trail_lines(access)]


async def found(lines: list[bytes], *keys: bytes) -> Verdict:
    async def each() -> Any:
        for line in lines:
            yield line

    return await verify(each(), keys=keys)


async def sealed_by(desk: Desk, access: Access, *algorithms: str) -> list[SealKey]:
    """A trail that is sealed by as many keys, two blocks by each; the keys as they were before they were retired."""
    kept = []
    for number, algorithm in enumerate(algorithms):
        if number:
            await rotate(access, Wanted(SEALS, algorithm=algorithm))
        for _ in range(2):
            await used(access, 1)
            await seal(desk)
        kept.append((await desk.repository.seals.keys())[-1])
    return kept


async def test_a_trail_that_several_keys_sealed_is_proved_by_the_first_of_them(desk: Desk, access: Access) -> None:
    kept = await sealed_by(desk, access, ES256, ED25519, ES256)
    lines = await exported(access)
    first, *later = [each.public_key for each in kept]
    for keys in ((), (first,), (first, *later)):
        verdict = await found(lines, *keys)
        assert (verdict.findings, verdict.blocks, verdict.keys) == ([], 6, tuple(each.id for each in kept))
    assert (await found(lines, later[0])).findings  # none vouches for the first
    stored = await desk.repository.seals.keys()
    assert [each.private_key == each.public_key for each in stored] == [True, True, False]


async def test_a_key_that_is_put_there_afterwards_is_found(desk: Desk, access: Access, database: str) -> None:
    """With blocks of its own or without, vouched for by nobody, by itself, or by a key that was retired before."""
    kept = await sealed_by(desk, access, ES256, ED25519)
    by_itself, by_retired = new_key(before=new_key()), new_key(before=kept[0], at="2026-11-30T12:00:00Z")
    assert (await found(await exported(access), kept[0].public_key)).findings == []
    for forged, said in ((new_key(), "vouched for by none"), (by_itself, "vouched for by none"), (by_retired, "two")):
        await desk.repository.seals.add_key(forged, at=desk.clock())
        for keys in ((), (kept[0].public_key,)):
            assert any(said in each for each in (await found(await exported(access), *keys)).findings)
        await used(access, 1)
        await seal(desk)
        assert len((await found(await exported(access), kept[0].public_key)).findings) > 1
        async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
            await connection.execute("delete from seal_key where id = %s", (forged.id,))
            await connection.execute("delete from seal where number > 4")
    assert (await found(await exported(access), kept[0].public_key)).findings == []


async def test_a_retired_key_seals_nothing_more(desk: Desk, access: Access, database: str) -> None:
    """Not even with its private half, from before it was retired."""
    kept = await sealed_by(desk, access, ES256, ED25519)
    await used(access, 1)
    block = await seal(desk)
    assert block is not None
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
        values = (signed(block, kept[0]), block.number)
        await connection.execute("update seal set signed = %s where number = %s", values)
    findings = (await found(await exported(access), kept[0].public_key)).findings
    assert len(findings) == 1
    assert "another one replaced" in findings[0]


async def test_the_algorithm_of_a_seal_is_that_of_its_key(desk: Desk, access: Access) -> None:
    kept = await sealed_by(desk, access, ES256, ED25519)
    assert json.loads(kept[1].public_key)["crv"] == ED25519
    lines = await exported(access)
    changed = json.loads(lines[0])
    changed["key"][1]["alg"] = ES256
    assert (await found([msgspec.json.encode(changed) + b"\n", *lines[1:]])).findings
