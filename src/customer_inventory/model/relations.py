"""Relations: which records a document points at, for the link table, reference checks and re-pointing.

A reference is ours when its identifier is (RFC 9562 UUIDv8, see `ids`) and its `@referredType`, its own `@type` or its
`href` names a class that is kept here. One that names nothing points at what the attribute is for; where that may be of
several kinds it is bare, and only whoever can look for the record knows which.
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


@dataclass(frozen=True, slots=True)
class Bare:
    """One reference to a record of one of several kinds that does not say of which: all it has is an id of ours."""

    attribute: str
    target_kinds: tuple[str, ...]
    target_id: UUID
    role: str | None


Pointer = Link | Bare
Kinds = Mapping[UUID, Iterable[str]]
"""By id the kinds that keep a record, the one that counts first."""


def pointers(resource: Resource, document: Mapping[str, Any]) -> list[Pointer]:
    """Return the references of a valid `document` to records kept here, each once, the bare ones as such."""
    found: dict[Pointer, None] = {}
    for reference in resource.references:
        for value, role in _references(reference, document):
            if kind := _target_kind(reference, value):
                if identifier := _identifier(value):
                    found[Link(reference.attribute, kind, identifier, role)] = None
            elif _says_nothing(value) and (identifier := _identifier(value)):
                kinds = tuple(dict.fromkeys(reference.targets.values()))
                found[Bare(reference.attribute, kinds, identifier, role)] = None
    return list(found)


def named(found: Iterable[Pointer], kinds: Kinds) -> list[Pointer]:
    """Return pointers with links in place of the bare ones whose kind is among `kinds`, each once."""
    return list(dict.fromkeys(_named(each, kinds) if isinstance(each, Bare) else each for each in found))


def _named(bare: Bare, kinds: Kinds) -> Pointer:
    kind = next((kind for kind in kinds.get(bare.target_id, ()) if kind in bare.target_kinds), None)
    return Link(bare.attribute, kind, bare.target_id, bare.role) if kind else bare


def links(resource: Resource, document: Mapping[str, Any]) -> list[Link]:
    """Return the references of a valid `document` that name records kept here, each once, without bare ones."""
    return [each for each in pointers(resource, document) if isinstance(each, Link)]


def owner(resource: Resource, found: Iterable[Pointer]) -> UUID | None:
    """Return the party or role to which a record that points so belongs, or None when it points at none.

    Where several parties bear on a record, a customer among them is who it is about.
    """
    attributes = {reference.attribute for reference in resource.references if reference.owner}
    owners = [each for each in found if each.attribute in attributes]
    owners.sort(key=lambda each: isinstance(each, Bare) or each.target_kind != "customer")
    return owners[0].target_id if owners else None


def unresolved(resource: Resource, document: Mapping[str, Any]) -> list[str]:
    """Return the reference attributes of a valid `document` that cannot name a record kept here, each once.

    A reference to a class that is kept elsewhere is none of these: there is nothing to check it against. Nor is a bare
    one with an id of ours, which has to be looked for.
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
    return bool(_target_kind(reference, value) or _says_nothing(value)) and _identifier(value) is None


def _says_nothing(value: Mapping[str, Any]) -> bool:
    """Tell whether `value` is a pointer that leaves open what it points at."""
    return not (_text(value, "@referredType") or _text(value, "href") or _carried_by_value(value))


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
