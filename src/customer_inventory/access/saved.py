"""What a write left, and what of it is told."""

from __future__ import annotations

from typing import NamedTuple

from customer_inventory.model.ruling import Breach
from customer_inventory.repository.records import Record, Written
from customer_inventory.requirements.unique import shared


class Saved(NamedTuple):
    """What a write left: the record, what happened, and what about it is not as it should be.

    `unresolved` are the reference attributes that name nothing we hold, `breaches` the rules that it does not keep.
    """

    record: Record
    outcome: str
    unresolved: tuple[str, ...]
    breaches: tuple[Breach, ...] = ()


def saved(
    record: Record,
    written: Written,
    unresolved: tuple[str, ...],
    breaches: tuple[Breach, ...] = (),
    *,
    told: bool = True,
) -> Saved:
    """Return what a write left; unless it may be `told`, nothing of what about it is not as it should be."""
    if not told:
        return Saved(record, written.outcome, ())
    return Saved(record, written.outcome, unresolved, (*breaches, *shared(written.shared)))
