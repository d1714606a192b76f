"""Versions of documents: in which version of its API a whole document of a source is, and how it is stored.

Said by whoever imports it, else by where its href leads. A document that says neither is one of the version in which
records are kept, unless it holds what only the earlier one declares: nobody knows then, and it is not guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from customer_inventory.capture.drafting import Document, RowRefused, invalid
from customer_inventory.model import InvalidDocument, Resource
from customer_inventory.model.contents import without_contents
from customer_inventory.model.validation import validate_shown
from customer_inventory.model.view import View
from customer_inventory.model.viewing import earlier_view, native_view

VERSIONS = ("v4", "v5")
_VERSION = re.compile(r"/(v[0-9]+)/[^/]+/[^/]+$")


def view_of(resource: Resource, document: Document, *, version: str | None, href: object) -> View:
    """Return the version of its API that a document is in. Raises RowRefused."""
    earlier = earlier_view(resource)
    led = _VERSION.search(href) if isinstance(href, str) else None
    said = version or (led[1] if led else None)
    if earlier is not None and said == earlier.api.version:
        return earlier
    if version is not None and version != resource.api.version:
        raise RowRefused(f"is a {resource.name}, of which there is no {version}")
    if earlier is not None and said != resource.api.version and (path := _first_of(_only_in(earlier), document)):
        own, other = resource.api.version, earlier.api.version
        raise RowRefused(
            f"holds {path}, which {other} declares and {own} does not: import with --api-version {other}, or {own} "
            "if it is meant as it is"
        )
    return native_view(resource)


def as_stored(view: View, document: Document) -> Document:
    """Return a document of one version of its API as it is stored. Raises RowRefused."""
    if view.keep is None:
        return document
    try:
        if view.show is not None:
            # Files, which may be larger than any other text, are judged where the stored document is.
            validate_shown(view.shape, without_contents(view.shape, document), mandatory=())
        return view.keep(document, None)
    except InvalidDocument as error:
        raise invalid(view.resource, error) from None


Branch = Mapping[str, Any]
"""By name the branch below, empty for an attribute that is looked for."""


@cache
def _only_in(earlier: View) -> Branch:
    """What an earlier version declares of objects that both versions know, and the stored one does not."""
    declared = native_view(earlier.resource).attributes
    root: dict[str, Any] = {}
    for path in earlier.attributes:
        above, _, name = path.rpartition(".")
        if path in declared or name.startswith("@") or (above and above not in declared):
            continue
        branch = root
        for step in path.split("."):
            branch = branch.setdefault(step, {})
    return root


def _first_of(branch: Branch, value: Mapping[str, Any], prefix: str = "") -> str | None:
    """Return the path of the first attribute of a branch that an object holds, or None."""
    for name, below in branch.items():
        if name not in value:
            continue
        if not below:
            return prefix + name
        for each in _objects(value[name]):
            if found := _first_of(below, each, f"{prefix}{name}."):
                return found
    return None


def _objects(content: Any) -> Iterable[Mapping[str, Any]]:
    return [each for each in (content if isinstance(content, list) else [content]) if isinstance(each, dict)]
