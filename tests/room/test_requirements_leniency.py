"""The baseline lets real data in: it refuses nothing of official examples, conformance kits and the demo.

What is doubtful there is warned of, and audits find it; a door that refused it would keep honest records out.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from customer_inventory.capture import demo
from customer_inventory.model import RESOURCES
from customer_inventory.model.ruling import Breach, Ruling
from customer_inventory.model.view import View
from customer_inventory.model.views import VIEWS
from customer_inventory.requirements.baseline import governed, shipped
from customer_inventory.requirements.rules import ruling_of
from tests.conftest import SHARED, missing
from tests.official.bodies import least, singles
from tests.official.description import CREATE
from tests.official.files import official
from tests.official.folders import EXAMPLES, bodies
from tests.official.replaying import replays
from tests.room.baseline_samples import NOW

GOVERNED = [view for view in VIEWS if view.resource.name in governed()]
BY_PATH = {(view.api.number, view.api.version, view.resource.path): view for view in GOVERNED}
FILES = sorted({(number, version) for number, version, _ in BY_PATH})
KITS = SHARED / "ctk"


@cache
def ruling(name: str) -> Ruling:
    return ruling_of(shipped(name).values(), RESOURCES[name])


def refused(name: str, document: dict[str, Any]) -> list[str]:
    return [str(each) for each in _breaches(name, document) if each.rule.enforcement == "refuse"]


def _breaches(name: str, document: dict[str, Any]) -> list[Breach]:
    return ruling(name).breaches(document, now=NOW)


def kept(view: View, body: dict[str, Any]) -> dict[str, Any]:
    """Return a body of a version as the record that is kept of it."""
    copy: dict[str, Any] = json.loads(json.dumps(body))
    return view.keep(copy, None) if view.keep else copy


def told(view: View) -> str:
    return f"{view.api.number}-{view.api.version}-{view.resource.name}"


@pytest.mark.parametrize(("number", "version"), FILES)
def test_official_examples_are_let_in(number: str, version: str) -> None:
    """Every request that creates, and every record that an answer shows."""
    for one in replays(number, version):
        view = BY_PATH.get((number, version, one.resource))
        if view is not None:
            created = [one.exchange.request] if one.exchange.method == "POST" else []
            for body in (*created, *one.states):
                assert refused(view.resource.name, kept(view, body)) == [], one.name


def test_every_example_in_a_folder_is_let_in() -> None:
    if not EXAMPLES.is_dir():
        missing("the official examples are not beside the checkout (../shared/standards/examples)")
    seen: Counter[str] = Counter()
    for folder in sorted(EXAMPLES.glob("TMF*")):
        for name, body in bodies(folder).items():
            for record in body if isinstance(body, list) else [body]:
                kind = str(record.get("@type", ""))
                resource = kind[:1].lower() + kind[1:]
                if resource in governed():
                    seen[resource] += 1
                    assert refused(resource, record) == [], f"{folder.name} {name}"
    assert seen.keys() >= {"customer", "individual", "organization", "partyRole", "partyInteraction"}
    assert seen.total() > 30


@pytest.mark.parametrize("view", GOVERNED, ids=told)
def test_bodies_made_of_an_official_file_are_let_in(view: View) -> None:
    """The least that a class demands, and every single value besides: what conformance tests send."""
    file = official(view.api.number, view.api.version)
    name = file.resources()[f"/{view.resource.path}"][CREATE]
    body = least(file, name)
    assert refused(view.resource.name, kept(view, body)) == []
    assert refused(view.resource.name, kept(view, {**singles(file, name), **body})) == []


def test_bodies_of_the_conformance_kits_are_let_in() -> None:
    if not KITS.is_dir():
        missing("the conformance kits are not beside the checkout (../shared/ctk)")
    sent = 0
    for path in sorted(KITS.glob("*/testkit.json")):
        number, version = path.parent.name.split("_")[0], path.parent.name.split("_")[1][:2]
        for address, body in _sent(json.loads(path.read_text("utf-8"))):
            view = BY_PATH.get((number, version, address.rpartition("}")[2].strip("/").split("/")[0]))
            if view is not None and isinstance(body, dict):
                sent += 1
                assert refused(view.resource.name, kept(view, body)) == [], f"{path.parent.name} {address}"
    assert sent >= 4


def _sent(part: Any) -> Iterator[tuple[str, Any]]:
    """Yield the address and body of every request of a kit that creates something."""
    if isinstance(part, list):
        for each in part:
            yield from _sent(each)
    elif isinstance(part, dict):
        request = part.get("request")
        if isinstance(request, dict) and request.get("method") == "POST" and "raw" in (request.get("body") or {}):
            url = request["url"]
            yield (url["raw"] if isinstance(url, dict) else url), json.loads(request["body"]["raw"])
        for each in part.values():
            yield from _sent(each)


def test_the_demo_is_let_in_without_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever looks around first is not to be told that the data that we ship do not do."""
    made: list[tuple[Any, dict[str, Any]]] = []
    drafted = demo.draft

    def collected(number: int, records: list[tuple[Any, dict[str, Any]]], *rest: Any, **said: Any) -> Any:
        made.extend(records)
        return drafted(number, records, *rest, **said)

    monkeypatch.setattr(demo, "draft", collected)
    maker = demo._Maker(now=NOW)
    for number in range(1, 301):
        maker.row(number, {})
    breaches = [each for resource, document in made for each in _breaches(resource.name, document)]
    assert len(made) > 1000
    assert [str(each) for each in breaches if each.rule.enforcement != "observe"] == []
