"""The verdict of a door: what it refuses of a record, and what it takes and speaks of.

A change may leave what was wrong with a record before, so that a stricter rule does not lock thousands of records; it
may not add to it. What is left to the audits (observe) is nothing to a door: the catalogue gives it no such rules.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from customer_inventory.model import InvalidDocument
from customer_inventory.model.problems import Problem
from customer_inventory.model.ruling import Breach, Ruling

_NUMBERED = re.compile(r"\[\d+\]")


def verdict(
    ruling: Ruling, document: Mapping[str, Any], *, before: Mapping[str, Any] | None = None, now: datetime
) -> tuple[Breach, ...]:
    """Return the breaches with which a document is taken in place of `before`. Raises InvalidDocument.

    What is refused is told by attribute, rule and requirement, never by value.
    """
    found = ruling.breaches(document, now=now)
    if before is None or not any(breach.rule.enforcement == "refuse" for breach in found):
        return decided(found)
    known = {_known_by(breach) for breach in ruling.breaches(before, now=now)}
    return decided(found, passed_over=[breach for breach in found if _known_by(breach) in known])


def decided(found: Iterable[Breach], *, passed_over: Collection[Breach] = ()) -> tuple[Breach, ...]:
    """Return the breaches that a door speaks of and takes: those to warn of, and those passed over.

    Raises InvalidDocument if there are others that are refused.
    """
    told = tuple(found)
    refused = [breach for breach in told if breach.rule.enforcement == "refuse" and breach not in passed_over]
    if refused:
        raise InvalidDocument([_problem(breach) for breach in refused])
    return told


def _problem(breach: Breach) -> Problem:
    rule = breach.rule
    return Problem(breach.path, f"{rule.reason} (requirement {rule.requirement}, {rule.code})", gap=rule.present)


def _known_by(breach: Breach) -> tuple[str, str, str]:
    """What a breach is known by in another version of the record, whichever element of an array it is in."""
    return breach.rule.requirement, breach.rule.code, _NUMBERED.sub("", breach.path)
