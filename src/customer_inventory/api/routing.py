"""Routing: which handlers answer at a path, found segment by segment in a tree of dictionaries.

Starlette's router tries one pattern after the other and grows with the number of routes; a look-up here takes about a
microsecond, however many versions, aliases and resources there are.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from customer_inventory.api.exchange import Answer

Handler = Callable[..., Awaitable[Answer]]
"""Answers a request: called with the exchange, the access, and the segments that stand for `{…}` in the template."""

_ANY = "{}"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What answers at a path: a label for metrics, and a handler for each method."""

    label: str
    methods: Mapping[str, Handler]


@dataclass(slots=True)
class _Node:
    endpoint: Endpoint | None = None
    below: dict[str, _Node] = field(default_factory=dict)


class Routes:
    """The endpoints of one door by path."""

    def __init__(self) -> None:
        self._root = _Node()
        self._templates: dict[str, Endpoint] = {}

    def add(self, template: str, label: str, **methods: Handler) -> None:
        """Let `methods` (by their names, such as GET=…) answer at `template`, whose `{…}` segments match any one.

        GET answers HEAD too. Raises ValueError for a template that is taken.
        """
        if "GET" in methods:
            methods = {"GET": methods["GET"], "HEAD": methods["GET"], **methods}
        node = self._root
        for segment in template.strip("/").split("/"):
            node = node.below.setdefault(_ANY if segment.startswith("{") else segment, _Node())
        if node.endpoint is not None:
            raise ValueError(f"{template} is taken")
        node.endpoint = self._templates[template] = Endpoint(label, methods)

    def find(self, path: Sequence[str]) -> tuple[Endpoint, list[str]] | None:
        """Return what answers at a path and its `{…}` segments, or None. A fixed segment goes before any other.

        Empty segments count for nothing: many clients, official kits among them, join a base that ends in a slash to a
        path that begins with one.
        """
        node, segments = self._root, []
        for segment in filter(None, path):
            below = node.below.get(segment) if segment != _ANY else None
            if below is None:
                below = node.below.get(_ANY)
                if below is None:
                    return None
                segments.append(segment)
            node = below
        return (node.endpoint, segments) if node.endpoint is not None else None

    @property
    def templates(self) -> Mapping[str, Endpoint]:
        """Every template with what answers there: what the documents and the matrix of authorisation tests list."""
        return self._templates
