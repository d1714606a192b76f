"""The form of a requirement: what is typed becomes the requirement that is proposed, and back.

Fields are called after what they write, such as `valueRule.codeList`. The form shows one value of each kind that rules
can say. Rules that hold under a condition, whatever else it cannot show, and whatever comes back as it was shown, are
kept as they were.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import UNSET

from customer_inventory.model import InvalidDocument, Resource
from customer_inventory.model.problems import Problem
from customer_inventory.requirements.reading import requirement_from
from customer_inventory.requirements.requirement import (
    DIMENSIONS,
    OF_THE_CATALOGUE,
    InformationRequirement,
    ValueRule,
)

Typed = Mapping[str, str]
"""What stands in the fields of a form, by their names."""

TEXTS = ("name", "meaning", "condition", "businessOwner", "steward", "lawfulBasis", "standardisation")
CHOICES = {"obligation": "optional", "enforcement": "warn", "sensitivity": "internal", "masking": "null"}
LISTS = ("purpose", "source", "consumer")
TRUTHS = ("searchable", "unique", "identifying")
FACETS = {
    "type": "type",
    "format": "format",
    "codeList": "code-list",
    "pattern": "pattern",
    "minimum": "range",
    "maximum": "range",
    "minLength": "length",
    "maxLength": "length",
}
"""What the form shows of value rules, with the code of the rule that is made for it where there is none yet."""
MEMBERS = ("partyCharacteristic", "characteristic")
"""The attributes that keep what an enterprise adds (TMF630 part 2)."""
_AREAS = frozenset({"meaning", "valueRule.codeList", *LISTS})
"""The fields of several lines; in others a browser leaves no end of a line."""
_ENDS_OF_LINES = re.compile(r"\r\n?|\n")
_SINGLE_PERIOD = re.compile(r"P(\d+)([YMD])")
_INDEX = re.compile(r"\[[\d.]+\]")
_WORDS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class _Fields:
    """A form that came back: what stands in its fields, and what they showed."""

    typed: Typed
    shown: Typed

    def text(self, name: str) -> str:
        """Return what stands in a field, without blanks around it."""
        return self.typed.get(name, "").strip()

    def same(self, *names: str) -> bool:
        """Return whether fields came back as they were shown; a browser writes ends of lines in its own way."""
        return all(_sent(name, self.typed.get(name, "")) == _sent(name, self.shown.get(name, "")) for name in names)


def added_to(resource: Resource) -> str | None:
    """Return the attribute in which records of a resource keep attributes of one's own; None where they keep none."""
    known = resource.attributes
    return next((name for name in MEMBERS if f"{name}.name" in known and f"{name}.value" in known), None)


def own_name(heading: str) -> str:
    """Return the name that an attribute of one's own gets from its heading: "Preferred language" preferredLanguage."""
    plain = unicodedata.normalize("NFKD", heading)
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    words = [word.lower() if word.isupper() else word for word in _WORDS.split(plain) if word]
    first, rest = words[:1], words[1:]
    return "".join([*(word[:1].lower() + word[1:] for word in first), *(word[:1].upper() + word[1:] for word in rest)])


def known_attributes(resource: Resource) -> list[str]:
    """Return the attributes that can be chosen: values, and groups of the first level."""
    return [
        path
        for path, attribute in resource.attributes.items()
        if "@" not in path and not path.endswith("href") and (attribute.scalar or "." not in path)
    ]


def typed_of(requirement: InformationRequirement) -> dict[str, str]:
    """Return what the fields hold of a requirement that is to be changed."""
    said = asked(requirement)
    typed = {name: str(said[name]) for name in (*TEXTS, *CHOICES, "attribute", "confirmWithin") if name in said}
    typed |= {name: _in_lines(said[name]) for name in LISTS if name in said}
    typed |= {name: "yes" for name in TRUTHS if said.get(name)}
    for facet, rule in shown_facets(said.get("valueRule", [])).items():
        value = rule[facet]
        typed[f"valueRule.{facet}"] = _in_lines(value) if isinstance(value, list) else str(value)
    typed |= {f"qualityTarget.{each['dimension']}": _percent(each["target"]) for each in said.get("qualityTarget", [])}
    return typed | _typed_retention(said.get("retention"))


def kept_rules(requirement: InformationRequirement | None) -> list[ValueRule]:
    """Return the rules of which the form does not show everything; it keeps what it does not show."""
    if requirement is None or requirement.value_rule is UNSET:
        return []
    said = [msgspec.to_builtins(rule) for rule in requirement.value_rule]
    shown = shown_facets(said)
    further = [
        any(facet not in shown or shown[facet] is not rule for facet in set(rule) - {"code"}) or not _plain(rule)
        for rule in said
    ]
    return [rule for rule, more in zip(requirement.value_rule, further, strict=True) if more]


def requirement_typed(
    typed: Typed, resource: Resource, *, before: InformationRequirement | None
) -> InformationRequirement:
    """Return the requirement that a form asks, made of the one it changes. Raises InvalidDocument."""
    problems: list[Problem] = []
    said: dict[str, Any] = {} if before is None else asked(before)
    if before is None:
        said = {"resource": resource.name, "attribute": _attribute(typed, resource, problems)}
    fields = _Fields(typed, {} if before is None else typed_of(before))
    for name, value in _changed(fields, said, problems):
        if value in ("", [], {}, None):
            said.pop(name, None)
        else:
            said[name] = value
    problems += [Problem(name, "is needed") for name in ("name", "meaning") if name not in said]
    if problems:
        raise InvalidDocument(problems)
    return requirement_from(said)


def field_of(path: str) -> str:
    """Return the field at which a problem of a requirement is shown."""
    plain = _INDEX.sub("", path)
    return {"valueRule": "valueRule.type", "retention": "retention.period"}.get(plain, plain)


def asked(requirement: InformationRequirement) -> dict[str, Any]:
    """Return what a requirement asks, as its document, without what the catalogue says of it."""
    said: dict[str, Any] = msgspec.to_builtins(requirement)
    return {name: value for name, value in said.items() if name not in OF_THE_CATALOGUE}


def shown_facets(rules: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the rule of which the form shows each kind of value: the first that says it without a condition."""
    found: dict[str, dict[str, Any]] = {}
    for rule in rules:
        if _plain(rule):
            for facet in FACETS:
                if facet in rule:
                    found.setdefault(facet, rule)
    return found


def _plain(rule: dict[str, Any]) -> bool:
    return "when" not in rule and "condition" not in rule


def _attribute(typed: Typed, resource: Resource, problems: list[Problem]) -> str:
    holder = added_to(resource)
    if typed.get("from") != "own" or holder is None:
        if not typed.get("attribute", "").strip():
            problems.append(Problem("attribute", "is needed: choose one, or an attribute of our own"))
        return typed.get("attribute", "").strip()
    name = own_name(typed.get("name", ""))
    if not name and typed.get("name", "").strip():
        problems.append(Problem("name", "holds no letter or digit of which a name could be made"))
    return f"{holder}[{name}]"


def _changed(fields: _Fields, before: Mapping[str, Any], problems: list[Problem]) -> Iterator[tuple[str, Any]]:
    """Yield each attribute of which a field did not come back as it was shown, as it is to be."""
    for name in (*TEXTS, *CHOICES, *LISTS, *TRUTHS, "confirmWithin"):
        if not fields.same(name):
            yield name, _value(name, fields, problems)
    parts = {
        "valueRule": _rules(fields, before.get("valueRule", []), problems),
        "qualityTarget": _targets(fields, before.get("qualityTarget", []), problems),
        "retention": _retention(fields, before.get("retention", {}), problems),
    }
    yield from ((name, part) for name, part in parts.items() if part != before.get(name, type(part)()))


def _value(name: str, fields: _Fields, problems: list[Problem]) -> Any:
    """What a field says, nothing for one that was emptied."""
    if name in LISTS or name == "valueRule.codeList":
        return _lines(fields.typed.get(name, ""))
    if name in TRUTHS:
        return fields.text(name) == "yes" or None
    if name in ("confirmWithin", "valueRule.minLength", "valueRule.maxLength"):
        return _count(fields, name, problems)
    return fields.text(name)


def _rules(fields: _Fields, before: list[dict[str, Any]], problems: list[Problem]) -> list[dict[str, Any]]:
    """The rules as they were, with what the form says in place of what it showed of them."""
    rules = [dict(rule) for rule in before]
    shown = shown_facets(rules)
    for facet, code in FACETS.items():
        field = f"valueRule.{facet}"
        if fields.same(field):
            continue
        value = _value(field, fields, problems)
        if value not in ("", [], None):
            _rule_for(facet, code, rules, shown)[facet] = value
        elif facet in shown:
            del shown[facet][facet]
    return [rule for rule in rules if set(rule) - {"code", "message", "enforcement"}]


def _rule_for(facet: str, code: str, rules: list[dict[str, Any]], shown: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The rule that says this: the one that did, or says the other end of the same span, or a new one."""
    mates = [other for other, of in FACETS.items() if of == code and other in shown]
    if facet not in shown:
        taken = {rule["code"] for rule in rules}
        free = (each for each in (code, *(f"{code}-{number}" for number in range(2, 200))) if each not in taken)
        rule = shown[mates[0]] if mates else {"code": next(free)}
        if not mates:
            rules.append(rule)
        shown[facet] = rule
    return shown[facet]


def _targets(fields: _Fields, before: list[dict[str, Any]], problems: list[Problem]) -> list[dict[str, Any]]:
    """The targets as they were and where they stood, with what the form says in place of what it showed."""
    targets = list(before)
    for dimension in DIMENSIONS:
        field = f"qualityTarget.{dimension}"
        if fields.same(field):
            continue
        dimensions = [each["dimension"] for each in targets]
        at = dimensions.index(dimension) if dimension in dimensions else len(targets)
        targets = [each for each in targets if each["dimension"] != dimension]
        text = fields.text(field).removesuffix("%").strip()
        try:
            targets[at:at] = [{"dimension": dimension, "target": float(text) / 100}] if text else []
        except ValueError:
            problems.append(Problem(field, "is no number; write a percentage such as 99.5"))
    return targets


def _retention(fields: _Fields, before: Mapping[str, str], problems: list[Problem]) -> dict[str, str]:
    names = ("trigger", "ground")
    parts = {
        each: before.get(each, "") if fields.same(f"retention.{each}") else fields.text(f"retention.{each}")
        for each in names
    }
    number, unit = fields.text("retention.period"), fields.text("retention.unit")
    if not (number or any(parts.values()) or unit.startswith("P")):
        return {}
    if fields.same("retention.period", "retention.unit") and before:
        period = before["period"]
    else:
        period = _period(number, unit, problems)
    if not parts["trigger"]:
        problems.append(Problem("retention.trigger", "is needed: from when on the time is counted"))
    # What the form does not show stays as it is.
    unseen = {name: value for name, value in before.items() if name not in {"period", *names}}
    return {**unseen, "period": period, **{name: value for name, value in parts.items() if value}}


def _period(number: str, unit: str, problems: list[Problem]) -> str:
    """The period of a number and a unit; one of several units stands there as a unit of its own, without a number."""
    if unit.startswith("P"):
        if number:
            problems.append(Problem("retention.period", "is of another unit now: choose that too"))
        return unit
    if not (number.isascii() and number.isdigit()):
        problems.append(Problem("retention.period", "is needed as a whole number"))
    return f"P{number}{unit or 'Y'}"


def _typed_retention(retention: Mapping[str, str] | None) -> dict[str, str]:
    if retention is None:
        return {}
    single = _SINGLE_PERIOD.fullmatch(retention["period"])
    number, unit = single.groups() if single else ("", retention["period"])
    rest = {f"retention.{name}": retention[name] for name in ("trigger", "ground") if name in retention}
    return {"retention.period": number, "retention.unit": unit, **rest}


def _count(fields: _Fields, name: str, problems: list[Problem]) -> int | None:
    text = fields.text(name)
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        problems.append(Problem(name, "is no whole number"))
        return None
    return int(text)


def _sent(name: str, text: str) -> str:
    """Return a text as a browser sends it, with the ends of its lines written in one way."""
    return _ENDS_OF_LINES.sub("\n" if name in _AREAS else "", text)


def _in_lines(values: Iterable[str]) -> str:
    """Return values line by line, in quotes (a string of JSON) those that would be lost or cut there."""
    return "\n".join(map(_in_line, values))


def _in_line(value: str) -> str:
    if value == value.strip() and value.splitlines() == [value] and not value.startswith('"'):
        return value
    return json.dumps(value, ensure_ascii=len(value.splitlines()) > 1)


def _lines(text: str) -> list[str]:
    """Return the values that stand line by line, each once."""
    return list(dict.fromkeys(_unquoted(line.strip()) for line in text.splitlines() if line.strip()))


def _unquoted(line: str) -> str:
    """Return what a line says: what stands in quotes as it stands there."""
    try:
        value = json.loads(line) if line.startswith('"') else line
    except ValueError:
        return line
    return str(value)


def _percent(share: float) -> str:
    return f"{share * 100:g}"
