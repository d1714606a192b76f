"""Writable: what grants with limits let be written of a kind.

A record may be written by a grant if the grant's rows hold for it as it is and as it will be; of it an attribute may
be set, changed or removed if such a grant covers it. Nothing else of the record is told in a refusal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from customer_inventory.access.grants import Denied
from customer_inventory.access.opened import RecordNotFound
from customer_inventory.access.policy.grant import Grant
from customer_inventory.access.policy.rows import holds
from customer_inventory.access.window import Window
from customer_inventory.access.writing import Change
from customer_inventory.model.conversion import copied

_NAMED = 5
_MISSING = object()


class OutsideGrant(Denied):
    """The write is outside what is granted: another record, or another attribute.

    Leave out what is not granted, or ask the owner of the inventory to register the grant that is missing.
    """

    code = "outside-grant"


@dataclass(frozen=True, slots=True)
class Writable:
    """What the grants of a window, which is that of a verb, let be written."""

    window: Window
    verb: str

    def created(self, document: Mapping[str, Any]) -> None:
        """Return if a record may be created so. Raises OutsideGrant."""
        grants = self._holding(document)
        if not grants:
            raise OutsideGrant(f"The record is none of those that {self.verb} is granted on.")
        self._check(grants, {}, document)

    def judged(self, identifier: UUID, change: Change) -> Change:
        """Return the change that raises OutsideGrant, or RecordNotFound for a record that nothing is granted on."""

        def within(before: dict[str, Any]) -> dict[str, Any]:
            stored, own = copied(before), {"id": str(identifier)}
            standing = self._holding({**stored, **own})
            if not standing:
                raise RecordNotFound(f"The inventory holds no {self.window.resource.name} {identifier}.")
            after = change(before)
            if self.verb == "update":
                after = {**_kept(standing, stored, after), **after}
            grants = [each for each in standing if each in self._holding({**after, **own})]
            if not grants:
                raise OutsideGrant(f"The record would become none of those that {self.verb} is granted on.")
            self._check(grants, stored, after)
            return after

        return within

    def _holding(self, document: Mapping[str, Any]) -> list[Grant]:
        return [each for each in self.window.grants if holds(self.window.resource, each.rows, document)]

    def _check(self, grants: list[Grant], before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        outside = [path for path in differing(before, after) if not any(each.covers(path) for each in grants)]
        if not outside:
            return
        # Of what was there before the names are told to nobody: only of what was sent.
        sent = sorted(set(outside) & set(differing({}, after)))[:_NAMED]
        raise OutsideGrant(
            f"{self.verb} of {self.window.resource.name} is not granted for {', '.join(sent)}."
            if sent
            else f"{self.verb} of {self.window.resource.name} is not granted for something that this removes."
        )


def _kept(grants: list[Grant], before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """What a replacement leaves out and is not granted: it stays as it was."""
    return {
        name: value
        for name, value in before.items()
        if name not in after and not any(each.covers(name) for each in grants)
    }


def differing(before: Any, after: Any, at: str = "") -> Iterator[str]:
    """Yield the paths of the values that are in one document and not, or otherwise, in the other.

    Arrays of one length are compared element by element. The classes of what is carried follow from what is in it.
    """
    if before == after or (at.rpartition(".")[2].startswith("@") and "." in at):
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for name in before.keys() | after.keys():
            below = f"{at}.{name}" if at else name
            yield from differing(before.get(name, _MISSING), after.get(name, _MISSING), below)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for one, other in zip(before, after, strict=True):
            yield from differing(one, other, at)
    else:
        yield from _leaves(before, at)
        yield from _leaves(after, at)


def _leaves(value: Any, at: str) -> Iterator[str]:
    if isinstance(value, dict) and value:
        for name, each in value.items():
            if not name.startswith("@"):
                yield from _leaves(each, f"{at}.{name}" if at else name)
    elif isinstance(value, list) and value:
        for each in value:
            yield from _leaves(each, at)
    elif value is not _MISSING:
        yield at
