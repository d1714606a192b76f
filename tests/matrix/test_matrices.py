"""Who is let in where, and what it leaves in the trail: every endpoint and every page, as it is committed and reviewed.

`.venv/bin/python -m tests.matrix` measures a new or changed endpoint, prints the difference and writes it into
`endpoints.tsv` and `pages.tsv`. What a new endpoint must be sent is said in `ground.py`.
"""

from __future__ import annotations

import httpx
import pytest

from customer_inventory.api import create_routes
from customer_inventory.api.openapi import Documents
from customer_inventory.api.scim.door import scim_routes
from customer_inventory.model.tmf662 import ENTITY_CATALOG
from customer_inventory.repository.engines import EmbeddedEngine
from customer_inventory.server import Application
from customer_inventory.settings import Settings
from tests.conftest import make_desk
from tests.journey.conftest import Server
from tests.matrix import endpoints, pages
from tests.matrix.changes import difference
from tests.matrix.measured import measured

AGAIN = "measure with `.venv/bin/python -m tests.matrix`, read what it prints, and commit it"
ROWS = endpoints.read()
PAGES = pages.read()
SPECIFIC = "/inventory/v1"
TOPICS = "/tmf-api/event/v4/topic"
ANSWERED_ALL_THE_SAME = {
    ("POST", f"{SPECIFIC}/change/{{id}}/undo"): (404, "that a change is there is told to who may read what it touched"),
    ("GET", TOPICS): (
        200,
        "the topics that are always there are names of resources; those that clients made are not shown",
    ),
    ("GET", f"{TOPICS}/{{topicId}}/event/{{id}}"): (404, "that an event is there is told to who may read its record"),
    **{
        (method, f"{SPECIFIC}/download/{{id}}{below}"): (404, "that a download is there is told to who asked for it")
        for method, below in (
            ("GET", ""),
            ("DELETE", ""),
            ("GET", "/manifest"),
            ("POST", "/link"),
            ("GET", "/content/{token}"),
        )
    },
    **{
        (method, f"{base}/exportJob/{{id}}{below}"): (404, "an export job is a download")
        for base in ENTITY_CATALOG.paths
        for method, below in (("GET", ""), ("DELETE", ""), ("GET", "/content"))
    },
}
"""Where who is granted nothing is not answered 403, though the trail says refused: the status, and why."""
PUBLIC = {
    "/oauth2/token": "it is where a client shows who it is; what it answers is no customer's data",
    "/oauth2/revoke": "the client shows who it is in the request itself (RFC 7009)",
    "/oauth2/jwks": "the public halves of the keys of tokens",
    "/.well-known/oauth-authorization-server": "what the authorization server can do (RFC 8414)",
    "/health/live": "for the supervisor of the process; says pass",
    "/health/ready": "for the load balancer; says pass, or that the repository cannot be reached",
    "/metrics": "counts by resource, method and status, never customer data; a proxy keeps it inside",
}
"""What is answered without a token beside the descriptions of the APIs, and why."""
SIGNED_OUT = {
    ("GET", "/sign-in"): "200",
    ("POST", "/sign-in"): "403",
    ("GET", "/sign-in/code"): "401",
    ("POST", "/sign-in/code"): "401",
    ("POST", "/sign-out"): "303 /sign-in",
    ("GET", "/static/{name}"): "200",
}
"""What the console answers to somebody who is not signed in, beside the way to the sign-in page."""


SAME_FOR_EVERY_CLIENT = {("GET", "/scim/v2/ResourceTypes"), ("GET", "/scim/v2/ServiceProviderConfig")}
"""What SCIM says of itself (RFC 7644 section 4): of nobody, and the same to every client."""
TOLD_TO_FEW = "/downloads/{id}"
"""That a download is there is told to who asked for it, and to who may look at those of others."""
OWN_PAGES = {"/account", "/account/password", "/account/second-factor", "/reviews"}
"""Where everybody writes what is their own: how they sign in, and what they looked at afterwards."""
REGISTER = "/oauth2/register"


def test_every_route_has_its_row() -> None:
    served = set(endpoints.endpoints())
    assert served - ROWS.keys() == set(), f"not in the matrix: {AGAIN}"
    assert ROWS.keys() - served == set(), f"in the matrix, but not served: {AGAIN}"


def test_head_is_what_get_is() -> None:
    for template, endpoint in (create_routes(public_url="").templates | scim_routes(public_url="").templates).items():
        assert endpoint.methods.get("HEAD") == endpoint.methods.get("GET"), template


@pytest.mark.parametrize("key", sorted(ROWS), ids=" ".join)
def test_nobody_gets_in_unseen(key: tuple[str, str]) -> None:
    row = ROWS[key]
    without, nothing, enough = map(int, row.statuses.split())
    assert without == 401, "answers without a token"
    assert 200 <= enough < 300, "who is granted just enough is not served"
    if key in SAME_FOR_EVERY_CLIENT:
        return
    assert row.trail != "-", "leaves nothing in the trail"
    assert "refused" not in row.trail
    if row.takes == endpoints.OWN:
        # Each client has its own; of others' it is told that there are none.
        assert (nothing, row.refusal.split()[-1]) in {(404, "absent"), (200, "shown")}
    else:
        assert row.takes != "-", "takes no grant"
        assert nothing == ANSWERED_ALL_THE_SAME.get(key, (403, ""))[0]
        assert row.refusal.split()[-1] == "refused"


async def test_what_is_committed_is_what_is(measured_server: Server) -> None:
    async with EmbeddedEngine(measured_server.data).attached() as conninfo:
        found, of_pages = await measured(measured_server, conninfo)
    changed = difference(ROWS, found, endpoints.told) + difference(PAGES, of_pages, pages.told)
    assert not changed, "\n".join([AGAIN, *changed[:40]])


async def test_what_needs_no_token_is_named(measured_server: Server) -> None:
    async with EmbeddedEngine(measured_server.data).attached() as conninfo:
        repository = endpoints.Repository(conninfo)
        async with make_desk(repository) as desk:
            application = Application(desk, Settings())
            own = set(application._own)
        await repository.close()
    oauth = set(application._oauth._endpoints) - {REGISTER}
    assert own | oauth == PUBLIC.keys()
    described = Documents(create_routes(public_url=""), public_url="", token_url="").paths
    with httpx.Client(base_url=measured_server.url, timeout=60) as nobody:
        for path in own:
            assert nobody.get(path).status_code == 200, path
            assert nobody.post(path).status_code == 405, path
        for path in described:
            assert not any(template == path for _, template in ROWS)
            assert nobody.post(path).status_code == 405, path
        assert nobody.get("/oauth2/token").status_code == 405
        assert nobody.post("/oauth2/revoke", data={"token": "x"}).status_code == 401
        assert nobody.post(REGISTER, json={}).status_code == 401
        for path in oauth - {"/oauth2/token", "/oauth2/revoke"}:
            assert nobody.get(path).status_code == 200, path
        for unknown in (
            "/tmf-api/",
            "/inventory/v1/nothing",
            "/inventory",
            "/health",
            "/oauth2",
            "/metrics/x",
            "/admin",
        ):
            assert nobody.get(unknown).status_code == 404, unknown


async def test_every_page_has_its_row(measured_server: Server) -> None:
    async with EmbeddedEngine(measured_server.data).attached() as conninfo:
        repository = endpoints.Repository(conninfo)
        async with make_desk(repository) as desk:
            served = set(pages.pages(desk))
        await repository.close()
    assert served == PAGES.keys(), AGAIN
    assert {role for row in PAGES.values() for role in row.roles} == set(pages.ROLES), AGAIN


@pytest.mark.parametrize("key", sorted(PAGES), ids=" ".join)
def test_a_page_is_for_who_is_signed_in_and_may(key: tuple[str, str]) -> None:
    row = PAGES[key]
    assert row.nobody == SIGNED_OUT.get(key, "303 /sign-in")
    if key in SIGNED_OUT:
        return
    for role, said in row.roles.items():
        unseen = said.startswith("404") and row.path.startswith(TOLD_TO_FEW)
        refused = said.startswith("403") or unseen
        # Who may look at the trail is told who saw a record, without its name where that may not be read.
        assert ("refused" in said) == refused or (row.path.endswith("/seen") and said.startswith("200")), (role, said)
        own = row.path in OWN_PAGES or row.path.endswith("/break-glass")
        assert row.method == "GET" or role != "auditor" or refused or own, "an auditor writes"
        assert int(said[:3]) in {200, 303, 400, 403, 404, 409, 422}, (role, said)
