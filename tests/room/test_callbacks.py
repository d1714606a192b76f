"""Callbacks lead only where they may: every spelling of a forbidden address is refused, registered and sent to."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from customer_inventory.api.events import callbacks as module
from customer_inventory.api.events.callbacks import (
    CallbackRefused,
    Callbacks,
    Reply,
    Undeliverable,
    networks,
    permitted,
)
from customer_inventory.settings import InvalidSetting
from tests.listening import listening

FORBIDDEN = [
    "127.0.0.1",
    "127.255.0.1",
    "0.0.0.0",
    "10.0.0.1",
    "172.16.5.5",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "192.0.0.8",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:a9fe:a9fe",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a00:1",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "2001:0:7f00:1::",
    "fe80::1",
    "fec0::1",
    "64:ff9b:1::1",
    "192.88.99.1",
    "fc00::1",
    "fd00:ec2::254",
    "ff02::1",
    "100::1",
    "2001:db8::1",
]


@pytest.mark.parametrize("address", FORBIDDEN)
def test_an_address_within_is_not_permitted(address: str) -> None:
    assert not permitted(ipaddress.ip_address(address), ())


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8"])
def test_a_public_address_is_permitted(address: str) -> None:
    assert permitted(ipaddress.ip_address(address), ())


def test_a_network_can_be_allowed() -> None:
    allowed = networks(("127.0.0.0/8", "fd12::/64"))
    assert permitted(ipaddress.ip_address("127.1.2.3"), allowed)
    assert permitted(ipaddress.ip_address("::ffff:127.0.0.1"), allowed)
    assert permitted(ipaddress.ip_address("fd12::7"), allowed)
    assert not permitted(ipaddress.ip_address("10.0.0.1"), allowed)
    for wrong in ("nonsense", "10.0.0.1/8", "300.0.0.0/8"):
        with pytest.raises(InvalidSetting):
            networks((wrong,))


@pytest.mark.parametrize(
    "callback",
    [
        "",
        "nonsense",
        "/relative",
        "ftp://example.com/x",
        "file:///etc/passwd",
        "gopher://example.com",
        "http://",
        "http://user:word@example.com/",
        "http://user@example.com/",
        "http://example.com/#fragment",
        "http://example.com:99999/",
        "http://example.com:0/",
        "http://example.com:port/",
        "http://exa mple.com/",
        "http://example.com/\r\nhost: evil",
        "http://example.com\\@127.0.0.1/",
        "http://[::1/",
        "http://exämple.com/",
        "http://example.com/" + "x" * 2000,
        "http://127.0.0.1/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0177.0.0.1/",
        "http://0/",
        "http://localhost/",
        "http://LOCALHOST:8080/x",
        "http://localhost./",
        "http://LocalHost.:5432/",
        "http://inventory.localhost/",
        "http://inventory.localhost./",
        "http://127.0.0.1./",
        "http://0x7f.1./",
        "https://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[fe80::1%25eth0]/",
        "http://169.254.169.254/latest/meta-data/",
    ],
)
async def test_a_callback_that_leads_within_is_refused(callback: str) -> None:
    with pytest.raises(CallbackRefused):
        await Callbacks().check(callback)


async def test_a_name_that_is_not_there_yet_is_taken() -> None:
    await Callbacks().check("https://listener.invalid/events?of=us")


async def test_what_was_refused_is_refused_when_sent_too() -> None:
    async with listening() as listener:
        sender = Callbacks()
        with pytest.raises(Undeliverable, match="address refused"):
            await sender.send(listener.url, body=b"{}", headers={})
        await sender.close()
        assert listener.received == []


async def test_a_name_that_changes_its_mind_gains_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name is public when it is registered and leads within later: the look at the address is the connection's."""
    leads: list[str] = ["8.8.8.8"]

    async def resolve(host: str, port: int) -> list[Any]:
        return [ipaddress.ip_address(address) for address in leads]

    monkeypatch.setattr(module, "resolve", resolve)
    async with listening() as listener:
        sender, callback = Callbacks(), f"http://rebound.example:{listener.port}/"
        await sender.check(callback)
        for now in (["127.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["127.0.0.1", "8.8.8.8"]):
            leads[:] = now
            with pytest.raises(Undeliverable, match="address refused"):
                await sender.send(callback, body=b"{}", headers={})
        assert listener.received == []
        await sender.close()


def loopback(**options: Any) -> Callbacks:
    return Callbacks(allowed=networks(("127.0.0.0/8", "::1/128")), **options)


async def test_a_redirect_is_an_answer_and_not_followed() -> None:
    async with listening() as within, listening(lambda _: 307, headers=f"location: {within.url}\r\n") as listener:
        sender = loopback()
        assert await sender.send(listener.url, body=b"{}", headers={"content-type": "application/json"}) == (307, None)
        await sender.close()
        assert within.received == []
        assert len(listener.received) == 1


async def test_a_listener_that_says_nothing_is_left_in_time() -> None:
    async with listening(lambda _: -1) as listener:
        sender, began = loopback(timeout_s=0.3), time.monotonic()
        with pytest.raises(Undeliverable, match="timeout"):
            await sender.send(listener.url, body=b'{"eventId":"1"}', headers={})
        assert time.monotonic() - began < 5
        await sender.close()


NOW = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "written", "expected"),
    [
        (429, "120", 120.0),
        (503, "0", 0.0),
        (429, "Mon, 23 Nov 2026 18:00:30 GMT", 30.0),
        (503, "Mon, 23 Nov 2026 17:00:00 GMT", -3600.0),
        (429, "9" * 40, float("9" * 40)),
        (429, "9" * 41, None),
        (429, "soon", None),
        (429, "-5", None),
        (429, "Mon, 99 Nov 2026 18:00:30 GMT", None),
        (429, "\xb2", None),
        (429, "", None),
        (500, "120", None),
        (200, "120", None),
        (429, None, None),
    ],
)
def test_a_listener_says_for_how_long_it_wants_to_be_left_alone(
    status: int, written: str | None, expected: float | None
) -> None:
    assert Reply(status, written).pause(NOW) == expected


async def test_the_pause_is_read_from_the_answer() -> None:
    async with listening(lambda _: 429, headers="Retry-After:  7 \r\n") as listener:
        sender = loopback()
        assert await sender.send(listener.url, body=b'{"eventId":"1"}', headers={}) == (429, "7")
        await sender.close()


async def test_names_that_nobody_answers_for_hold_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking up names has threads of its own: what else the server does in threads goes on."""
    stuck = threading.Event()

    def getaddrinfo(*_: Any, **__: Any) -> list[Any]:
        stuck.wait(20)
        return []

    monkeypatch.setattr(module.socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(module, "_LOOK_UP_S", 0.3)
    looks = [asyncio.create_task(module.resolve(f"slow{number}.example", 80)) for number in range(20)]
    await asyncio.sleep(0.05)
    began = time.monotonic()
    assert await asyncio.to_thread(lambda: 7) == 7
    assert time.monotonic() - began < 5
    assert await asyncio.gather(*looks) == [[]] * 20
    stuck.set()


async def _trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, answer: bytes, drip: bytes) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(answer)
    try:
        while drip:
            writer.write(drip)
            await writer.drain()
            await asyncio.sleep(0.01)
    except ConnectionError:
        pass
    writer.close()


@pytest.mark.parametrize(
    ("answer", "drip", "expected"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 100000000\r\n\r\n", b"x" * 65536, 200),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b"8000\r\n" + b"x" * 0x8000 + b"\r\n", 200),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n", b"x", None),
        (b"HTTP/1.1 200 OK\r\n", b"x-more: " + b"y" * 60000 + b"\r\n", None),
        (b"SSH-2.0-OpenSSH_9\r\n", b"", None),
        (b"", b"", None),
    ],
)
async def test_an_answer_without_end_is_left(answer: bytes, drip: bytes, expected: int | None) -> None:
    """Neither the time nor the memory that an answer takes is the listener's to choose."""
    server = await asyncio.start_server(lambda r, w: _trickle(r, w, answer=answer, drip=drip), "127.0.0.1", 0)
    sender = loopback(timeout_s=0.5)
    callback = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    if expected is None:
        with pytest.raises(Undeliverable):
            await sender.send(callback, body=b"{}", headers={})
    else:
        assert (await sender.send(callback, body=b"{}", headers={})).status == expected
    await sender.close()
    server.close()


async def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_self_signed(tmp_path))
    asked: list[object] = []
    server = await asyncio.start_server(lambda r, w: asked.append(r), "127.0.0.1", 0, ssl=context)
    sender = loopback(timeout_s=5)
    with pytest.raises(Undeliverable, match="no connection"):
        await sender.send(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/", body=b"{}", headers={})
    assert asked == []
    await sender.close()
    server.close()


def _self_signed(directory: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = directory / "listener.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return path
