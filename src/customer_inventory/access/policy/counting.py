"""Counting: on which of the grants that let something through it counts.

A grant's amount is for what that grant lets through, and no second grant is a way around it: it is spared only where
those without an amount cover all that it lets through; of those that cover the same, the one with the most counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import sha256

from customer_inventory.access.guarded import GUARDED
from customer_inventory.access.policy.grant import Grant, Row, covered
from customer_inventory.access.policy.language import written

_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Metered:
    """The grants of one verb on one kind of record, of which some have an amount."""

    grants: tuple[Grant, ...]
    requests: tuple[Grant, ...]
    """On which a request counts."""
    records: tuple[Grant, ...]
    """On which a record counts of which nothing is known."""
    by_record: bool
    """Whether it depends on the record on which it counts."""

    def of(self, holding: Iterable[Grant]) -> tuple[Grant, ...]:
        """Return the grants on which a record counts for which these hold."""
        return tuple(_counted(list(holding), _daily, known=True))


def metered_of(whole: frozenset[str], applying: Sequence[Grant]) -> dict[str, Metered]:
    """Return by "verb:kind" what is counted, of verbs on `whole` kinds and grants; nothing where it is not counted.

    A grant on every kind stands behind those on one, but on what is guarded it is none.
    """
    limited = {each.verb for each in applying if each.daily is not None or each.per_second is not None}
    if not limited:
        return {}
    named = [(each.verb, each.kind) for each in applying]
    named += [(verb, kind) for verb, _, kind in (each.partition(":") for each in sorted(whole))]
    found: dict[str, Metered] = {}
    for verb, kind in dict.fromkeys(named):
        kinds = {kind} if kind in GUARDED.values() else {kind, "*"}
        if verb in limited:
            free = bool({f"{verb}:{each}" for each in kinds} & whole)
            grants = [] if free else [each for each in applying if each.verb == verb and each.kind in kinds]
            found[f"{verb}:{kind}"] = _metered(tuple(grants))
    return found


@lru_cache(maxsize=4096)
def scope_name(grant: Grant) -> str:
    """Return what tells a grant from others in counts: its kind, and a hash of what it lets through."""
    lets = written(replace(grant, daily=None, per_second=None, starts=None, ends=None))
    return f"{grant.kind} {sha256(lets.encode()).hexdigest()[:_DIGITS]}"


def covers_wherever(grants: Sequence[Grant], other: Grant) -> bool:
    """Return whether grants let through all that another does, amounts and times apart."""
    return _cover([each for each in grants if _holds_wherever(each, other)], other)


def _metered(grants: tuple[Grant, ...]) -> Metered:
    records = tuple(_counted(grants, _daily, known=False))
    requests = tuple(_counted(grants, _per_second, known=False))
    by_record = bool(records) and len(grants) > 1 and any(each.by_record for each in grants)
    return Metered(grants, requests, records, by_record)


def _counted(grants: Sequence[Grant], amount: Callable[[Grant], int | None], *, known: bool) -> Iterator[Grant]:
    """Yield those of grants on which something counts; `known` to be what all of them hold for."""
    sparing = [each for each in grants if amount(each) is None]
    for each in sorted((each for each in grants if amount(each) is not None), key=lambda one: -(amount(one) or 0)):
        if not (_cover(sparing, each) if known else covers_wherever(sparing, each)):
            sparing.append(each)
            yield each


def _daily(grant: Grant) -> int | None:
    return grant.daily


def _per_second(grant: Grant) -> int | None:
    return grant.per_second


def _cover(grants: Sequence[Grant], other: Grant) -> bool:
    """Whether grants show together all that another does of a record for which they hold."""
    alike = [each for each in grants if other.masked or not each.masked]
    if any(each.attributes is None for each in alike):
        return True
    together = frozenset[str]().union(*(each.attributes or () for each in alike))
    return other.attributes is not None and all(covered(path, together) for path in other.attributes)


def _holds_wherever(grant: Grant, other: Grant) -> bool:
    """Whether a grant holds for every record for which another does."""
    if grant.consent and not other.consent:
        return False
    return all(any(_within(theirs, own) for theirs in other.rows) for own in grant.rows)


def _within(row: Row, other: Row) -> bool:
    return row.path == other.path and set(row.values) <= set(other.values)
