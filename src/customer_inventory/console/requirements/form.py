"""The form of a requirement: what is typed becomes the requirement that is proposed, and back.

Fields are called after what they write, such as `valueRule.codeList`. The form shows one value of each kind that rules
can say. Rules that hold under a condition, and whatever else it cannot show, are kept as they were.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
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
_SINGLE_PERIOD = re.compile(r"P(\d+)([YMD])")
_INDEX = re.compile(r"\[[\d.]+\]")
_WORDS = re.compile(r"[\W_]+")


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
    typed |= {name: "\n".join(said[name]) for name in LISTS if name in said}
    typed |= {name: "yes" for name in TRUTHS if said.get(name)}
    for facet, rule in shown_facets(said.get("valueRule", [])).items():
        value = rule[facet]
        typed[f"valueRule.{facet}"] = "\n".join(value) if isinstance(value, list) else str(value)
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
    said |= {"resource": resource.name if before is None else before.resource}
    said["attribute"] = _attribute(typed, resource, problems) if before is None else before.attribute
    for name, value in _said(typed, said, problems).items():
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


def _said(typed: Typed, before: Mapping[str, Any], problems: list[Problem]) -> dict[str, Any]:
    said: dict[str, Any] = {name: typed.get(name, "").strip() for name in TEXTS}
    said |= {name: typed.get(name) or default for name, default in CHOICES.items()}
    said |= {name: _lines(typed.get(name, "")) for name in LISTS}
    said |= {name: typed.get(name) == "yes" or None for name in TRUTHS}
    said["confirmWithin"] = _count(typed, "confirmWithin", problems)
    said["valueRule"] = _rules(typed, before.get("valueRule", []), problems)
    said["qualityTarget"] = list(_targets(typed, before.get("qualityTarget", []), problems))
    said["retention"] = _retention(typed, problems)
    return said


def _rules(typed: Typed, before: list[dict[str, Any]], problems: list[Problem]) -> list[dict[str, Any]]:
    """The rules as they were, with what the form says in place of what it showed of them."""
    rules = [dict(rule) for rule in before]
    shown = shown_facets(rules)
    for facet, code in FACETS.items():
        field = f"valueRule.{facet}"
        value: Any = _lines(typed.get(field, "")) if facet == "codeList" else typed.get(field, "").strip()
        if facet in ("minLength", "maxLength"):
            value = _count(typed, field, problems)
        if value in ("", [], {}, None):
            if facet in shown:
                del shown[facet][facet]
        else:
            _rule_for(facet, code, rules, shown)[facet] = value
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


def _targets(typed: Typed, before: list[dict[str, Any]], problems: list[Problem]) -> Iterator[dict[str, Any]]:
    known = {each["dimension"]: each["target"] for each in before}
    for dimension in DIMENSIONS:
        field = f"qualityTarget.{dimension}"
        text = typed.get(field, "").strip().removesuffix("%").strip()
        if not text:
            continue
        try:
            same = dimension in known and _percent(known[dimension]) == text
            yield {"dimension": dimension, "target": known[dimension] if same else float(text) / 100}
        except ValueError:
            problems.append(Problem(field, "is no number; write a percentage such as 99.5"))


def _retention(typed: Typed, problems: list[Problem]) -> dict[str, str]:
    number, unit = typed.get("retention.period", "").strip(), typed.get("retention.unit", "")
    trigger, ground = typed.get("retention.trigger", "").strip(), typed.get("retention.ground", "").strip()
    if not (number or trigger or ground or unit.startswith("P")):
        return {}
    period = unit if unit.startswith("P") else f"P{number}{unit or 'Y'}"
    if not unit.startswith("P") and not (number.isascii() and number.isdigit()):
        problems.append(Problem("retention.period", "is needed as a whole number"))
    if not trigger:
        problems.append(Problem("retention.trigger", "is needed: from when on the time is counted"))
    return {"period": period, "trigger": trigger, **({"ground": ground} if ground else {})}


def _typed_retention(retention: Mapping[str, str] | None) -> dict[str, str]:
    if retention is None:
        return {}
    single = _SINGLE_PERIOD.fullmatch(retention["period"])
    number, unit = single.groups() if single else ("", retention["period"])
    rest = {f"retention.{name}": retention[name] for name in ("trigger", "ground") if name in retention}
    return {"retention.period": number, "retention.unit": unit, **rest}


def _count(typed: Typed, field: str, problems: list[Problem]) -> int | None:
    text = typed.get(field, "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        problems.append(Problem(field, "is no whole number"))
        return None
    return int(text)


def _lines(text: str) -> list[str]:
    return list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))


def _percent(share: float) -> str:
    return f"{share * 100:g}"
