"""Classes of entity in the documents: each class that a specification describes now has its schemas there."""

from __future__ import annotations

import re
from collections.abc import Mapping

from customer_inventory.api.openapi.parts import Part, ref
from customer_inventory.model import Resource
from customer_inventory.model.entity_schemas import class_schema
from customer_inventory.model.tmf703 import ENTITY

Classes = Mapping[str, Resource]

_PLACE = re.compile(rf"/{ENTITY.path}(/\{{id\}})?$")
_UNFIT = re.compile(r"[^A-Za-z0-9._-]")


def with_classes(document: Part, classes: Classes) -> Part:
    """Return a document in which what is sent to and got from entities is of one of the classes, or a plain entity."""
    schemas = dict(document["components"]["schemas"])
    places = {path: item for path, item in document["paths"].items() if _PLACE.search(path)}
    known = _plain_names(places)
    for form, plain in known.items():
        names = {named: _free(f"{_UNFIT.sub('_', named)}{form}", schemas) for named in classes}
        for named, name in names.items():
            schemas[name] = _schema(plain, classes[named], form)
        schemas[f"Entity_Specified{form}"] = _one_of(plain, names, patch=form == "_MVO")
    components = {**document["components"], "schemas": schemas}
    paths = {**document["paths"], **{path: _pointed(item, known) for path, item in places.items()}}
    return {**document, "paths": paths, "components": components}


def _plain_names(places: Mapping[str, Part]) -> dict[str, str]:
    """Return what the schemas of a plain entity are called in a document, by their form."""
    one, many = sorted(places.values(), key=lambda item: "post" in item)
    json = "application/json"
    asked = {
        "": many["post"]["responses"]["201"],
        "_FVO": many["post"]["requestBody"],
        "_MVO": one["patch"]["requestBody"],
    }
    return {form: part["content"][json]["schema"]["$ref"].rpartition("/")[2] for form, part in asked.items()}


def _free(name: str, taken: Part) -> str:
    candidates = (name, *(f"{name}.{number}" for number in range(2, 10_000)))
    return next(candidate for candidate in candidates if candidate not in taken)


def _schema(plain: str, known: Resource, form: str) -> Part:
    """Return the schema of a class: of an answer, which may leave out what is mandatory, a new record, or a patch."""
    named = known.shape.name
    own = class_schema(known, patch=form == "_MVO")
    if form != "_FVO":
        own.pop("allOf", None)
    if form == "_MVO":
        return {"description": f"A merge patch of one {named}.", "allOf": [ref(plain), own]}
    own = {**own, "properties": {"@type": {"const": named}, **own["properties"]}, "required": ["@type"]}
    return {"description": f"One {named}, as it is specified.", "allOf": [ref(plain), own]}


def _one_of(plain: str, names: Mapping[str, str], *, patch: bool) -> Part:
    """Return the schema of any entity: of one of the classes, or of a class that nothing specifies."""
    typed = [ref(name) for name in names.values()]
    if patch:
        return {"anyOf": [*typed, ref(plain)]}
    otherwise = {"allOf": [ref(plain)], "properties": {"@type": {"not": {"enum": list(names)}}}}
    mapping = {named: ref(name)["$ref"] for named, name in names.items()}
    return {"anyOf": [*typed, otherwise], "discriminator": {"propertyName": "@type", "mapping": mapping}}


def _pointed(part: Part, known: Mapping[str, str]) -> Part:
    """Return what is answered at a path with the schemas of any entity in place of those of a plain one."""
    plain = {ref(name)["$ref"]: ref(f"Entity_Specified{form}")["$ref"] for form, name in known.items()}

    def pointed(value: object) -> object:
        if isinstance(value, dict):
            return {
                key: plain.get(each, each) if key == "$ref" and isinstance(each, str) else pointed(each)
                for key, each in value.items()
            }
        return [pointed(each) for each in value] if isinstance(value, list) else value

    return {key: pointed(value) for key, value in part.items()}
