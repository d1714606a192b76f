"""A record under a patch: what nobody may change, and how large it may get (TMF630 part 1, section 5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from customer_inventory.api.patching.budget import weight
from customer_inventory.api.patching.places import same
from customer_inventory.api.patching.problems import InvalidPatch
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.model.spelling import classed
from customer_inventory.model.view import View

_ABSENT = object()
THERE: Any = object()
"""Stands for what a record holds, whatever that is."""


@dataclass(frozen=True, slots=True)
class Patch:
    """What a patch does to a document, which it leaves as it was, and the weight that the record may then have.

    `looks` says whether its outcome tells what is stored: who may not read must not send such a patch. For them,
    `standing` stands in the record for those attributes that the patch counts on and the record may not have. `whole`
    says that it puts another document in place of the record's.
    """

    apply: Callable[[dict[str, Any]], Any]
    largest: int
    looks: bool
    standing: Mapping[str, Any] = field(default_factory=dict)
    whole: bool = False


class ImmutableAttribute(InventoryError):
    """The patch changes an attribute that is set once and for all."""

    code = "immutable-attribute"
    failure = Failure.INVALID


def of_same_class(after: dict[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is to stand in place of `before`, its class spelled as there if only capitals tell them apart."""
    return classed(after, {before["@type"]}) if isinstance(before.get("@type"), str) else after


def patched(view: View, document: dict[str, Any], patch: Patch, *, blind: bool = False, **own: str) -> dict[str, Any]:
    """Return a record's document, as a view shows it, with a patch applied; `own` says its id and href.

    A patch may repeat or test an immutable attribute's value, and a whole document that it puts in the record's place
    may leave it out, as in a PUT. With `blind`, it does not fail for what the record does not hold. Raises
    ImmutableAttribute when it changes one, InvalidPatch when no object is left, PatchTooLarge, PatchTooDeep, and
    whatever the patch raises.
    """
    before = {**own, **document}
    after = patch.apply({**patch.standing, **before} if blind else before)
    if not isinstance(after, dict):
        raise InvalidPatch("A record is a JSON object; the patch would leave something else.")
    if patch.whole:
        after = {**{name: before[name] for name in view.immutable if name in before}, **after}
    after = of_same_class(after, before)
    for name in view.immutable:
        if not same(after.get(name, _ABSENT), before.get(name, _ABSENT)):
            raise ImmutableAttribute(f"{name} cannot be changed. Leave it out of the patch.")
    after = {name: value for name, value in after.items() if name not in own and value is not THERE}
    weight(after, limit=patch.largest)
    return after
