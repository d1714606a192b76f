"""Views: a resource as one version of its API shows it.

A record is stored once, in the version of its declaration. The view of that version shows it as it is stored; the view
of another version says where its attributes stand in the stored document, and turns documents from the one into the
other. Nothing that only one version can say is lost on the way: it rides along as an extension attribute.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from customer_inventory.model.attributes import Attribute, nearest_path
from customer_inventory.model.resource import Api, Resource
from customer_inventory.model.shapes import Shape
from customer_inventory.model.showing import Showing

Show = Callable[[dict[str, Any]], dict[str, Any]]
"""Turns a stored document into this version's; may change what it is given."""

Keep = Callable[[dict[str, Any], dict[str, Any] | None], dict[str, Any]]
"""Turns this version's document into the one to store; given the stored one that it replaces, if any."""


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A resource in one version of its API: names, shape, mandatory attributes, and how it is stored.

    `riding` names the attributes that only the stored version declares: this one shows them, but promises none.
    `stored_paths` holds the attributes that stand elsewhere in the stored document, by this version's path, `showings`
    what is made from more than the value that is stored there. The version that is stored has no `show`, and of `keep`
    at most what names the class where v4 lets a client leave it out. `immutable` are what a patch cannot change, by
    this version's names; `demanded` what a record kept by this version must say, by the stored names.
    """

    resource: Resource
    api: Api
    shape: Shape
    attributes: Mapping[str, Attribute]
    mandatory: tuple[str, ...]
    stored_paths: Mapping[str, str] = field(default_factory=dict)
    show: Show | None = None
    keep: Keep | None = None
    showings: Mapping[str, Showing] = field(default_factory=dict)
    immutable: tuple[str, ...] = ()
    demanded: tuple[str, ...] = ()
    riding: frozenset[str] = frozenset()

    @property
    def collection(self) -> str:
        """The canonical address of the collection, without host."""
        return f"{self.api.paths[0]}/{self.resource.path}"

    def stored_path(self, path: str) -> str:
        """Return where the attribute at `path` of this version stands in the stored document."""
        return self.stored_paths.get(path, path)

    def shown_name(self, stored_name: str) -> str:
        """Return what this version calls a first-level attribute of the stored document."""
        return next((name for name, stored in self.stored_paths.items() if stored == stored_name), stored_name)

    def nearest(self, path: str) -> str | None:
        """Return the attribute that a mistyped `path` most likely means, or None when none is like it."""
        return nearest_path(self.attributes, path)


def native(resource: Resource) -> View:
    """Return the view of a resource in the version in which it is declared and stored."""
    keep = naming_class(resource) if resource.api.version == "v4" else None
    return View(
        resource,
        resource.api,
        resource.shape,
        resource.own_attributes,
        resource.mandatory,
        immutable=resource.immutable,
        demanded=resource.mandatory,
        keep=keep,
    )


def naming_class(resource: Resource) -> Keep:
    """Return what keeps a v4 document: a class that it does not name is the one it had, or the resource's own.

    A v4 client need not say `@type`; every answer must. Where it is mandatory (TMF703) nothing is named for the client.
    """
    demanded = "@type" in resource.mandatory

    def keep(document: dict[str, Any], before: dict[str, Any] | None) -> dict[str, Any]:
        if "@type" in document or (demanded and before is None):
            return document
        return {"@type": (before or {}).get("@type", resource.shape.name), **document}

    return keep


def earlier(resource: Resource) -> View | None:
    """Return the view of a resource in the earlier version of its API, or None when it has none."""
    view = resource.earlier
    if view is None:
        return None
    declared, derived = view.declared, view.derived
    stored = {derived.stored_paths.get(name, name) for name in declared.mandatory} | {"@type"}
    names = {derived.stored_paths.get(name, name): name for name in derived.shape.fields}
    events = replace(resource.api.events, wrapper=declared.wrapper)
    return View(
        resource,
        Api(resource.api.number, resource.api.title, declared.version, declared.paths, events=events),
        derived.shape,
        derived.attributes,
        declared.mandatory,
        stored_paths=derived.stored_paths,
        show=view.conversion.show,
        keep=view.conversion.keep,
        showings=derived.showings,
        immutable=tuple(names.get(name, name) for name in resource.immutable),
        demanded=tuple(name for name in resource.mandatory if name in stored),
        riding=derived.riding,
    )
