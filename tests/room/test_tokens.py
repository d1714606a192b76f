"""Access tokens: whatever is not one of ours, whole, signed and of now, is refused (RFC 9068 section 4, RFC 8725)."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import time
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey

from customer_inventory.access import Access, Desk
from customer_inventory.access.key_pairs import ED25519
from customer_inventory.access.rotating import TOKENS, Wanted, rotate
from customer_inventory.access.tokens import ISSUER, ForeignToken, InvalidToken, Tokens

CLIENT = "crm-1234"


@pytest.fixture
async def key(desk: Desk) -> ECKey:
    """The key with which the inventory signs: what a forger has not, so that one thing alone is wrong each time."""
    return ECKey.import_key(json.loads((await desk.repository.register.keys.signing(at=desk.clock()))[-1].key))


def claims(**other: Any) -> dict[str, Any]:
    """The claims of a right token, but for what is given; None leaves one out."""
    now = int(time.time())
    right = {"iss": ISSUER, "aud": ISSUER, "sub": CLIENT, "client_id": CLIENT, "iat": now, "exp": now + 60, "jti": "j"}
    return {name: value for name, value in {**right, **other}.items() if value is not None}


def signed(key: ECKey, head: dict[str, Any] | None = None, **other: Any) -> str:
    """A token that the inventory itself would have signed."""
    given = {"alg": "ES256", "typ": "at+jwt", "kid": key.kid, **(head or {})}
    return jwt.encode({name: value for name, value in given.items() if value is not None}, claims(**other), key)


def packed(value: Any) -> str:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def signed_by_hand(key: ECKey, head: dict[str, Any]) -> str:
    """A token with a right signature below a head that the library would not write."""
    text = f"{packed(head)}.{packed(claims())}"
    first, second = decode_dss_signature(key.private_key.sign(text.encode(), ECDSA(SHA256())))
    return f"{text}.{packed(first.to_bytes(32) + second.to_bytes(32))}"


async def refused(desk: Desk, token: str) -> None:
    with pytest.raises(InvalidToken):
        await desk.tokens.verify(token)


async def test_a_token_as_it_should_be_is_taken(desk: Desk, key: ECKey) -> None:
    for head in ({}, {"typ": "application/at+jwt"}, {"typ": "AT+JWT"}):
        assert await desk.tokens.verify(signed(key, head)) == CLIENT
    assert await desk.tokens.verify(signed(key, aud=["elsewhere", ISSUER])) == CLIENT
    assert await desk.tokens.verify(signed(key, nbf=int(time.time()))) == CLIENT
    assert await desk.tokens.verify(desk.tokens.issue(CLIENT)) == CLIENT


@pytest.mark.parametrize("name", ["none", "None", "NONE", "nOnE"])
async def test_without_a_signature(name: str, desk: Desk, key: ECKey) -> None:
    head = packed({"alg": name, "typ": "at+jwt", "kid": key.kid})
    await refused(desk, f"{head}.{packed(claims())}.")
    await refused(desk, f"{head}.{packed(claims())}.{signed(key).rpartition('.')[2]}")


@pytest.mark.parametrize("name", ["HS256", "HS384", "HS512"])
async def test_the_public_key_as_a_shared_secret(name: str, desk: Desk, key: ECKey) -> None:
    head = packed({"alg": name, "typ": "at+jwt", "kid": key.kid})
    text = f"{head}.{packed(claims())}"
    public = json.dumps(key.as_dict(private=False)).encode()
    for secret in (key.as_pem(private=False), key.as_der(private=False), public, b""):
        digest = hmac.new(secret, text.encode(), getattr(hashlib, name.replace("HS", "sha"))).digest()
        await refused(desk, f"{text}.{packed(digest)}")


async def test_a_key_that_the_token_brings(desk: Desk, key: ECKey) -> None:
    own = ECKey.generate_key("P-256", {"kid": key.kid})
    for brought in (
        {"jwk": own.as_dict(private=False)},
        {"jku": "https://keys.example/jwks"},
        {"x5u": "https://keys.example/chain"},
        {"x5c": ["MIIB"]},
    ):
        await refused(desk, signed(own, brought))
        await refused(desk, signed(key, brought))  # nor when our own key signed it: we never write such a head


async def test_a_head_that_asks_for_extensions(desk: Desk, key: ECKey) -> None:
    right = {"alg": "ES256", "typ": "at+jwt", "kid": key.kid}
    assert await desk.tokens.verify(signed_by_hand(key, right)) == CLIENT
    for asked in ({"crit": ["exp"], "exp": 1}, {"crit": []}, {"zip": "DEF"}, {"b64": False, "crit": ["b64"]}):
        await refused(desk, signed_by_hand(key, {**right, **asked}))


@pytest.mark.parametrize("kind", ["JWT", "jwt", "", "at+jws", "logout+jwt", "application/jwt", None])
async def test_another_type(kind: str | None, desk: Desk, key: ECKey) -> None:
    await refused(desk, jwt.encode({"alg": "ES256", "kid": key.kid}, claims(), key, default_type=kind))


@pytest.mark.parametrize("audience", ["elsewhere", "", ["elsewhere"], [], f"{ISSUER} ", 5, {ISSUER: 1}])
async def test_another_audience(audience: Any, desk: Desk, key: ECKey) -> None:
    await refused(desk, signed(key, aud=audience))


@pytest.mark.parametrize("issuer", ["elsewhere", "", [ISSUER], ISSUER.upper(), 5])
async def test_another_issuer(issuer: Any, desk: Desk, key: ECKey) -> None:
    await refused(desk, signed(key, iss=issuer))


@pytest.mark.parametrize("name", ["iss", "aud", "sub", "client_id", "iat", "exp", "jti"])
async def test_a_claim_that_is_missing(name: str, desk: Desk, key: ECKey) -> None:
    await refused(desk, signed(key, **{name: None}))
    assert await desk.tokens.verify(signed(key)) == CLIENT


async def test_a_subject_that_is_not_the_client(desk: Desk, key: ECKey) -> None:
    await refused(desk, signed(key, sub="console"))
    await refused(desk, signed(key, client_id=["crm-1234"], sub=["crm-1234"]))


@pytest.mark.parametrize("expires", [0, -1, True, "9999999999", 1e300, 10**30, 10**400, 9999999999])
async def test_an_end_that_is_none_of_ours(expires: Any, desk: Desk, key: ECKey) -> None:
    await refused(desk, signed(key, exp=expires))


async def test_expired_and_not_valid_yet(desk: Desk, key: ECKey) -> None:
    now = int(time.time())
    await refused(desk, signed(key, exp=now - 1))
    await refused(desk, signed(key, nbf=now + 40))
    await refused(desk, signed(key, iat=now + 40))
    await refused(desk, signed(key, nbf="0"))


async def test_other_spellings_of_the_same_bytes(desk: Desk, key: ECKey) -> None:
    token = signed(key)
    head, body, signature = token.split(".")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = alphabet.index(signature[-1])
    spelled = [signature[:-1] + alphabet[last ^ bits] for bits in range(1, 16)]
    assert all(base64.urlsafe_b64decode(each + "==") == base64.urlsafe_b64decode(signature + "==") for each in spelled)
    spelled += [signature + "=", signature + "==", signature + "\n", " " + signature, signature[:20] + "=" + signature]
    for each in spelled:
        await refused(desk, f"{head}.{body}.{each}")
    for each in (f"{head}=.{body}.{signature}", f"{head}.{body}=.{signature}", f"{token}.", f".{token}", token + "\0"):
        await refused(desk, each)
    standard = signature.replace("-", "+").replace("_", "/")
    if standard != signature:
        await refused(desk, f"{head}.{body}.{standard}")
    assert await desk.tokens.verify(token) == CLIENT


async def test_a_head_that_is_too_large(desk: Desk, key: ECKey) -> None:
    for size in (2000, 4000, 100_000):
        await refused(desk, signed(key, {"kid": "k" * size}))
    await refused(desk, "." * 4000)


async def test_a_key_that_nobody_knows(desk: Desk, key: ECKey) -> None:
    other = ECKey.generate_key("P-256", {"kid": "nobody"})
    await refused(desk, signed(other))
    await refused(desk, signed(key, {"kid": "nobody"}))
    await refused(desk, signed(key, {"kid": None}))
    await refused(desk, signed(ECKey.generate_key("P-256", {"kid": key.kid})))


async def test_the_issuer_is_the_address_where_there_is_one(desk: Desk, key: ECKey) -> None:
    here = Tokens(desk.repository.register, clock=desk.clock, issuer="https://inventory.example")
    await here.start()
    token = here.issue(CLIENT)
    assert jwt.decode(token, key).claims["iss"] == "https://inventory.example"
    assert await here.verify(token) == CLIENT
    assert await here.verify(desk.tokens.issue(CLIENT)) == CLIENT
    await refused(desk, token)


async def test_a_revoked_token_is_out_of_every_server_within_a_second(desk: Desk) -> None:
    other = Tokens(desk.repository.register, clock=desk.clock)
    await other.start()
    token, kept = desk.tokens.issue(CLIENT), desk.tokens.issue(CLIENT)
    assert await other.verify(token) == CLIENT
    with pytest.raises(ForeignToken):
        await desk.tokens.revoke(token, client_id="another")
    for text in (token, token, "x", ""):
        await desk.tokens.revoke(text, client_id=CLIENT)
    await refused(desk, token)
    await asyncio.sleep(0.6)
    with pytest.raises(InvalidToken):
        await other.verify(token)
    assert await other.verify(kept) == CLIENT
    store, late = desk.repository.register.credentials, desk.clock() + timedelta(seconds=700)
    assert len(await store.revoked_tokens(at=desk.clock())) == 1
    assert await store.drop_expired(before=late) == 1


async def test_with_two_algorithms_each_key_is_for_its_own_alone(desk: Desk, access: Access, key: ECKey) -> None:
    """RFC 8725 section 3.1: whatever a head says, of the algorithm or of the key."""
    await rotate(access, Wanted(TOKENS, algorithm=ED25519))
    await asyncio.sleep(0.6)
    await desk.tokens.look()
    newest = (await desk.repository.register.keys.signing(at=desk.clock()))[-1]
    other = OKPKey.import_key(json.loads(newest.key))
    assert await desk.tokens.verify(desk.tokens.issue(CLIENT)) == CLIENT
    assert await desk.tokens.verify(jwt.encode(head(other, ED25519), claims(), other, algorithms=[ED25519])) == CLIENT
    assert await desk.tokens.verify(signed(key)) == CLIENT
    for kid, signs, name in (
        (key.kid, other, ED25519),
        (other.kid, key, "ES256"),
        (other.kid, OKPKey.generate_key("Ed25519"), ED25519),
        ("nobody", other, ED25519),
    ):
        await refused(desk, jwt.encode({**head(signs, name), "kid": kid}, claims(), signs, algorithms=[name]))
    for told in ("ES256", "EdDSA", "Ed448", "HS256", "none", "ed25519"):
        text = f"{packed({**head(other, told)})}.{packed(claims())}"
        signature = other.private_key.sign(text.encode())
        await refused(desk, f"{text}.{packed(signature)}")
    text = f"{packed(head(other, 'HS256'))}.{packed(claims())}"
    for secret in (other.as_pem(private=False), other.public_key.public_bytes_raw()):
        await refused(desk, f"{text}.{packed(hmac.new(secret, text.encode(), 'sha256').digest())}")


async def test_tokens_that_name_no_key_of_ours_are_looked_up_together(desk: Desk, key: ECKey) -> None:
    began = time.monotonic()
    forged = [signed(ECKey.generate_key("P-256", {"kid": f"k{number}"})) for number in range(40)]
    await asyncio.gather(*(refused(desk, each) for each in forged))
    assert time.monotonic() - began < 3


def head(key: ECKey | OKPKey, name: str) -> dict[str, Any]:
    return {"alg": name, "typ": "at+jwt", "kid": key.kid}
