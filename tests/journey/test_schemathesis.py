"""The running server against its own OpenAPI documents: requests made from them, answers held against them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from customer_inventory.api import create_routes
from customer_inventory.api.openapi import Documents
from tests.journey.conftest import Server

SECONDS = 40
SECONDS_EACH = 25
BASES = [
    path.removesuffix("/openapi.json")
    for path in Documents(create_routes(public_url=""), public_url="", token_url="").first
]
THOROUGH = {"/tmf-api/partyManagement/v5"}
"""Tried for longer than the others, which are made from the same parts."""
# Left out on purpose. positive_data_acceptance: a schema cannot say that a cursor was given out, that `after` excludes
# `before`, that a key names one request only, or that a text holds no U+0000. missing_required_header: no header of the
# document is required but Authorization, which ignored_auth tries. use_after_free: the history of a deleted record is
# there to be read and restored from.
LEFT_OUT = "positive_data_acceptance,missing_required_header,use_after_free"
# The purpose is one that the client is registered for. What is too large, too costly, stale or referenced is refused
# with a status of its own, also when the request violates the schema besides.
CONFIG = """
seed = 20260101
[parameters]
"header.X-Purpose" = "inventory-management"
[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 408, 409, 412, 413, 415, 416, 422, 501]
[checks.not_a_server_error]
expected-statuses = ["2xx", "3xx", "4xx", 501]
[output.truncation]
enabled = true
[warnings]
enabled = false
"""


@pytest.fixture(scope="module")
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of the module's own: what is generated fills it."""
    started = Server(tmp_path_factory.mktemp("schemathesis") / "data").start().register()
    yield started
    assert started.stop() == 0, started.output()


@pytest.mark.parametrize("base", BASES)
def test_the_server_does_what_its_documents_say(base: str, own_server: Server, tmp_path: Path) -> None:
    config, document = tmp_path / "schemathesis.toml", tmp_path / "openapi.json"
    config.write_text(CONFIG)
    content = httpx.get(f"{own_server.url}{base}/openapi.json").json()
    document.write_text(json.dumps(without_hints(content)))
    thorough = base in THOROUGH
    program = Path(sys.executable).with_name("schemathesis")
    run = subprocess.run(
        [
            str(program),
            f"--config-file={config}",
            "run",
            str(document),
            f"--url={own_server.url}{base}",
            f"--header=Authorization: Bearer {own_server.token()}",
            f"--phases={'fuzzing,stateful' if thorough else 'fuzzing'}",
            "--checks=all",
            f"--exclude-checks={LEFT_OUT}",
            f"--max-time={SECONDS if thorough else SECONDS_EACH}",
            f"--max-examples={10 if thorough else 2}",
            "--no-shrink",
            "--continue-on-failure",
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        timeout=300,
    )
    said = run.stdout[-8000:]
    assert run.returncode == 0, said
    operations = sum(len(item.keys() - {"parameters"}) for item in content["paths"].values())
    tested = re.search(r"Tested: (\d+)", run.stdout)
    assert tested, said
    assert int(tested[1]) >= (operations if thorough else 1), said  # a slow machine gets no further in the time
    generated = re.search(r"(\d+) generated, (\d+) passed", run.stdout)
    assert generated, said
    assert int(generated[1]) == int(generated[2]) >= (100 if thorough else 1), said
    assert "unexpected error" not in own_server.output()


def without_hints(schema: Any) -> Any:
    """Return the document without its discriminators.

    They are hints for generators of code and name the classes declared here. Another class may stand in the same place
    (TMF630 part 2), and the alternatives say so themselves by their `@type`; schemathesis takes the hint for a limit.
    """
    if isinstance(schema, list):
        return [without_hints(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    hint = isinstance(schema.get("discriminator"), dict)
    return {name: without_hints(value) for name, value in schema.items() if not (hint and name == "discriminator")}
