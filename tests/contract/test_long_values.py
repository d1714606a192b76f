"""Values that are too long for an index are told before one is asked for, exactly as the engine has it."""

from __future__ import annotations

import random
import string
from functools import partial
from typing import Any
from uuid import UUID

import psycopg
import pytest

from customer_inventory.access import Access
from customer_inventory.access.governing import propose
from customer_inventory.access.impact import impact
from customer_inventory.model import RESOURCES
from customer_inventory.repository import Repository, indexing
from customer_inventory.repository.indexing import IndexNotBuilt, Step
from customer_inventory.repository.kinds import KINDS, indexes_of
from customer_inventory.requirements.governance import Proposed
from customer_inventory.requirements.reading import requirement_from

CUSTOMER = RESOURCES["customer"]
INDEX = indexes_of(KINDS["customer"], "description")[0]
FITS = 2674
"""How many bytes of a text that cannot be compressed fit into an index with pages of 8 KiB, beside bucket and id."""


def incompressible(length: int, seed: int = 1) -> str:
    drawn = random.Random(seed)
    return "".join(drawn.choice(string.ascii_letters + string.digits) for _ in range(length))


async def keep(access: Access, *descriptions: str) -> None:
    for text in descriptions:
        await access.create(CUSTOMER, {"@type": "Customer", "name": "N", "description": text, **PARTY})


PARTY = {"engagedParty": {"@type": "PartyRef", "id": "x", "name": "P"}}


async def too_long(repository: Repository, path: str = "description", within_s: float = 60.0) -> int | None:
    return await repository.indexing.too_long("customer", path, within_s=within_s)


async def is_built(repository: Repository) -> bool:
    async with repository.indexing.turn() as builder:
        assert builder is not None
        try:
            await builder.take(Step(INDEX.name, INDEX))
        except IndexNotBuilt as error:
            return error.sqlstate != "54000"
        return True


async def test_what_fits_and_what_does_not_is_told_as_the_engine_has_it(repository: Repository, access: Access) -> None:
    assert await too_long(repository) == 0
    umlauts = "ä" * 50 + incompressible(FITS - 100, seed=2)
    await keep(access, incompressible(FITS), "short", "x" * 50_000, umlauts)
    assert await too_long(repository) == 0
    assert await is_built(repository)
    async with repository.indexing.turn() as builder:
        assert builder is not None
        await builder.take(Step(INDEX.name))
    await keep(access, incompressible(FITS + 1))
    assert await too_long(repository) == 1
    assert not await is_built(repository)
    await keep(access, incompressible(9000), "y" * 9000)
    assert await too_long(repository) == 2


async def test_what_is_no_text_is_never_too_long(repository: Repository, access: Access) -> None:
    await keep(access, incompressible(9000))
    assert await too_long(repository, "validFor.startDateTime") == 0


async def test_of_very_many_it_is_said_by_some(
    repository: Repository, access: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    await keep(access, *(incompressible(3000, seed=n) for n in range(6)))
    monkeypatch.setattr(indexing, "_TRIED", 2)
    assert await too_long(repository) == 6


async def test_it_is_not_said_when_many_are_long_and_those_that_are_tried_fit(
    repository: Repository, access: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    await keep(access, *["x" * 3000] * 3)
    monkeypatch.setattr(indexing, "_TRIED", 2)
    assert await too_long(repository) is None


async def test_it_is_not_said_when_it_takes_too_long(repository: Repository, access: Access, database: str) -> None:
    await keep(access, incompressible(9000))
    async with (
        await psycopg.AsyncConnection.connect(database) as holding,
        holding.transaction(),
    ):
        await holding.execute("lock table customer in access exclusive mode")
        assert await too_long(repository, within_s=0.3) is None


async def test_the_impact_of_marking_an_attribute_tells_it(access: Access) -> None:
    await keep(access, incompressible(9000), incompressible(9000, seed=2), "short")
    asked = {"resource": "customer", "attribute": "description", "name": "D", "meaning": "m"}
    made = await propose(access, Proposed(requirement_from({**asked, "searchable": True}), "r"))
    assert (await impact(access, made.version.id, made.version.version)).index_too_long == 2
    made = await propose(access, Proposed(requirement_from({**asked, "searchable": False}), "r"))
    assert (await impact(access, made.version.id, made.version.version)).index_too_long is None


@pytest.mark.parametrize("name", ["A", "An", "Ann", "Anna"])
async def test_a_record_of_every_length_about_a_page_is_kept_and_replaced(access: Access, name: str) -> None:
    """A row that is a few bytes too long for a page of 8 KiB goes out of line, in whichever column the bytes are."""
    individual = RESOURCES["individual"]
    made = await access.create(individual, {"@type": "Individual", "givenName": name, "familyName": "B"})
    identifier = UUID(made.record.id)
    for length in range(7800, 8000):
        saved = await access.modify(individual, identifier, partial(_with_note, "x" * length))
        assert saved.record.document.count(b"x") >= length


def _with_note(text: str, document: dict[str, Any]) -> dict[str, Any]:
    return {**document, "note": text}
