"""The verdict of a door: what it refuses of a record, and what it takes and speaks of.

A change may leave what was wrong with a record before, so that a stricter rule does not lock thousands of records; it
may not add to it. What only audits are told (observe) is nothing to a door.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
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
    found = [breach for breach in ruling.breaches(document, now=now) if breach.rule.enforcement != "observe"]
    refused = [breach for breach in found if breach.rule.enforcement == "refuse"]
    if refused and before is not None:
        known = {_known_by(breach) for breach in ruling.breaches(before, now=now)}
        refused = [breach for breach in refused if _known_by(breach) not in known]
    if refused:
        raise InvalidDocument([_problem(breach) for breach in refused])
    return tuple(found)


def _problem(breach: Breach) -> Problem:
    rule = breach.rule
    return Problem(breach.path, f"{rule.reason} (requirement {rule.requirement}, {rule.code})", gap=rule.present)


def _known_by(breach: Breach) -> tuple[str, str, str]:
    """What a breach is known by in another version of the record, whichever element of an array it is in."""
    return breach.rule.requirement, breach.rule.code, _NUMBERED.sub("", breach.path)
