"""The baseline: the requirements that the product ships, one file for each resource."""

from __future__ import annotations

from collections.abc import Mapping

from customer_inventory.requirements.requirement import InformationRequirement


def shipped(name: str) -> Mapping[str, InformationRequirement]:
    return {}
