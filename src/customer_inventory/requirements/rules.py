"""Rules: what a requirement asks, as rules that a door, an audit and a preview can all ask of records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from difflib import get_close_matches

import msgspec
from msgspec import UNSET

from customer_inventory.errors import InventoryError
from customer_inventory.model import InvalidDocument, Resource
from customer_inventory.model.filtering import check_names
from customer_inventory.model.jsonpath import parse
from customer_inventory.model.jsonpath_tree import Expression
from customer_inventory.model.patterns import InvalidPattern
from customer_inventory.model.places import InvalidPlace, Place, place
from customer_inventory.model.problems import Problem
from customer_inventory.model.ruling import Enforcement, Rule, Ruling
from customer_inventory.model.value_tests import (
    Between,
    Checked,
    Fits,
    InvalidBound,
    Long,
    OfType,
    OneOf,
    ValueTest,
    bound,
)
from customer_inventory.model.viewing import native_view
from customer_inventory.requirements.formats import format_reason, format_tests, whole
from customer_inventory.requirements.requirement import InformationRequirement, ValueRule

_GIVEN = ("id", "href")
OBLIGATION = "obligation"
"""The code of the rule that an attribute must be there."""


def rules_of(requirement: InformationRequirement, resource: Resource) -> list[Rule]:
    """Return the rules of one requirement of a resource.

    Raises InvalidDocument with what cannot be asked, or asks nothing that could be met.
    """
    found: list[Rule] = []
    problems: list[Problem] = []
    at = _place(requirement, resource)
    for made in (_obligation, _value_rules):
        try:
            found += made(requirement, at, resource)
        except InvalidDocument as error:
            problems += error.problems
    if problems:
        raise InvalidDocument(problems)
    return found


def ruling_of(requirements: Iterable[InformationRequirement], resource: Resource) -> Ruling:
    """Return the ruling of a resource by its requirements. Raises what `rules_of` raises."""
    rules = (rule for requirement in requirements for rule in rules_of(requirement, resource))
    return Ruling(rules, resource.attributes)


def identifier_of(requirement: InformationRequirement) -> str:
    """Return the id of a requirement: its resource and attribute."""
    return f"{requirement.resource}.{requirement.attribute}"


def _place(requirement: InformationRequirement, resource: Resource) -> Place:
    """Return where the attribute stands. Raises InvalidDocument for one that is neither declared nor described."""
    try:
        at = place(requirement.attribute)
    except InvalidPlace as error:
        raise InvalidDocument([Problem("attribute", error.message)]) from error
    if not at.holder and (at.name in _GIVEN or at.name.startswith("@")):
        raise InvalidDocument([Problem("attribute", "is given by the inventory, so there is nothing to ask of it")])
    known = resource.attributes
    above = at.holder_path
    if above and above not in known:
        raise InvalidDocument([Problem("attribute", _unknown(above, resource))])
    if at.named is not None and f"{at.path}.name" not in known:
        raise InvalidDocument([Problem("attribute", f"{at.path} keeps no characteristics; leave the brackets out")])
    if at.named is None and at.path not in known and not _typed(requirement):
        reason = (
            f"{_unknown(at.path, resource)} Or give it a value rule with a type: then it is an attribute of your own"
        )
        raise InvalidDocument([Problem("attribute", reason)])
    return at


def _typed(requirement: InformationRequirement) -> bool:
    return any(rule.type is not UNSET for rule in requirement.value_rule or ())


def _unknown(path: str, resource: Resource) -> str:
    near = get_close_matches(path, resource.attributes, n=1)
    return f"{resource.name} has no attribute {path}.{f' Did you mean {near[0]}?' if near else ''}"


def _obligation(requirement: InformationRequirement, at: Place, resource: Resource) -> Iterator[Rule]:
    said = requirement.condition is not UNSET
    if requirement.obligation == "conditional" and not said:
        raise InvalidDocument([Problem("condition", "is needed where the obligation is conditional")])
    if requirement.obligation != "conditional" and said:
        raise InvalidDocument([Problem("condition", "is for an obligation that is conditional")])
    if requirement.obligation != "optional":
        yield Rule(
            requirement=identifier_of(requirement),
            code=OBLIGATION,
            place=at,
            enforcement=requirement.enforcement,
            reason="is mandatory" if not said else "is mandatory under these circumstances",
            present=True,
            when=_expression(requirement.condition, "condition", at, resource),
        )


def _value_rules(requirement: InformationRequirement, at: Place, resource: Resource) -> Iterator[Rule]:
    codes: set[str] = {OBLIGATION}
    for number, said in enumerate(requirement.value_rule or ()):
        path = f"valueRule[{number}]"
        if said.code in codes:
            raise InvalidDocument([Problem(f"{path}.code", "is taken by another rule of the requirement")])
        codes.add(said.code)
        yield _value_rule(requirement, said, at, resource, path)


def _value_rule(requirement: InformationRequirement, said: ValueRule, at: Place, resource: Resource, path: str) -> Rule:
    tests = tuple(asked_of_values(said, path))
    holds = _expression(said.condition, f"{path}.condition", at, resource)
    if not tests and holds is None:
        raise InvalidDocument(
            [Problem(path, "asks for nothing; say a type, a format, a code list, bounds or a condition")]
        )
    if tests and holds is not None:
        raise InvalidDocument([Problem(f"{path}.condition", "stands alone: ask for it in a rule of its own")])
    enforcement: Enforcement = requirement.enforcement if said.enforcement is UNSET else said.enforcement
    return Rule(
        requirement=identifier_of(requirement),
        code=said.code,
        place=at,
        enforcement=enforcement,
        reason=said.message or _reason(said),
        tests=tests,
        when=_expression(said.when, f"{path}.when", at, resource),
        holds=holds,
    )


def asked_of_values(said: ValueRule, path: str) -> Iterator[ValueTest]:
    """Yield the tests of values that a rule says. Raises InvalidDocument with problems below `path`."""
    if said.type is not UNSET:
        yield OfType(said.type)
    if said.format is not UNSET:
        yield from format_tests(said.format)
    if said.code_list is not UNSET:
        if not said.code_list:
            raise InvalidDocument([Problem(f"{path}.codeList", "is empty, so nothing could follow it")])
        yield OneOf(frozenset(said.code_list))
    if said.pattern is not UNSET:
        yield _fits(said.pattern, path)
    if said.min_length is not UNSET or said.max_length is not UNSET:
        yield _long(said, path)
    if said.minimum is not UNSET or said.maximum is not UNSET:
        yield _between(said, path)
    if said.check_digit is not UNSET:
        yield Checked(said.check_digit)


def _fits(text: str, path: str) -> Fits:
    try:
        return Fits(whole(text), "does not follow the pattern")
    except InvalidPattern as error:
        raise InvalidDocument([Problem(f"{path}.pattern", error.message)]) from error


def _long(said: ValueRule, path: str) -> Long:
    least, most = said.min_length or 0, said.max_length if said.max_length is not UNSET else None
    if most is not None and most < least:
        raise InvalidDocument([Problem(f"{path}.maxLength", "is less than minLength")])
    return Long(least, most)


def _between(said: ValueRule, path: str) -> Between:
    bounds: list[str | None] = []
    for name, text in (("minimum", said.minimum), ("maximum", said.maximum)):
        try:
            bounds.append(bound(text) if text is not UNSET else None)
        except InvalidBound as error:
            raise InvalidDocument([Problem(f"{path}.{name}", error.message)]) from error
    test = Between(*bounds)
    if test.mixed:
        raise InvalidDocument(
            [Problem(f"{path}.maximum", "is a number where minimum is a point in time, or the reverse")]
        )
    if test.empty:
        raise InvalidDocument([Problem(f"{path}.maximum", "is less than minimum")])
    return test


def _expression(text: str | msgspec.UnsetType, path: str, at: Place, resource: Resource) -> Expression | None:
    """Return the condition that `text` writes of what has the attribute. Raises InvalidDocument."""
    if text is UNSET:
        return None
    try:
        expression = parse(text, of_element=True)
        check_names(replace(native_view(resource), attributes=resource.attributes), expression, at.holder_path)
    except InventoryError as error:
        raise InvalidDocument([Problem(path, error.message)]) from error
    return expression


def _reason(said: ValueRule) -> str:
    """Return what is told of a value that breaks a rule: what is asked for, never the value."""
    if said.condition is not UNSET:
        return "does not go with the rest of the record"
    parts = [f"is not of type {said.type}"] if said.type is not UNSET else []
    if said.format is not UNSET:
        parts.append(format_reason(said.format))
    if said.code_list is not UNSET:
        parts.append(f"is none of {', '.join(sorted(said.code_list)[:8])}{' …' if len(said.code_list) > 8 else ''}")
    if said.pattern is not UNSET:
        parts.append("does not follow the pattern")
    if said.min_length is not UNSET or said.max_length is not UNSET:
        parts.append(f"is not {said.min_length or 0} to {said.max_length or 'any number of'} characters long")
    if said.minimum is not UNSET or said.maximum is not UNSET:
        parts.append(f"is not between {said.minimum or '…'} and {said.maximum or '…'}")
    if said.check_digit is not UNSET:
        parts.append("has a wrong check digit")
    return " or ".join(parts)
