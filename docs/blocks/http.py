"""Blocks about what is answered over HTTP, read off the served document."""  # noqa: INP001  see generate.py

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec

from customer_inventory.api import create_routes
from customer_inventory.api.openapi import Documents
from customer_inventory.model.views import REGISTER_VIEWS, VIEWS
from docs.blocks.words import code, sentence, table


@cache
def _document() -> Any:
    """The OpenAPI document of the whole server."""
    documents = Documents(create_routes(public_url=""), public_url="", token_url="")
    return msgspec.json.decode(documents.at("/openapi.json") or b"")


def endpoints() -> str:
    """Return the table of collections: where each resource is in each version, and which methods it takes."""
    paths = _document()["paths"]
    rows = []
    for view in (*VIEWS, *REGISTER_VIEWS):
        taken = [_methods(paths[place]) for place in (view.collection, f"{view.collection}/{{id}}")]
        page = f"[`{view.collection}`](resources/{view.resource.name}.md)"
        rows.append((view.api.number, page, *taken))
    return table(("API", "collection", "methods", "methods on one record (`…/{id}`)"), sorted(rows))


def _methods(item: dict[str, Any]) -> str:
    return ", ".join(name.upper() for name in item if name != "parameters")


def operations() -> str:
    """Return the table of what each method does: at an API, as individuals have it, and at the inventory's own."""
    base = next(view for view in VIEWS if view.resource.name == "individual").api.paths[0]
    rows = []
    for path, item in _document()["paths"].items():
        place = path.removeprefix(base)
        if place == path and not path.startswith("/inventory/"):
            continue
        if place.startswith("/organization") or (place.startswith("/listener/") and not place.endswith("CreateEvent")):
            continue
        for method, operation in item.items():
            if method != "parameters":
                rows.append((method.upper(), f"`{place}`", *_operation(operation)))
    return table(("method", "path", "what it does", "parameters and headers", "answers"), rows)


def _operation(operation: dict[str, Any]) -> tuple[str, str, str]:
    known = _document()["components"]["parameters"]
    used = [known[one["$ref"].rpartition("/")[2]] if "$ref" in one else one for one in operation["parameters"]]
    given = ", ".join(f"`{one['name']}`" for one in used)
    return sentence(operation["summary"]), given, ", ".join(operation["responses"])


def aliases() -> str:
    """Return the list of base paths: the canonical one first, then what else is answered."""
    rows = {
        (view.api.number, view.api.version): (
            f"{view.api.number} {view.api.title} {view.api.version}",
            code(view.api.paths[0]),
            ", ".join(map(code, view.api.paths[1:])),
        )
        for view in (*VIEWS, *REGISTER_VIEWS)
    }
    return table(("API", "base path", "also answered"), [rows[key] for key in sorted(rows)])


def parameters() -> str:
    """Return the table of query parameters and request headers; of two of one name that of the Open APIs."""
    known: dict[str, Any] = {}
    for item in _document()["components"]["parameters"].values():
        known.setdefault(item["name"], item)
    return table(
        ("name", "in", "meaning"),
        [(f"`{name}`", item["in"], sentence(item["description"])) for name, item in known.items()],
    )
