"""Governed attributes: what a sample adds to a requirement that governs already.

The requirement stays as it is: what people decided about an attribute is not undone by a sample. A draft adds to it
what it does not ask yet, and says how many values break what it asks.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import UNSET

from customer_inventory.requirements.requirement import InformationRequirement, ValueRule

_ASPECTS = {
    "type": "type",
    "format": "format",
    "code_list": "code-list",
    "pattern": "pattern",
    "minimum": "bounds",
    "maximum": "bounds",
    "min_length": "length",
    "max_length": "length",
    "check_digit": "check-digit",
}
"""What a rule asks, by the attributes that it sets."""
_COVERED = {
    "type": {"type", "format"},
    "format": {"format", "pattern", "code-list"},
    "pattern": {"format", "pattern", "code-list"},
    "code-list": {"code-list"},
    "bounds": {"bounds"},
    "length": {"length", "format", "pattern", "code-list"},
    "check-digit": {"check-digit"},
}
"""What need not be added where one of these is asked already."""


def added_to(requirement: InformationRequirement, found: Iterable[ValueRule]) -> list[ValueRule]:
    """Return the rules that a requirement lacks, of those that a sample suggests."""
    rules = requirement.value_rule or []
    asked = {aspect for rule in rules for aspect in _aspects(rule)}
    codes = {rule.code for rule in rules}
    return [rule for rule in found if not _COVERED[rule.code] & asked and rule.code not in codes]


def _aspects(rule: ValueRule) -> Iterable[str]:
    return (aspect for name, aspect in _ASPECTS.items() if getattr(rule, name) is not UNSET)
