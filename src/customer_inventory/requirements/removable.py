"""Removable: whether the value of an attribute may go by itself after a time, out of a record that stays."""

from __future__ import annotations

from collections.abc import Iterator

from customer_inventory.model import InvalidDocument, Resource
from customer_inventory.model.places import Place, meets, place
from customer_inventory.model.problems import Problem
from customer_inventory.model.shapes import Position
from customer_inventory.requirements.requirement import InformationRequirement, Retention

AT = "retention.valueAlone"
_OF_EVERY_RECORD = frozenset({"id", "href"})


def check_removable(requirement: InformationRequirement, resource: Resource) -> None:
    """Return if the value may go by itself, or is not to. Raises InvalidDocument with every reason."""
    retention = requirement.retention
    if isinstance(retention, Retention) and retention.value_alone:
        problems = [Problem(AT, f"{requirement.attribute} {reason}") for reason in _why_not(requirement, resource)]
        if not retention.counted_from:
            problems.append(Problem("retention.countedFrom", "is needed: the inventory removes the value by itself"))
        if problems:
            raise InvalidDocument(problems)


def _why_not(requirement: InformationRequirement, resource: Resource) -> Iterator[str]:
    at = place(requirement.attribute)
    if requirement.obligation != "optional":
        yield f"is {requirement.obligation}: its record could not be kept without it"
    if at.name.startswith("@") or (not at.holder and at.name in {*_OF_EVERY_RECORD, *resource.mandatory}):
        yield "is what every record of the resource has"
    if needing := _needing(resource, at):
        yield f"is mandatory in {needing}"
    if any(meets(each.attribute, at.path) for each in resource.references if each.owner):
        yield "says to whom the record belongs"


def _needing(resource: Resource, at: Place) -> str | None:
    """Return the class that cannot be without an attribute, of those that may hold it; None where there is none."""
    shapes = [resource.shape]
    for name in at.holder:
        fields = [shape.fields[name] for shape in shapes if name in shape.fields]
        held = [field.content for field in fields if isinstance(field.content, Position)]
        shapes = [shape for position in held for shape in (position.base, *position.choices.values())]
    return next((each.name for each in shapes if at.named is None and at.name in set(each.required)), None)
