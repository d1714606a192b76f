"""The documents: one for each API and version, under every base path that it has, and one for the whole server.

Each is made from the routes when it is first asked for, so whatever is answered is in a document, and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from threading import Lock
from typing import Any

import msgspec

from customer_inventory import __version__
from customer_inventory.api import parties
from customer_inventory.api.downloads import DOWNLOAD_VIEW
from customer_inventory.api.export_jobs import EXPORT_JOB_VIEW
from customer_inventory.api.openapi.beside import SCHEMAS, beside_operation, hub_operation
from customer_inventory.api.openapi.catalogue import CATALOGUE_PATHS, CATALOGUE_SCHEMAS, catalogue_operation
from customer_inventory.api.openapi.consents import CONSENT_SCHEMAS, consent_operation
from customer_inventory.api.openapi.deciding import DECISION_SCHEMAS, decision_operation
from customer_inventory.api.openapi.downloads import DOWNLOAD_SCHEMAS, download_operation
from customer_inventory.api.openapi.events import EVENT_SCHEMAS, event_operation
from customer_inventory.api.openapi.export_jobs import EXPORT_JOB_SCHEMAS, export_job_operation
from customer_inventory.api.openapi.merging import Merged
from customer_inventory.api.openapi.own import OWN_SCHEMAS, own_operation
from customer_inventory.api.openapi.parts import ERROR, Part, components
from customer_inventory.api.openapi.privacy_requests import PRIVACY_REQUEST_SCHEMAS, privacy_request_operation
from customer_inventory.api.openapi.registration import REGISTRATION_SCHEMAS, registration_operation
from customer_inventory.api.openapi.resources import (
    JSON_PATCH,
    JSON_PATCH_OPERATION,
    Named,
    attachment_operation,
    collection_operation,
    joint_list,
    named,
    of_register,
    of_specifications,
    record_operation,
)
from customer_inventory.api.openapi.restrictions import RESTRICTION_SCHEMAS, restriction_operation
from customer_inventory.api.openapi.specified import Classes, with_classes
from customer_inventory.api.openapi.told import callback, event_schemas
from customer_inventory.api.openapi.trail import TRAIL_SCHEMAS, trail_operation
from customer_inventory.api.privacy_requests import PRIVACY_REQUEST_VIEW
from customer_inventory.api.registrations import REGISTRATION_VIEW
from customer_inventory.api.requirements import CATALOGUE_VIEWS
from customer_inventory.api.restrictions import RESTRICTION_VIEW
from customer_inventory.api.routing import Endpoint, Routes
from customer_inventory.model import json_schema
from customer_inventory.model.events import event_types
from customer_inventory.model.resource import Api
from customer_inventory.model.tmf662 import ENTITY_SPECIFICATION
from customer_inventory.model.tmf672 import REGISTER
from customer_inventory.model.tmf703 import ENTITY
from customer_inventory.model.view import View
from customer_inventory.model.views import REGISTER_VIEWS, VIEWS

NAME = "/openapi.json"
_SHOWN = (
    *VIEWS,
    *REGISTER_VIEWS,
    *CATALOGUE_VIEWS,
    REGISTRATION_VIEW,
    DOWNLOAD_VIEW,
    EXPORT_JOB_VIEW,
    PRIVACY_REQUEST_VIEW,
    RESTRICTION_VIEW,
)
_SHARED = {
    "Error": ERROR,
    "JsonPatch": JSON_PATCH,
    "JsonPatchOperation": JSON_PATCH_OPERATION,
    **SCHEMAS,
    **OWN_SCHEMAS,
    **CATALOGUE_SCHEMAS,
    **EVENT_SCHEMAS,
    **TRAIL_SCHEMAS,
    **DECISION_SCHEMAS,
    **CONSENT_SCHEMAS,
    **REGISTRATION_SCHEMAS,
    **DOWNLOAD_SCHEMAS,
    **EXPORT_JOB_SCHEMAS,
    **PRIVACY_REQUEST_SCHEMAS,
    **RESTRICTION_SCHEMAS,
}
_GOVERNED = {
    **dict.fromkeys(CATALOGUE_PATHS, catalogue_operation),
    REGISTRATION_VIEW.resource.path: registration_operation,
    DOWNLOAD_VIEW.resource.path: download_operation,
    EXPORT_JOB_VIEW.resource.path: export_job_operation,
    PRIVACY_REQUEST_VIEW.resource.path: privacy_request_operation,
    RESTRICTION_VIEW.resource.path: restriction_operation,
}
"""What is asked for by one and decided on by another."""
_SCHEMA = re.compile(rb'"#/components/schemas/([^"]+)"')
_HUB = "/hub"
_BASE = re.compile(r"(?P<base>/.+?/v\d+)(?P<rest>/.*)")


class Documents:
    """Every document of a server, by the path at which it is read."""

    def __init__(self, routes: Routes, *, public_url: str, token_url: str) -> None:
        self._public_url = public_url
        self._token_url = token_url
        self._groups = _grouped(routes)
        self._made: dict[str, bytes] = {}
        self._making = Lock()
        self._specified: dict[str, tuple[Classes, bytes]] = {}
        self._places = {base + NAME: group for group in self._groups for base in group.bases}
        self._bases = {place.removesuffix(NAME) for place in self._places}

    def describes(self, path: str) -> bool:
        """Whether a document is read at `path`, or the entry point of an API."""
        place = path.rstrip("/")
        return place == NAME or place in self._places or place in self._bases

    @property
    def paths(self) -> Sequence[str]:
        """Where documents are read, the one for the whole server first."""
        return (NAME, *self._places)

    @property
    def first(self) -> Sequence[str]:
        """Where each API and version has its document first: the canonical base paths."""
        return [group.bases[0] + NAME for group in self._groups]

    def shows_entities(self, path: str) -> bool:
        """Whether the document at `path` speaks of entities, and so of the classes that are specified."""
        place = path.rstrip("/")
        return place == NAME or (place in self._places and ENTITY.path in self._places[place].views)

    def with_classes(self, path: str, classes: Classes) -> bytes | None:
        """Return what `at` does, with the classes of entity that are in force now."""
        place, plain = path.rstrip("/"), self.at(path)
        if plain is None or not classes:
            return plain
        known = self._specified.get(place)
        if known is None or known[0] is not classes:
            known = classes, msgspec.json.encode(with_classes(msgspec.json.decode(plain), classes))
            self._specified[place] = known
        return known[1]

    def at(self, path: str) -> bytes | None:
        """Return what is read at `path`, a document or the entry point of an API, as JSON; None for any other path."""
        place = path.rstrip("/")
        if place in self._made:
            return self._made[place]
        with self._making:  # once: many may ask at the same time, each from a thread of its own
            return self._made.get(place) or self._make(place)

    def _make(self, place: str) -> bytes | None:
        if place == NAME:
            made = self._whole()
        elif place in self._places:
            made = self._one(self._places[place], place.removesuffix(NAME))
        elif place in self._bases:
            made = entry_point(self._one(self._places[place + NAME], place), self._public_url + place)
        else:
            return None
        self._made[place] = msgspec.json.encode(made)
        return self._made[place]

    def _one(self, group: _Group, base: str) -> Part:
        """Return the document of one API in one version; the server it names first is the base it is read at."""
        merged = Merged(_schemas(group.views.values()))
        bases = (base, *(other for other in group.bases if other != base))
        return self._document(
            title=group.api.title,
            version=group.api.version,
            servers=bases,
            paths=group.paths(merged, prefix="", ids=""),
            schemas=merged.components,
        )

    def _whole(self) -> Part:
        """Return the document of everything, at the canonical base paths."""
        merged = Merged(_schemas(view for group in self._groups for view in group.views.values()))
        paths: dict[str, Part] = {}
        for group in self._groups:
            ids = f"_{group.api.number}_{group.api.version}".replace("__", "_")
            paths |= group.paths(merged, prefix=group.bases[0], ids=ids)
        return self._document(
            title="Customer Inventory", version=__version__, servers=("",), paths=paths, schemas=merged.components
        )

    def _document(
        self, *, title: str, version: str, servers: Iterable[str], paths: Part, schemas: Mapping[str, Any]
    ) -> Part:
        everything = {**_SHARED, **schemas}
        return {
            "openapi": "3.1.0",
            "info": {
                "title": title,
                "version": version,
                "description": "Served by Customer Inventory, the system of record for an enterprise's customers.",
                "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            },
            "servers": [{"url": self._public_url + base or "/"} for base in servers],
            "security": [{"oauth2": []}],
            "paths": paths,
            "components": {"schemas": _named(paths, everything), **components(token_url=self._token_url)},
        }


def entry_point(document: Part, address: str) -> Part:
    """Return what a client finds at the base path of an API: a link to each operation of its document (TMF630).

    It tells a program that looks for the API whether it is there, as the official kit for components does.
    """
    links: dict[str, Part] = {
        "self": {"href": address, "title": document["info"]["title"], "version": document["info"]["version"]},
        "openapi": {"href": address + NAME, "method": "GET"},
    }
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                links[operation["operationId"]] = {"href": address + path, "method": method.upper()}
    return {"_links": links}


class _Group:
    """The endpoints of one API in one version: its base paths and what answers below the first of them."""

    def __init__(self, api: Api, bases: tuple[str, ...], endpoints: Mapping[str, Endpoint]) -> None:
        self.api = api
        self.bases = bases
        self.endpoints = endpoints
        self.views = {view.resource.path: view for view in _SHOWN if view.api == api}

    def paths(self, merged: Merged, *, prefix: str, ids: str) -> dict[str, Part]:
        """Return the paths of a document, each behind `prefix`; `ids` makes its operations' names unique."""
        known = {path: named(view, partial(merged.name, _label(view))) for path, view in self.views.items()}
        items = {rest: _item(rest, endpoint, known, ids, self.api) for rest, endpoint in self.endpoints.items()}
        if _HUB in items:
            items[_HUB]["post"]["callbacks"] = callback(self._told(merged))
        return {prefix + rest: item for rest, item in items.items()}

    def _told(self, merged: Merged) -> Iterator[tuple[str, str]]:
        """Yield the events that a hub sends, by their types, with the names of their schemas."""
        for view in self.views.values():
            if view in VIEWS:
                yield from ((kind, merged.name(_label(view), kind)) for kind in event_types(view))


def _grouped(routes: Routes) -> list[_Group]:
    """Return the endpoints of `routes` by API and version, in the order in which they were added."""
    apis = {base: view.api for view in _SHOWN for base in view.api.paths}
    below: dict[str, dict[str, Endpoint]] = {}
    for template, endpoint in routes.templates.items():
        found = _BASE.fullmatch(template)
        if found is None:
            raise ValueError(f"{template} has no version")
        below.setdefault(found["base"], {})[found["rest"]] = endpoint
    groups: dict[str, list[str]] = {}
    for base in below:
        first = apis[base].paths[0] if base in apis else base
        groups.setdefault(first, []).append(base)
    return [
        _Group(apis.get(first) or _own_api(first), tuple(sorted(bases, key=lambda base: base != first)), below[first])
        for first, bases in groups.items()
    ]


def _own_api(base: str) -> Api:
    """Return the API of the inventory's own resources, which no number of TM Forum's names."""
    return Api(number="", title="Customer Inventory", version=base.rpartition("/")[2], paths=(base,))


def _item(rest: str, endpoint: Endpoint, known: Mapping[str, Named], ids: str, api: Api) -> Part:
    """Return what is answered at one path."""
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}, "description": f"The {name}."}
        for name in re.findall(r"\{(\w+)\}", rest)
    ]
    item: Part = {"parameters": parameters} if parameters else {}
    for method in endpoint.methods:
        if method != "HEAD" and (said := _operation(method, rest, known, api)) is not None:
            item[method.lower()] = {**said, "operationId": said["operationId"] + ids, "tags": [endpoint.label]}
    return item


def _operation(method: str, rest: str, known: Mapping[str, Named], api: Api) -> Part | None:
    """Return what a method does at a path below the base of an API."""
    name, _, below = rest.strip("/").partition("/")
    if name == parties.PATH:
        return joint_list(name, [known[each] for each in parties.CLASSES])
    if name not in known:
        beside = (own_operation, event_operation, trail_operation, decision_operation, consent_operation)
        found = (operation(method, rest) for operation in beside)
        return hub_operation(method, rest, api) or next(filter(None, found), None)
    if name in _GOVERNED:
        return _GOVERNED[name](method, below, known[name])
    if below not in {"", "{id}"}:
        files = below == "{id}/attachment/{digest}/content"
        return attachment_operation(known[name]) if files else beside_operation(method, below, known[name])
    said = record_operation(method, known[name]) if below else collection_operation(method, known[name])
    if said is not None and name == ENTITY_SPECIFICATION.path and method != "GET":
        return of_specifications(said)
    return of_register(said) if name in REGISTER else said


def _named(paths: Part, schemas: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schemas that the paths refer to, and what those refer to."""
    found: dict[str, Any] = {"Error": schemas["Error"]}
    pending: list[Any] = [paths]
    while pending:
        names = dict.fromkeys(name.decode() for name in _SCHEMA.findall(msgspec.json.encode(pending)))
        pending = [schemas[name] for name in names if name not in found]
        found |= {name: schemas[name] for name in names}
    return found


def _schemas(views: Iterable[View]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for view in views:
        yield _label(view), _schemas_of(view)


def _label(view: View) -> str:
    return f"{view.api.number}.{view.api.version}.{view.resource.name}"


@cache
def _schemas_of(view: View) -> Mapping[str, Any]:
    return {**json_schema(view), **event_schemas(view)}
