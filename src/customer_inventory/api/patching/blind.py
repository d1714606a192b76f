"""Changes by those who may not read: judged on a record of which nothing is known, so that no refusal tells of it.

The price: what they send has to be right by itself. A patch must not even repeat what nobody may change, and what it
merges into an object must be whole, though the record may hold the rest.
"""

from __future__ import annotations

from typing import Any

from customer_inventory.api.patching.problems import InvalidPatch, PatchTargetMissing
from customer_inventory.api.patching.record import THERE, ImmutableAttribute, Patch
from customer_inventory.errors import InventoryError
from customer_inventory.model import InvalidDocument
from customer_inventory.model.contents import without_contents
from customer_inventory.model.problems import Problem
from customer_inventory.model.validation import is_blank, validate_shown
from customer_inventory.model.view import View

_TOLD = frozenset({"id", "href", "@type"})
"""What everybody who may write a record is told of it: guesses at these are no secret."""


def judge_patch(view: View, patch: Patch) -> None:
    """Return if a patch is right whatever the record holds.

    Raises ImmutableAttribute, InvalidDocument, InvalidPatch, PatchTargetMissing, and whatever the patch raises.
    """
    for name, standing in patch.standing.items():
        known = view.shape.fields.get(name)
        if standing is not THERE and (known is None or not known.many):
            raise PatchTargetMissing(f"{name} is no array of {view.shape.name}, to which something could be added.")
    _judge(view, patch.apply({**dict.fromkeys((*view.immutable, *view.mandatory), THERE), **patch.standing}))


def removed_by(view: View, patch: Patch) -> frozenset[str]:
    """Return the attributes of a record that a patch removes, whatever the record holds; `judge_patch` comes first."""
    if patch.whole:  # as in a PUT, what it leaves out and may not be seen stays
        return frozenset()
    held = {**dict.fromkeys(view.shape.fields, THERE), **patch.standing}
    try:
        after = patch.apply(held)
    except InventoryError:  # of what stands there only to be removed: the record itself will tell
        return frozenset()
    return frozenset(held.keys() - after.keys()) if isinstance(after, dict) else frozenset()


def judge_replacement(view: View, whole: dict[str, Any]) -> None:
    """Return if a whole record is right whatever it replaces. Raises ImmutableAttribute or InvalidDocument."""
    _judge(view, {**dict.fromkeys(view.immutable, THERE), **whole})


def _judge(view: View, after: Any) -> None:
    if not isinstance(after, dict):
        raise InvalidPatch("A record is a JSON object; the patch would leave something else.")
    for name in view.immutable:
        if name not in _TOLD and after.get(name) is not THERE:
            raise ImmutableAttribute(f"{name} cannot be changed. Leave it out.")
    lost = [name for name in view.mandatory if name not in _TOLD and is_blank(after.get(name))]
    if lost:
        raise InvalidDocument([Problem(name, "is mandatory") for name in lost])
    brought = {name: value for name, value in after.items() if value is not THERE and name not in _TOLD}
    validate_shown(view.shape, without_contents(view.shape, brought), mandatory=())
