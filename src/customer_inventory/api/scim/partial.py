"""Partial users: what of a resource is returned where a directory names attributes (RFC 7644 section 3.9)."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from customer_inventory.api.questions import Question
from customer_inventory.api.scim.reading import USER, ScimRefused

PARAMETERS = ("attributes", "excludedAttributes")
_ALWAYS = frozenset({"schemas", "id"})
"""What is returned whatever is asked for (RFC 7643 section 7, "always")."""
_MOST_NAMES = 50
_NAME = re.compile(r"urn:[\w:.-]{1,200}|[a-z$][\w$-]{0,60}(?:\.[a-z$][\w$-]{0,60})?", re.ASCII)
"""An attribute, or one of another schema, which nobody has here."""
_URN = f"{USER.lower()}:"


@dataclass(frozen=True, slots=True)
class Partial:
    """Which attributes of a resource are returned: those that are `wanted`, or all but the `unwanted`; None for all."""

    wanted: frozenset[str] | None = None
    unwanted: frozenset[str] = frozenset()

    def of(self, resource: Mapping[str, Any]) -> dict[str, Any]:
        """Return of a resource what is to be returned."""
        if self.wanted is None and not self.unwanted:
            return dict(resource)
        found = {name: self._kept(name, value) for name, value in resource.items()}
        return {name: value for name, value in found.items() if value is not None}

    def _kept(self, name: str, value: Any) -> Any:
        """What is returned of an attribute, None for nothing."""
        key = name.lower()
        if name in _ALWAYS or (self.wanted is not None and key in self.wanted):
            return value
        if key in self.unwanted:
            return None
        named = self.unwanted if self.wanted is None else self.wanted
        return _below(value, key, named, wanted=self.wanted is not None)


def partial(question: Question) -> Partial:
    """Return which attributes a request asks for. Raises ScimRefused for names that are none, or both parameters."""
    wanted, unwanted = (question.given.get(name) for name in PARAMETERS)
    if wanted is not None and unwanted is not None:
        raise ScimRefused("invalidValue", "attributes and excludedAttributes exclude each other: send one of them.")
    return Partial(None if wanted is None else _names(wanted), frozenset() if unwanted is None else _names(unwanted))


def _names(text: str) -> frozenset[str]:
    """The names of attributes in a list, which know no case and may begin with the URN of their schema."""
    names = [each.strip().lower().removeprefix(_URN) for each in text.split(",")]
    if len(names) > _MOST_NAMES or not all(map(_NAME.fullmatch, names)):
        raise ScimRefused(
            "invalidValue", f"Attributes are named with commas between: userName,roles.value; {_MOST_NAMES} at most."
        )
    return frozenset(names)


def _below(value: Any, key: str, names: Collection[str], *, wanted: bool) -> Any:
    """A complex attribute with those parts that are named, or without them; None where nothing is left."""
    if isinstance(value, list):
        return [kept for each in value if (kept := _below(each, key, names, wanted=wanted)) is not None] or None
    if not isinstance(value, dict):
        return None if wanted else value
    return {name: each for name, each in value.items() if (f"{key}.{name.lower()}" in names) == wanted} or None
