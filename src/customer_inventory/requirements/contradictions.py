"""Contradictions: rules of one requirement that no value can follow together.

Only what is proved is told. What holds of every value is looked at, kind by kind of value: a text, a number, a truth,
an object; the rules contradict each other when none of them is left. Each rule under a condition is looked at alone:
together with the others it may mean that under this condition there is to be no value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from msgspec import UNSET, structs

from customer_inventory.model import InvalidDocument, Resource
from customer_inventory.model.languages import Steps
from customer_inventory.model.places import place
from customer_inventory.model.problems import Problem
from customer_inventory.model.value_tests import Long, OfType, OneOf, ValueTest
from customer_inventory.requirements.possible import may_be_followed
from customer_inventory.requirements.requirement import InformationRequirement, ValueRule
from customer_inventory.requirements.rules import asked_of_values

_FACETS = {
    "type": "type",
    "format": "format",
    "code_list": "codeList",
    "pattern": "pattern",
    "minimum": "minimum",
    "maximum": "maximum",
    "min_length": "minLength",
    "max_length": "maxLength",
    "check_digit": "checkDigit",
}
"""What a rule says of values, as its document names it."""
_MODEL_TYPES = {
    "string": "string",
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
    "object": "object",
    "date-time": "date",  # a date may stand where the model takes one, and is asked for as a date-time may be
}


@dataclass(frozen=True, slots=True)
class _Said:
    """One thing that is said of every value: where, how it is told, and what a value must pass for it."""

    path: str
    told: str
    tests: tuple[ValueTest, ...]


def check_contradictions(requirement: InformationRequirement, resource: Resource) -> None:
    """Return if a value may follow the rules, which `rules_of` has taken. Raises InvalidDocument that names those."""
    rules = list(enumerate(requirement.value_rule or ()))
    always = [said for number, rule in rules if rule.when is UNSET for said in _said(rule, number)]
    model = list(_of_the_model(requirement, resource))
    groups = [[*model, *_of_obligation(requirement), *always]]
    groups += [[*model, *_said(rule, number)] for number, rule in rules if rule.when is not UNSET]
    problems = [problem for group in groups for problem in _contradiction(group)]
    if problems:
        raise InvalidDocument(problems)


def _said(rule: ValueRule, number: int) -> Iterator[_Said]:
    """Yield what a rule says of values, one thing at a time."""
    path = f"valueRule[{number}]"
    for name, called in _FACETS.items():
        value = getattr(rule, name)
        if value is not UNSET:
            alone = structs.replace(ValueRule(code=rule.code), **{name: value})
            yield _Said(f"{path}.{called}", f"{called} of the rule {rule.code}", tuple(asked_of_values(alone, path)))


def _of_the_model(requirement: InformationRequirement, resource: Resource) -> Iterator[_Said]:
    """Yield what holds of a value before any rule: its type, and which there are."""
    at = place(requirement.attribute)
    known = resource.attributes.get(at.path) if at.named is None else None
    if known is not None and known.type in _MODEL_TYPES:
        yield _Said("attribute", f"its type, {known.type}", (OfType(_MODEL_TYPES[known.type]),))
    if known is not None and known.enum:
        yield _Said("attribute", "the values that the Open API has for it", (OneOf(frozenset(known.enum)),))


def _of_obligation(requirement: InformationRequirement) -> Iterator[_Said]:
    if requirement.obligation == "mandatory":
        yield _Said("obligation", "that it is mandatory, and so not empty", (Long(1),))


def _contradiction(group: Sequence[_Said]) -> Iterator[Problem]:
    """Yield the problem of a group that nothing can follow, told of as few of its members as contradict each other."""
    steps = Steps()
    if may_be_followed(_tests(group), steps):
        return
    needed = list(group)
    for each in group:
        fewer = [other for other in needed if other is not each]
        if not may_be_followed(_tests(fewer), steps):
            needed = fewer
    *others, last = needed
    if not others:
        yield Problem(last.path, "is followed by no value")
        return
    all_of = "both" if len(others) == 1 else "all of that"
    yield Problem(last.path, f"contradicts {' and '.join(each.told for each in others)}: no value can follow {all_of}")


def _tests(group: Iterable[_Said]) -> list[ValueTest]:
    return [test for said in group for test in said.tests]
