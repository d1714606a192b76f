"""Relations: which records a document points at, for the link table, reference checks and re-pointing.

A reference is ours when its identifier is (RFC 9562 UUIDv8, see `ids`) and its `@referredType`, its own `@type` or its
`href` names a class that is kept here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from customer_inventory.ids import parse_id
from customer_inventory.model.resource import Reference, Resource, kind_of


@dataclass(frozen=True, slots=True)
class Link:
    """One reference to a record kept here: the attribute it stands in, the record, and its role where one is said."""

    attribute: str
    target_kind: str
    target_id: UUID
    role: str | None


def links(resource: Resource, document: Mapping[str, Any]) -> list[Link]:
    """Return the references of a valid `document` that name records kept here, each once."""
    found = (
        Link(reference.attribute, kind, identifier, role)
        for reference in resource.references
        for value, role in _references(reference, document)
        if (kind := _target_kind(reference, value)) and (identifier := _identifier(value))
    )
    return list(dict.fromkeys(found))


def owner(resource: Resource, found: Iterable[Link]) -> UUID | None:
    """Return the party or role to which a record with the links `found` belongs, or None when they name none.

    Where several parties bear on a record, a customer among them is who it is about.
    """
    attributes = {reference.attribute for reference in resource.references if reference.owner}
    owners = [link for link in found if link.attribute in attributes]
    owners.sort(key=lambda link: link.target_kind != "customer")
    return owners[0].target_id if owners else None


def unresolved(resource: Resource, document: Mapping[str, Any]) -> list[str]:
    """Return the reference attributes of a valid `document` that cannot name a record kept here, each once.

    A reference to a class that is kept elsewhere is none of these: there is nothing to check it against.
    """
    found = (
        reference.attribute
        for reference in resource.references
        for value, _ in _references(reference, document)
        if _is_unresolved(reference, value)
    )
    return list(dict.fromkeys(found))


def _is_unresolved(reference: Reference, value: Mapping[str, Any]) -> bool:
    if _carried_by_value(value):
        return False
    if _target_kind(reference, value):
        return _identifier(value) is None
    return not (_text(value, "@referredType") or _text(value, "href"))


def _carried_by_value(value: Mapping[str, Any]) -> bool:
    """Tell whether `value` is the thing itself: pointers are of no class, or of one named "...Ref" or alike."""
    named = _text(value, "@type")
    return named is not None and not named.endswith(("Ref", "Relationship"))


def _target_kind(reference: Reference, value: Mapping[str, Any]) -> str | None:
    """Return the kind that keeps what `value` points at, or None when none here does.

    A pointer that says nothing of its target points at what the attribute is for, where that is of one kind.
    """
    for named in (_text(value, "@referredType"), _text(value, "@type")):
        if named is not None and named in reference.targets:
            return reference.targets[named]
    kinds = set(reference.targets.values())
    if href := _text(value, "href"):
        kind = kind_of(href.rpartition("/")[0].rpartition("/")[2])
        return kind if kind in kinds else None
    if _text(value, "@referredType") or _carried_by_value(value) or len(kinds) > 1:
        return None
    return kinds.pop()


def _identifier(value: Mapping[str, Any]) -> UUID | None:
    return parse_id(_text(value, "id") or "")


def _text(value: Mapping[str, Any], name: str | None) -> str | None:
    text = value.get(name) if name else None
    return text if isinstance(text, str) else None


def _references(reference: Reference, document: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], str | None]]:
    """Yield each object that stands where `reference` does, and the role said beside it, or else by itself."""
    holders: list[tuple[Mapping[str, Any], str | None]] = [(document, None)]
    for name in reference.path:
        holders = [
            (value, _text(holder, reference.role) or _own_role(reference, value))
            for holder, _ in holders
            for value in _objects(holder.get(name))
        ]
    return iter(holders)


def _own_role(reference: Reference, value: Mapping[str, Any]) -> str | None:
    """Return the role that a pointer says itself, as relationships and those of v4 do; else what is around it does."""
    return _text(value, reference.role) if "@referredType" in value or not _carried_by_value(value) else None


def _objects(content: Any) -> list[Mapping[str, Any]]:
    """Return the objects among `content`: itself, or the elements of the array that it is."""
    return [item for item in (content if isinstance(content, list) else [content]) if isinstance(item, dict)]
