"""Replaying official examples: what is sent to a server, from which state, and what its answer has to equal.

Written for any official file: an example is found by the operation that refers to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from tests.official.examples import Exchange, exchanges
from tests.official.files import official
from tests.official.folders import bodies, folders, paired

OWN = frozenset({"id", "href"})


@dataclass(frozen=True)
class Replay:
    """One official exchange at one resource, with every state of the resource that the file shows."""

    number: str
    version: str
    resource: str
    exchange: Exchange
    states: tuple[dict[str, Any], ...]

    @property
    def name(self) -> str:
        version = "" if self.version == "v5" else f" {self.version}"
        return f"{self.number}{version}: {self.exchange.method} {self.exchange.name} {self.exchange.media_type}".strip()


def replays(number: str, version: str) -> Iterator[Replay]:
    """Yield every exchange of an official file and of the folders beside it; hubs, listeners and errors apart."""
    description = official(number, version)
    named = description.document.get("components", {}).get("examples", {})
    found = []
    for one in exchanges(description):
        answer = named.get(f"{one.name}_response", {}).get("value", one.response)
        if not {"hub", "listener"} & set(one.path.split("/")) and list(_bodies(answer)):
            found.append(replace(one, response=answer))
    known = {one.name for one in found}
    for folder in folders(number, version):
        found += (one for one in paired(bodies(folder)) if one.name not in known and _is_whole(one))
    for one in found:
        alike = [other for other in found if _resource(other) == _resource(one)]
        states = tuple(state for other in alike for state in _bodies(other.response))
        if one.method == "GET" or one.request is not None:
            yield Replay(number, version, _resource(one), one, states)


def _is_whole(exchange: Exchange) -> bool:
    """Whether both sides of an exchange are there: an answer alone will do for what is read."""
    return exchange.response is not None and (exchange.method == "GET" or exchange.request is not None)


def _resource(exchange: Exchange) -> str:
    return exchange.path.strip("/").split("/")[0]


def _bodies(response: Any) -> Iterator[dict[str, Any]]:
    """Yield the whole resources of an answer."""
    for body in response if isinstance(response, list) else [response]:
        if isinstance(body, dict) and body.get("@type") not in {None, "Error"} and len(body) > len(OWN) + 1:
            yield body


def without(body: dict[str, Any], names: frozenset[str] | set[str]) -> dict[str, Any]:
    """Return a body without what the server sets."""
    return {name: value for name, value in body.items() if name not in names}


def before_adding(exchange: Exchange) -> Iterator[dict[str, Any]]:
    """Yield what an answer was before a patch added to the end of one of its arrays, if that is what the patch does."""
    operations = exchange.request if isinstance(exchange.request, list) else [exchange.request]
    for operation in operations:
        name, _, rest = str(operation.get("path", "")).strip("/").partition("/")
        if operation.get("op") == "add" and rest == "-":
            yield {**exchange.response, name: exchange.response[name][:-1]}
