"""The comparison of two descriptions of one API: every place where ours and the official one do not say the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tests.official.description import ANSWER, CREATE, PATCH, Attribute, Class, Description, Operation, Told


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    """Where two descriptions differ, in which respect, and what each of them says."""

    where: str
    what: str
    ours: str
    official: str

    def __str__(self) -> str:
        return f"{self.where} | {self.what} | {self.ours or '-'} | {self.official or '-'}"


def differences(ours: Description, official: Description) -> set[Difference]:
    """Return every difference: operations, the classes of each resource in each of its forms, and the events."""
    return {*_operations(ours, official), *_resources(ours, official), *_events(ours, official)}


# ------------------------------------------------------------ operations


def _operations(ours: Description, official: Description) -> Iterator[Difference]:
    mine, theirs = _by_place(ours), _by_place(official)
    for place in mine.keys() | theirs.keys():
        if place not in mine:
            yield Difference(place, "operation", "", "served")
        elif place not in theirs:
            yield Difference(place, "operation", "served", "")
        else:
            yield from _operation(place, mine[place], theirs[place])


def _by_place(description: Description) -> dict[str, Operation]:
    return {f"{one.method} {re.sub(r'{[^}]*}', '{}', one.path)}": one for one in description.operations()}


def _operation(place: str, mine: Operation, theirs: Operation) -> Iterator[Difference]:
    ours, official = mine.statuses, theirs.statuses
    if "default" in official:  # stands for every refusal
        ours, official = (frozenset(one for one in said if one < "4") for said in (ours, official))
    for status in ours ^ official:
        yield _only(place, f"status {status}", status in mine.statuses)
    for kind, name in mine.parameters ^ theirs.parameters:
        yield _only(place, f"{kind} {name}", (kind, name) in mine.parameters)
    for media_type in _media_types(mine) ^ _media_types(theirs) if theirs.media_types else ():
        yield _only(place, media_type, media_type in _media_types(mine))


def _only(where: str, what: str, is_ours: bool) -> Difference:
    return Difference(where, what, "yes" if is_ours else "", "" if is_ours else "yes")


def _media_types(operation: Operation) -> set[str]:
    return {one.partition(";")[0] for one in operation.media_types}


# ------------------------------------------------------------ events


def _events(ours: Description, official: Description) -> Iterator[Difference]:
    mine, theirs = ours.events(), official.events()
    for kind in mine.keys() ^ theirs.keys():
        yield _only(kind, "event", kind in mine)
    for kind in mine.keys() & theirs.keys():
        yield from _event(kind, mine[kind], theirs[kind])


def _event(kind: str, mine: Told, theirs: Told) -> Iterator[Difference]:
    if mine.wrapper != theirs.wrapper:
        yield Difference(kind, "wrapper", mine.wrapper, theirs.wrapper)
    for key in mine.carried.keys() ^ theirs.carried.keys():
        yield _only(kind, f"key {key}", key in mine.carried)
    for key in mine.carried.keys() & theirs.carried.keys():
        if not mine.carried[key] & theirs.carried[key]:
            yield Difference(f"{kind}.{key}", "class", *(" ".join(sorted(one.carried[key])) for one in (mine, theirs)))
    for name in mine.around.keys() ^ theirs.around.keys():
        yield _only(f"{kind}.{name}", "event attribute", name in mine.around)
    for name in mine.around.keys() & theirs.around.keys():
        if (said := _kind(mine.around[name])) != (due := _kind(theirs.around[name])):
            yield Difference(f"{kind}.{name}", "type", said, due)


# ------------------------------------------------------------ classes


def _resources(ours: Description, official: Description) -> Iterator[Difference]:
    mine, theirs = ours.resources(), official.resources()
    for path in mine.keys() & theirs.keys():
        for form in mine[path].keys() & theirs[path].keys():
            yield from _Comparison(ours, official, form).of(mine[path][form], theirs[path][form])


class _Comparison:
    """The comparison of classes in one form; each pair of classes is looked at once."""

    def __init__(self, ours: Description, official: Description, form: str) -> None:
        self._ours = ours
        self._official = official
        self._form = form
        self._seen: set[tuple[str, str]] = set()

    def of(self, mine: str, theirs: str) -> Iterator[Difference]:
        """Yield the differences of two classes and, but for patches, of all below them."""
        if (mine, theirs) in self._seen:
            return
        self._seen.add((mine, theirs))
        my_class, their_class = self._ours.class_of(mine, self._form), self._official.class_of(theirs, self._form)
        for name in my_class.attributes.keys() ^ their_class.attributes.keys():
            is_mine = name in my_class.attributes
            yield _only(f"{their_class.name}.{name}", f"{self._form or 'answer'} attribute", is_mine)
        yield from self._mandatory(my_class, their_class)
        for name in my_class.attributes.keys() & their_class.attributes.keys():
            yield from self._attribute(their_class.name, my_class.attributes[name], their_class.attributes[name])

    def _mandatory(self, mine: Class, theirs: Class) -> Iterator[Difference]:
        # What a patch or an answer must hold is the resource's own affair: `fields` may leave out nearly everything.
        if self._form == CREATE:
            for name in mine.mandatory ^ theirs.mandatory:
                if name in mine.attributes.keys() & theirs.attributes.keys():
                    yield _only(f"{theirs.name}.{name}", "mandatory", name in mine.mandatory)

    def _attribute(self, where: str, mine: Attribute, theirs: Attribute) -> Iterator[Difference]:
        where = f"{where}.{mine.name}"
        if mine.many != theirs.many:
            yield Difference(where, "cardinality", *("many" if one.many else "one" for one in (mine, theirs)))
        if _kind(mine) != _kind(theirs):
            yield Difference(where, "type", _kind(mine), _kind(theirs))
        if mine.enum != theirs.enum:
            yield Difference(where, "enum", *(" ".join(sorted(one.enum)) for one in (mine, theirs)))
        if self._form == PATCH:
            return
        pairs = dict(_pairs(mine, theirs))
        unpaired = theirs.classes - pairs.keys(), {*map(_plain, mine.classes)} - {*map(_plain, pairs.values())}
        for name in unpaired[0] | (unpaired[1] - {"Entity"}):
            yield _only(where, f"class {name}", name in unpaired[1])
        for their_name, my_name in pairs.items():
            if _plain(my_name) != their_name:
                yield Difference(where, "class", _plain(my_name), their_name)
            if self._is_there(my_name, their_name):
                yield from self.of(my_name, their_name)

    def _is_there(self, mine: str, theirs: str) -> bool:
        forms = self._ours.forms(mine, self._form), self._official.forms(theirs, self._form)
        return all(forms)


def _kind(attribute: Attribute) -> str:
    return " ".join((attribute.type, *attribute.formats))


def _pairs(mine: Attribute, theirs: Attribute) -> Iterator[tuple[str, str]]:
    """Yield which of our classes stands for which official one: the one of its name, or the only one there."""
    named = {_plain(name): name for name in sorted(mine.classes, reverse=True)}
    if len(mine.classes) == len(theirs.classes) == 1 and not named.keys() & theirs.classes:
        yield next(iter(theirs.classes)), next(iter(mine.classes))
    for name in theirs.classes & named.keys():
        yield name, named[name]


def _plain(name: str) -> str:
    """Return the name of a class without what tells it apart from others of its name."""
    return name.partition(".")[0]


__all__ = ["ANSWER", "Difference", "differences"]
