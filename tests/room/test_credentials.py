"""What clients prove with who they are: secrets that follow each other, and assertions that they sign themselves."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from time import time
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from customer_inventory.access import Desk
from customer_inventory.access.assertions import InvalidKeys, client_of_assertion, public_keys
from customer_inventory.access.clients import (
    Credentials,
    InvalidClient,
    InvalidOverlap,
    UnknownClient,
    authenticate_client,
    register_client,
    revoke_client,
    rotate_client,
)
from customer_inventory.access.tokens import InvalidToken
from customer_inventory.clock import system_clock
from tests.consistency import ask

HERE = "https://inventory.example"
AUDIENCES = (HERE, f"{HERE}/oauth2/token")
DAY = timedelta(days=1)
HMAC = b'{"alg": "HS256", "kid": "first"}'
SURROGATE = b'{"sub": "\\ud800"}'
KEY = ECKey.generate_key("P-256", {"kid": "first"})


async def registered(desk: Desk, *keys: Any) -> Credentials:
    """A client, with a secret or with keys of its own."""
    public = public_keys({"keys": [key.as_dict(private=False) for key in keys]}) if keys else []
    register = desk.repository.register
    return await register_client(
        register, name="crm", purposes=(), grants=["read"], by="t", clock=system_clock, keys=public
    )


async def works(desk: Desk, made: Credentials, *, after: timedelta = timedelta()) -> bool:
    try:
        found = await authenticate_client(
            desk.repository.register,
            client_id=made.client_id,
            secret=made.client_secret or "",
            clock=lambda: system_clock() + after,
        )
    except InvalidClient:
        return False
    return found.client_id == made.client_id


async def rotated(desk: Desk, overlap: timedelta = DAY, keys: list[str] | None = None) -> Credentials:
    register = desk.repository.register
    return await rotate_client(register, name="crm", overlap=overlap, by="t", clock=system_clock, keys=keys or [])


# ---------------------------------------------------------------- rotation


async def test_old_and_new_work_until_the_overlap_ends(desk: Desk) -> None:
    first = await registered(desk)
    second = await rotated(desk)
    assert second.client_id == first.client_id
    assert second.client_secret != first.client_secret
    for after, old in ((timedelta(), True), (DAY - timedelta(minutes=1), True), (DAY + timedelta(minutes=1), False)):
        assert await works(desk, first, after=after) == old
        assert await works(desk, second, after=after)


async def test_each_rotation_shortens_what_was_before_and_lengthens_nothing(desk: Desk) -> None:
    first = await registered(desk)
    second = await rotated(desk, timedelta(hours=1))
    third = await rotated(desk, DAY)
    later = timedelta(hours=2)
    assert [await works(desk, each, after=later) for each in (first, second, third)] == [False, True, True]
    fourth = await rotated(desk, timedelta())
    assert [await works(desk, each) for each in (first, second, third, fourth)] == [False, False, False, True]


async def test_a_secret_from_before_credentials_had_a_table_works_and_is_rotated(desk: Desk, database: str) -> None:
    first = await registered(desk)
    await ask(database, "delete from client_credential returning 1")
    assert await works(desk, first)
    second = await rotated(desk)
    assert await works(desk, first)
    assert await works(desk, second)
    assert not await works(desk, first, after=2 * DAY)
    assert await works(desk, second, after=2 * DAY)


async def test_many_who_rotate_at_once_all_get_what_works(desk: Desk) -> None:
    first = await registered(desk)
    made = await asyncio.gather(*(rotated(desk) for _ in range(8)))
    assert all([await works(desk, each) for each in (first, *made)])
    assert len({each.client_secret for each in made}) == 8


async def test_without_an_overlap_tokens_of_before_are_taken_no_more(desk: Desk) -> None:
    made = await registered(desk)

    async def taken(token: str) -> bool:
        desk._standings.clear()
        try:
            await desk.open_by_token(token, purpose=None, request_id="t")
        except InvalidToken:
            return False
        return True

    token = desk.tokens.issue(made.client_id)
    await asyncio.sleep(1.1)
    await rotated(desk, DAY)
    assert await taken(token), "the old secret is good yet, and what was issued for it"
    await rotated(desk, timedelta())
    assert not await taken(token)
    assert await taken(desk.tokens.issue(made.client_id))


@pytest.mark.parametrize("overlap", [timedelta(seconds=-1), timedelta(days=91), timedelta.max])
async def test_an_overlap_out_of_bounds_changes_nothing(overlap: timedelta, desk: Desk) -> None:
    first = await registered(desk)
    with pytest.raises(InvalidOverlap):
        await rotated(desk, overlap)
    assert await works(desk, first, after=100 * DAY)


async def test_nobody_and_the_revoked_are_not_rotated(desk: Desk) -> None:
    await registered(desk)
    register = desk.repository.register
    for name in ("console", "nobody"):
        with pytest.raises(UnknownClient):
            await rotate_client(register, name=name, overlap=DAY, by="t", clock=system_clock)
    await revoke_client(register, name="crm", by="t", clock=system_clock)
    with pytest.raises(UnknownClient):
        await rotated(desk)


# ---------------------------------------------------------------- keys


@pytest.mark.parametrize("make", [lambda: ECKey.generate_key("P-384"), lambda: RSAKey.generate_key(2048)])
def test_public_keys_are_kept_with_an_id(make: Callable[[], Any]) -> None:
    kept = public_keys(json.dumps(make().as_dict(private=False)))
    assert len(kept) == 1
    assert json.loads(kept[0])["kid"]
    assert "d" not in json.loads(kept[0])


@pytest.mark.parametrize(
    "document",
    [
        "",
        "[]",
        "{}",
        "null",
        "[" * 5000,
        {"keys": []},
        {"keys": "x"},
        {"keys": [5]},
        {"keys": [{"kty": "EC"}]},
        {"keys": [KEY.as_dict(private=False)] * 2},
        {"keys": [{**KEY.as_dict(private=False), "kid": str(number)} for number in range(11)]},
        KEY.as_dict(private=True),
        OctKey.generate_key(256).as_dict(private=False),
        OctKey.generate_key(256).as_dict(private=True),
        OKPKey.generate_key("X25519").as_dict(private=False),
        ECKey.generate_key("secp256k1").as_dict(private=False),
        {**KEY.as_dict(private=False), "alg": "HS256"},
        {**KEY.as_dict(private=False), "alg": "none"},
        {**KEY.as_dict(private=False), "alg": []},
        {**KEY.as_dict(private=False), "use": "enc"},
        {**KEY.as_dict(private=False), "x": "AA"},
        {**KEY.as_dict(private=False), "kid": ""},
        {**KEY.as_dict(private=False), "kid": "k" * 201},
        {**KEY.as_dict(private=False), "kid": 5},
        {**RSAKey.generate_key(2048).as_dict(private=False), "n": "AQAB" * 40},
    ],
)
def test_keys_that_could_not_verify_are_refused(document: Any) -> None:
    with pytest.raises(InvalidKeys):
        public_keys(document)


# ---------------------------------------------------------------- assertions


IN_AN_HOUR = object()


def signed(client_id: str, key: Any = KEY, head: dict[str, Any] | None = None, **other: Any) -> str:
    """A right assertion, but for what is given; None leaves a claim out."""
    now = int(time())
    right = {"iss": client_id, "sub": client_id, "aud": HERE, "exp": now + 60, "iat": now, "jti": str(time())}
    claims = {name: value for name, value in {**right, **other}.items() if value is not None}
    return jwt.encode({"alg": "ES256", **(head or {})}, claims, key, algorithms=[(head or {}).get("alg", "ES256")])


def packed(text: bytes) -> str:
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def with_shared_secret(assertion: str) -> str:
    """The same assertion, signed with the public key as if it were a secret that both know."""
    text = f"{packed(HMAC)}.{assertion.split('.')[1]}"
    return f"{text}.{packed(hmac.digest(KEY.as_pem(private=False), text.encode(), 'sha256'))}"


async def takes(desk: Desk, assertion: str) -> bool:
    try:
        await client_of_assertion(desk.repository.register, assertion, audiences=AUDIENCES, clock=system_clock)
    except InvalidClient:
        return False
    return True


async def test_an_assertion_proves_who_it_is_of_once(desk: Desk) -> None:
    made = await registered(desk, KEY)
    assert made.client_secret is None
    assertion = signed(made.client_id)
    assert await takes(desk, assertion)
    assert not await takes(desk, assertion)
    for right in ({"aud": AUDIENCES[1]}, {"aud": ["else", HERE]}, {"iat": None}, {"nbf": int(time())}):
        assert await takes(desk, signed(made.client_id, **right))
    assert await takes(desk, signed(made.client_id, head={"kid": "first", "typ": "client-authentication+jwt"}))
    assert not await works(desk, made)  # nor by an empty secret


async def test_of_many_who_send_the_same_assertion_one_is_taken(desk: Desk) -> None:
    made = await registered(desk, KEY)
    assertion = signed(made.client_id)
    assert sum(await asyncio.gather(*(takes(desk, assertion) for _ in range(20)))) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"aud": "https://elsewhere.example"},
        {"aud": []},
        {"aud": None},
        {"aud": {HERE: 1}},
        {"aud": HERE + "/"},
        {"iss": "console"},
        {"iss": None},
        {"sub": "console"},
        {"sub": None},
        {"sub": "a\0b"},
        {"exp": None},
        {"exp": 0},
        {"exp": 10**10},
        {"exp": 10**400},
        {"exp": "soon"},
        {"exp": True},
        {"exp": IN_AN_HOUR},
        {"nbf": 10**10},
        {"iat": 10**10},
        {"nbf": "x"},
        {"jti": None},
        {"jti": ""},
        {"jti": 5},
        {"jti": "j" * 201},
    ],
)
async def test_an_assertion_that_says_something_else_is_refused(wrong: dict[str, Any], desk: Desk) -> None:
    made = await registered(desk, KEY)
    if wrong.get("exp") is IN_AN_HOUR:  # from now, not from when the tests were collected
        wrong = {"exp": int(time()) + 3600}
    assert not await takes(desk, signed(made.client_id, **wrong))


async def test_an_assertion_of_another_key_or_algorithm_is_refused(desk: Desk) -> None:
    rsa = RSAKey.generate_key(2048, {"kid": "second"})
    made = await registered(desk, KEY, rsa)
    for algorithm in ("RS256", "PS256"):
        assert await takes(desk, signed(made.client_id, rsa, {"alg": algorithm}))
    own = ECKey.generate_key("P-256", {"kid": "first"})
    for assertion in (
        signed(made.client_id, own),
        signed(made.client_id, own, {"kid": "first", "jwk": own.as_dict(private=False)}),
        signed(made.client_id, KEY, {"jku": "https://keys.example"}),
        signed(made.client_id, KEY, {"kid": "second"}),
        signed(made.client_id, KEY, {"typ": "at+jwt"}),
        signed(made.client_id, rsa, {"alg": "RS512"}),
        with_shared_secret(signed(made.client_id)),
        f"e30.{packed(SURROGATE)}.AA",
        signed(made.client_id).rpartition(".")[0] + ".",
        desk.tokens.issue(made.client_id),
        "x",
        "",
        "a.b.c",
        "." * 10_000,
    ):
        assert not await takes(desk, assertion)


async def test_keys_are_rotated_like_secrets(desk: Desk) -> None:
    made = await registered(desk, KEY)
    own = ECKey.generate_key("P-256", {"kid": "next"})
    await rotated(desk, timedelta(), public_keys(own.as_dict(private=False)))
    assert not await takes(desk, signed(made.client_id))
    assert await takes(desk, signed(made.client_id, own))
    with_secret = await rotated(desk, timedelta())
    assert await works(desk, with_secret)
    assert not await takes(desk, signed(made.client_id, own))


async def test_the_assertion_of_a_revoked_client_is_refused(desk: Desk) -> None:
    made = await registered(desk, KEY)
    await revoke_client(desk.repository.register, name="crm", by="t", clock=system_clock)
    assert not await takes(desk, signed(made.client_id))


async def test_used_assertions_are_forgotten_when_nobody_takes_them_any_more(desk: Desk, database: str) -> None:
    made = await registered(desk, KEY)
    assert await takes(desk, signed(made.client_id))
    store = desk.repository.register.credentials
    assert await store.drop_expired(before=system_clock() + timedelta(seconds=60)) == 0
    assert await store.drop_expired(before=system_clock() + timedelta(seconds=600)) == 1
    assert await ask(database, "select count(*) from used_assertion") == [(0,)]
