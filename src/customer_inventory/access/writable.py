"""Writable: what grants with limits let be written of a kind.

A record may be written by a grant if the grant's rows hold for it as it is and as it will be; of it an attribute may
be set, changed or removed if such a grant covers it. A change is made to the part of the record that is granted, and
put together with the rest afterwards: so nothing that comes of it, done or refused, tells of the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec

from customer_inventory.access.grants import Denied
from customer_inventory.access.opened import RecordNotFound
from customer_inventory.access.policy.grant import Grant
from customer_inventory.access.policy.pruning import Tree, pruned, tree_of
from customer_inventory.access.policy.rows import holds
from customer_inventory.access.window import Window
from customer_inventory.access.writing import Change

_NAMED = 5


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
        grants = self.holding(document)
        if not grants:
            raise OutsideGrant(f"The record is none of those that {self.verb} is granted on.")
        self._check(grants, document, document.keys())

    def judged(self, identifier: UUID, change: Change, *, removes: frozenset[str] = frozenset()) -> Change:
        """Return the change that raises OutsideGrant, or RecordNotFound for a record that nothing is granted on.

        What it `removes` that is not granted is refused, too: on the part that is granted it would change nothing.
        """

        def within(stored: dict[str, Any]) -> dict[str, Any]:
            own = {"id": str(identifier)}
            standing = self.holding({**stored, **own})
            if not standing:
                raise RecordNotFound(f"The inventory holds no {self.window.resource.name} {identifier}.")
            tree = _tree(standing)
            before = _part(stored, standing)
            after = change(_part(stored, standing))
            whole = after if tree is None else self._together(stored, before, after, tree)
            grants = [each for each in standing if each in self.holding({**whole, **own})]
            if not grants:
                raise OutsideGrant(f"The record would become none of those that {self.verb} is granted on.")
            self._check_removal(grants, removes)
            # Of what the patch made of the part: what it names beyond that is there whatever the record holds.
            self._check(grants, after, [name for name in after if not _same(after[name], before.get(name, _MISSING))])
            return whole

        return within

    def holding(self, document: Mapping[str, Any]) -> list[Grant]:
        """Return the grants that hold for a document with its id."""
        return [each for each in self.window.grants if holds(self.window.resource, each.rows, document)]

    def _check(self, grants: list[Grant], document: Mapping[str, Any], names: Any) -> None:
        tree = _tree(grants)
        if tree is None:
            return
        outside = [path for name in names for path in _outside(document[name], name, tree)]
        if outside:
            raise self._refused(*sorted(dict.fromkeys(outside))[:_NAMED])

    def _check_removal(self, grants: list[Grant], names: frozenset[str]) -> None:
        tree = _tree(grants)
        known = self.window.resource.shape.fields.keys() & names
        if tree is not None and (outside := sorted(known - tree.keys())):
            raise self._refused(*outside[:_NAMED])

    def _refused(self, *paths: str) -> OutsideGrant:
        return OutsideGrant(f"{self.verb} of {self.window.resource.name} is not granted for {', '.join(paths)}.")

    def _together(
        self, stored: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any], tree: Tree, at: str = ""
    ) -> dict[str, Any]:
        """A stored object with the part of it that is granted as it became; what is not granted stays as it was."""
        if {name: each for name, each in before.items() if name.startswith("@")} != {
            name: each for name, each in after.items() if name.startswith("@")
        }:
            raise self._refused(f"{at}.@type" if at else "@type")
        whole = {name: value for name, value in stored.items() if name not in tree}
        for name, below in tree.items():
            path = f"{at}.{name}" if at else name
            if below is None:
                whole |= {name: after[name]} if name in after else {}
            elif _same(before.get(name, _MISSING), after.get(name, _MISSING)):
                whole |= {name: stored[name]} if name in stored else {}
            else:
                whole[name] = self._below(stored.get(name, _MISSING), before.get(name), after.get(name), below, path)
        whole |= {name: value for name, value in after.items() if name not in tree and not name.startswith("@")}
        ordered = [*(name for name in stored if name in whole), *(name for name in whole if name not in stored)]
        return {name: whole[name] for name in ordered}

    def _below(self, stored: Any, before: Any, after: Any, tree: Tree, at: str) -> Any:
        """An attribute of which a part is granted, as it became. Raises OutsideGrant where the rest could not stay."""
        if stored is _MISSING:
            return after
        if isinstance(stored, dict) and isinstance(before, dict) and isinstance(after, dict):
            return self._together(stored, before, after, tree, at)
        lists = isinstance(stored, list) and isinstance(before, list) and isinstance(after, list)
        if lists and len(stored) == len(before) == len(after):
            return [self._below(*each, tree, at) for each in zip(stored, before, after, strict=True)]
        raise self._refused(at)


_MISSING = object()


def _tree(grants: list[Grant]) -> Tree | None:
    """The attributes that grants cover together, None for all."""
    if any(each.attributes is None for each in grants):
        return None
    return tree_of(frozenset[str]().union(*(each.attributes or () for each in grants)))


def _part(stored: Mapping[str, Any], grants: list[Grant]) -> dict[str, Any]:
    """A copy of the part of a document that grants cover."""
    text = msgspec.json.encode(stored)
    if _tree(grants) is not None:
        text = pruned(text, frozenset[str]().union(*(each.attributes or () for each in grants)))
    return dict(msgspec.json.decode(text))


def _same(one: Any, other: Any) -> bool:
    """Whether two values are the same JSON: 1 is not true."""
    if one is _MISSING or other is _MISSING:
        return one is other
    return msgspec.json.encode(one, order="sorted") == msgspec.json.encode(other, order="sorted")


def _outside(value: Any, at: str, tree: Tree) -> Iterator[str]:
    """Yield the paths of what is in a value at a path and not among the attributes of a tree."""
    name = at.rpartition(".")[2]
    if name not in tree:
        if "." in at or not name.startswith("@"):
            yield at
        return
    below = tree[name]
    if below is not None:
        yield from _outside_of(value, at, below)


def _outside_of(value: Any, at: str, tree: Tree) -> Iterator[str]:
    said = [each for each in value if not each.startswith("@")] if isinstance(value, dict) else value
    if not isinstance(value, dict | list) or not said:
        yield at
    elif isinstance(value, list):
        for each in value:
            yield from _outside_of(each, at, tree)
    else:
        for name in said:
            yield from _outside(value[name], f"{at}.{name}", tree)
