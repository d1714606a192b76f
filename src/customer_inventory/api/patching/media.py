"""The media types of patches, and which kind of patch each of them is."""

from __future__ import annotations

from collections.abc import Mapping, Set
from types import MappingProxyType
from typing import Any, Protocol

from customer_inventory.api.exchange import MAX_BODY, UnsupportedMediaType
from customer_inventory.api.patching.budget import LARGEST_RECORD
from customer_inventory.api.patching.merging import read_merge_patch
from customer_inventory.api.patching.operations import read_json_patch, read_json_patch_query
from customer_inventory.api.patching.record import Patch
from customer_inventory.model.attributes import Attribute


class _Reader(Protocol):
    def __call__(self, body: Any, *, largest: int, arrays: Set[str]) -> Patch: ...


_READERS: Mapping[str, _Reader] = {
    "application/merge-patch+json": read_merge_patch,
    "application/json": read_merge_patch,
    "application/json-patch+json": read_json_patch,
}
_QUERIES = "application/json-patch-query+json"

MEDIA_TYPES = (*_READERS, _QUERIES)
"""The media types in which a patch may come; a server says so in Accept-Patch (RFC 5789, 3.1)."""


def read_patch(
    media_type: str,
    body: Any,
    *,
    arrays: Set[str] = frozenset(),
    attributes: Mapping[str, Attribute] = MappingProxyType({}),
    most_body: int = MAX_BODY,
) -> Patch:
    """Return what a patch does to a document; `most_body` bytes may come in one.

    `arrays` are the attributes that are such, `attributes` say by which types values are compared. Raises InvalidPatch,
    PatchTooLarge or PatchTooDeep when no record could take it.
    """
    largest = LARGEST_RECORD + most_body
    if media_type == _QUERIES:
        return read_json_patch_query(body, largest=largest, arrays=arrays, attributes=attributes)
    return _READERS[media_type](body, largest=largest, arrays=arrays)


def require_patch(media_type: str) -> None:
    """Return if patches may come in a media type. Raises UnsupportedMediaType."""
    if media_type not in MEDIA_TYPES:
        raise UnsupportedMediaType(f"Send the patch as {', '.join(MEDIA_TYPES[:-1])} or {MEDIA_TYPES[-1]}.")
