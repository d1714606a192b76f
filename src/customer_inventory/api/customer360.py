"""Customer 360: a customer with everything that belongs to it, in one call (a resource of our own)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from typing import Any

import msgspec

from customer_inventory.access import Access
from customer_inventory.access.access import RecordNotFound
from customer_inventory.access.wholes import ALL_PARTS, Relative, Whole, whole
from customer_inventory.api.exchange import Answer, Exchange
from customer_inventory.api.fields import Fields, select
from customer_inventory.api.questions import Question, asked
from customer_inventory.api.representation import href, represent
from customer_inventory.api.routing import Routes
from customer_inventory.api.scanning import InvalidParameter
from customer_inventory.ids import parse_id
from customer_inventory.model.belonging import PARTIES, PARTS
from customer_inventory.model.kinship import Relation
from customer_inventory.model.viewing import native_view
from customer_inventory.repository.kinds import KINDS
from customer_inventory.repository.records import Record
from customer_inventory.repository.surroundings import Near

CUSTOMER_360 = "/inventory/v1/customer360"
DEFAULT_EACH = 20
MOST_EACH = 500
_LISTS = ("role", *PARTS)
_ALWAYS = frozenset({"id", "href", "@type"})

Chosen = dict[str, Fields | None]
"""The parts that were asked for, each with the attributes of it; None for all."""


def add_customer_360(routes: Routes, *, public_url: str) -> None:
    """Let the whole of a customer answer."""
    routes.add(f"{CUSTOMER_360}/{{id}}", "customer360", GET=partial(_get, public_url))


async def _get(public_url: str, exchange: Exchange, access: Access, identifier: str) -> Answer:
    limits = tuple(f"limit.{part}" for part in _LISTS)
    question = asked(exchange.query_string, ("fields", "asOf", "limit", *limits))
    chosen = _chosen(question.given.get("fields"))
    record_id = parse_id(identifier)
    if record_id is None:
        raise RecordNotFound("The inventory holds no customer and no party of this id.")
    found = await whole(access, record_id, limits=_limits(question, chosen), as_of=question.moment("asOf"))
    teller = _Teller(public_url, chosen)
    return Answer(200, msgspec.json.encode(teller.told(identifier, found)))


def _limits(question: Question, chosen: Chosen) -> dict[str, int]:
    """How many records of each part that was chosen are shown."""
    each = question.whole("limit", most=MOST_EACH, default=DEFAULT_EACH)
    return {part: question.whole(f"limit.{part}", most=MOST_EACH, default=each) for part in chosen}


def _chosen(fields: str | None) -> Chosen:
    """Read `fields`: parts, and with a dot attributes of a part. Raises InvalidParameter for what is no part."""
    if fields is None or not fields.strip():
        return dict.fromkeys(ALL_PARTS)
    names = [name.strip() for name in fields.split(",") if name.strip()]
    if names == ["none"]:
        return {}
    chosen: dict[str, set[str] | None] = {}
    for name in names:
        part, dot, attribute = name.partition(".")
        if part in _ALWAYS:
            continue
        if part not in ALL_PARTS:
            near = get_close_matches(part, ALL_PARTS, 1) if len(part) <= 40 else []
            hint = f"Did you mean {near[0]}?" if near else f"The parts are {', '.join(ALL_PARTS)}."
            raise InvalidParameter(f"fields names what is no part of a customer. {hint}")
        known = chosen.setdefault(part, set() if dot else None)
        if dot and known is not None:
            known.add(attribute)
        elif not dot:
            chosen[part] = None
    return {part: None if names is None else frozenset(names) for part, names in chosen.items()}


@dataclass(frozen=True, slots=True)
class _Teller:
    """Writes a whole in the form of the API: each record in its v5 form, the attributes that were chosen."""

    public_url: str
    chosen: Chosen

    def told(self, identifier: str, found: Whole) -> dict[str, Any]:
        """The whole as one document."""
        body: dict[str, Any] = {
            "@type": "Customer360",
            "id": identifier,
            "href": f"{self.public_url}{CUSTOMER_360}/{identifier}",
        }
        for part, record in (("customer", found.customer), ("party", found.party)):
            if part in self.chosen and record is not None:
                body[part] = self._record(part, record)
        for part, records in (("role", found.roles), *found.things.items()):
            if part in self.chosen:
                body[part] = [self._record(part, record) for record in records]
        body |= self._relatives(found.relatives)
        body["count"] = {part: number for part, number in found.counts.items() if part in self.chosen}
        if found.withheld:
            body["withheld"] = sorted(set(found.withheld))
        return body

    def _relatives(self, relatives: Iterable[Relative]) -> dict[str, Any]:
        told: dict[str, list[dict[str, Any]]] = {"up": [], "down": [], "side": []}
        for relative in relatives:
            told[relative.relation.direction].append(self._relative(relative))
        parts: dict[str, Any] = {}
        if "hierarchy" in self.chosen:
            above, below = (self._selected("hierarchy", told[way]) for way in ("up", "down"))
            parts["hierarchy"] = {"parents": above, "children": below}
        if "related" in self.chosen:
            parts["related"] = self._selected("related", told["side"])
        return parts

    def _selected(self, part: str, elements: list[dict[str, Any]]) -> list[dict[str, Any]]:
        names = self.chosen[part]
        return elements if names is None else [select(element, names | _ALWAYS) for element in elements]

    def _record(self, part: str, record: Near) -> msgspec.Raw:
        view = native_view(KINDS[record.kind])
        content = Record(record.id, record.version, record.document)
        return msgspec.Raw(represent(view, content, self.chosen[part], public_url=self.public_url))

    def _relative(self, relative: Relative) -> dict[str, Any]:
        """Somebody else as a reference, with what they are to whom."""
        resource = KINDS[relative.kind]
        return {
            "@type": "PartyRef" if relative.kind in PARTIES else "PartyRoleRef",
            "@referredType": resource.struct.__name__,
            "id": relative.id,
            "href": href(native_view(resource), relative.id, public_url=self.public_url),
            **({"name": relative.name} if relative.name else {}),
            **relation_told(relative.relation),
            "of": relative.of,
        }


def relation_told(relation: Relation) -> dict[str, Any]:
    """Return a relation as attributes: its role, and where that is told from the other end or in more detail."""
    told: dict[str, Any] = {"role": relation.name}
    if relation.inverse:
        told["inverse"] = True
    if relation.detail:
        told["relationshipType"] = relation.detail
    return told
