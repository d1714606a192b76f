"""Requirements in the words of TMF662: one EntitySpecification a resource, with a characteristic for each requirement.

What TMF662 has a word for stands there; the rest of a requirement rides along as attributes of its own, as TMF630
part 2 lets a class be extended.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from msgspec import UNSET

from customer_inventory.model import Resource
from customer_inventory.requirements.catalogue import governed_name
from customer_inventory.requirements.requirement import OF_THE_CATALOGUE, InformationRequirement, ValueRule

_SAID = {"@type", "resource", "attribute", "name", "meaning", *OF_THE_CATALOGUE}
"""What has a word of its own in a characteristic, or in the specification."""
_TYPES = {"integer": "integer", "number": "number", "boolean": "boolean", "date-time": "date-time", "object": "object"}

Shown = dict[str, Any]


def specification_of(resource: Resource, requirements: Iterable[InformationRequirement]) -> Shown:
    """Return the specification of a resource: its attributes as they are asked for, without an href."""
    return {
        "id": governed_name(resource),
        "@type": "EntitySpecification",
        "name": f"{resource.shape.name} as it is governed",
        "description": resource.shape.description,
        "lifecycleStatus": "Active",
        "isBundle": False,
        "targetEntitySchema": {
            "@type": resource.shape.name,
            "@schemaLocation": f"{resource.api.paths[0]}/openapi.json",
        },
        "specCharacteristic": [_characteristic(resource, each) for each in requirements],
    }


def _characteristic(resource: Resource, requirement: InformationRequirement) -> Shown:
    said: Shown = msgspec.to_builtins(requirement)
    known = resource.attributes.get(requirement.attribute)
    least = 1 if requirement.obligation == "mandatory" else 0
    several = known is not None and known.many
    offered = [value for rule in requirement.value_rule or () for value in _offered(rule)]
    forms = [rule.pattern for rule in requirement.value_rule or () if rule.pattern is not UNSET and rule.when is UNSET]
    return {
        "@type": "CharacteristicSpecification",
        "id": requirement.id,
        "name": requirement.attribute,
        "description": requirement.meaning,
        "valueType": _TYPES.get(known.type, "string") if known else "string",
        "configurable": True,
        "extensible": not any("value" in each for each in offered),
        "isUnique": requirement.unique,
        "minCardinality": least,
        **({} if several else {"maxCardinality": 1}),
        **({"regex": forms[0]} if forms else {}),
        **({"characteristicValueSpecification": offered} if offered else {}),
        "heading": requirement.name,
        **{name: value for name, value in said.items() if name not in _SAID},
    }


def _offered(rule: ValueRule) -> Iterator[Shown]:
    """Yield the values that a rule offers to every record; one with a condition offers none to all."""
    if rule.when is not UNSET:
        return
    for code in rule.code_list or ():
        yield {"@type": "StringCharacteristicValueSpecification", "value": code, "valueType": "string"}
