"""The official conformance kits pass, each on an empty inventory, at every base path of its API."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from customer_inventory.model.views import VIEWS
from tests.conftest import SHARED, missing, shared
from tests.journey.conftest import Server

ROOT = Path(__file__).resolve().parents[2]
BASES = {(view.api.number, view.api.version): view.api.paths for view in VIEWS}
KNOWN = {"TMF632_v4.0.0", "TMF669_v4.0.0", "TMF683_v4.0.0"}
FEWEST = 10
"""Every kit makes more assertions than that: a kit that asserts nothing has not run."""


def kits() -> list[str]:
    """Return the kits that are known, and every other one that lies beside them and is of an API served here."""
    there = {path.parent.name for path in (SHARED / "ctk").glob("TMF*_v*/testkit.json")}
    return sorted(KNOWN | {kit for kit in there if api(kit) in BASES})


def api(kit: str) -> tuple[str, str]:
    """Return the number and the version of the API that a kit is of."""
    number, _, release = kit.partition("_")
    return number, release.partition(".")[0]


@pytest.fixture(scope="module")
def newman() -> str:
    """The program that runs the kits: `test-programs.sh` puts it into .venv."""
    places = (os.environ.get("NEWMAN"), str(ROOT / ".venv/newman/node_modules/.bin/newman"), shutil.which("newman"))
    found = next((place for place in places if place and Path(place).exists()), None)
    if found is None:
        missing("newman is not installed: ./test installs it where npm is")
    return str(found)


@pytest.mark.parametrize("kit", kits())
def test_the_official_kit_passes(kit: str, newman: str, new_server: Server) -> None:
    program = shared("ctk/run")
    new_server.start().register()
    for base in BASES[api(kit)]:
        done = subprocess.run(
            [sys.executable, str(program), kit, f"{new_server.url}{base}/", "--token", new_server.token()],
            env={**os.environ, "NEWMAN": newman},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, f"{base}: {done.stdout}{done.stderr}"
        counted = re.search(r"(\d+) assertions, 0 failed, 0 failures", done.stdout)
        assert counted, done.stdout
        assert int(counted[1]) > FEWEST, done.stdout
