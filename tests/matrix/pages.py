"""The matrix of pages: what each role is answered at each page of the console, and what it leaves in the trail."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import httpx
from starlette.routing import Route

from customer_inventory.access import Desk
from customer_inventory.access.grants import named
from customer_inventory.access.roles import ROLE_GRANTS
from customer_inventory.access.sessions import SignInRules
from customer_inventory.api.download_wishes import sought_of
from customer_inventory.clock import system_clock
from customer_inventory.console.application import _Console
from customer_inventory.console.rendering import StaticFiles
from customer_inventory.repository import Repository
from customer_inventory.repository.kinds import KINDS
from tests.journey.conftest import Server
from tests.matrix.ground import Ground
from tests.people_making import person_of_own_password

TABLE = Path(__file__).with_name("pages.tsv")
_STYLE = StaticFiles().path("console.css")
BROWSER = {"accept": "text/html"}
ROLES = tuple(ROLE_GRANTS)
_numbers = itertools.count(1)


class Row(NamedTuple):
    """A page: what somebody is answered who is not signed in, and what each role is, with the trail entries."""

    method: str
    path: str
    nobody: str
    roles: Mapping[str, str]

    @property
    def key(self) -> tuple[str, str]:
        """What names the page."""
        return self.method, self.path


def pages(desk: Desk) -> list[tuple[str, str]]:
    """Every method at every path of the console; HEAD is what GET is."""
    routes = (
        _Console(desk, clock=system_clock, understand=sought_of, public_url="", rules=SignInRules())
        .application()
        .routes
    )
    found = [(method, route.path) for route in routes if isinstance(route, Route) for method in route.methods or ()]
    return [each for each in found if each[0] != "HEAD"]


def read() -> dict[tuple[str, str], Row]:
    """The rows that are committed."""
    lines = [line.split("\t") for line in TABLE.read_text("utf-8").splitlines()] if TABLE.exists() else [[]]
    roles = lines[0][3:]
    rows = [Row(*line[:3], dict(zip(roles, line[3:], strict=True))) for line in lines[1:]]
    return {row.key: row for row in rows}


def write(rows: Mapping[tuple[str, str], Row]) -> None:
    """Commit rows to the file."""
    ordered = sorted(rows.values(), key=lambda row: (row.path, row.method))
    lines = ["\t".join((*row[:3], *(row.roles[role] for role in ROLES))) for row in ordered]
    lines.insert(0, "\t".join(("method", "path", "nobody", *ROLES)))
    TABLE.write_text("\n".join(lines) + "\n", "utf-8")


def told(row: Row) -> str:
    """A row as one line."""
    return " | ".join((*row[:3], *(f"{role}: {said}" for role, said in row.roles.items())))


async def measured(server: Server, repository: Repository, ground: Ground, desk: Desk) -> dict[tuple[str, str], Row]:
    """Ask for every page as nobody and as each role."""
    browsers = {role: await _browser(server, repository, role) for role in ROLES}
    with httpx.Client(base_url=server.url, timeout=30, headers=BROWSER) as nobody:
        rows = {}
        for method, path in pages(desk):
            without = nobody.request(
                method, _filled(path, ground), data={"proof": "none"} if method == "POST" else None
            )
            roles = {}
            for role, (browser, proof) in browsers.items():
                address = _filled(path, ground)
                roles[role] = await _asked(repository, browser, method, address, proof)
            said = f"{without.status_code} {without.headers.get('location', '').partition('?')[0]}".strip()
            rows[method, path] = Row(method, path, said, roles)
    for browser, _ in browsers.values():
        browser.close()
    return rows


async def _browser(server: Server, repository: Repository, role: str) -> tuple[httpx.Client, str]:
    """Let somebody of a role sign in; return the browser and what its forms prove themselves with."""
    login = f"matrix-{role}-{next(_numbers)}"
    made = await person_of_own_password(repository.people, login=login, display_name=login, role=role)
    browser = server.signed_in(login, made.password)
    page = browser.get("/account", headers=BROWSER)
    proof = re.search(r'name="proof" value="(\w+)"', page.text)
    assert proof, f"{role} is not let in: {page.status_code}"
    return browser, proof[1]


async def _asked(repository: Repository, browser: httpx.Client, method: str, address: str, proof: str) -> str:
    if address in {"/sign-in", "/sign-in/code", "/sign-out"}:
        return "-"
    name = f"page-{next(_numbers)}"
    decided = {"do": "approve"} if address.startswith("/proposals/") else {}
    decided |= {"do": "receive", "right": "access"} if address == "/privacy-requests" else {}
    decided |= {"do": "lift", "reason": "matrix"} if address == "/restrictions" else {}
    decided |= {"do": "preview"} if address == "/downloads/new" else {}
    form = {"proof": proof, **decided} if method == "POST" else None
    answer = browser.request(method, address, data=form, headers={**BROWSER, "x-request-id": name})
    found = await repository.journal.of_request(name)
    entries = sorted({f"{verb}:{named(kind)} {outcome}" for verb, kind, outcome, _ in found})
    return " ".join(filter(None, (str(answer.status_code), ", ".join(entries))))


def _filled(path: str, ground: Ground) -> str:
    """A page's address with what must be there for it."""
    kind = path.split("/")[1]
    if kind in KINDS:
        return path.replace("{id}", ground.one(KINDS[kind].name))
    if path.startswith("/requirements/{id"):
        return path.replace("{id:path}", "individual.givenName")
    if path.startswith("/proposals/{id"):
        return path.replace("{id:path}", quote(ground.proposal(), safe="@."))
    if path.startswith("/privacy-requests/{id}"):
        return path.replace("{id}", ground.privacy_request)
    if path.startswith("/downloads/{id}"):
        return path.replace("{id}", ground.waiting_download).replace("{token}", "none")
    return {"/": "/?q=Byron", "/static/{name}": _STYLE}.get(path, path)
