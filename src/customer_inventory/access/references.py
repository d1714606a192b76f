"""Reference checks: whether a reference must name a record that the inventory holds, said per attribute."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from customer_inventory.errors import Failure, InventoryError
from customer_inventory.model import RESOURCES

CHECKS = ("off", "warn", "strict")


class InvalidReferenceCheck(InventoryError):
    """A reference check is not understood.

    Write resource.attribute=off, =warn or =strict, such as customer.engagedParty=strict.
    """

    code = "invalid-reference-check"
    failure = Failure.USAGE


@dataclass(frozen=True)
class ReferenceChecks:
    """How references are checked, by (resource, attribute); what the model declares where nothing is said."""

    by_attribute: dict[tuple[str, str], str]

    @classmethod
    def parse(cls, texts: Iterable[str]) -> ReferenceChecks:
        """Read settings such as "customer.engagedParty=strict". Raises InvalidReferenceCheck."""
        checks = {
            (name, reference.attribute): reference.check
            for name, resource in RESOURCES.items()
            for reference in resource.references
        }
        for text in texts:
            path, _, check = text.partition("=")
            name, _, attribute = path.strip().partition(".")
            if (name, attribute) not in checks or check.strip() not in CHECKS:
                known = ", ".join(sorted(f"{resource}.{reference}" for resource, reference in checks))
                raise InvalidReferenceCheck(
                    f"The reference check {text!r} is not understood. Write resource.attribute=off, =warn or =strict "
                    f"with one of {known}."
                )
            checks[name, attribute] = check.strip()
        return cls(checks)

    def with_check(self, resource: str, check: str) -> frozenset[str]:
        """Return the reference attributes of a resource that are checked in this way."""
        return self._named.get((resource, check), frozenset())

    @cached_property
    def _named(self) -> dict[tuple[str, str], frozenset[str]]:
        """The attributes by resource and check: each write asks three times."""
        named: dict[tuple[str, str], set[str]] = {}
        for (resource, attribute), check in self.by_attribute.items():
            named.setdefault((resource, check), set()).add(attribute)
        return {key: frozenset(attributes) for key, attributes in named.items()}
