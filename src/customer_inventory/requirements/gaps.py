"""Gaps between what is asked for and what is kept: the pure part, over what the repository counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from customer_inventory.model import Resource
from customer_inventory.model.places import Place, meets, place
from customer_inventory.repository.gaps import Covered, Seen, Used
from customer_inventory.requirements.requirement import InformationRequirement

_TYPES = {"string": "string", "number": "number", "boolean": "boolean", "object": "object"}


@dataclass(frozen=True, slots=True)
class Part:
    """The records of one source and segment: how many there are, and the share that has the attribute."""

    source: str
    segment: str
    records: int
    share: float


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of what a requirement asks for is kept: over all records, and by source and segment."""

    requirement: InformationRequirement
    records: int
    share: float
    parts: tuple[Part, ...]

    @property
    def target(self) -> float | None:
        """The share that the requirement aims at, 1 for what is mandatory, None when it aims at none."""
        aimed = (each.target for each in self.requirement.quality_target or () if each.dimension == "completeness")
        return next(aimed, 1.0 if self.requirement.obligation == "mandatory" else None)

    @property
    def short(self) -> bool:
        """Whether less is kept than aimed at."""
        return self.target is not None and self.records > 0 and self.share < self.target

    @property
    def unreachable(self) -> bool:
        """Whether it is mandatory although no source supplies it."""
        return self.requirement.obligation == "mandatory" and self.records > 0 and self.share == 0


@dataclass(frozen=True, slots=True)
class Unasked:
    """An attribute that is kept although nobody asked for it: in how many records, who brought it, and one of them."""

    attribute: str
    records: int
    sources: tuple[tuple[str, int], ...]
    types: tuple[str, ...]
    example: str


@dataclass(frozen=True, slots=True)
class Use:
    """How what is asked for is used: how many accesses asked for it by name, when the last one did, whose they were."""

    accesses: int = 0
    last: datetime | None = None
    client_ids: tuple[str, ...] = ()


def use(attribute: str, named: Iterable[Used]) -> Use:
    """Return how an attribute is used: who asks for a group of attributes, or for a part of one, asks for it too."""
    path = place(attribute).path
    met = [each for each in named if meets(each.attribute, path)]
    return Use(
        sum(each.accesses for each in met),
        max((each.last for each in met), default=None),
        tuple(dict.fromkeys(each.client_id for each in met)),
    )


def ways(requirements: Iterable[InformationRequirement]) -> list[str]:
    """Return the SQL/JSON paths that lead to whatever is kept of each requirement."""
    return [way(place(each.attribute)) for each in requirements]


def way(at: Place) -> str:
    """Return the SQL/JSON path that leads to the values at a place, null and empty texts left out."""
    path = "$" + "".join(f'."{name}"' for name in (*at.holder, at.name)) + "[*]"
    if at.named is not None:
        path += f' ? (@."name" == "{at.named}")."value"[*]'
    return f'{path} ? (@ != null && (@.type() != "string" || @ != ""))'


def coverage(
    requirements: Sequence[InformationRequirement], total: Covered, counted: Sequence[Covered]
) -> list[Coverage]:
    """Return the coverage of each requirement, from what was counted of their `ways` in this order: of all, by part."""
    found: list[Coverage] = []
    for number, requirement in enumerate(requirements):
        parts = tuple(
            Part(each.source, each.segment, each.records, each.having[number] / each.records) for each in counted
        )
        share = total.having[number] / total.records if total.records else 0.0
        found.append(Coverage(requirement, total.records, share, parts))
    return found


def unasked(seen: Iterable[Seen], *, characteristics: bool) -> list[Unasked]:
    """Return what is kept and not asked for, the most frequent first."""
    grouped: dict[str, list[Seen]] = {}
    for each in seen:
        joined = f"{each.path}.{each.name}" if each.path else each.name
        grouped.setdefault(f"{each.path}[{each.name}]" if characteristics else joined, []).append(each)
    found = [
        Unasked(
            attribute,
            sum(each.records for each in group),
            tuple(_by_source(group).most_common()),
            tuple(dict.fromkeys(each.type for each in group)),
            group[0].example,
        )
        for attribute, group in grouped.items()
    ]
    return sorted(found, key=lambda each: -each.records)


def _by_source(group: Sequence[Seen]) -> Counter[str]:
    counted: Counter[str] = Counter()
    for each in group:
        counted[each.source] += each.records
    return counted


def draft_of(found: Unasked, resource: str) -> dict[str, object]:
    """Return a draft of a requirement for what nobody asked for: a person has to say what it means."""
    kinds = [_TYPES[each] for each in found.types if each in _TYPES]
    name = found.attribute.rpartition(".")[2].partition("[")
    heading = name[2].rstrip("]") or name[0]
    rule = [{"code": "type", "type": kinds[0]}] if len(kinds) == 1 else []
    return {
        "@type": "InformationRequirement",
        "resource": resource,
        "attribute": found.attribute,
        "name": heading,
        "meaning": "Kept, but nobody has said yet what it means.",
        "obligation": "optional",
        "enforcement": "observe",
        "sensitivity": "internal",
        "masking": "null",
        **({"valueRule": rule} if rule else {}),
    }


def groups_of(resource: Resource) -> tuple[list[str], list[str]]:
    """Return the paths of objects with declared attributes, the record itself first, and those of characteristics."""
    kept = resource.attributes
    groups = [path for path, attribute in kept.items() if not attribute.scalar and path.count(".") < 2]
    declared = [path for path in groups if any(other.startswith(f"{path}.") for other in kept)]
    named = [
        path for path in declared if path.rpartition(".")[2].lower().endswith("characteristic") and "." not in path
    ]
    return ["", *(path for path in declared if path not in named)], named
