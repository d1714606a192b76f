"""Rights: what the grants of a client come to, for one purpose at one moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from customer_inventory.access.policy.grant import Grant


class Amounts(NamedTuple):
    """The most that may be used: records a day (UTC), and requests a second; None where there is no such limit."""

    daily: int | None
    per_second: int | None


@dataclass(frozen=True, slots=True)
class Rights:
    """What may be done: `grants` as "verb:kind", and by such names what limits them, and the amounts they have."""

    grants: frozenset[str]
    limits: Mapping[str, tuple[Grant, ...]] = field(default_factory=dict)
    amounts: Mapping[str, Amounts] = field(default_factory=dict)

    def limited(self, verb: str, kind: str) -> tuple[Grant, ...]:
        """Return the grants that limit a verb on a kind; none where nothing does, or where it is not granted."""
        return self.limits.get(f"{verb}:{kind}", ())


def rights_of(whole: frozenset[str], policy: Iterable[Grant], *, purpose: str, now: datetime) -> Rights:
    """Return what is granted: verbs on `whole` kinds of record, and what the grants of the policy add to that.

    A grant adds nothing where the whole is granted anyway; of several on one kind the largest amount counts.
    """
    applying = [each for each in policy if each.applies(purpose, now)]
    free = whole | {f"{each.verb}:{each.kind}" for each in applying if not each.limited}
    limits: dict[str, tuple[Grant, ...]] = {}
    for each in applying:
        name = f"{each.verb}:{each.kind}"
        if each.limited and name not in free and f"{each.verb}:*" not in free:
            limits[name] = (*limits.get(name, ()), each)
    return Rights(free | limits.keys(), limits, _amounts(whole, applying))


def _amounts(whole: frozenset[str], applying: list[Grant]) -> dict[str, Amounts]:
    found: dict[str, Amounts] = {}
    for verb, kind in dict.fromkeys((each.verb, each.kind) for each in applying):
        grants = [each for each in applying if each.verb == verb and each.kind in {kind, "*"}]
        amounts = Amounts(_most(each.daily for each in grants), _most(each.per_second for each in grants))
        if amounts != (None, None) and not {f"{verb}:{kind}", f"{verb}:*"} & whole:
            found[f"{verb}:{kind}"] = amounts
    return found


def _most(amounts: Iterable[int | None]) -> int | None:
    """The largest of several amounts; None if one of them has no limit."""
    known = list(amounts)
    return None if None in known else max(each for each in known if each is not None)
