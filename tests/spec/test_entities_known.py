"""What is known of specifications: by whoever writes everything at once, by who lists a quarter of a second late."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import msgspec
import pytest

from customer_inventory.access import Access
from customer_inventory.access.entity_classes import LATE_S, EntityClasses
from customer_inventory.api.exchange import Exchange
from customer_inventory.api.parameters import UnknownAttribute
from customer_inventory.api.tmf import ResourceHandlers
from customer_inventory.clock import system_clock
from customer_inventory.model import RESOURCES, InvalidDocument
from customer_inventory.model.views import NATIVE
from customer_inventory.repository import Repository
from tests.conftest import make_desk

SPECIFICATION, ENTITY = RESOURCES["entitySpecification"], RESOURCES["entity"]
TARGET = {"@schemaLocation": "https://example.com/Meter.schema.json", "@type": "Meter"}
METER = {"@type": "EntitySpecification", "name": "Meter", "targetEntitySchema": TARGET}


@pytest.fixture
async def there(repository: Repository, access: Access) -> AsyncIterator[Access]:
    """An access at another server of the same inventory."""
    async with make_desk(repository) as desk:
        yield await desk.open_at_command_line(person="tester", purpose=None, request_id="there")


async def specified(access: Access, name: str, kind: str = "string") -> UUID:
    document = {**METER, "specCharacteristic": [{"name": name, "valueType": kind}]}
    return UUID((await access.create(SPECIFICATION, document)).record.id)


async def listed(access: Access, query: str) -> list[dict[str, Any]]:
    scope = {"type": "http", "method": "GET", "path": "/entity", "headers": [], "query_string": query.encode()}
    answer = await ResourceHandlers(NATIVE["entity"], public_url="").list(Exchange(scope, asyncio.Future), access)
    return list(msgspec.json.decode(answer.body))


async def known(access: Access) -> set[str]:
    """The attributes by which an access lists, beyond those of every entity."""
    return set((await access.searched(NATIVE["entity"], anew=False)).attributes) - set(ENTITY.attributes)


async def test_a_server_lists_by_what_it_wrote_at_once(access: Access) -> None:
    assert await known(access) == set()
    specification = await specified(access, "serial")
    assert await known(access) == {"serial"}
    await access.delete(SPECIFICATION, specification)
    assert await known(access) == set()


async def test_another_server_lists_by_it_a_quarter_of_a_second_later(access: Access, there: Access) -> None:
    assert await known(there) == set()
    specification = await specified(access, "serial")
    await asyncio.sleep(LATE_S)
    assert await known(there) == {"serial"}
    await access.delete(SPECIFICATION, specification)
    await asyncio.sleep(LATE_S)
    assert await known(there) == set()


async def test_an_attribute_that_was_just_specified_elsewhere_is_never_unknown(access: Access, there: Access) -> None:
    with pytest.raises(UnknownAttribute):
        await listed(there, "serial=A")
    await access.create(ENTITY, {"@type": "Meter", "serial": "A"})
    await specified(access, "serial")
    assert [found["serial"] for found in await listed(there, "serial=A&fields=serial")] == ["A"]
    with pytest.raises(UnknownAttribute):
        await listed(there, "serail=A")


async def test_who_writes_at_another_server_is_held_to_it_at_once(access: Access, there: Access) -> None:
    for name in ("serial", "place", "maker"):
        assert name not in await known(there)
        specification = await specified(access, name)
        with pytest.raises(InvalidDocument, match=name):
            await there.create(ENTITY, {"@type": "Meter", name: 1})
        await access.delete(SPECIFICATION, specification)
        await there.create(ENTITY, {"@type": f"Free{name}", name: 1})


async def test_lists_ask_the_database_four_times_a_second_at_most(access: Access, repository: Repository) -> None:
    now = 1000.0
    classes = EntityClasses(repository, clock=system_clock, seconds=lambda: now)
    before = await classes.view(anew=False)
    await specified(access, "serial")
    now += LATE_S * 0.99
    assert await classes.view(anew=False) is before
    assert "serial" in (await classes.view()).attributes
    assert "serial" in (await classes.view(anew=False)).attributes
    await specified(access, "place")
    assert "place" not in (await classes.view(anew=False)).attributes
    now += LATE_S
    assert "place" in (await classes.view(anew=False)).attributes
