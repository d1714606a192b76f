"""A small world for downloads: a desk with a clock that can be put forward, clients at its door, and its worker."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from customer_inventory.access import Access, Desk
from customer_inventory.access.clients import register_client, register_own_clients
from customer_inventory.access.download_rules import DownloadRules
from customer_inventory.access.references import ReferenceChecks
from customer_inventory.api.download_making import Maker
from customer_inventory.clock import system_clock
from customer_inventory.model import RESOURCES
from customer_inventory.repository import Repository

PLACE = "/inventory/v1/download"
Document = dict[str, Any]


class Watch:
    """A clock that can be put forward."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> Any:
        return system_clock() + self.ahead


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
async def desk(repository: Repository, tmp_path: Path, watch: Watch) -> AsyncIterator[Desk]:
    """A desk whose downloads need an approval above 50 records."""
    await register_own_clients(repository.register, clock=system_clock)
    rules = DownloadRules(tmp_path / "downloads", threshold=50, keep=timedelta(hours=2))
    checks = ReferenceChecks.parse(())
    opened = Desk(
        repository,
        clock=watch,
        randomness=lambda bits: int.from_bytes(os.urandom(bits // 8 + 1)) >> (8 - bits % 8),
        reference_checks=checks,
        downloads=rules,
    )
    async with opened:
        await opened.tokens.start()
        yield opened


@pytest.fixture
async def maker(desk: Desk) -> AsyncIterator[Maker]:
    made = Maker(desk, public_url="")
    yield made
    await made.stop()


class Client:
    """A registered client at the door."""

    def __init__(self, desk: Desk, door: httpx.AsyncClient, client_id: str) -> None:
        self.client_id = client_id
        self.purpose: str | None = None
        self._desk = desk
        self._door = door

    @property
    def headers(self) -> dict[str, str]:
        """A token of this moment, and the purpose."""
        said = {"x-purpose": self.purpose} if self.purpose else {}
        return {"authorization": f"Bearer {self._desk.tokens.issue(self.client_id)}", **said}

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self._door.get(path, headers={**self.headers, **headers})

    async def post(self, path: str, body: Document | None = None, **headers: str) -> httpx.Response:
        return await self._door.post(path, json=body or {}, headers={**self.headers, **headers})

    async def delete(self, path: str) -> httpx.Response:
        return await self._door.delete(path, headers=self.headers)

    async def asks(self, kind: str, **wish: str) -> Document:
        answer = await self.post(PLACE, {"kind": kind, **wish})
        assert answer.status_code == 201, answer.text
        assert answer.headers["location"] == f"{PLACE}/{answer.json()['id']}"
        return dict(answer.json())

    async def state(self, download: Document) -> Document:
        answer = await self.get(f"{PLACE}/{download['id']}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def link(self, download: Document, **body: int) -> str:
        answer = await self.post(f"{PLACE}/{download['id']}/link", dict(body))
        assert answer.status_code == 201, answer.text
        return str(answer.json()["url"])

    async def file(self, download: Document) -> bytes:
        answer = await self.get(await self.link(download))
        assert answer.status_code == 200, answer.text
        return answer.content


async def client_of(desk: Desk, door: httpx.AsyncClient, name: str, *grants: str, **purposes: Any) -> Client:
    made = await register_client(
        desk.repository.register,
        name=name,
        purposes=purposes.get("purposes", ["tests"]),
        grants=grants,
        by=f"who registered {name}",
        clock=system_clock,
    )
    return Client(desk, door, made.client_id)


async def made(maker: Maker, client: Client, download: Document, *, status: str = "ready") -> Document:
    """Let the server do its work until a download gets somewhere."""
    for _ in range(200):
        await maker.look()
        await asyncio.sleep(0.02)
        found = await client.state(download)
        if found["status"] not in {"queued", "running"}:
            assert found["status"] == status, found
            return found
    raise AssertionError(found)


def person(number: int, **more: Any) -> Document:
    return {"@type": "Individual", "givenName": f"Given{number}", "familyName": f"Family{number}", **more}


async def people(access: Access, number: int = 12) -> list[str]:
    """Some people of two nations, every third with a special category, and their ids."""
    found = []
    for each in range(number):
        more: Document = {"nationality": ("NL", "BE")[each % 2], "status": ("validated", "initialized")[each % 3 == 0]}
        more["contactMedium"] = [{"@type": "EmailContactMedium", "emailAddress": f"p{each}@example.org"}]
        if each % 3 == 0:
            more["disability"] = [
                {"@type": "Disability", "disabilityName": f"blindness{each}", "disabilityCode": "H54"}
            ]
        found.append((await access.create(RESOURCES["individual"], person(each, **more))).record.id)
    return found
