"""JSON Patch (RFC 6902), and the same operations on what a query selects (json-patch-query of TMF630).

Read once into operations; applied one after another, each on the document that the one before it left.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from customer_inventory.api.patching.budget import MOST_OPERATIONS, Budget
from customer_inventory.api.patching.dialects import read_path, read_query_path
from customer_inventory.api.patching.merging import merge
from customer_inventory.api.patching.paths import Path, Pointer
from customer_inventory.api.patching.places import Place, inserted, put, same, value_at, without
from customer_inventory.api.patching.problems import (
    InvalidPatch,
    NothingThere,
    PatchTargetMissing,
    PatchTestFailed,
    PatchTooLarge,
)
from customer_inventory.api.patching.record import THERE, Patch
from customer_inventory.model.attributes import Attribute

_MEMBERS = {
    "add": ("path", "value"),
    "remove": ("path",),
    "replace": ("path", "value"),
    "move": ("path", "from"),
    "copy": ("path", "from"),
    "test": ("path", "value"),
}

_PLAIN = frozenset({"add", "remove", "replace"})
"""The operations that neither compare a stored value nor show it in another place."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: which of them all, what it does, where, with which value, from where."""

    number: int
    verb: str
    path: Path
    value: Any = None
    source: Path | None = None
    grows: bool = False
    """Whether the value is one more element of the array that the path names, not another array."""

    @property
    def looks(self) -> bool:
        """Tell whether the outcome of the operation tells what the record holds, even if only that it does."""
        return self.verb not in _PLAIN or self.standing is None

    @property
    def standing(self) -> tuple[str, Any] | None:
        """What has to stand in a record so that the operation does not fail; None where that may be anything.

        An attribute of the first level: who may not read can set it, remove it, or append to it.
        """
        match self.path:
            case Pointer(tokens=(str(name),)):
                return name, THERE
            case Pointer(tokens=(str(name), "-")) if self.verb == "add":
                return name, []
            case _:
                return None

    def __str__(self) -> str:
        return f"Operation {self.number} ({self.verb})"


def read_json_patch(body: Any, *, largest: int, arrays: Set[str] = frozenset()) -> Patch:
    """Return what a JSON Patch does. Raises InvalidPatch or PatchTooLarge.

    Official examples add one element to an array by the array's name, where RFC 6902 would put it in the array's place.
    A record could never take that, so `arrays`, the attributes that are arrays by their class, are added to.
    """
    return _patch(_operations(body, read_path, {}), largest, arrays)


def read_json_patch_query(body: Any, *, largest: int, arrays: Set[str], attributes: Mapping[str, Attribute]) -> Patch:
    """Return what a JSON Patch with queries in its paths does to a record that has `attributes`.

    An official example says `delete` for `remove`. Raises InvalidPatch or PatchTooLarge.
    """
    read = partial(read_query_path, attributes=attributes)
    return _patch(_operations(body, read, {"delete": "remove"}), largest, arrays)


def _patch(read: tuple[Operation, ...], largest: int, arrays: Set[str]) -> Patch:
    operations = tuple(replace(each, grows=_grows(each, arrays)) for each in read)

    def apply(document: dict[str, Any]) -> Any:
        budget = Budget(largest)
        whole: Any = document
        for operation in operations:
            try:
                whole = _APPLY[operation.verb](whole, operation, budget)
            except NothingThere as error:
                raise PatchTargetMissing(
                    f"{operation} counts on something that the record does not hold now. Read it again."
                ) from error
        return whole

    # The first operation on an attribute says what it counts on.
    standing = dict(each for operation in reversed(operations) if (each := operation.standing) is not None)
    whole = any(operation.path == Pointer(()) and operation.verb in {"add", "replace"} for operation in operations)
    return Patch(apply, largest, any(operation.looks for operation in operations), standing, whole)


def _grows(operation: Operation, arrays: Set[str]) -> bool:
    match operation.path:
        case Pointer(tokens=(str(name),)):
            return operation.verb == "add" and name in arrays and not isinstance(operation.value, list | None)
        case _:
            return False


def _operations(body: Any, read: Callable[[str], Path], synonyms: Mapping[str, str]) -> tuple[Operation, ...]:
    """Return the operations of a body; official examples send a single one without its array."""
    listed = [body] if isinstance(body, dict) else body
    if not isinstance(listed, list):
        raise InvalidPatch("A JSON Patch is an array of operations.")
    if len(listed) > MOST_OPERATIONS:
        raise PatchTooLarge(f"A patch has at most {MOST_OPERATIONS} operations. Send several.")
    return tuple(_operation(number, item, read, synonyms) for number, item in enumerate(listed, start=1))


def _operation(number: int, item: Any, read: Callable[[str], Path], synonyms: Mapping[str, str]) -> Operation:
    if not isinstance(item, dict):
        raise InvalidPatch(f"Operation {number} is not an object.")
    verb = item.get("op")
    if isinstance(verb, str):
        verb = synonyms.get(verb, verb)
    if not isinstance(verb, str) or verb not in _MEMBERS:
        raise InvalidPatch(f"Operation {number} has no `op` out of {', '.join(_MEMBERS)}.")
    for name in _MEMBERS[verb]:
        if name not in item or (name != "value" and not isinstance(item[name], str)):
            raise InvalidPatch(f"Operation {number} ({verb}) has no `{name}`.")
    try:
        source = read(item["from"]) if "from" in _MEMBERS[verb] else None
        return Operation(number, verb, read(item["path"]), item.get("value"), source)
    except (InvalidPatch, PatchTooLarge) as error:
        raise type(error)(f"Operation {number} ({verb}): {error.message}") from error


def _add(document: Any, operation: Operation, budget: Budget) -> Any:
    if operation.grows and isinstance(document, dict):
        (place,) = operation.path.openings(document, budget)
        here = document.get(place.place[0])
        budget.add(operation.value, depth=1)
        return put(document, place.place, [*(here if isinstance(here, list) else ()), operation.value])
    return _added(document, operation, operation.value, budget)


def _added(document: Any, operation: Operation, value: Any, budget: Budget) -> Any:
    """Return the document with a value at every place that the path selects for something new."""
    targets = operation.path.openings(document, budget)
    for target in reversed(targets):  # the last first: what is inserted moves what comes after it
        budget.add(value, depth=len(target.place))
        if target.way == "merge":
            document = put(document, target.place, _merged(operation, value_at(document, target.place), value))
        elif target.way == "append" and not isinstance(value, list):
            here = value_at(document, target.place)
            document = inserted(document, (*target.place, len(here)), value)
        elif target.way == "append":
            document = put(document, target.place, value)
        else:
            document = inserted(document, target.place, value)
    return document


def _merged(operation: Operation, element: Any, value: Any) -> Any:
    if not isinstance(element, dict) or not isinstance(value, dict):
        raise InvalidPatch(f"{operation} selects whole elements: its value must be an object, to be merged into them.")
    return merge(element, value)


def _remove(document: Any, operation: Operation, budget: Budget) -> Any:
    for place in reversed(operation.path.places(document, budget)):
        document = _without(document, place)
        if operation.path.selects_elements(place) and len(place) > 1 and not value_at(document, place[:-1]):
            document = _without(document, place[:-1])  # an array whose last element a query takes goes with it
    return document


def _without(document: Any, place: Place) -> Any:
    if not place:
        raise InvalidPatch("A record is not removed by a patch. Send DELETE.")
    return without(document, place)


def _replace(document: Any, operation: Operation, budget: Budget) -> Any:
    """Return the document with another value; an object goes into the objects that a query selects."""
    value = operation.value
    for place in operation.path.places(document, budget):
        budget.add(value, depth=len(place))
        here = value_at(document, place)
        merges = isinstance(here, dict) and isinstance(value, dict) and operation.path.merges_into(document, place)
        document = put(document, place, merge(here, value) if merges else value)
    return document


def _move(document: Any, operation: Operation, budget: Budget) -> Any:
    place = _single(document, operation, budget)
    value = value_at(document, place)
    if operation.source == operation.path:
        return document
    if operation.path.lies_within(place):
        raise InvalidPatch(f"{operation} moves a value into itself.")
    return _added(_without(document, place), operation, value, budget)


def _copy(document: Any, operation: Operation, budget: Budget) -> Any:
    return _added(document, operation, value_at(document, _single(document, operation, budget)), budget)


def _single(document: Any, operation: Operation, budget: Budget) -> Place:
    """Return the one place that `from` means."""
    places = operation.source.places(document, budget) if operation.source else []
    if len(places) != 1:
        raise PatchTargetMissing(f"{operation} selects {len(places)} values by `from`; it takes exactly one.")
    return places[0]


def _test(document: Any, operation: Operation, budget: Budget) -> Any:
    for place in operation.path.places(document, budget):
        if not same(value_at(document, place), operation.value):
            raise PatchTestFailed(f"{operation} does not hold for the record as it is now. Nothing was changed.")
    return document


_APPLY: Mapping[str, Callable[[Any, Operation, Budget], Any]] = {
    "add": _add,
    "remove": _remove,
    "replace": _replace,
    "move": _move,
    "copy": _copy,
    "test": _test,
}
