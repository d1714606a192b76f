"""Merge patch (RFC 7396), with the attributes that nobody may change (TMF630 part 1, 5)."""

from __future__ import annotations

from typing import Any

from customer_inventory.errors import Failure, InventoryError
from customer_inventory.model.bounds import DEPTH
from customer_inventory.model.view import View

MEDIA_TYPES = ("application/merge-patch+json", "application/json")


class ImmutableAttribute(InventoryError):
    """The patch changes an attribute that is set once and for all."""

    code = "immutable-attribute"
    failure = Failure.INVALID


class PatchTooDeep(InventoryError):
    """The patch is nested deeper than any record may be."""

    code = "patch-too-deep"
    failure = Failure.INVALID


def merge(target: Any, patch: Any) -> Any:
    """Return `target` with a merge patch applied: objects merge, null removes, anything else replaces."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge(merged.get(name), value)
    return merged


def merge_document(view: View, document: dict[str, Any], patch: dict[str, Any], **own: str) -> dict[str, Any]:
    """Return a record's document with a merge patch applied; `own` says its id and href.

    A patch may repeat an immutable attribute's value. Raises ImmutableAttribute when it changes one, and PatchTooDeep.
    """
    for name in view.immutable:
        held = own.get(name, document.get(name))
        if name in patch and patch[name] != held:
            raise ImmutableAttribute(f"{name} cannot be changed. Leave it out of the patch.")
    patch = {name: value for name, value in patch.items() if name not in own}
    if not _shallow(patch):
        raise PatchTooDeep(f"The patch is nested deeper than {DEPTH} levels.")
    merged: dict[str, Any] = merge(document, patch)
    return merged


def _shallow(patch: dict[str, Any]) -> bool:
    """Tell whether a patch is nested no deeper than records: level by level, for recursion ends before patches do."""
    level: list[Any] = [patch]
    for _ in range(DEPTH):
        level = [value for group in level for value in group.values() if isinstance(value, dict)]
        if not level:
            return True
    return False
