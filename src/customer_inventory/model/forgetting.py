"""Forgetting: a document without its references to some records, and what in a document tells who somebody is.

A reference goes with the entry of the list in which it stands. Where the model asks for the attribute, the entry stays
and points at nobody: what is left is a valid record that says that somebody was there, and not who.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import msgspec

from customer_inventory.model.resource import Resource

NOBODY = "erased"
"""The id in a reference that must stay and points at nobody."""
SHORTEST = 6
"""Values that are shorter are found in the data of too many others to be looked for."""
IDENTIFYING = frozenset({"emailAddress", "phoneNumber", "faxNumber", "identificationId", "socialNetworkId"})
"""The attributes by whose values one finds whom they are about."""
NAMES = (
    "name",
    "givenName",
    "preferredGivenName",
    "middleName",
    "familyName",
    "formattedName",
    "fullName",
    "legalName",
    "tradingName",
    "partyName",
)
"""The attributes that say how somebody is called."""
_KEPT = ("@type", "@referredType", "role")
_GONE = object()


def without(resource: Resource, document: Mapping[str, Any], gone: Collection[str]) -> dict[str, Any]:
    """Return a document without its references to the records whose ids are in `gone`."""
    wrapped = {reference.path[-1] for reference in resource.references if len(reference.path) > 1}
    found: dict[str, Any] = {}
    for name, value in document.items():
        left = _left(value, gone, wrapped)
        if left is _GONE and name in resource.mandatory:
            left = _nobody(value, gone, wrapped)
        if left is not _GONE:
            found[name] = left
    return found


def names_any(document: bytes, gone: Iterable[str]) -> bool:
    """Tell whether an id stands anywhere in a document, as JSON."""
    return any(each.encode() in document for each in gone)


def identifying(documents: Iterable[bytes]) -> set[str]:
    """Return the values of documents by which one finds whom they are about: addresses, numbers, ids elsewhere."""
    return {
        value
        for document in documents
        for name, value, above in _texts(msgspec.json.decode(document), "", "")
        if len(value) >= SHORTEST and (name in IDENTIFYING or (name == "id" and above == "externalIdentifier"))
    }


def names_of(document: bytes) -> list[str]:
    """Return the names of a party that others may have too: given and family name, or what it trades as."""
    content = msgspec.json.decode(document)
    told = [content.get(name) for name in ("givenName", "familyName")]
    return [each for each in (told if all(told) else [content.get("name")]) if isinstance(each, str) and each]


def names_ever(documents: Iterable[bytes]) -> set[str]:
    """Return what versions of parties and roles say that somebody is called, or was, by itself or in other names."""
    found: set[str] = set()
    for document in documents:
        content = msgspec.json.decode(document)
        others = content.get("otherName")
        for bearing in (content, *(others if isinstance(others, list) else ())):
            if isinstance(bearing, dict):
                found |= {value for name in NAMES if isinstance(value := bearing.get(name), str) and value}
    return found


def texts_of(documents: Iterable[bytes]) -> set[str]:
    """Return every text that stands in documents as a value."""
    return {value for document in documents for _, value, _ in _texts(msgspec.json.decode(document), "", "")}


def written(value: str) -> list[str]:
    """Return how a text may be written in JSON, with its quotation marks."""
    return list(dict.fromkeys([msgspec.json.encode(value).decode(), json.dumps(value)]))


def _left(value: Any, gone: Collection[str], wrapped: Collection[str]) -> Any:
    if isinstance(value, list):
        left = [each for each in (_left(item, gone, wrapped) for item in value) if each is not _GONE]
        return left if left or not value else _GONE
    if not isinstance(value, dict):
        return value
    if _points(value, gone):
        return _GONE
    found = {name: _left(below, gone, wrapped) for name, below in value.items()}
    if any(below is _GONE and name in wrapped for name, below in found.items()):
        return _GONE
    return {name: below for name, below in found.items() if below is not _GONE}


def _nobody(value: Any, gone: Collection[str], wrapped: Collection[str]) -> Any:
    """What stays of an attribute that must be there: its first entry, pointing at nobody."""
    if isinstance(value, list):
        return [_nobody(value[0], gone, wrapped)]
    kept = {name: value[name] for name in _KEPT if name in value}
    if _points(value, gone):
        return {**kept, "id": NOBODY}
    return {**kept, **{name: _nobody(below, gone, wrapped) for name, below in value.items() if name in wrapped}}


def _points(value: Mapping[str, Any], gone: Collection[str]) -> bool:
    href = value.get("href")
    return value.get("id") in gone or (isinstance(href, str) and href.rpartition("/")[2] in gone)


def _texts(value: Any, name: str, above: str) -> Iterator[tuple[str, str, str]]:
    """Yield every text below a value, with the name of its attribute and of the one above."""
    if isinstance(value, str):
        yield name, value, above
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each, name, above)
    elif isinstance(value, dict):
        for below, each in value.items():
            yield from _texts(each, below, name)
