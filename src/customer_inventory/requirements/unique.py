"""Unique values: of which attributes no two records are to have the same, and what a record claims by them.

A value is known by its term, the canonical spelling by which the index finds it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from hashlib import sha256
from typing import NamedTuple

from customer_inventory.model import InvalidDocument, Resource, terms
from customer_inventory.model.places import place
from customer_inventory.model.problems import Problem
from customer_inventory.model.resource import Claim, Document
from customer_inventory.model.ruling import Breach, Enforcement, Rule
from customer_inventory.model.tmf703 import ENTITY
from customer_inventory.requirements.requirement import InformationRequirement
from customer_inventory.requirements.rules import identifier_of

UNIQUE = "unique"
"""The code of the rule that no two records have the same value."""


class Unique(NamedTuple):
    """An attribute that a door asks to be unique: by which requirement, and whether a record is kept out for it.

    `kind` is where records are looked for that have a value of it, of the class `named` if any. Its terms begin with
    one of `prefixes` (model/search.py: long values stand as their hash); before them stands of which resource they are
    in what is held.
    """

    requirement: str
    attribute: str
    refuses: bool
    before: str
    prefixes: tuple[str, str]
    kind: str
    named: str


def check_unique(requirement: InformationRequirement, resource: Resource) -> None:
    """Return if the attribute can be unique, or is not to be. Raises InvalidDocument."""
    if requirement.unique and (reason := _why_not(requirement.attribute, resource)):
        raise InvalidDocument([Problem(UNIQUE, f"{requirement.attribute} {reason}")])


def uniques_of(requirements: Iterable[InformationRequirement], resource: Resource) -> tuple[Unique, ...]:
    """Return the attributes of a resource that doors ask to be unique: not those that are left to audits (observe)."""
    return tuple(
        unique_of(each, resource)
        for each in requirements
        if each.unique and each.enforcement != "observe" and _why_not(each.attribute, resource) is None
    )


def unique_of(requirement: InformationRequirement, resource: Resource) -> Unique:
    """Return what a requirement demands of a resource that marks its attribute unique."""
    refuses = requirement.enforcement == "refuse"
    name = requirement.resource
    named = resource.shape.name if resource.kind == ENTITY.kind and resource is not ENTITY else ""
    path = requirement.attribute
    return Unique(identifier_of(requirement), path, refuses, f"{name} ", (f"{path}=", f"{path}#"), resource.kind, named)


def no_uniques(resource: Resource) -> tuple[Unique, ...]:  # noqa: ARG001  what a door asks that asks nothing
    """Return nothing."""
    return ()


def claimed(
    resource: Resource,
    document: Document,
    uniques: Iterable[Unique],
    found: Collection[str],
    before: Document | None = None,
) -> tuple[Claim, ...] | None:
    """Return what no other record may have of a document with these terms `found`; None where there can be nothing.

    A value that the record had `before` does not keep out the change: it may have been shared since before it had to
    be unique.
    """
    if not uniques and resource.kind != ENTITY.kind:
        return None
    held = _terms_of(resource, before) if uniques and before is not None else ()
    return (*resource.claims(document), *claims_of(uniques, found, held))


def claims_of(uniques: Iterable[Unique], found: Collection[str], before: Collection[str] = ()) -> Iterator[Claim]:
    """Yield what a record of the terms `found` claims by requirements."""
    for unique in uniques:
        for term in found:
            if term.startswith(unique.prefixes):
                digest = sha256(f"{unique.before}{term}".encode()).digest()
                had, where = term in before, (unique.kind, unique.named)
                yield Claim(unique.attribute, digest, unique.requirement, had or not unique.refuses, had, *where, term)


def shared(claims: Iterable[Claim]) -> Iterator[Breach]:
    """Yield the breaches of a record that was taken though another one has these values."""
    for requirement, attribute in dict.fromkeys((claim.requirement, claim.attribute) for claim in claims):
        yield Breach(unique_rule(requirement, attribute, "warn"), attribute)


def unique_rule(requirement: str, attribute: str, enforcement: Enforcement) -> Rule:
    """Return the rule that a value is unique, to be told of; it is asked of all records together, never of one."""
    return Rule(
        requirement=requirement,
        code=UNIQUE,
        place=place(attribute),
        enforcement=enforcement,
        reason="has a value that another record has too",
    )


def _terms_of(resource: Resource, before: Document) -> Collection[str]:
    try:
        return terms(resource, before)
    except InvalidDocument:  # it has more of them than a record may have by what its class says now
        return ()


def _why_not(path: str, resource: Resource) -> str | None:
    attribute = resource.attributes.get(path)
    if attribute is None:
        return "is none of the attributes by whose values records are found, so no two can be compared by it"
    if not attribute.scalar:
        return "is a group of attributes; mark one of them unique"
    if attribute.type == "boolean":
        return "is true or false: only two records could have it"
    return None
