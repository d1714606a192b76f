"""Merge patch (RFC 7396)."""

from __future__ import annotations

from collections.abc import Set
from typing import Any

from customer_inventory.api.patching.budget import Budget
from customer_inventory.api.patching.problems import InvalidPatch
from customer_inventory.api.patching.record import Patch


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


def read_merge_patch(body: Any, *, largest: int, arrays: Set[str] = frozenset()) -> Patch:  # noqa: ARG001  whole
    """Return what a merge patch does to a document, whose arrays it replaces whole.

    Raises InvalidPatch, PatchTooDeep or PatchTooLarge.
    """
    if not isinstance(body, dict):
        raise InvalidPatch("A merge patch is one JSON object.")
    Budget(largest).add(body, depth=0)

    def apply(document: dict[str, Any]) -> Any:
        return merge(document, body)

    return Patch(apply, largest, looks=False)
