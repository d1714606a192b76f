"""What endpoints of downloads must be sent: a download of the caller, where it may have any, in the right state."""

from __future__ import annotations

import time
from typing import Any

import httpx

from tests.journey.api_words import create

PLACE = "/inventory/v1/download"
JOB = "/exportJob"
CUSTOMERS = "/tmf-api/customerManagement/v5/customer"


def asked(
    method: str, template: str, caller: httpx.Client, everything: httpx.Client
) -> tuple[str, dict[str, Any] | None]:
    """Return path and body; the download is of who may have `everything` where the caller may have none."""
    step = template.rpartition("/")[2]
    # Special categories wait for somebody's approval.
    wish = {"kind": "individual"} if step in {"approve", "refuse"} else {"kind": "customer", "fields": "name"}
    if "{id}" not in template:
        return template, wish if method == "POST" else None
    own = caller.post(PLACE, json=wish)
    owner = caller if own.status_code == 201 else everything
    identifier = str(own.json()["id"] if owner is caller else create(owner, PLACE, wish)["id"])
    path = template.replace("{id}", identifier)
    if step in {"link", "manifest", "{token}"}:
        _until_ready(owner, identifier)
    if step == "{token}":
        made = owner.post(f"{PLACE}/{identifier}/link")
        path = path.replace("{token}", made.json()["url"].rpartition("/")[2])
    return path, {} if method == "POST" else None


def asked_job(
    method: str, template: str, caller: httpx.Client, everything: httpx.Client
) -> tuple[str, dict[str, Any] | None]:
    """The same of an export job."""
    wish = {"path": CUSTOMERS, "query": "fields=name"}
    if "{id}" not in template:
        return template, wish if method == "POST" else None
    place = template.partition(JOB)[0] + JOB
    own = caller.post(place, json=wish)
    owner = caller if own.status_code == 201 else everything
    identifier = str(own.json()["id"] if owner is caller else create(owner, place, wish)["id"])
    if template.endswith("/content"):
        _until_ready(owner, identifier)
    return template.replace("{id}", identifier), None


def _until_ready(owner: httpx.Client, identifier: str) -> None:
    """Wait until the server has made the file of a download."""
    deadline = time.monotonic() + 30
    while (found := owner.get(f"{PLACE}/{identifier}").json())["status"] != "ready":
        assert time.monotonic() < deadline, found
        time.sleep(0.1)
