"""Validation: whether a document is what its class demands, and if not, where and why.

Two steps, because almost every document is fine: msgspec decides in compiled code whether it is valid to the letter.
Only when it says no does the close look go through the shapes, which allow more (an unknown `@type` is read as the base
class of its position, a missing one too) and can name every problem. What the quick look passes, the close look passes.
Unknown attributes are left alone everywhere: the document is kept as it came.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import chain, islice
from typing import Any

import msgspec

from customer_inventory.model.bounds import beyond_bounds, within_bounds
from customer_inventory.model.entity import DayOrInstant
from customer_inventory.model.problems import PROBLEMS_SHOWN, InvalidDocument, Problem
from customer_inventory.model.resource import DECLARED, Document, Resource
from customer_inventory.model.shapes import Field, Leaf, Position, Shape
from customer_inventory.model.spelling import is_instant, spelled_as

_SEEN = {bool: "a truth", int: "a number", float: "a number", str: "a text", list: "an array", dict: "an object"}
_WANTED = {
    "string": "a text",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "object": "an object",
    "date-time": "a date-time (RFC 3339 with a zone)",
    "base64": "a text in base64",
    "date": "a date-time (RFC 3339 with a zone) or a date",
}

_NUMBERED = re.compile(r"\[\d+\]")

Json = dict[str, Any]


def validate(
    resource: Resource,
    document: Any,
    *,
    mandatory: Collection[str] | None = None,
    before: Document | None = None,
    earlier: bool = False,
    partial: bool = False,
) -> None:
    """Check `document` against `resource`, as a whole record: on create and after a patch.

    `mandatory` are the attributes it cannot be without, where those are fewer than the resource's: a record that came
    incomplete from a source stays correctable. What `before` lacks below its first level, the document may lack too;
    one that was kept by an `earlier` version may lack there whatever that version cannot say, and be of a class that
    names no other. A `partial` document, that of an event, may lack whatever it likes. Raises InvalidDocument with
    every problem found, up to `PROBLEMS_SHOWN`.
    """
    mandatory = () if partial else resource.mandatory if mandatory is None else mandatory
    _check_bounds(document)
    if not _valid_to_the_letter(resource, document, mandatory):
        problems = _look_closely(resource, document, mandatory)
        if partial:
            problems = (problem for problem in problems if not problem.gap)
        elif earlier:
            lacked = {name for name in mandatory if is_blank(document.get(name))}
            problems = (problem for problem in problems if not problem.gap or problem.path in lacked)
        _refuse(problems, {} if before is None else before, lambda old: _look_closely(resource, old, ()))
    wrong = (problem for problem in resource.rules(document) if not (partial and problem.gap))
    _refuse(wrong, {}, resource.rules)


def validate_shown(
    shape: Shape,
    document: Any,
    *,
    mandatory: Collection[str],
    before: dict[str, Any] | None = None,
    partial: bool = False,
) -> None:
    """Check a document of another version of an API than the stored one against its `shape`.

    What `before`, the record as that version shows it, says already is not judged; a `partial` document may lack
    whatever it likes. Raises InvalidDocument.
    """
    _check_bounds(document)
    said = before or {}
    changed = {name: value for name, value in document.items() if name not in said or said[name] != value}
    held = mandatory if before is None else kept(mandatory, document, before=before)
    found = _object_problems(shape, changed, "")
    wrong = (each for each in found if not each.gap or ("." in each.path and not partial))
    lost = (Problem(name, "is mandatory") for name in held if not partial and is_blank(document.get(name)))
    _refuse(chain(lost, wrong), said, lambda old: _object_problems(shape, old, ""))


def is_blank(value: Any) -> bool:
    """Tell whether `value` is none that a mandatory attribute could have: it "must not be blank or null".

    So the conformance profiles of the Open APIs; of a mandatory array they want one element at least.
    """
    return value is None or (type(value) is str and not value.strip()) or (type(value) is list and not value)


def kept(mandatory: Iterable[str], document: Document, *, before: Document) -> list[str]:
    """Return which of the mandatory attributes `document` cannot be without, being a change of `before`.

    What came incomplete from a source, or blank while that was let pass, can be corrected bit by bit; what is there
    cannot be taken away, and what is put there must not be blank.
    """
    return [
        name
        for name in mandatory
        if not is_blank(before.get(name)) or (name in document and document[name] != before.get(name))
    ]


def _check_bounds(document: Any) -> None:
    """Raise InvalidDocument for what is no object or lies beyond the bounds."""
    if type(document) is not dict:
        raise InvalidDocument([Problem("", f"expected an object, got {_seen(document)}")])
    if not within_bounds(document) and (problems := beyond_bounds(document)):
        raise InvalidDocument(problems)


def _refuse(problems: Iterator[Problem], before: Document, problems_of: Callable[[Json], Iterable[Problem]]) -> None:
    """Raise InvalidDocument if there are problems other than gaps that `before` has too, in whichever array element."""
    found = list(islice(problems, PROBLEMS_SHOWN))
    if before and any(problem.gap for problem in found):
        gaps = {_unnumbered(problem) for problem in problems_of(dict(before)) if problem.gap}
        new = (problem for problem in chain(found, problems) if _unnumbered(problem) not in gaps)
        found = list(islice(new, PROBLEMS_SHOWN))
    if found:
        raise InvalidDocument(found)


def _unnumbered(problem: Problem) -> tuple[str, str]:
    return _NUMBERED.sub("", problem.path), problem.reason


def _valid_to_the_letter(resource: Resource, document: dict[str, Any], mandatory: Collection[str]) -> bool:
    for name in mandatory:  # as `is_blank`, whose calls would cost as much as all the rest
        value = document.get(name)
        if not value or (type(value) is str and value.isspace()):
            return False
    try:
        msgspec.convert(document, resource.struct, dec_hook=_decode)
    except msgspec.ValidationError:
        return False
    return True


def _decode(kind: type, value: Any) -> Any:
    """Read a value of a type that msgspec does not know: `DayOrInstant`; raises ValueError as msgspec expects."""
    if kind is not DayOrInstant or not is_instant(value, ("date-time", "date")):
        raise ValueError("unfit")
    return _DECODED


_DECODED = DayOrInstant()


def _look_closely(resource: Resource, document: dict[str, Any], mandatory: Collection[str]) -> Iterator[Problem]:
    """Yield the problems of `document`, each once."""
    problems = chain(
        (Problem(name, "is mandatory", gap=True) for name in mandatory if is_blank(document.get(name))),
        _class_problems(resource, document),
        _object_problems(resource.shape, document, ""),
    )
    # Not asked for although the class asks for it.
    passed_over = {name for name in resource.mandatory if name not in mandatory and name not in document}
    for problem in problems:
        if problem.path not in passed_over:
            passed_over.add(problem.path)
            yield problem


def _class_problems(resource: Resource, document: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield whether the document is of another class: an extension names the class it extends (TMF630 part 2).

    Official examples begin the name of a class with a small letter, as they do that of its resource. In v4 nothing
    obliges a client to name either.
    """
    if resource.api.version == "v4":
        return
    named, wanted = document.get("@type"), resource.shape.name
    extends = document.get("@baseType")
    other = DECLARED.get(named) if isinstance(named, str) else None
    if other is not None and not issubclass(other, resource.struct):
        yield Problem("@type", f"names another kind of record, which is no {wanted}; send it to its own collection")
    elif (
        isinstance(named, str)
        and named[:1].upper() + named[1:] not in resource.classes
        and (not isinstance(extends, str) or extends not in resource.classes)
    ):
        yield Problem("@type", f"is not {wanted}; a class that extends it names {wanted} in @baseType", gap=True)


def _object_problems(shape: Shape, value: dict[str, Any], path: str) -> Iterator[Problem]:
    """Yield the problems of an object that is read as `shape`."""
    prefix = f"{path}." if path else ""
    for name, field in shape.fields.items():
        if name in value:
            yield from _field_problems(field, value[name], prefix + name)
        elif field.required:
            yield Problem(prefix + name, f"is mandatory in {shape.name}", gap=True)


def _field_problems(field: Field, value: Any, path: str) -> Iterator[Problem]:
    """Yield the problems of one attribute."""
    if not field.many:
        yield from _content_problems(field.content, value, path)
    elif type(value) is not list:
        yield Problem(path, f"expected an array, got {_seen(value)}")
    else:
        for index, item in enumerate(value):
            yield from _content_problems(field.content, item, f"{path}[{index}]")


def _content_problems(content: Leaf | Position, value: Any, path: str) -> Iterator[Problem]:
    if isinstance(content, Leaf):
        if reason := leaf_reason(content, value):
            yield Problem(path, reason)
    elif type(value) is not dict:
        yield Problem(path, f"expected an object, got {_seen(value)}")
    else:
        named = value.get("@type")
        # Else it would be a class of the client's own, of which nothing is asked. What merely refers may be spelled as
        # the official files do ("PArtyRef").
        if (meant := spelled_as(named, content.choices)) != named and not meant.endswith("Ref"):
            yield Problem(f"{path}.@type", f"differs from {meant} by capitals alone; spell it so")
        yield from _object_problems(content.resolve(value), value, path)


def leaf_reason(leaf: Leaf, value: Any) -> str | None:
    """Return why `value` is not what `leaf` wants, or None when it is."""
    wanted = leaf.formats[-1] if leaf.formats else leaf.type
    if not _is_of_type(leaf, value):
        return f"expected {_WANTED[wanted]}, got {_seen(value)}"
    if leaf.formats and not _has_format(leaf, value):
        return f"expected {_WANTED[wanted]}"
    if leaf.enum and value not in leaf.enum:
        return f"expected one of {', '.join(leaf.enum)}"
    if leaf.minimum is not None and leaf.maximum is not None and not leaf.minimum <= value <= leaf.maximum:
        return f"expected a number from {leaf.minimum} to {leaf.maximum}"
    return None


def _is_of_type(leaf: Leaf, value: Any) -> bool:
    """Tell whether the JSON type is right; 5.0 is a whole number in JSON, true is none."""
    match leaf.type:
        case "boolean":
            return type(value) is bool
        case "integer":
            return type(value) is int or (type(value) is float and value.is_integer())
        case "number":
            return type(value) is int or type(value) is float
        case "object":
            return type(value) is dict
        case "any":
            return True
        case _:
            return type(value) is str


def _has_format(leaf: Leaf, value: str) -> bool:
    if leaf.formats != ("base64",):
        return is_instant(value, leaf.formats)
    try:
        msgspec.convert(value, bytes)
    except msgspec.ValidationError:
        return False
    return True


def _seen(value: Any) -> str:
    return "null" if value is None else _SEEN.get(type(value), "something else")
