"""Small wrongs at the edge: rounded numbers, silent bounds, slow bodies, protocols that nobody speaks here."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator

import httpx
import pytest

from customer_inventory.access import Desk
from customer_inventory.access.clients import register_client
from customer_inventory.api import create_routes
from customer_inventory.api.door import Door
from customer_inventory.clock import system_clock
from tests.journey.api_words import CUSTOMERS, PERSONS, create, person, refused
from tests.journey.conftest import Server

ACCOUNTS = "/tmf-api/accountManagement/v5/billingAccount"


@pytest.mark.parametrize("text", ["100.1234567890123456789", "0.1000000000000000000001", "9007199254740993.0"])
def test_a_number_is_kept_to_the_last_digit_or_refused(server: Server, text: str) -> None:
    with server.api() as api:
        made = create(api, PERSONS, person(size=12345678901234567890123456789, weight=0.1))
        assert api.get(made["href"]).text.count("12345678901234567890123456789") == 1
        for media_type, body, path in (
            ("json", f'{{"size": {{"amount": {text}}}}}', "size.amount"),
            ("merge-patch+json", f'{{"weight": {text}}}', "weight"),
            ("json-patch+json", f'[{{"op": "add", "path": "/weight", "value": {text}}}]', "[0].value"),
        ):
            headers = {"content-type": f"application/{media_type}"}
            answer = api.patch(made["href"], content=body, headers=headers)
            assert refused(answer, 400) == "invalid-document"
            assert answer.json()["message"] == f"{path}: is a number that double precision does not hold"
        whole = json.dumps(person()).replace("{", f'{{"weight": {text}, ', 1)
        answer = api.post(PERSONS, content=whole, headers={"content-type": "application/json"})
        assert refused(answer, 400) == "invalid-document"
        assert api.get(made["href"]).json() == made


@pytest.mark.parametrize("path", ["/inventory/v1/partyHierarchy/{id}?", "/inventory/v1/partyPath?from={id}&to={id}&"])
def test_a_depth_beyond_the_bound_is_refused_and_not_cut(server: Server, path: str) -> None:
    with server.api() as api:
        address = path.format(id=create(api, PERSONS, person())["id"])
        assert api.get(f"{address}depth=20").status_code == 200
        for depth in ("21", "1000000", "0"):
            answer = api.get(f"{address}depth={depth}")
            assert refused(answer, 400) == "invalid-parameter"
            assert answer.json()["message"] == "depth must be a whole number from 1 to 20."


def test_from_behind_the_end_a_link_leads_back_to_the_last_page(server: Server) -> None:
    with server.api() as api:
        name = create(
            api, CUSTOMERS, {"@type": "Customer", "name": "Zyx", "engagedParty": {"@type": "PartyRef", "id": "x"}}
        )
        for _ in range(4):
            create(api, CUSTOMERS, {key: name[key] for key in ("@type", "name", "engagedParty")})
        for offset, previous in ((1000, 4), (6, 4), (5, 3), (4, 2), (1, 0)):
            answer = api.get(CUSTOMERS, params={"name": "Zyx", "limit": 2, "offset": offset})
            back = answer.links["prev"]["url"]
            assert httpx.URL(back).params["offset"] == str(previous), offset
            assert api.get(back).json()
        for params in ({"name": "Nobody", "limit": 2, "offset": 7},):
            back = api.get(CUSTOMERS, params=params).links["prev"]["url"]
            assert httpx.URL(back).params["offset"] == "0"


async def test_a_body_that_dawdles_is_refused_in_time(desk: Desk) -> None:
    credentials = await register_client(
        desk.repository.register, name="slow", purposes=[], grants=["all"], by="test", clock=system_clock
    )
    token = desk.tokens.issue(credentials.client_id)

    async def slowly() -> AsyncIterator[bytes]:
        for byte in json.dumps(person()).encode():
            yield bytes([byte])
            await asyncio.sleep(0.05)

    for patience_s, status in ((0.2, 408), (60.0, 201)):
        door = Door(desk, create_routes(public_url=""), measure=lambda *_: None, patience_s=patience_s)
        transport = httpx.ASGITransport(app=door)
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        async with httpx.AsyncClient(transport=transport, base_url="http://inventory", headers=headers) as api:
            answer = await api.post(PERSONS, content=slowly())
            assert answer.status_code == status, answer.text
            if status == 408:
                assert refused(answer, 408) == "body-too-slow"


@pytest.mark.parametrize("protocol", ["websocket", "h2c", "TLS/1.0"])
def test_an_upgrade_is_passed_over_in_silence(server: Server, protocol: str) -> None:
    before = len(server.output())
    request = f"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: {protocol}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(request.encode())
        assert connection.recv(4096).startswith(b"HTTP/1.1 200 ")
    assert "pgrade" not in server.output()[before:]
    assert "ebSocket" not in server.output()[before:]
