"""Blocks about what is asked of records."""  # noqa: INP001  see generate.py

from __future__ import annotations

from customer_inventory.model import RESOURCES
from customer_inventory.requirements.baseline import governed, shipped
from customer_inventory.requirements.requirement import InformationRequirement, ValueRule
from customer_inventory.requirements.wording import obligation_in_words, rule_in_words
from docs.blocks.words import table


def requirements(name: str) -> str:
    """Return what is asked of a resource as the product ships it: of each attribute, and who answers for it."""
    order = {path: number for number, path in enumerate(RESOURCES[name].attributes)}
    found = sorted(shipped(name).values(), key=lambda each: order[each.attribute])
    asked = table(
        ("attribute", "meaning", "obligation", "rules"),
        [(f"`{each.attribute}`", f"**{each.name}.** {each.meaning}", _obliged(each), _rules(each)) for each in found],
    )
    answered = table(
        ("attribute", "sensitivity", "mask", "owner", "steward", "kept for", "lawful basis", "retention"),
        [(f"`{each.attribute}`", *_answered(each)) for each in found],
    )
    return "\n\n".join(
        (
            "A rule is told with its name; what breaks it is warned of unless it says *refused* or *observed*.",
            asked,
            "## Who answers for it, and how it is kept",
            answered,
        )
    )


_CONSEQUENCES = {"refuse": " (*refused*)", "observe": " (*observed*)", "warn": ""}


def _obliged(requirement: InformationRequirement) -> str:
    consequence = _CONSEQUENCES[requirement.enforcement] if requirement.obligation != "optional" else ""
    return obligation_in_words(requirement) + consequence


def _rules(requirement: InformationRequirement) -> str:
    return "<br>".join(_rule(requirement, rule) for rule in requirement.value_rule or ())


def _rule(requirement: InformationRequirement, rule: ValueRule) -> str:
    consequence = _CONSEQUENCES[rule.enforcement or requirement.enforcement]
    return f"*{rule.code}*: {rule_in_words(rule)}{consequence}"


def _answered(each: InformationRequirement) -> tuple[str, ...]:
    retention = each.retention
    kept = f"{retention.period} from {retention.trigger}" if retention else ""
    confirmed = f"; to be confirmed within {each.confirm_within} days" if each.confirm_within else ""
    return (
        each.sensitivity,
        each.masking,
        each.business_owner or "",
        each.steward or "",
        ", ".join(each.purpose or ()),
        each.lawful_basis or "",
        kept + confirmed,
    )


def baseline() -> str:
    """Return the list of the resources of which the product asks something, with their numbers."""
    rows = []
    for name in governed():
        found = shipped(name).values()
        rules = sum(len(each.value_rule or ()) for each in found)
        rows.append((f"[{name}](../reference/requirements/{name}.md)", str(len(found)), str(rules)))
    return table(("resource", "requirements", "value rules"), rows)
