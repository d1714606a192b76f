"""Views: a resource as one version of its API shows it.

A record is stored once, in the version of its declaration. The view of that version shows it as it is stored; the view
of another version says where its attributes stand in the stored document, and turns documents from the one into the
other. Nothing that only one version can say is lost on the way: it rides along as an extension attribute.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from customer_inventory.model.attributes import Attribute, nearest_path
from customer_inventory.model.resource import Api, Resource
from customer_inventory.model.shapes import Shape

Show = Callable[[dict[str, Any]], dict[str, Any]]
"""Turns a stored document into this version's; may change what it is given."""

Keep = Callable[[dict[str, Any], dict[str, Any] | None], dict[str, Any]]
"""Turns this version's document into the one to store; given the stored one that it replaces, if any."""


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A resource in one version of its API: names, shape, mandatory attributes, and how it is stored.

    `stored_paths` holds the attributes that stand elsewhere in the stored document, by this version's path. The version
    that is stored has no `show`, and of `keep` at most what names the class where v4 lets a client leave it out.
    """

    resource: Resource
    api: Api
    shape: Shape
    attributes: Mapping[str, Attribute]
    mandatory: tuple[str, ...]
    stored_paths: Mapping[str, str] = field(default_factory=dict)
    show: Show | None = None
    keep: Keep | None = None

    @property
    def collection(self) -> str:
        """The canonical address of the collection, without host."""
        return f"{self.api.paths[0]}/{self.resource.path}"

    def stored_path(self, path: str) -> str:
        """Return where the attribute at `path` of this version stands in the stored document."""
        return self.stored_paths.get(path, path)

    def nearest(self, path: str) -> str | None:
        """Return the attribute that a mistyped `path` most likely means, or None when none is like it."""
        return nearest_path(self.attributes, path)


def native(resource: Resource) -> View:
    """Return the view of a resource in the version in which it is declared and stored."""
    keep = naming_class(resource) if resource.api.version == "v4" else None
    return View(resource, resource.api, resource.shape, resource.attributes, resource.mandatory, keep=keep)


def naming_class(resource: Resource) -> Keep:
    """Return what keeps a v4 document: a class that it does not name is the one it had, or the resource's own.

    A v4 client need not say `@type`; every answer must.
    """

    def keep(document: dict[str, Any], before: dict[str, Any] | None) -> dict[str, Any]:
        if "@type" in document:
            return document
        return {"@type": (before or {}).get("@type", resource.shape.name), **document}

    return keep
