"""The baseline: the requirements that the product ships, one file for each resource in `baseline/`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from customer_inventory.requirements.requirement import InformationRequirement

SHIPPED = 0
"""The number of the version that the product ships."""

FILES = Path(__file__).with_suffix("")
_NONE: Mapping[str, InformationRequirement] = MappingProxyType({})


@cache
def governed() -> tuple[str, ...]:
    """Return the names of the resources that the baseline has requirements of."""
    return tuple(sorted(path.stem for path in FILES.glob("*.toml")))


@cache
def shipped(name: str) -> Mapping[str, InformationRequirement]:
    """Return what the product ships for the resource of this name, by id: nothing for one that it does not govern.

    Only what this resource needs is read, and only now. Raises InvalidCatalogue for a file that is none, which tests
    keep from being shipped.
    """
    if name not in governed():
        return _NONE
    # Most commands need no requirement, and none of them is to wait for the reader of files.
    from customer_inventory.requirements.baseline_files import requirements_in  # noqa: PLC0415

    return MappingProxyType({str(each.id): each for each in requirements_in(FILES, name, version=SHIPPED)})
