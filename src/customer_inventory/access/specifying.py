"""Specifying: what happens to the stored entities when a specification of their class is written or goes.

Nobody learns afterwards that a thousand records do not follow a rule any more: a specification that would make stored
entities invalid is refused with their number, and one that is in use is not deleted, unless the caller wants it all the
same. Once it is written, the entities that are there are found by the attributes that it gave them.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import msgspec

from customer_inventory.access.opened import Opened
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.model import InvalidDocument, Resource, terms, validate
from customer_inventory.model.entity_classes import contradictions, entity_classes
from customer_inventory.model.resource import Document
from customer_inventory.model.tmf662 import ENTITY_SPECIFICATION
from customer_inventory.model.tmf703 import ENTITY
from customer_inventory.repository.classified import Reworded, Stored
from customer_inventory.repository.reverting import Reversal

MOST_COUNTED = 10_000
"""So many entities are counted that would not follow a specification, or are of a class; beyond, there are more."""
_EXAMPLES = 3
_AT_ONCE = 100

Classes = Mapping[str, Resource]


class SpecificationContradicted(InventoryError):
    """Another specification of the class says something else.

    Nothing was written. Change or retire that one, or let both say the same.
    """

    code = "specification-contradicted"
    failure = Failure.CONFLICT


class RecordsWouldBreak(InventoryError):
    """Stored entities do not follow the specification.

    Nothing was written. Mend them first, or send onConflict=keep: then they stay as they are until they are changed.
    """

    code = "records-would-break"
    failure = Failure.CONFLICT


class SpecificationInUse(InventoryError):
    """Entities of the class that the specification describes are stored.

    Nothing was deleted. Delete them first, retire the specification, or send onConflict=keep.
    """

    code = "specification-in-use"
    failure = Failure.CONFLICT


@dataclass(slots=True)
class _Effect:
    """What a specification does to stored entities: how many there are, how many break, for which reasons."""

    number: int = 0
    broken: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)

    def add(self, identifier: str, reasons: set[str]) -> None:
        """Count an entity in, with the reasons for which it breaks."""
        self.number += 1
        if reasons:
            self.broken += 1
            self.reasons.update(reasons)
            self.examples += [identifier] if len(self.examples) < _EXAMPLES else []


@asynccontextmanager
async def specifying(
    access: Opened, resource: Resource, identifier: UUID | None, document: dict[str, Any] | None
) -> AsyncGenerator[None]:
    """Write a document of `resource` within (None: delete it); of a specification the entities are seen to.

    One specification is written at a time, so that each is held against those that are there. Raises Denied,
    WriteContention, SpecificationContradicted, RecordsWouldBreak and SpecificationInUse before anything is written.
    """
    if resource is not ENTITY_SPECIFICATION:
        yield
        return
    await _require_reading(access)
    async with access.facilities.repository.classified.alone():
        before = await access.facilities.classes.by_name()
        await _examine(access, identifier, document)
        yield
    await settle(access, before)


@asynccontextmanager
async def specifying_all(access: Opened, reversals: Sequence[Reversal]) -> AsyncGenerator[None]:
    """Take records back within, as `specifying` does for one that is written. Raises as that does."""
    specifications = [each for each in reversals if each.kind == ENTITY_SPECIFICATION.kind]
    if not specifications:
        yield
        return
    await _require_reading(access)
    async with access.facilities.repository.classified.alone():
        before = await access.facilities.classes.by_name()
        for each in specifications:
            await _examine(access, each.id, msgspec.json.decode(each.draft.document) if each.draft else None)
        yield
    await settle(access, before)


async def _require_reading(access: Opened) -> None:
    """Return if the stored entities may be looked at, since a refusal tells what they hold. Raises Denied."""
    if not access.despite_conflicts:
        await access.require("read", ENTITY.kind)


async def settle(access: Opened, before: Classes) -> None:
    """Let stored entities be found, and be unique, by the classes that are in force now and were not `before`."""
    after = await access.facilities.classes.by_name()
    classified = access.facilities.repository.classified
    for named in _changed(before, after):
        governing = after.get(named, ENTITY)
        async for stored in classified.read(ENTITY.kind, named):
            await classified.reword(ENTITY.kind, [_reworded(governing, each) for each in stored])


async def _examine(access: Opened, identifier: UUID | None, document: dict[str, Any] | None) -> None:
    stored = await access.facilities.classes.stored()
    others = [known for key, known in stored.items() if key != str(identifier)]
    now = access.facilities.clock()
    if document is not None and (names := contradictions(document, others, at=now)):
        await _note(access, identifier)
        named = f" of {', '.join(names[:5])}" if access.may("read", ENTITY_SPECIFICATION) else ""
        raise SpecificationContradicted(
            f"Another specification of the class says something else{named}. Nothing was written. "
            "Change or retire that one, or let both say the same."
        )
    if access.despite_conflicts:
        return
    before = entity_classes(stored.values(), at=now)
    after = entity_classes([*others, *([] if document is None else [document])], at=now)
    for named in _changed(before, after):
        if document is None:
            await _refuse_if_used(access, identifier, named)
        elif named in after:
            await _refuse_if_breaking(access, identifier, before.get(named, ENTITY), after[named])


async def _refuse_if_used(access: Opened, identifier: UUID | None, named: str) -> None:
    number = await access.facilities.repository.classified.number(ENTITY.kind, named, bound=MOST_COUNTED + 1)
    if number:
        await _note(access, identifier)
        raise SpecificationInUse(
            f"The specification governs {_counted(number)} stored entities of the class {named}. Nothing was deleted. "
            "Delete them first, retire the specification, or send onConflict=keep."
        )


async def _refuse_if_breaking(access: Opened, identifier: UUID | None, before: Resource, after: Resource) -> None:
    effect = await _effect(access, before, after)
    if not effect.broken:
        return
    await _note(access, identifier)
    reasons = "; ".join(f"{reason} ({_counted(number)})" for reason, number in effect.reasons.most_common(5))
    raise RecordsWouldBreak(
        f"{_counted(effect.broken)} of {_counted(effect.number)} stored entities of the class {after.shape.name} do "
        f"not follow the specification: {reasons}. Among them: {', '.join(effect.examples)}. Nothing was written. "
        "Mend them first, or send onConflict=keep: then they stay as they are until they are changed."
    )


async def _effect(access: Opened, before: Resource, after: Resource) -> _Effect:
    """Hold every stored entity of a class to what it is to be; counting ends when too many break."""
    effect = _Effect()
    held: set[bytes] = set()
    async for stored in access.facilities.repository.classified.read(ENTITY.kind, after.shape.name):
        for number, each in enumerate(stored):
            if number % _AT_ONCE == 0:
                await asyncio.sleep(0)  # so that millions of entities do not hold up everybody else
            document = msgspec.json.decode(each.document)
            effect.add(each.id, _reasons(before, after, document) | _repeats(before, after, document, held))
        if effect.broken > MOST_COUNTED:
            break
    return effect


def _reasons(before: Resource, after: Resource, document: Document) -> set[str]:
    """Why an entity that is valid is not valid any more; none for one that is not valid as it is."""
    problems = _problems(after, document)
    return problems if problems and not _problems(before, document) else set()


def _problems(resource: Resource, document: Document) -> set[str]:
    try:
        validate(resource, document)
    except InvalidDocument as refused:
        return {str(problem) for problem in refused.problems}
    return set()


def _repeats(before: Resource, after: Resource, document: Document, held: set[bytes]) -> set[str]:
    """Which values are not unique although they are to be from now on."""
    known = {claim.attribute for claim in before.claims(document)}
    found = {claim for claim in after.claims(document) if claim.attribute not in known}
    repeated = {f"{claim.attribute}: is not unique" for claim in found if claim.digest in held}
    held.update(claim.digest for claim in found)
    return repeated


def _reworded(governing: Resource, stored: Stored) -> Reworded:
    document = msgspec.json.decode(stored.document)
    try:
        wanted = terms(governing, document)
    except InvalidDocument:  # more terms than a record may have: it stays as it is until it is changed
        wanted = stored.terms
    changed = wanted if set(wanted) != set(stored.terms) else None
    return Reworded(stored.id, stored.version, changed, tuple(governing.claims(document)))


def _changed(before: Classes, after: Classes) -> list[str]:
    return [named for named in {**before, **after} if before.get(named) is not after.get(named)]


def _counted(number: int) -> str:
    return f"more than {MOST_COUNTED:,}" if number > MOST_COUNTED else f"{number:,}"


async def _note(access: Opened, identifier: UUID | None) -> None:
    await access.note("modify", ENTITY_SPECIFICATION.kind, "refused", (str(identifier),) if identifier else ())
