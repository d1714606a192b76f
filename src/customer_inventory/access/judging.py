"""Judging: what the record that an event of another system carries does not meet, by the model and the requirements.

It is asked what a write at the same API would be asked, but for what depends on other records: the event tells of a
record that is kept elsewhere. Nothing is refused; who reads the event sees what is wrong with it.
"""

from __future__ import annotations

import asyncio
from typing import Any

from msgspec import UNSET, Struct, UnsetType

from customer_inventory.access.opened import Facilities
from customer_inventory.model import InvalidDocument, validate
from customer_inventory.model.contents import AttachmentTooLarge, carries_content, taken_out, without_contents
from customer_inventory.model.problems import Problem
from customer_inventory.model.resource import stamped
from customer_inventory.model.ruling import Breach, Enforcement, asked_of_part
from customer_inventory.model.spelling import classed
from customer_inventory.model.validation import validate_shown
from customer_inventory.model.view import View

MOST_FAULTS = 100
"""So many are kept with an event; a record with more is no better understood by them."""


class Fault(Struct, kw_only=True, frozen=True):
    """Something that a carried record does not meet: where, what, and what a door does about it; never a value.

    `requirement` is the one that asks for it; what the API itself asks for has none.
    """

    path: str
    reason: str
    code: str
    enforcement: Enforcement
    requirement: str | UnsetType = UNSET


async def faults(facilities: Facilities, view: View, carried: dict[str, Any], *, whole: bool) -> tuple[Fault, ...]:
    """Return what a record as one version of its API carries it does not meet, at most `MOST_FAULTS`, the worst first.

    Unless it is `whole`, it may lack whatever it likes; what is null is told to be gone.
    """
    told = carried if whole else {name: value for name, value in carried.items() if value is not None}
    try:
        document = await _document(facilities, view, told, whole=whole)
        found = await _breaches(facilities, view, document, whole=whole)
    except InvalidDocument as error:
        return tuple(map(_invalid, error.problems))
    except AttachmentTooLarge as error:
        return (_invalid(Problem("", error.message)),)
    found.sort(key=lambda breach: breach.rule.enforcement != "refuse")
    return tuple(map(_broken, found[:MOST_FAULTS]))


async def _document(facilities: Facilities, view: View, told: dict[str, Any], *, whole: bool) -> dict[str, Any]:
    """Return what is told as it would be stored, without large files. Raises InvalidDocument and AttachmentTooLarge."""
    resource, demanded = view.resource, view.demanded if view.show else view.resource.mandatory
    if view.show is not None:
        looked_at = without_contents(view.shape, told)
        validate_shown(view.shape, looked_at, mandatory=view.mandatory, partial=not whole)
    document = told if view.keep is None else view.keep(told, None)
    if whole:
        document = stamped(resource.stamps, document, before=None, now=facilities.clock(), demanded=demanded)
    if not carries_content(resource, document):
        return document
    limit = facilities.attachment_limit
    # Megabytes are decoded and hashed: not on the loop on which all others wait.
    return (await asyncio.to_thread(taken_out, resource, document, address="", limit=limit))[0]


async def _breaches(facilities: Facilities, view: View, document: dict[str, Any], *, whole: bool) -> list[Breach]:
    """Return the rules that a document breaks. Raises InvalidDocument."""
    resource = await facilities.classes.governing(view.resource, document)
    document = classed(document, resource.classes)
    demanded = None if view.show is None else view.demanded
    validate(resource, document, mandatory=demanded, earlier=view.show is not None, partial=not whole)
    ruling = await facilities.catalogue.ruling(resource)
    found = ruling.breaches(document, now=facilities.clock())
    return found if whole else [breach for breach in found if asked_of_part(breach.rule, document)]


def _invalid(problem: Problem) -> Fault:
    return Fault(path=problem.path, reason=problem.reason, code=InvalidDocument.code, enforcement="refuse")


def _broken(breach: Breach) -> Fault:
    rule = breach.rule
    return Fault(
        path=breach.path,
        reason=rule.reason,
        code=rule.code,
        enforcement=rule.enforcement,
        requirement=rule.requirement,
    )
