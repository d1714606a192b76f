"""The running server against its own OpenAPI document: requests made from the document, answers held against it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

from tests.journey.conftest import Server

SECONDS = 60
# Left out on purpose. positive_data_acceptance: a schema cannot say that a cursor was given out, that `after` excludes
# `before`, that a key names one request only, or that a text holds no U+0000. missing_required_header: no header of the
# document is required but Authorization, which ignored_auth tries.
LEFT_OUT = "positive_data_acceptance,missing_required_header"
# The purpose is one that the client is registered for. What is too large, too costly, stale or referenced is refused
# with a status of its own, also when the request violates the schema besides.
CONFIG = """
seed = 20260101
[parameters]
"header.X-Purpose" = "inventory-management"
[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 408, 409, 412, 413, 415, 422]
[output.truncation]
enabled = true
[warnings]
enabled = false
"""


def test_the_server_does_what_its_document_says(new_server: Server, tmp_path: Path) -> None:
    new_server.start().register()
    config, document = tmp_path / "schemathesis.toml", tmp_path / "openapi.json"
    config.write_text(CONFIG)
    document.write_text(json.dumps(without_hints(httpx.get(f"{new_server.url}/openapi.json").json())))
    program = Path(sys.executable).with_name("schemathesis")
    run = subprocess.run(
        [
            str(program),
            f"--config-file={config}",
            "run",
            str(document),
            f"--url={new_server.url}",
            f"--header=Authorization: Bearer {new_server.token()}",
            "--phases=fuzzing,stateful",
            "--checks=all",
            f"--exclude-checks={LEFT_OUT}",
            f"--max-time={SECONDS}",
            "--max-examples=10",
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
    tested = re.search(r"Tested: (\d+)", run.stdout)
    assert tested, said
    assert int(tested[1]) == 15, said
    generated = re.search(r"(\d+) generated, (\d+) passed", run.stdout)
    assert generated, said
    assert int(generated[1]) == int(generated[2]) > 100, said
    assert "unexpected error" not in new_server.output()


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
