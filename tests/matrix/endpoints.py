"""The matrix of endpoints: what each one takes and what it leaves in the trail, measured on a running server.

Each endpoint is called without a token, by a client that is granted nothing, by one that is granted just what the
refusals named, and by one that is granted all. What came of it is a row of `endpoints.tsv`, which is reviewed and
committed. `.venv/bin/python -m tests.matrix` measures again, prints the difference and writes it down.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import httpx

from customer_inventory.access.clients import register_client
from customer_inventory.access.grants import named
from customer_inventory.api import create_routes
from customer_inventory.api.scim.door import scim_routes
from customer_inventory.clock import system_clock
from customer_inventory.repository import Repository
from tests.matrix.ground import SPECIFIC, Asked, Ground

TABLE = Path(__file__).with_name("endpoints.tsv")
MOST_GRANTS = 6
OWN = "its own"
"""In place of a grant: the client's own things, which no grant opens to others."""
OF_ANY = {"read:change": "read:individual", "modify:change": "modify:individual"}
"""Refusals that no grant of the same name opens: who may read records of any kind sees the changes of these."""
_numbers = itertools.count(1)
_OWN = (f"{SPECIFIC}subscription", f"{SPECIFIC}deadLetter")


class Row(NamedTuple):
    """An endpoint: what it takes, and the statuses and trail entries of who has no token, nothing, and just enough."""

    method: str
    template: str
    takes: str
    statuses: str
    refusal: str
    trail: str

    @property
    def key(self) -> tuple[str, str]:
        """What names the endpoint."""
        return self.method, self.template


class Caller(NamedTuple):
    """A client with its token, and what it is granted."""

    client: httpx.Client
    grants: tuple[str, ...]


def endpoints() -> list[tuple[str, str]]:
    """Every method at every template of the running API; HEAD is what GET is, and not told apart."""
    routes = [*create_routes(public_url="").templates.items(), *scim_routes(public_url="").templates.items()]
    return [(method, template) for template, found in routes for method in found.methods if method != "HEAD"]


def read() -> dict[tuple[str, str], Row]:
    """The rows that are committed."""
    lines = TABLE.read_text("utf-8").splitlines()[1:] if TABLE.exists() else []
    return {row.key: row for row in (Row(*line.split("\t")) for line in lines)}


def write(rows: Mapping[tuple[str, str], Row]) -> None:
    """Commit rows to the file."""
    ordered = sorted(rows.values(), key=lambda row: (row.template, row.method))
    lines = ["\t".join(Row._fields), *("\t".join(row) for row in ordered)]
    TABLE.write_text("\n".join(lines) + "\n", "utf-8")


def told(row: Row) -> str:
    """A row as one line."""
    return " | ".join(row)


class Measuring:
    """Measures endpoints of a server on one database."""

    def __init__(self, url: str, conninfo: str) -> None:
        self._url = url
        self.repository = Repository(conninfo)
        self._callers: dict[tuple[str, ...], Caller] = {}
        self._open = httpx.Client(base_url=url, timeout=30)

    async def close(self) -> None:
        """Close every connection."""
        for caller in self._callers.values():
            caller.client.close()
        self._open.close()
        await self.repository.close()

    async def rows(self, ground: Ground, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Row]:
        """Measure these endpoints."""
        return {(method, template): await self._row(ground, method, template) for method, template in wanted}

    async def caller(self, *grants: str) -> Caller:
        """A client that is granted just this."""
        if grants not in self._callers:
            name = f"matrix-{next(_numbers)}"
            made = await register_client(
                self.repository.register,
                name=name,
                purposes=(),
                grants=grants,
                by=f"owner of {name}",  # one of the same owner decides on no download of another
                clock=system_clock,
            )
            credentials = (made.client_id, made.client_secret)
            answer = self._open.post("/oauth2/token", data={"grant_type": "client_credentials"}, auth=credentials)
            headers = {"authorization": f"Bearer {answer.json()['access_token']}", "x-client": made.client_id}
            self._callers[grants] = Caller(httpx.Client(base_url=self._url, headers=headers, timeout=30), grants)
        return self._callers[grants]

    async def _row(self, ground: Ground, method: str, template: str) -> Row:
        nothing, own = await self.caller(), "/hub" in template or template.startswith(_OWN)
        first = ground.request(method, template, nothing.client)
        without = self._open.request(method, first.path, json=first.body, headers=first.headers)
        status, entries = await self._call(nothing, method, first)
        refused, caller, takes = (status, entries), nothing, []
        while len(takes) < MOST_GRANTS and (new := _named_in(entries, takes)):
            takes += new
            caller = await self.caller(*(OF_ANY.get(grant, grant) for grant in takes))
            status, entries = await self._call(caller, method, ground.request(method, template, caller.client))
        if own and not takes:
            caller, takes = await self.caller("read"), [OWN]
            status, entries = await self._call(caller, method, ground.request(method, template, caller.client))
        return Row(
            method,
            template,
            ", ".join(takes) or "-",
            f"{without.status_code} {refused[0]} {status}",
            _told(refused[1]),
            _told(entries),
        )

    async def _call(self, caller: Caller, method: str, asked: Asked) -> tuple[int, list[tuple[str, str, str]]]:
        """Call once; return the status, and verb, kind and outcome of the entries that it left."""
        name = f"matrix-{next(_numbers)}"
        headers = {**asked.headers, "x-request-id": name}
        answer = caller.client.request(method, asked.path, json=asked.body, headers=headers)
        entries = await self.repository.journal.of_request(name)
        if answer.status_code in {400, 415, 422}:
            print(f"{method} {asked.path} was not taken, see ground.py: {answer.text[:300]}")
        # Whether a page is the last one depends on what others left there.
        status = 200 if answer.status_code == 206 else answer.status_code
        return status, sorted({(verb, kind, outcome) for verb, kind, outcome, _ in entries})


def _named_in(entries: list[tuple[str, str, str]], known: list[str]) -> list[str]:
    """The first grant that was missed, unless it was given."""
    missed = [f"{verb}:{named(kind)}" for verb, kind, outcome in entries if outcome == "refused"]
    return [grant for grant in missed if grant not in known][:1]


def _told(entries: list[tuple[str, str, str]]) -> str:
    return ", ".join(f"{verb}:{named(kind)} {outcome}" for verb, kind, outcome in entries) or "-"
