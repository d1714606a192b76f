"""JSON Schemas of the classes of entity: what a class has besides what every entity has, and what it demands of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from customer_inventory.model.entity_classes import demands_of
from customer_inventory.model.entity_rules import ValueRule
from customer_inventory.model.resource import Resource
from customer_inventory.model.schemas import NOT_BLANK, Schema, json_schema
from customer_inventory.model.tmf703 import ENTITY
from customer_inventory.model.view import native


def class_schema(known: Resource, *, patch: bool = False) -> Schema:
    """Return what a class adds to the schema of Entity; of a merge `patch`, where null takes an attribute away."""
    shown = json_schema(native(known))[known.shape.name]["properties"]
    rules = {rule.name: rule for rule in demands_of(known)}
    properties = {name: shown[name] for name in known.shape.fields if name not in ENTITY.shape.fields}
    for name, rule in rules.items():
        if name in known.shape.fields:
            properties[name] = _demanded(rule, properties.get(name, {}), many=known.shape.fields[name].many)
    if patch:
        return {"type": "object", "properties": {name: _nullable(each) for name, each in properties.items()}}
    mandatory = [_present(rule, attribute=rule.name in known.shape.fields) for rule in rules.values() if rule.least]
    schema: Schema = {"type": "object", "properties": properties}
    return {**schema, "allOf": mandatory} if mandatory else schema


def _nullable(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _demanded(rule: ValueRule, schema: Schema, *, many: bool) -> Schema:
    """Return the schema of an attribute with what its characteristic demands of the values."""
    said = [schema["description"]] if schema.get("description") else []
    if rule.unique:
        said.append("No two entities of the class have the same value.")
    described = {"description": " ".join(said)} if said else {}
    bounds = dict(_bounds(rule))
    if not bounds:
        return {**schema, **described}
    if not many:
        return {**schema, **described, "allOf": [bounds]}
    most = {"maxItems": rule.most} if rule.most is not None else {}
    return {**schema, **described, **most, "allOf": [{"items": bounds}]}


def _bounds(rule: ValueRule) -> Iterator[tuple[str, Any]]:
    offered: list[Schema] = [{"enum": list(rule.values)}] if rule.values else []
    offered += [dict(_ends(*bounds)) for bounds in rule.ranges]
    offered += [{"type": "string", "pattern": form.portable} for form in rule.forms]
    if offered:
        yield from offered[0].items() if len(offered) == 1 else (("anyOf", offered),)
    if rule.form is not None and rule.leaf is not None and rule.leaf.type == "string":
        yield "pattern", rule.form.portable


def _ends(low: float | None, high: float | None, interval: str) -> Iterator[tuple[str, Any]]:
    yield "type", "number"
    if low is not None:
        yield ("exclusiveMinimum" if interval in {"open", "closedtop"} else "minimum"), low
    if high is not None:
        yield ("exclusiveMaximum" if interval in {"open", "closedbottom"} else "maximum"), high


def _present(rule: ValueRule, *, attribute: bool) -> Schema:
    """Return the schema of an object that has a mandatory value: as an attribute, or as a named characteristic."""
    element = {"properties": {"name": {"const": rule.name}, "value": NOT_BLANK}, "required": ["name", "value"]}
    listed = {"properties": {"characteristic": {"contains": element}}, "required": ["characteristic"]}
    named = {"properties": {rule.name: NOT_BLANK}, "required": [rule.name]}
    return {"anyOf": [named, listed]} if attribute else listed
