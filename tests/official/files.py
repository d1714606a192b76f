"""The official files: each description of an Open API that lies beside the checkout, by number and version.

More may lie there than we serve, in other releases and by other names. Each is found by its number and release.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.conftest import SHARED, missing
from tests.official.description import Description

SPECS = SHARED / "standards" / "specs"
_NAME = re.compile(r"(TMF\d+)[_-].+?[_-]v?(\d+)\.(\d+)(?:\.(\d+))?(?:[._-][a-z]\w*)*\.(?:ya?ml|json)", re.IGNORECASE)

LATER = {("TMF629", "v5"): (5, 0, 1)}
"""The release that we serve, where it is not the first of its version."""

Release = tuple[int, ...]


def named(name: str) -> tuple[str, Release] | None:
    """Return the API and the release that a file's name says, such as ("TMF632", (5, 0, 0)), or None."""
    found = _NAME.fullmatch(name)
    return (found[1].upper(), tuple(int(part or 0) for part in found.groups()[1:])) if found else None


def chosen(api: tuple[str, str], releases: Mapping[Release, Path]) -> Path:
    """Return the file of the release that we serve, or of the newest one when that is not there."""
    served = LATER.get(api, (int(api[1].removeprefix("v")), 0, 0))
    return releases[served] if served in releases else releases[max(releases)]


def official_files() -> dict[tuple[str, str], Path]:
    """Return every official file by API and version, such as ("TMF632", "v5"); skip the test when there is none."""
    if not SPECS.is_dir():
        missing("the official files are not beside the checkout (../shared/standards/specs)")
    found: dict[tuple[str, str], dict[Release, Path]] = {}
    for path in sorted(SPECS.rglob("*")):
        if said := named(path.name):
            found.setdefault((said[0], f"v{said[1][0]}"), {})[said[1]] = path
    return {api: chosen(api, releases) for api, releases in found.items()}


@cache
def read(path: Path) -> Mapping[str, Any]:
    """Return a JSON or YAML file's content."""
    text = path.read_text("utf-8-sig")
    if path.suffix == ".json":
        return json.loads(text)
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


@cache
def official(number: str, version: str) -> Description:
    """Return the official description of an API in a version; skip the test when it is not there."""
    path = official_files().get((number, version))
    if path is None:
        missing(f"there is no official file of {number} {version}")
    return Description(read(path))
