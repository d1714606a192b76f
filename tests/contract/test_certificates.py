"""Client certificates: they prove a client, bind its tokens, and those that others made up prove nothing."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import httpx
import pytest

from customer_inventory.access import Desk
from customer_inventory.access.certificates import InvalidCertificate, Presented, named, pinned
from customer_inventory.access.clients import Credentials, register_client, rotate_client
from customer_inventory.access.registering import alarms
from customer_inventory.api import AuthorizationServer, create_door
from customer_inventory.api.events.callbacks import Callbacks
from customer_inventory.api.exchange import CERTIFICATE
from customer_inventory.api.peers import Peers, trusted_networks
from customer_inventory.clock import system_clock
from customer_inventory.settings import InvalidSetting, Settings
from tests.certificate_making import Made, make

AUTHORITY = make("authority", authority=True)
TILL = make("till.example.org", by=AUTHORITY)
OWN = make("own.example.org")
PATH = "/tmf-api/party/v5/individual"


def presented(made: Made, *, verified: bool = True) -> Presented:
    return Presented(made.der, verified)


async def client_of(desk: Desk, key: str) -> Credentials:
    made = await register_client(
        desk.repository.register, name="till", purposes=["p"], grants=["read:individual"], by="t",
        clock=system_clock, keys=[key],
    )  # fmt: skip
    assert made.client_secret is None
    return made


def over(application: Any, certificate: Presented | None) -> httpx.AsyncClient:
    """A client of an application by a connection with this certificate."""

    async def with_certificate(scope: Any, receive: Any, send: Any) -> None:
        await application({**scope, CERTIFICATE: certificate}, receive, send)

    return httpx.AsyncClient(transport=httpx.ASGITransport(app=with_certificate), base_url="http://test")


async def token(desk: Desk, client_id: str, certificate: Presented | None, **more: str) -> httpx.Response:
    form = {"grant_type": "client_credentials", "client_id": client_id, **more}
    async with over(AuthorizationServer(desk, address="http://test"), certificate) as client:
        return await client.post("/oauth2/token", data=form)


async def call(desk: Desk, bearer: str, certificate: Presented | None) -> httpx.Response:
    door = create_door(desk, public_url="", callbacks=Callbacks(), measure=lambda *_: None)
    async with over(door, certificate) as client:
        return await client.get(PATH, headers={"authorization": f"Bearer {bearer}"})


async def test_a_certificate_proves_a_client_and_its_token_is_worth_nothing_without(desk: Desk) -> None:
    made = await client_of(desk, pinned(OWN.pem))
    given = await token(desk, made.client_id, presented(OWN, verified=False))
    assert given.status_code == 200, given.text
    bearer = given.json()["access_token"]
    assert (await call(desk, bearer, presented(OWN, verified=False))).status_code == 200
    for other in (None, presented(TILL), presented(make("own.example.org"))):
        refused = await call(desk, bearer, other)
        assert (refused.status_code, refused.json()["code"]) == (401, "invalid_token")
    access = await desk.open_at_command_line(person="eve", purpose=None, request_id="r")
    assert [alarm.code for _, alarm in await alarms(access)] == ["other-certificate"]


@pytest.mark.parametrize(
    "name",
    [
        "san_dns=till.example.org",
        "san_dns=TILL.example.org",
        "san_ip=127.0.0.1",
        "subject_dn=CN=till.example.org,O=Shop",
    ],
)
async def test_a_name_counts_where_somebody_vouches_for_it(desk: Desk, name: str) -> None:
    made = await client_of(desk, named(name))
    assert (await token(desk, made.client_id, presented(TILL))).status_code == 200
    renewed = make("till.example.org", by=AUTHORITY)
    assert (await token(desk, made.client_id, presented(renewed))).status_code == 200
    # Anybody can write any name into a certificate of their own.
    forged = await token(desk, made.client_id, presented(make("till.example.org"), verified=False))
    assert (forged.status_code, forged.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(
    ("name", "certificate"),
    [
        ("san_dns=example.org", TILL),
        ("san_dns=till.example.org", make("x", dns="till.example.org.evil.example", by=AUTHORITY)),
        ("subject_dn=CN=till.example.org", TILL),
        ("subject_dn=O=Shop,CN=till.example.org", TILL),
        ("san_email=till.example.org", TILL),
        ("san_uri=till.example.org", TILL),
    ],
)
async def test_another_name_does_not(desk: Desk, name: str, certificate: Made) -> None:
    made = await client_of(desk, named(name))
    assert (await token(desk, made.client_id, presented(certificate))).status_code == 401


async def test_who_proves_nothing_gets_nothing(desk: Desk) -> None:
    made = await client_of(desk, pinned(OWN.pem))
    secret = await register_client(
        desk.repository.register, name="other", purposes=["p"], grants=["read"], by="t", clock=system_clock
    )
    for client_id, certificate in (
        (made.client_id, None),
        (made.client_id, presented(TILL)),
        (secret.client_id, presented(OWN)),
        ("", presented(OWN)),
        ("\0", presented(OWN)),
        (made.client_id, Presented(b"no certificate", verified=True)),
    ):
        answer = await token(desk, client_id, certificate)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    # A secret beside a certificate is what counts, and it is wrong here.
    assert (await token(desk, made.client_id, presented(OWN), client_secret="x")).status_code == 401


async def test_a_certificate_out_of_its_time_is_refused(desk: Desk) -> None:
    for days in ((-30, -1), (1, 30)):
        old = make("old.example.org", days=days)
        made = await register_client(
            desk.repository.register, name=f"old{days[0]}", purposes=["p"], grants=["read"], by="t",
            clock=system_clock, keys=[pinned(old.pem)],
        )  # fmt: skip
        assert (await token(desk, made.client_id, presented(old, verified=False))).status_code == 401


async def test_certificates_are_rotated_as_secrets_are(desk: Desk) -> None:
    made = await client_of(desk, pinned(OWN.pem))
    after = make("own.example.org")
    register = desk.repository.register
    await rotate_client(
        register, name="till", overlap=timedelta(), by="t", clock=system_clock, keys=[pinned(after.pem)]
    )
    assert (await token(desk, made.client_id, presented(OWN))).status_code == 401
    assert (await token(desk, made.client_id, presented(after))).status_code == 200


async def test_a_secret_that_comes_over_a_certificate_gets_a_bound_token_too(desk: Desk) -> None:
    made = await register_client(
        desk.repository.register, name="c", purposes=["p"], grants=["read:individual"], by="t", clock=system_clock
    )
    given = await token(desk, made.client_id, presented(OWN), client_secret=made.client_secret or "")
    assert (await call(desk, given.json()["access_token"], presented(OWN))).status_code == 200
    assert (await call(desk, given.json()["access_token"], None)).status_code == 401


@pytest.mark.parametrize("text", ["till.example.org", "san_dns=", "san_dns=a\0", "cn=till", "subject_dn=till", ""])
def test_a_name_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InvalidCertificate):
        named(text)


@pytest.mark.parametrize("pem", [b"", b"x", OWN.pem + TILL.pem, OWN.pem.replace(b"M", b"N")])
def test_what_is_no_one_certificate_is_refused(pem: bytes) -> None:
    with pytest.raises(InvalidCertificate):
        pinned(pem)


# ---------------------------------------------------------------- by a proxy


def header(made: Made) -> str:
    return f":{base64.b64encode(made.der).decode()}:"


def passed(peer: str, mode: str, *values: str, own: Presented | None = None) -> Presented | None:
    peers = Peers(trusted_networks(["10.0.0.0/8"]), certificates=mode)
    headers = [(b"client-cert", each.encode()) for each in values]
    scope = {"type": "http", "client": (peer, 1), "scheme": "http", "headers": headers, CERTIFICATE: own}
    found: Presented | None = peers.through(scope)[CERTIFICATE]
    return found


def test_a_proxy_passes_certificates_only_where_it_is_trusted_to() -> None:
    assert passed("10.0.0.1", "verified", header(TILL)) == presented(TILL)
    assert passed("10.0.0.1", "pinned", header(TILL)) == presented(TILL, verified=False)
    assert passed("10.0.0.1", "none", header(TILL)) is None
    assert passed("203.0.113.9", "verified", header(TILL)) is None
    # The certificate of the connection is the proxy's own.
    assert passed("10.0.0.1", "verified", own=presented(OWN)) is None


@pytest.mark.parametrize("value", ["", ":", "::", "x", ":x", ":%%%:", TILL.pem.decode().replace("\n", " ")])
def test_a_header_that_is_no_certificate_is_none(value: str) -> None:
    assert passed("10.0.0.1", "verified", value) is None


def test_two_headers_are_none() -> None:
    assert passed("10.0.0.1", "verified", header(TILL), header(OWN)) is None


@pytest.mark.parametrize(
    "said",
    [
        {"proxy_certificates": "all"},
        {"proxy_certificates": "verified"},
        {"tls_certificate": "x"},
        {"tls_key": "x"},
        {"tls_client_ca": "x"},
    ],
)
def test_settings_that_say_half_are_refused(said: dict[str, Any]) -> None:
    with pytest.raises(InvalidSetting):
        Settings(**said).check()
