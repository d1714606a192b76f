"""The official examples that lie in files of their own: ../shared/standards/examples/TMFnnn_Name_vX.Y.Z/*.json.

Each file is one body, named as the description names the example, with `_request` or `_response` behind. Those of a
release that we have the description of are in it; of others, the operation is told from the name and the body.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.conftest import SHARED
from tests.official.examples import Exchange
from tests.official.files import named

EXAMPLES = SHARED / "standards" / "examples"
_PATCHES = (
    ("json-patch-query", "application/json-patch-query+json"),
    ("json-patch", "application/json-patch+json"),
    ("merge", "application/merge-patch+json"),
)


def folders(number: str, version: str) -> Iterator[Path]:
    """Yield every folder with examples of an API in any release of a version."""
    for folder in sorted(EXAMPLES.glob("TMF*")) if EXAMPLES.is_dir() else ():
        said = named(f"{folder.name}.json")
        if folder.is_dir() and said is not None and (said[0], f"v{said[1][0]}") == (number, version):
            yield folder


def bodies(folder: Path) -> dict[str, Any]:
    """Return every body of a folder by the name of its file, those of events and errors apart."""
    read = {path.stem: json.loads(path.read_text("utf-8-sig")) for path in sorted(folder.rglob("*.json"))}
    return {name: body for name, body in read.items() if not _is_apart(body)}


def paired(named_bodies: Mapping[str, Any]) -> Iterator[Exchange]:
    """Yield what was sent with what was answered."""
    names = dict.fromkeys(name.removesuffix("_request").removesuffix("_response") for name in named_bodies)
    for name in names:
        request, response = named_bodies.get(f"{name}_request"), named_bodies.get(f"{name}_response")
        method = _method(name, request)
        resource = _resource(response if response is not None else request)
        if resource:
            many = method == "POST" or isinstance(response, list)
            yield Exchange(
                name=name,
                method=method,
                path=f"/{resource}" if many else f"/{resource}/{{id}}",
                media_type=_media_type(name, request) if method == "PATCH" else "application/json" * (method == "POST"),
                request=request,
                status={"POST": "201"}.get(method, "200") if response is not None else "",
                response=response,
            )


def _is_apart(body: Any) -> bool:
    return isinstance(body, dict) and ("eventType" in body or body.get("@type") == "Error" or "callback" in body)


def _method(name: str, request: Any) -> str:
    if request is None:
        return "GET"
    return "POST" if "create" in name.lower() else "PATCH"


def _resource(body: Any) -> str:
    """Return the name of the resource, from the class that the body says."""
    first = body[0] if isinstance(body, list) and body else body
    kind = str(first.get("@type", "")) if isinstance(first, dict) else ""
    return kind[:1].lower() + kind[1:]


def _media_type(name: str, request: Any) -> str:
    said = name.lower().replace("_", "-")
    for word, media_type in _PATCHES:
        if word in said:
            return media_type
    operations = request if isinstance(request, list) else [request]
    if all(isinstance(one, dict) and "op" in one for one in operations):
        return _PATCHES["?" not in json.dumps(request)][1]
    return "application/json"
