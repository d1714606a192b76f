"""Rectifying: which attributes a person says are wrong, and whether all of them were changed since (GDPR article 16).

An attribute is named as requirements name it, such as individual.placeOfBirth; without a resource it is one of the
party itself. Changed is what has other values than it had when the request came, in whatever order they stand.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec

from customer_inventory.access.subjects import Subject
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.model import Resource
from customer_inventory.model.resource import nearest
from customer_inventory.repository.changes import FeedEntry
from customer_inventory.repository.erasing import Version
from customer_inventory.repository.kinds import KINDS

RECTIFICATION = "rectification"
_BY_NAME = {resource.name: resource for resource in KINDS.values()}


class UnknownWrongAttribute(InventoryError):
    """What is said to be wrong is no attribute of the person's records.

    Name it as requirements do, such as individual.placeOfBirth or customer.name, in a request of the right of
    rectification, of a party that was found.
    """

    code = "unknown-wrong-attribute"
    failure = Failure.INVALID


def wrong_attributes(names: Sequence[str], *, right: str, party_kind: str | None) -> list[str]:
    """Return the attributes that a request says are wrong, each with its resource. Raises UnknownWrongAttribute."""
    if right != RECTIFICATION or party_kind is None:
        raise UnknownWrongAttribute(
            "Wrong attributes are named in a request of the right of rectification, of a party that was found."
        )
    return list(dict.fromkeys(_whole(name, KINDS[party_kind]) for name in names))


def unchanged(found: Subject, names: Collection[str], *, since: datetime) -> list[str]:
    """Return those of the attributes that have the values yet that they had at a moment, in all records of a party."""
    return [
        each for each in names if not any(_has_changed(each, versions, since) for _, versions in _records(found, each))
    ]


def touches(found: Subject, names: Collection[str], entries: Collection[FeedEntry]) -> bool:
    """Return whether what a change did to the records of a party changed one of the attributes."""
    by_number = {(each.record_id, each.version) for each in entries}
    return any(
        (identifier, number) in by_number and _values(before, each) != _values(after, each)
        for each in names
        for identifier, versions in _records(found, each)
        for number, before, after in _steps(versions)
    )


def _whole(name: str, party: Resource) -> str:
    """Return the name of an attribute with its resource."""
    if name in party.attributes:
        return f"{party.name}.{name}"
    first, _, rest = name.partition(".")
    resource = _BY_NAME.get(first)
    if resource is not None and rest in resource.attributes:
        return name
    meant = nearest(resource, rest) if resource else nearest(party, name)
    of = resource or party
    hint = f" Do you mean {of.name}.{meant}?" if meant else ""
    raise UnknownWrongAttribute(f"“{name[:100]}” is no attribute of the resource {of.name}.{hint}")


def _records(found: Subject, name: str) -> Iterator[tuple[str, list[Version]]]:
    """Yield the records of a party that may have an attribute, each with its versions, the newest last."""
    kind = _BY_NAME[name.partition(".")[0]].kind
    for identifier, of in found.kinds.items():
        if of == kind and (versions := found.versions.get(identifier)):
            yield identifier, versions


def _steps(versions: Sequence[Version]) -> Iterator[tuple[int, bytes | None, bytes | None]]:
    """Yield what led to each version: its number, the document before and that after it; None where there is none."""
    before: bytes | None = None
    for version in versions:
        yield version.number, before, version.document
        before = version.document
    if not versions[-1].current:
        yield versions[-1].number + 1, before, None


def _has_changed(name: str, versions: Sequence[Version], since: datetime) -> bool:
    then = [version.document for version in versions if version.since < since]
    now = versions[-1].document if versions[-1].current else None
    return _values(then[-1] if then else None, name) != _values(now, name)


def _values(document: bytes | None, name: str) -> list[bytes]:
    """Return the values of an attribute in a document, in an order of their own; null is none."""
    if document is None:
        return []
    found = _below(msgspec.json.decode(document), name.split(".")[1:])
    return sorted(msgspec.json.encode(value, order="deterministic") for value in found)


def _below(value: Any, names: Sequence[str]) -> Iterator[Any]:
    if isinstance(value, list):
        for each in value:
            yield from _below(each, names)
    elif not names:
        if value is not None:
            yield value
    elif isinstance(value, dict):
        yield from _below(value.get(names[0]), names[1:])
