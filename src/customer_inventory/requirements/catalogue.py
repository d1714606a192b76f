"""The catalogue: which requirements govern now, for every door of this process.

What is shipped governs until a version of it was approved and its date has come. Every server looks at the stamp of the
catalogue when it needs a requirement and has not looked for a quarter of a second, so all follow an approval within a
second, and nothing waits for a restart.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
import structlog

from customer_inventory.clock import Clock
from customer_inventory.model import RESOURCES, InvalidDocument, Resource
from customer_inventory.model.ruling import Rule, Ruling
from customer_inventory.model.tmf703 import ENTITY
from customer_inventory.repository.catalogue import CatalogueStore, RequirementVersion
from customer_inventory.requirements.masking import Mask, masks_of
from customer_inventory.requirements.requirement import InformationRequirement
from customer_inventory.requirements.rules import rules_of
from customer_inventory.requirements.unique import Unique, uniques_of

LATE_S = 0.25
"""So many seconds may pass until what another server approved is known here."""

Shipped = Callable[[str], Mapping[str, InformationRequirement]]
"""What the product ships for a resource, by the id of the requirement."""

_log = structlog.get_logger(__name__)


def class_of(resource: Resource) -> str | None:
    """Return the name of a class of entity, None for every other resource."""
    return resource.shape.name if resource.kind == ENTITY.kind and resource is not ENTITY else None


def governed_name(resource: Resource) -> str:
    """Return the name by which requirements speak of a resource; a class of entity is spoken of by its own name."""
    return class_of(resource) or resource.name


Decided = Mapping[str, Mapping[str, InformationRequirement | None]]
"""What was decided, by resource and the id of the requirement; None where one was retired."""


@dataclass(frozen=True, slots=True)
class Governing:
    """What governs at one moment: what was decided until then."""

    decided: Decided = field(default_factory=dict)
    until: datetime | None = None
    """When this changes by itself, because an approved version becomes effective."""


class _Asked(NamedTuple):
    """What doors ask of the records of a resource: each by itself, and of which attributes no two have the same."""

    resource: Resource
    ruling: Ruling
    uniques: tuple[Unique, ...]


class _Rulings:
    """The rules that doors ask, by resource, put together when they are first asked for.

    What is left to the audits (observe) is not asked: most of what is shipped is, and a door would not speak of it.
    """

    def __init__(self, shipped: Shipped, decided: Decided) -> None:
        self._shipped = shipped
        self._decided = decided
        self._made: dict[str, _Asked] = {}

    def of(self, resource: Resource) -> _Asked:
        """Return the rules of a resource: the same object while they and the resource are the same."""
        name = governed_name(resource)
        known = self._made.get(name)
        if known is None or known.resource is not resource:
            requirements = governing_of(name, self._shipped, self._decided).values()
            asked = [rule for rule in compiled(requirements, resource) if rule.enforcement != "observe"]
            ruling = Ruling(asked, resource.attributes)
            known = self._made[name] = _Asked(resource, ruling, uniques_of(requirements, resource))
        return known

    def turned(self, decided: Decided) -> _Rulings:
        """Return the rules after other decisions; those of resources of which nothing else was decided are kept."""
        after = _Rulings(self._shipped, decided)
        same = (name for name in self._made if self._decided.get(name) == decided.get(name))
        after._made = {name: self._made[name] for name in same}
        return after


class Catalogue:
    """The requirements of one inventory; `seconds` counts on whatever happens to the clock."""

    def __init__(
        self, store: CatalogueStore, *, shipped: Shipped, clock: Clock, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self.store = store
        self._shipped = shipped
        self._clock = clock
        self._seconds = seconds
        self._looked_at = -LATE_S
        self._looking = asyncio.Lock()
        self._stamp: int | None = None
        self._governing = Governing()
        self._rulings = _Rulings(shipped, {})
        self._masks: tuple[Governing, Mapping[str, tuple[Mask, ...]]] | None = None

    async def masks(self) -> Mapping[str, tuple[Mask, ...]]:
        """Return the masks of every class of record, by its name: the same object while nothing of the catalogue moved.

        Putting them together takes half a millisecond, more than a whole get.
        """
        await self._refresh()
        known = self._masks
        if known is None or known[0] is not self._governing:
            known = self._masks = (self._governing, _masks_by_class(self._shipped, self._governing.decided))
        return known[1]

    async def ruling(self, resource: Resource) -> Ruling:
        """Return the rules that govern a resource now and that doors ask: the same object while they are the same."""
        await self._refresh()
        return self._rulings.of(resource).ruling

    async def uniques(self, resource: Resource) -> tuple[Unique, ...]:
        """Return the attributes of a resource that are unique now, as far as doors ask it."""
        await self._refresh()
        return self._rulings.of(resource).uniques

    async def requirements(self, name: str) -> Mapping[str, InformationRequirement]:
        """Return the requirements that govern the resource of this name now, by id."""
        await self._refresh()
        return governing_of(name, self._shipped, self._governing.decided)

    async def names(self) -> frozenset[str]:
        """Return the names of the resources of which something was decided here."""
        await self._refresh()
        return frozenset(self._governing.decided)

    async def governs(self) -> Governing:
        """Return what was decided and governs now: the same object while nothing of the catalogue moved."""
        await self._refresh()
        return self._governing

    async def anew(self) -> None:
        """Look at the catalogue now: what was approved here a moment ago governs from the next request on."""
        self._looked_at = -LATE_S
        await self._refresh()

    async def packed(self) -> bytes:
        """Return what was decided, as JSON, for work in other processes: see `Catalogued`."""
        await self._refresh()
        return msgspec.json.encode(self._governing.decided)

    async def _refresh(self) -> None:
        if self._seconds() - self._looked_at < LATE_S and not self._turned():
            return
        async with self._looking:
            began = self._seconds()
            if began - self._looked_at < LATE_S and not self._turned():
                return
            stamp = await self.store.stamp()
            if stamp != self._stamp or self._turned():
                self._governing = governing(await self.store.versions(statuses=("approved",)), at=self._clock())
                self._rulings = self._rulings.turned(self._governing.decided)
                self._stamp = stamp
            self._looked_at = began

    def _turned(self) -> bool:
        return self._governing.until is not None and self._governing.until <= self._clock()


class Catalogued:
    """The catalogue as it was at one moment, for work in other processes: made of what `Catalogue.packed` returned."""

    def __init__(self, packed: bytes, *, shipped: Shipped) -> None:
        decided = msgspec.json.decode(packed, type=dict[str, dict[str, InformationRequirement | None]])
        self._shipped = shipped
        self._decided = decided
        self._rulings = _Rulings(shipped, decided)

    def ruling(self, resource: Resource) -> Ruling:
        """Return the rules that governed a resource then and that doors ask."""
        return self._rulings.of(resource).ruling

    def uniques(self, resource: Resource) -> tuple[Unique, ...]:
        """Return the attributes of a resource that were unique then, as far as doors ask it."""
        return self._rulings.of(resource).uniques

    def standards(self, resource: Resource) -> dict[str, str]:
        """Return the standards to which capture brought values of a resource then, by attribute."""
        asked = governing_of(governed_name(resource), self._shipped, self._decided).values()
        return {each.attribute: each.standardisation for each in asked if each.standardisation}


NOTHING_DECIDED = b"{}"
"""What is packed where nothing was decided: what is shipped governs."""


def governing(versions: Iterable[RequirementVersion], *, at: datetime) -> Governing:
    """Return what approved versions decide at a moment: of each requirement the one that became effective last."""
    ahead: list[datetime] = []
    latest: dict[str, RequirementVersion] = {}
    for version in versions:
        since = version.effective_from
        if since is None:
            continue
        if since > at:
            ahead.append(since)
        elif version.id not in latest or order(latest[version.id]) < order(version):
            latest[version.id] = version
    decided: dict[str, dict[str, InformationRequirement | None]] = {}
    for identifier, version in latest.items():
        asked = None if version.change == "retire" else requirement_of(version)
        decided.setdefault(version.resource, {})[identifier] = asked
    return Governing(decided, min(ahead, default=None))


def governing_of(name: str, shipped: Shipped, decided: Decided) -> dict[str, InformationRequirement]:
    """Return the requirements of a resource by id: those decided, and the shipped ones of which nothing was decided."""
    found: dict[str, InformationRequirement | None] = {**shipped(name), **decided.get(name, {})}
    return {identifier: each for identifier, each in found.items() if each is not None}


def _masks_by_class(shipped: Shipped, decided: Decided) -> dict[str, tuple[Mask, ...]]:
    found: dict[str, tuple[Mask, ...]] = {}
    for name, resource in RESOURCES.items():
        masks = masks_of(governing_of(name, shipped, decided).values())
        found |= dict.fromkeys(resource.classes, masks)
    for name in decided.keys() - RESOURCES.keys():
        found[name] = masks_of(governing_of(name, shipped, decided).values())
    return found


def requirement_of(version: RequirementVersion) -> InformationRequirement:
    """Return what a version asks, with its number and date."""
    said = msgspec.json.decode(version.document, type=InformationRequirement)
    changes = {"version": version.version} | (
        {"effective_from": version.effective_from} if version.effective_from else {}
    )
    return msgspec.structs.replace(said, id=version.id, **changes)


def compiled(requirements: Iterable[InformationRequirement], resource: Resource) -> list[Rule]:
    """Return the rules of requirements, passing over those that this version of the product cannot read any more.

    A door that fails for one rule would keep every record out; the log says which rule does not act.
    """
    rules: list[Rule] = []
    for requirement in requirements:
        try:
            rules += rules_of(requirement, resource)
        except InvalidDocument as error:
            _log.error("requirement.unreadable", requirement=requirement.id, problem=error.message)
    return rules


def order(version: RequirementVersion) -> tuple[Any, int]:
    """Return what orders approved versions of a requirement: of those that are effective the last one governs."""
    return version.effective_from, version.version
