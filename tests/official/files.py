"""The official files: each description of an Open API that lies beside the checkout, by number and version."""

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
_NAME = re.compile(r"(TMF\d+)_(\w+)_(v\d+)\.\d+\.\d+\.(?:oas\.yaml|swagger\.json)")


def official_files() -> dict[tuple[str, str], Path]:
    """Return every official file by API and version, such as ("TMF632", "v5"); skip the test when there is none."""
    if not SPECS.is_dir():
        missing("the official files are not beside the checkout (../shared/standards/specs)")
    named = ((_NAME.fullmatch(path.name), path) for path in sorted(SPECS.iterdir()))
    return {(found[1], found[3]): path for found, path in named if found}


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
