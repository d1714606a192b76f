"""The examples that an official file carries: what each operation may be sent, and what it then answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.official.description import METHODS, Description


@dataclass(frozen=True, slots=True)
class Example:
    """One example body: `status` is empty for a request; request and answer of one exchange have the same name."""

    name: str
    method: str
    path: str
    status: str
    media_type: str
    value: Any


@dataclass(frozen=True, slots=True)
class Exchange:
    """The examples of one operation that belong together: either may be missing in the file."""

    name: str
    method: str
    path: str
    media_type: str
    request: Any | None
    status: str
    response: Any | None


def examples(description: Description) -> Iterator[Example]:
    """Yield every example of every operation."""
    for path, item in description.document.get("paths", {}).items():
        for method in (name for name in METHODS if name in item):
            said = item[method]
            yield from _in(description, said.get("requestBody", {}), method.upper(), path, "")
            for status, response in said.get("responses", {}).items():
                yield from _in(description, response, method.upper(), path, str(status))


def exchanges(description: Description) -> Iterator[Exchange]:
    """Yield every request with its answer, paired by operation and name; what has no partner, alone."""
    found = list(examples(description))
    answers = [example for example in found if example.status]
    for request in (example for example in found if not example.status):
        same = [
            one for one in answers if (one.method, one.path, one.name) == (request.method, request.path, request.name)
        ]
        # The answer to a patch may stand under the media type of the patch, or under that of the answer.
        same.sort(key=lambda one: one.media_type != request.media_type)
        answers = [one for one in answers if one not in same[:1]]
        yield _exchange(request, same[0] if same else None)
    yield from (_exchange(None, answer) for answer in answers)


def _exchange(request: Example | None, response: Example | None) -> Exchange:
    known = request or response
    assert known is not None
    return Exchange(
        name=known.name,
        method=known.method,
        path=known.path,
        media_type=known.media_type,
        request=request.value if request else None,
        status=response.status if response else "",
        response=response.value if response else None,
    )


def _in(description: Description, holder: Mapping[str, Any], method: str, path: str, status: str) -> Iterator[Example]:
    for media_type, part in description.resolve(holder).get("content", {}).items():
        for name, example in part.get("examples", {}).items():
            value = description.resolve(example).get("value")
            yield Example(name, method, path, status, media_type, value)
