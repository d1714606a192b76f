"""Rights: what the grants of a client come to, for one purpose at one moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from customer_inventory.access.policy.counting import Metered, metered_of
from customer_inventory.access.policy.grant import Grant


@dataclass(frozen=True, slots=True)
class Rights:
    """What may be done: `grants` as "verb:kind", and by such names what limits them, and what is counted."""

    grants: frozenset[str]
    limits: Mapping[str, tuple[Grant, ...]] = field(default_factory=dict)
    metered: Mapping[str, Metered] = field(default_factory=dict)

    def limited(self, verb: str, kind: str) -> tuple[Grant, ...]:
        """Return the grants that limit a verb on a kind; none where nothing does, or where it is not granted."""
        return self.limits.get(f"{verb}:{kind}", ())


def rights_of(whole: frozenset[str], policy: Iterable[Grant], *, purpose: str, now: datetime) -> Rights:
    """Return what is granted: verbs on `whole` kinds of record, and what the grants of the policy add to that.

    A grant adds nothing where the whole is granted anyway.
    """
    applying = [each for each in policy if each.applies(purpose, now)]
    free = whole | {f"{each.verb}:{each.kind}" for each in applying if not each.limited}
    limits: dict[str, tuple[Grant, ...]] = {}
    for each in applying:
        name = f"{each.verb}:{each.kind}"
        if each.limited and name not in free and f"{each.verb}:*" not in free:
            limits[name] = (*limits.get(name, ()), each)
    return Rights(free | limits.keys(), limits, metered_of(whole, applying))
