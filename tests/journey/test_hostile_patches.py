"""Patches with queries that nobody sends in good faith: no fault, no answer that takes for ever, nothing half done."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterator
from random import Random

import httpx
import pytest

from tests.journey.api_words import PERSONS, SHAPE, create, person
from tests.journey.conftest import Server
from tests.journey.hostile_patches import EVIL, body, patches

SEED = 6902
HOW_MANY = 600
LONGEST_S = 10.0
"""For one patch, on a machine that does much else; a search without end takes longer than anybody waits."""
MEDIA_TYPES = ("application/json-patch-query+json", "application/json-patch-query+json", "application/json-patch+json")
SECRET = "Quillfeather"


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    started = Server(tmp_path_factory.mktemp("patched") / "data").start().register()
    yield started
    assert started.stop() == 0, started.output()


def large() -> dict[str, object]:
    notes = [{"@type": "Note", "id": str(number), "text": EVIL * 20 if number < 50 else EVIL} for number in range(1000)]
    return person(SECRET, note=notes, characteristic=[])


def test_patches_with_queries_are_answered_in_time_whatever_they_ask(attacked: Server) -> None:
    random = Random(SEED)
    wrong, statuses = [], set()
    with attacked.api() as api:
        href = create(api, PERSONS, large())["href"]
        for number, (label, operations) in enumerate(itertools.islice(patches(random), HOW_MANY)):
            if number % 50 == 0:
                href = create(api, PERSONS, large())["href"]
            version = api.get(href, params={"fields": "none"}).headers["etag"]
            began = time.monotonic()
            answer = api.patch(
                href, content=body(operations), headers={"content-type": random.choice(MEDIA_TYPES)}, timeout=60
            )
            took = time.monotonic() - began
            statuses.add(answer.status_code)
            after = api.get(href, params={"fields": "none"}).headers["etag"]
            if took > LONGEST_S:
                wrong.append(f"{label}: {took:.1f} s")
            if answer.status_code not in {200, 400, 409, 501}:
                wrong.append(f"{label}: {answer.status_code} {answer.text[:200]}")
            elif answer.status_code != 200:
                wrong += [f"{label}: {why}" for why in refusal(answer)]
                wrong += [f"{label}: refused, and changed all the same"] * (after != version)
    assert wrong == []
    assert statuses == {200, 400, 409, 501}
    assert "unexpected error" not in attacked.output()
    assert SECRET not in attacked.output()


def refusal(answer: httpx.Response) -> Iterator[str]:
    """Yield what is wrong with a refusal."""
    told = answer.json()
    if told.keys() != SHAPE or not all(isinstance(value, str) and value for value in told.values()):
        yield f"not the one error shape: {answer.text[:200]}"
    if SECRET in answer.text or EVIL in answer.text or "Traceback" in answer.text:
        yield f"tells too much: {answer.text[:200]}"


def test_others_are_answered_while_a_patch_searches(attacked: Server) -> None:
    """What is looked at is counted: a patch that looks at as much as it may holds nobody up for long."""
    with attacked.api() as api:
        href = create(api, PERSONS, large())["href"]
        search = [{"op": "replace", "path": "note[?(@.text=~'(a|aa)+$')].text", "value": "x"}] * 1000
        headers = {"content-type": MEDIA_TYPES[0]}
        began = time.monotonic()
        assert api.patch(href, content=json.dumps(search), headers=headers, timeout=60).status_code in {400, 409}
        assert time.monotonic() - began < LONGEST_S
        assert httpx.get(f"{attacked.url}/health/ready", timeout=LONGEST_S).status_code == 200
