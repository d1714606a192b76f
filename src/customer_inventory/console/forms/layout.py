"""The layout of a form: which fields a kind of record has, made of what is asked of its attributes.

Fields are called after the attribute they write; those of a contact medium after the medium's place in the record, such
as `contactMedium[0].emailAddress`, or after its kind where it would be a new one. What a browser checks by itself is
only what a door refuses, and only where the recorded value passes: it must not lock a record that has an old fault.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from msgspec import UNSET

from customer_inventory.console.forms.values import shown_text
from customer_inventory.console.headings import Headings
from customer_inventory.model import Resource
from customer_inventory.model.attributes import Attribute
from customer_inventory.model.places import Place, place
from customer_inventory.model.value_tests import Between, bound
from customer_inventory.requirements.requirement import InformationRequirement, ValueRule

Asked = Mapping[str, InformationRequirement]
"""The requirements of a kind of record, by attribute."""

MEDIA: dict[str, tuple[str, ...]] = {
    "EmailContactMedium": ("emailAddress",),
    "PhoneContactMedium": ("phoneNumber",),
    "GeographicAddressContactMedium": ("street1", "street2", "postCode", "city", "stateOrProvince", "country"),
}
"""The contact media that forms show, and what each holds."""
USE = "contactType"
_HOLDER = "contactMedium"
_OTHERWISE = {f"{_HOLDER}.{USE}": "Used for"}
_SIMPLE = re.compile(r"(?:[A-Za-z0-9 ]|\[(?:[A-Za-z0-9]-[A-Za-z0-9]|[A-Za-z0-9 ])+\]|\{\d+(?:,\d*)?\}|[?*+])*")
_CHARACTERISTIC_TYPES = {
    "StringCharacteristic": "string",
    "IntegerCharacteristic": "integer",
    "NumberCharacteristic": "number",
    "FloatCharacteristic": "number",
    "BooleanCharacteristic": "boolean",
}


@dataclass(frozen=True, slots=True)
class Field:
    """One field: what it is called and for, its type, what may be chosen, and what a browser checks."""

    name: str
    label: str
    type: str = "string"
    help: str = ""
    mark: str = ""
    options: tuple[str, ...] = ()
    closed: bool = False
    limits: Mapping[str, str] = field(default_factory=dict)

    @property
    def control(self) -> str:
        """The control that a browser shows: choice, text, date or number."""
        if self.type == "boolean" or (self.options and self.closed):
            return "choice"
        return {"date": "date", "integer": "number", "number": "number"}.get(self.type, "text")


@dataclass(frozen=True, slots=True)
class Medium:
    """A contact medium of the form: its class, its place among those of the record, and its fields."""

    kind: str
    key: str
    fields: tuple[Field, ...]

    @property
    def fresh(self) -> bool:
        """Whether it would be a new one."""
        return not self.key.isdigit()


@dataclass(frozen=True, slots=True)
class Layout:
    """A form: its fields, those of contact media, and what is asked that it does not show."""

    fields: tuple[Field, ...]
    media: tuple[Medium, ...]
    beside: tuple[str, ...]

    @property
    def every(self) -> Iterator[Field]:
        """Every field."""
        yield from self.fields
        for medium in self.media:
            yield from medium.fields


def layout_of(resource: Resource, asked: Asked, document: Mapping[str, Any], *, now: datetime) -> Layout:
    """Return the form of a record that holds `document`; an empty one is a record to be made."""
    headings = Headings({attribute: each.name for attribute, each in asked.items()})
    making = _Making(resource, asked, document, headings, now)
    fields = (*making.scalars(), *making.characteristics())
    media = tuple(making.media()) if _HOLDER in resource.own_attributes else ()
    shown = {each.name for each in fields} | {f"{_HOLDER}.{name}" for names in MEDIA.values() for name in names}
    shown |= {f"{_HOLDER}.{USE}"} if media else set()
    further = tuple(each.name for attribute, each in asked.items() if attribute not in shown)
    return Layout(fields, media, further)


@dataclass(frozen=True, slots=True)
class _Making:
    resource: Resource
    asked: Asked
    document: Mapping[str, Any]
    headings: Headings
    now: datetime

    def scalars(self) -> Iterator[Field]:
        """The single values of the first level: those no record can be without, then those that are asked for."""
        own = self.resource.own_attributes
        asked = [name for name in self.asked if place(name) == Place((), name)]
        names = [name for name in self.resource.mandatory if name not in asked] + asked
        names.sort(key=lambda name: name not in self.resource.mandatory)
        fixed = {*self.resource.immutable, *self.resource.stamps.all_names}
        for name in names:
            attribute = own.get(name)
            held = self.document.get(name)
            single = (attribute is None and name in self.asked) or (
                attribute is not None and attribute.scalar and not attribute.many
            )
            if name not in fixed and single and not isinstance(held, dict | list):
                yield self.field(name, name, attribute, held, needed=name in self.resource.mandatory)

    def characteristics(self) -> Iterator[Field]:
        """The single values among what an enterprise added, of those that are asked for."""
        for name, requirement in self.asked.items():
            at = place(name)
            if at.named is not None and not at.holder:
                held = characteristic(self.document, at)
                value = None if held is None else held.get("value")
                if not isinstance(value, dict | list):
                    kind = _CHARACTERISTIC_TYPES.get(str((held or {}).get("@type"))) or _asked_type(requirement)
                    yield self.field(name, name, None, value, kind=kind)

    def media(self) -> Iterator[Medium]:
        """The contact media that there are, and an empty one of each class that forms show."""
        held = self.document.get(_HOLDER)
        for at, medium in enumerate(held if isinstance(held, list) else ()):
            kind = medium.get("@type") if isinstance(medium, dict) else None
            if kind in MEDIA:
                yield Medium(kind, str(at), tuple(self._medium(kind, str(at), medium)))
        for kind in MEDIA:
            yield Medium(kind, kind, tuple(self._medium(kind, kind, {})))

    def _medium(self, kind: str, key: str, medium: Mapping[str, Any]) -> Iterator[Field]:
        for name in (*MEDIA[kind], USE):
            path = f"{_HOLDER}.{name}"
            attribute, held = self.resource.own_attributes.get(path), medium.get(name)
            if held is None or isinstance(held, str):
                yield self.field(path, f"{_HOLDER}[{key}].{name}", attribute, held, must=False)

    def field(
        self,
        place_name: str,
        name: str,
        attribute: Attribute | None,
        held: Any,
        *,
        needed: bool = False,
        kind: str = "",
        must: bool = True,
    ) -> Field:
        """The field of an attribute that holds a value, by what is asked of it."""
        requirement = self.asked.get(place_name)
        enum = attribute.enum if attribute else ()
        mark = "needed" if needed else _mark(requirement)
        limits, codes, strict = _limits(requirement, held, self.now)
        if must and mark == "needed" and (held not in (None, "") or not self.document):
            limits["required"] = "required"
        options = tuple(dict.fromkeys(codes or enum))
        shut = bool(enum) or strict
        if shut and held not in (None, "") and options and shown_text(held) not in options:
            options = (*options, shown_text(held))
        return Field(
            name=name,
            label=self.headings.of(place_name, _OTHERWISE.get(place_name) or place(place_name).named or ""),
            type=kind or _type(attribute, requirement, held),
            help=requirement.meaning if requirement else "",
            mark=mark,
            options=options,
            closed=shut,
            limits=limits,
        )


def characteristic(document: Mapping[str, Any], at: Place) -> dict[str, Any] | None:
    """Return the first characteristic of a name in a document, or None."""
    held = document.get(at.name)
    entries = held if isinstance(held, list) else []
    return next((each for each in entries if isinstance(each, dict) and each.get("name") == at.named), None)


def _mark(requirement: InformationRequirement | None) -> str:
    if requirement is None or requirement.obligation == "optional":
        return ""
    if requirement.obligation == "conditional":
        return "needed at times"
    return "needed" if requirement.enforcement == "refuse" else "expected"


def _rules(requirement: InformationRequirement | None) -> list[ValueRule]:
    """The rules that hold of every value."""
    rules = (requirement.value_rule or ()) if requirement is not None else ()
    return [rule for rule in rules if rule.when is UNSET and rule.condition is UNSET]


def _asked_type(requirement: InformationRequirement) -> str:
    found = next((rule.type for rule in _rules(requirement) if rule.type is not UNSET), "string")
    return str(found) if found != "object" else "string"


def _type(attribute: Attribute | None, requirement: InformationRequirement | None, held: Any) -> str:
    """The type of a field: a day where the attribute may be one and none with an hour is recorded."""
    if attribute is None:
        return "string" if requirement is None else _asked_type(requirement)
    if attribute.type == "date-time" and "date" in attribute.formats and (held is None or len(str(held)) == 10):
        return "date"
    return attribute.type


def _limits(
    requirement: InformationRequirement | None, held: Any, now: datetime
) -> tuple[dict[str, str], tuple[str, ...], bool]:
    """What a browser checks, the codes that may be chosen, and whether no others may be."""
    limits: dict[str, str] = {}
    codes: tuple[str, ...] = ()
    strict = False
    for rule in _rules(requirement):
        refused = (rule.enforcement or (requirement.enforcement if requirement else "warn")) == "refuse"
        if rule.code_list is not UNSET and not codes:
            codes, strict = tuple(rule.code_list), refused
        if refused:
            limits |= {name: value for name, value in _checks(rule, now) if _passes(name, value, held)}
        if rule.format in _MODES:
            limits["inputmode"] = _MODES[rule.format]
    return limits, codes, strict


_MODES = {"email": "email", "phone": "tel", "uri": "url"}


def _checks(rule: ValueRule, now: datetime) -> Iterator[tuple[str, str]]:
    if rule.min_length is not UNSET and rule.min_length:
        yield "minlength", str(rule.min_length)
    if rule.max_length is not UNSET:
        yield "maxlength", str(rule.max_length)
    # A browser reads patterns in another dialect; those that mean the same in both are handed on.
    if rule.pattern is not UNSET and _SIMPLE.fullmatch(rule.pattern):
        yield "pattern", rule.pattern
    for name, end in (("min", rule.minimum), ("max", rule.maximum)):
        if end is not UNSET:
            at = Between(bound(end), None).at(now)[0] or end
            yield name, at[:10] if "T" in at else at


def _passes(name: str, value: str, held: Any) -> bool:
    """Whether what is recorded passes a check, so that a browser can make it without locking the record."""
    if held in (None, ""):
        return True
    text = shown_text(held)
    match name:
        case "minlength":
            return len(text) >= int(value)
        case "maxlength":
            return len(text) <= int(value)
        case "pattern":
            return re.fullmatch(value, text) is not None
        case _:
            return False
