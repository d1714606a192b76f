"""Drafting: one row of a source becomes the documents of its records, or a reason why it cannot.

The documents are checked by the model like any other write; nothing is invented that the source does not say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from customer_inventory.capture.mapping import PARTIES, Leaf, Node, RowMapping, leaves_of
from customer_inventory.capture.standardise import Unusable, Value, text
from customer_inventory.ids import parse_id
from customer_inventory.model import RESOURCES, InvalidDocument, Link, Resource, terms, validate
from customer_inventory.model.contents import (
    INLINE,
    AttachmentTooLarge,
    File,
    carries_content,
    contents_of,
    taken_out,
)
from customer_inventory.model.relations import pointers
from customer_inventory.model.resource import stamped
from customer_inventory.model.spelling import classed
from customer_inventory.model.validation import is_blank
from customer_inventory.repository.bulk_rows import BulkLink, BulkRow, Entry, Sought, record_line
from customer_inventory.requirements.unique import Unique, claimed, no_uniques

PARTIES_BY_CLASS = {"Individual": "individual", "Organization": "organization"}

Document = dict[str, Any]
Strict = Mapping[str, frozenset[str]]
"""By resource name, the reference attributes that must name a record that is held."""

Uniques = Callable[[Resource], tuple[Unique, ...]]
"""Returns the attributes of a resource of which no two records may have the same value."""


class RowRefused(Exception):
    """A row cannot be taken; the message says why, and never repeats a value."""


Judge = Callable[[Resource, Document, datetime], None]
"""Asked whether a valid document meets the requirements; raises RowRefused for one that does not."""


def taken_as_it_is(resource: Resource, document: Document, now: datetime) -> None:
    """Judge nothing: take every valid document."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What was taken from a row: the source's id, and a value or None for every leaf of the mapping."""

    source_id: str
    values: list[Value | None]


@dataclass(slots=True)
class Taking:
    """Takes the values of rows by a mapping, and counts what had to be left out."""

    mapping: RowMapping
    columns: Sequence[str]
    warnings: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        places = {name: at for at, name in enumerate(self.columns)}
        self._id_place = places[self.mapping.source_id]
        leaves = [leaf for pattern in self.mapping.records.values() for leaf in leaves_of(pattern)]
        self._plan = [(leaf, [places[column] for column in leaf.columns]) for leaf in leaves]

    _id_place: int = 0
    _plan: list[tuple[Leaf, list[int]]] = field(default_factory=list)

    def take(self, cells: Sequence[str]) -> Taken:
        """Return what a row holds, standardised. Raises RowRefused."""
        if len(cells) != len(self.columns):
            raise RowRefused(f"has {len(cells)} columns instead of {len(self.columns)}")
        try:
            source_id = text(cells[self._id_place])
        except Unusable as reason:
            raise RowRefused(f"{self.mapping.source_id} {reason}") from None
        if not source_id:
            raise RowRefused(f"{self.mapping.source_id} is empty, so the row has no id")
        return Taken(source_id, [self._value(leaf, places, cells) for leaf, places in self._plan])

    def _value(self, leaf: Leaf, places: list[int], cells: Sequence[str]) -> Value | None:
        cell = cells[places[0]] if len(places) == 1 else leaf.join.join(filter(None, (cells[at] for at in places)))
        if not cell or cell.isspace():
            if leaf.mandatory and is_blank(leaf.otherwise):
                self._lacks(f"{leaf.name} is empty, but {leaf.path} is mandatory")
            return leaf.otherwise
        try:
            return leaf.standard(cell)
        except Unusable as reason:
            return self._unusable(leaf, cell, reason)

    def _unusable(self, leaf: Leaf, cell: str, reason: Unusable) -> str | None:
        """Return what is taken in place of a value that its standard refuses. Raises RowRefused."""
        if leaf.unusable == "reject":
            raise RowRefused(f"{leaf.name} {reason}") from None
        if leaf.unusable == "keep":
            try:
                kept = text(cell)
            except Unusable:
                pass  # not even a text: nothing could hold it
            else:
                self.warnings[f"{leaf.name} {reason}; kept as it is"] += 1
                return kept
        if leaf.mandatory:
            # Not the same as empty: the source says something here, which its owner can put right.
            raise RowRefused(f"{leaf.name} {reason}, but {leaf.path} is mandatory") from None
        self.warnings[f"{leaf.name} {reason}; left out"] += 1
        return None

    def _lacks(self, reason: str) -> None:
        """Refuse a row without a mandatory attribute, or count it where the mapping takes incomplete rows."""
        if not self.mapping.incomplete:
            raise RowRefused(reason)
        self.warnings[f"{reason}; taken incomplete"] += 1


def documents_of(
    mapping: RowMapping, values: Sequence[Value | None], ids: Sequence[str]
) -> list[tuple[Resource, Document]]:
    """Return the documents that a row makes, the party first; `ids` are the ids that they would get."""
    taken = iter(values)
    documents = {name: _filled(pattern, taken) for name, pattern in mapping.records.items()}
    party = next((name for name in PARTIES if name in documents), None)
    if party and "customer" in documents:
        engage(documents["customer"], RESOURCES[party], documents[party], ids[0])
    return [(mapping.governing(name, document), document) for name, document in documents.items()]


def seek_party(document: Document, placeholder: str) -> tuple[Sought, ...]:
    """Put `placeholder` in place of an engaged party that is named by the source's own id; return what is sought."""
    party = document.get("engagedParty")
    if not isinstance(party, dict):
        return ()
    kind = PARTIES_BY_CLASS.get(party.get("@referredType") or party.get("@type") or "")
    source_id = party.get("id")
    if kind is None or not isinstance(source_id, str) or parse_id(source_id) is not None:
        return ()
    resource = RESOURCES[kind]
    party["id"] = placeholder
    party.pop("href", None)  # it leads into the other system
    return (Sought(placeholder, resource.kind, source_id),)


def draft(
    number: int,
    records: Sequence[tuple[Resource, Document]],
    ids: Sequence[str],
    source_id: str | None,
    *,
    strict: Strict,
    now: datetime,
    sought: Sequence[Sought] = (),
    incomplete: bool = False,
    earlier: bool = False,
    judge: Judge = taken_as_it_is,
    uniques: Uniques = no_uniques,
    files: bool = True,
) -> BulkRow:
    """Return the row to load that these documents make, checked by the model and dated `now`. Raises RowRefused.

    `incomplete` takes documents that lack a mandatory attribute, or hold a blank one; what is there must be valid all
    the same. What comes of an `earlier` version may lack below that whatever that version cannot say. Without `files` a
    row may carry none, however small.
    """
    entries = []
    for (resource, said), identifier in zip(records, ids, strict=True):
        document = classed(stamped(resource.stamps, said, before=None, now=now), resource.classes)
        try:
            _refuse_files(resource, document, small=files)
            validate(resource, document, mandatory=("@type",) if incomplete else None, earlier=earlier)
            judge(resource, document, now)
            found = terms(resource, document)
            line = record_line(msgspec.json.encode(document), found, resource.label(document))
        except InvalidDocument as error:
            raise invalid(resource, error) from None
        dated = tuple(name for name in resource.stamps.all_names if name in document and name not in said)
        told = _links(resource, document, strict)
        claims = claimed(resource, document, uniques(resource), found)
        entries.append(Entry(resource.kind, identifier, line, told, source_id, tuple(sought), dated, claims))
    return BulkRow(number, tuple(entries))


def invalid(resource: Resource, error: InvalidDocument) -> RowRefused:
    """Return the refusal of a row whose document is not valid."""
    return RowRefused(f"the {resource.name} is not valid: {_told(error)}")


def unmet(error: InvalidDocument) -> RowRefused:
    """Return the refusal of a row that does not meet the requirements, which name their resource themselves."""
    return RowRefused(f"the row does not meet the requirements: {_told(error)}")


def _told(error: InvalidDocument) -> str:
    return "; ".join(f"{problem.path} {problem.reason}".strip() for problem in error.problems[:3])


def _refuse_files(resource: Resource, document: Document, *, small: bool) -> None:
    """Raise RowRefused or InvalidDocument for files that are too large for a record or not what they say.

    Small ones are refused, too, unless they may be carried.
    """
    if carries_content(resource, document):
        if not small and any(contents_of(resource, document)):
            raise RowRefused(f"the {resource.name} carries a file, which an import does not scan; send it by the API")
        try:
            _, large = taken_out(resource, document, address="")
        except AttachmentTooLarge:
            large = [File("", b"")]
        if large:
            raise RowRefused(f"the {resource.name} carries a file of more than {INLINE} bytes; send it by the API")


def _links(resource: Resource, document: Document, strict: Strict) -> tuple[BulkLink, ...]:
    held = strict.get(resource.name, frozenset())
    return tuple(
        BulkLink(
            each.attribute,
            str(each.target_id),
            each.target_kind if isinstance(each, Link) else "",
            each.role or "",
            each.attribute in held,
            () if isinstance(each, Link) else each.target_kinds,
        )
        for each in pointers(resource, document)
    )


def engage(customer: Document, resource: Resource, party: Document, identifier: str) -> None:
    """Make the customer one that the party plays."""
    name = resource.label(party)
    if customer.get("name") is None and name:
        customer["name"] = name
    customer["engagedParty"] = {
        "@type": "PartyRef",
        "@referredType": party["@type"],
        "id": identifier,
        **({"name": name} if name else {}),
    }


def _filled(pattern: dict[str, Any], values: Iterator[Value | None]) -> Document:
    """The pattern with values in place of leaves; an attribute without one is left out."""
    filled = {name: _node(node, values)[0] for name, node in pattern.items()}
    return {name: value for name, value in filled.items() if value is not None}


def _object(pattern: dict[str, Any], values: Iterator[Value | None]) -> Document | None:
    """The same for an object within: None when it takes columns and none of them had a value."""
    nodes = {name: _node(node, values) for name, node in pattern.items()}
    filled = {name: value for name, (value, _) in nodes.items() if value is not None}
    takes = [value for value, takes in nodes.values() if takes]
    return filled if not takes or any(value is not None for value in takes) else None


def _node(node: Node, values: Iterator[Value | None]) -> tuple[Any, bool]:
    """The value of a node (None: leave it out), and whether it takes columns."""
    if isinstance(node, Leaf):
        return next(values), True
    if isinstance(node, dict):
        return _object(node, values), any(True for _ in leaves_of(node))
    if isinstance(node, list):
        items = [value for value, _ in [_node(item, values) for item in node] if value is not None]
        return items or None, any(True for _ in leaves_of(node))
    return node, False
