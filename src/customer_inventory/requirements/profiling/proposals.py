"""Proposals: requirements that a profile suggests, each with its evidence, for somebody to review.

What is proposed was asked of the sample before: a rule that more than a twentieth of the values break is left out, and
how many break it is said of the others. Nothing here governs: a draft goes through the catalogue like any other.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from customer_inventory.model import InvalidDocument, Resource
from customer_inventory.model.attributes import Attribute
from customer_inventory.requirements.catalogue import governed_name
from customer_inventory.requirements.headings import attribute_of, class_of_medium, own_attribute
from customer_inventory.requirements.profiling.columns import Column
from customer_inventory.requirements.profiling.evidence import Evidence, least_sure, of_rules, of_the_rest
from customer_inventory.requirements.profiling.governed import added_to
from customer_inventory.requirements.profiling.profile import Profile
from customer_inventory.requirements.profiling.value_rules import MOST_BROKEN, value_rules
from customer_inventory.requirements.requirement import InformationRequirement, ValueRule

MOST_LACKING = 0.01
"""Up to which share of rows without a value the attribute is proposed as mandatory."""
FEWEST = 20
"""How many rows it takes to propose that something must be there, or is unique."""

_TELLING_NOTHING = {"type", "format", "length"}
"""The rules that say nothing of the values of which they are drawn, as codes, patterns and bounds do."""
_CHARACTERISTIC = re.compile(r"\w*[cC]haracteristic\[(.+)\]")
_MASKS = {"name": "partial", "e-mail address": "partial", "telephone number": "partial", "address": "partial",
          "identification number": "partial", "bank account": "partial", "birth date": "generalise"}  # fmt: skip
_OF_COMPANIES = frozenset(("name", "address", "telephone number"))
_STANDARDS = {"integer": "integer", "number": "number", "boolean": "boolean", "date": "day", "date-time": "instant"}
_Obligation = Literal["mandatory", "conditional", "optional"]
_KEYS = frozenset(("uuid", "email", "iban"))
_NONE: Mapping[str, InformationRequirement] = MappingProxyType({})
_OF_MANY_SYSTEMS = "externalReference.id"
"""Where the ids of all systems stand: how one of them writes its own says nothing of the others."""
_ALSO = frozenset(("email2", "mobile"))


@dataclass(frozen=True, slots=True)
class Draft:
    """A requirement that a column suggests, what speaks for it, and how sure that is: as sure as the weakest of it."""

    requirement: InformationRequirement
    column: str
    evidence: tuple[Evidence, ...]
    confidence: float
    governed: bool = False
    """Whether a requirement governs the attribute already, to which the draft adds."""
    added: tuple[str, ...] = ()
    """The codes of the value rules that the sample adds."""

    @property
    def changes(self) -> bool:
        """Whether the draft asks anything that is not asked already."""
        return not self.governed or bool(self.added)


@dataclass(frozen=True, slots=True)
class _Target:
    """Where a column goes: an attribute that the resource declares, or one of the enterprise's own."""

    resource: Resource
    attribute: str
    declared: Attribute | None
    must_be_typed: bool


def proposals(
    profile: Profile,
    *,
    resource: Resource,
    now: datetime,
    source: str | None = None,
    governing: Mapping[str, InformationRequirement] = _NONE,
) -> list[Draft]:
    """Return a draft for each column that has values, in their order; `now` is what bounds in time count from.

    What `governing` says, by id, stays as it is: a draft of such an attribute adds to it, and may have nothing to add.
    Of two columns that mean one way to reach the party the first gives the draft; of two that mean another attribute
    the second becomes an attribute of the enterprise's own. A column that can be no attribute has no draft.
    """
    drafts: dict[str, Draft] = {}
    for number, column in enumerate(profile.columns, 1):
        target = _target(column, resource, number=number, taken=drafts)
        if target is None or column.missing == column.rows:
            continue
        held = column.as_text() if target.declared is not None and target.declared.type == "string" else column
        base = governing.get(f"{governed_name(resource)}.{target.attribute}")
        draft = _draft(profile, held, target, now, _said(held, target, source) if base is None else base)
        if draft is not None and base is not None:
            draft = replace(draft, governed=True)
        if draft is not None:
            drafts.setdefault(target.attribute, draft)
    return list(drafts.values())


def _target(column: Column, resource: Resource, *, number: int, taken: Collection[str]) -> _Target | None:
    place = attribute_of(column.name, resource)
    if place is not None and place not in taken:
        return _Target(resource, place, resource.attributes.get(place), must_be_typed=False)
    if place is not None and column.meaning in _ALSO:
        return None
    if not column.converts:  # it stands where it stands
        return _Target(resource, column.name, None, must_be_typed=True)
    own, typed = own_attribute(column.name, resource, number=number)
    return _Target(resource, own, None, must_be_typed=typed)


def _draft(
    profile: Profile, column: Column, target: _Target, now: datetime, said: InformationRequirement
) -> Draft | None:
    """Return the draft that adds to `said` what holds of the column, if anything can be asked of its attribute."""
    found = list(value_rules(column, target.declared, must_be_typed=target.must_be_typed))
    if target.attribute == _OF_MANY_SYSTEMS:
        found = []
    if said.sensitivity == "special":
        found = [rule for rule in found if rule.code in _TELLING_NOTHING]
    rules = added_to(said, found)
    try:
        tried = of_rules(column, _with(said, rules), target.resource, now=now)
    except InvalidDocument:
        return None
    kept = [rule for rule in rules if tried[rule.code].broken <= MOST_BROKEN * tried[rule.code].asked]
    if target.must_be_typed and said.value_rule is UNSET and found[0] not in kept:
        return None
    dropped = {rule.code for rule in rules if rule not in kept}
    requirement = _with(said, kept)
    evidence = (
        *(each for code, each in tried.items() if code not in dropped), *of_the_rest(profile, column, requirement)
    )  # fmt: skip
    return Draft(requirement, column.name, evidence, least_sure(evidence), added=tuple(rule.code for rule in kept))


def _with(requirement: InformationRequirement, added: Sequence[ValueRule]) -> InformationRequirement:
    return msgspec.structs.replace(requirement, value_rule=[*(requirement.value_rule or []), *added] or UNSET)


def _said(column: Column, target: _Target, source: str | None) -> InformationRequirement:
    """Return the requirement that a column suggests, without its value rules."""
    sensitivity, mask = _protection(column, target.resource)
    obligation, condition = _obligation(column, target)
    own_code = target.attribute != _OF_MANY_SYSTEMS
    unique = own_code and (
        column.is_key and not column.repeated and (column.is_code or bool(column.form and column.form.name in _KEYS))
    )
    about = column.personal
    described = target.declared.description if target.declared else ""
    return InformationRequirement(
        resource=governed_name(target.resource),
        attribute=target.attribute,
        name=_name(column.name),
        meaning=described or f"What the source calls {_name(column.name)}; to be described.",
        obligation=obligation,
        condition=condition,
        standardisation=_standard(column),
        sensitivity=sensitivity,
        masking=mask,
        unique=unique,
        identifying=unique or (about is not None and about.identifying and sensitivity == "personal"),
        source=[source] if source else UNSET,
    )


def _obligation(column: Column, target: _Target) -> tuple[_Obligation, str | UnsetType]:
    """Return whether the attribute must be there: as it seems always to be, where the sample can tell.

    A contact medium is asked by its class. Of what stands within stored documents the sample does not tell how often
    it could have been there.
    """
    lacking = column.rows < FEWEST or column.missing > MOST_LACKING * column.rows
    if lacking or ("." in target.attribute.partition("[")[0] and not column.converts):
        return "optional", UNSET
    medium = class_of_medium(target.attribute)
    return ("mandatory", UNSET) if medium is None else ("conditional", f"@['@type'] == '{medium}'")


def _protection(column: Column, resource: Resource) -> tuple[str, str]:
    """Return the class of protection and the mask; what companies are called and where they sit is public knowledge."""
    about = column.personal
    if about is None or (resource.name == "organization" and about.kind in _OF_COMPANIES):
        return "internal", "none"
    return about.sensitivity, _MASKS.get(about.kind, "null")


def _standard(column: Column) -> str | UnsetType:
    """Return the standard that capture brings the values to; what is stored says nothing of how it came."""
    if not column.converts:
        return UNSET
    if column.form is not None and column.form.name in {"email", "phone", "country"}:
        return column.form.name
    return "text" if column.is_code else _STANDARDS.get(column.typed.type, "text")


def _name(heading: str) -> str:
    """Return what people may call an attribute: the heading in words, of a characteristic its name alone."""
    characteristic = _CHARACTERISTIC.fullmatch(heading)
    heading = characteristic[1] if characteristic else heading
    words = " ".join(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", heading).replace("_", " ").split())
    return (words[:1].upper() + words[1:])[:200] or "Unnamed"
