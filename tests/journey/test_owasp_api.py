"""The OWASP API Security Top 10 of 2023, one test each, on the running server; each fails where the weakness is.

What each risk is called there stands in the name of its test. The details have tests of their own (SECURITY.md).
"""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from socket import create_connection
from typing import Any
from uuid import uuid4

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from customer_inventory.api import create_routes
from customer_inventory.repository.engines import EmbeddedEngine
from tests.consistency import ask
from tests.journey.api_words import COMPANIES, CUSTOMERS, NO_SUCH_ID, PERSONS, create, customer, person, refused
from tests.journey.conftest import Server, command
from tests.journey.hostile_sending import case, send_all
from tests.journey.test_hub_api import other

SPECIFIC = "/inventory/v1"
HUB = "/tmf-api/partyManagement/v5/hub"
LISTENER = "/tmf-api/partyManagement/v5/listener/individualCreateEvent"
MERGE = {"content-type": "application/merge-patch+json"}
SECRET = f"Quillfeather{uuid4().hex[:8]}"
DAY = "2001-02-03T04:05:06Z"


@pytest.fixture(scope="module")
def api(server: Server) -> Iterator[httpx.Client]:
    with server.api() as client:
        yield client


@pytest.fixture(scope="module")
def ada(api: httpx.Client) -> dict[str, Any]:
    return create(api, PERSONS, person(family=SECRET))


@pytest.fixture
def narrow(server: Server) -> Iterator[httpx.Client]:
    """A client that may read customers and nothing else."""
    with other(server, f"narrow-{uuid4().hex[:6]}", "read:customer") as client:
        yield client


def test_api1_broken_object_level_authorization(api: httpx.Client, narrow: httpx.Client, ada: dict[str, Any]) -> None:
    """Knowing an id is no way to a record of a kind that is not granted, by no door, alive or deleted."""
    buyer = create(api, CUSTOMERS, customer(ada))
    gone = create(api, PERSONS, person(family=SECRET))
    assert api.delete(gone["href"]).status_code == 204
    for identifier in (ada["id"], gone["id"], NO_SUCH_ID):
        for path in (PERSONS, "/tmf-api/party/v4/individual"):
            for below in ("", "/history", "/history/1", "?asOf=2030-01-01T00:00:00Z", "?fields=none"):
                assert refused(narrow.get(f"{path}/{identifier}{below}"), 403) == "denied"
            assert narrow.patch(f"{path}/{identifier}", json={}, headers=MERGE).status_code == 403
            assert narrow.delete(f"{path}/{identifier}").status_code == 403
            assert narrow.post(f"{path}/{identifier}/history/1/restore", json={}).status_code == 403
        # Of a party that may not be read nothing is told, not even that it is there.
        assert refused(narrow.get(f"{SPECIFIC}/customer360/{identifier}"), 404) == "not-found"
        assert narrow.get(f"{SPECIFIC}/partyHierarchy/{identifier}").status_code in {403, 404}
        assert narrow.get(f"{SPECIFIC}/accessReport/{identifier}").status_code == 403
        assert narrow.get(f"{SPECIFIC}/trailEntry?recordId={identifier}").status_code == 403
    assert narrow.get(f"{SPECIFIC}/deletedRecord?kind=individual").status_code == 403
    whole = narrow.get(f"{SPECIFIC}/customer360/{buyer['id']}")
    assert whole.status_code == 200
    assert SECRET not in whole.text
    assert "individual" in whole.json()["withheld"]
    written = api.get(f"{SPECIFIC}/change?recordId={ada['id']}").json()[0]
    assert narrow.get(f"{SPECIFIC}/change/{written['id']}").status_code in {403, 404}
    assert narrow.post(f"{SPECIFIC}/change/{written['id']}/undo", json={}).status_code in {403, 404}
    listed = narrow.get(f"{SPECIFIC}/change?recordId={ada['id']}")
    assert (listed.status_code, listed.json()) == (200, [])
    assert api.get(ada["href"]).json() == ada


def test_api2_broken_authentication(server: Server, api: httpx.Client, ada: dict[str, Any]) -> None:
    """No token, a made one, one of another key or algorithm, one that is over: each is told the same."""
    token = server.token()
    head, claims, signature = token.split(".")
    said = json.loads(base64.urlsafe_b64decode(claims + "=="))
    other_key = ECKey.generate_key("P-256", {"kid": json.loads(base64.urlsafe_b64decode(head + "=="))["kid"]})
    header = {"alg": "ES256", "typ": "at+jwt", "kid": other_key.kid}
    flat = {"alg": "none", "typ": "at+jwt", "kid": other_key.kid}
    none = base64.urlsafe_b64encode(json.dumps(flat).encode()).decode().rstrip("=")
    secret = OctKey.import_key("0" * 64)
    forged = [
        jwt.encode(header, said, other_key, algorithms=["ES256"]),
        jwt.encode({**header, "alg": "HS256"}, said, secret, algorithms=["HS256"]),
        f"{none}.{claims}.",
        f"{head}.{claims}.{signature[:-4]}AAAA",
        f"{head}.{claims}",
        "x",
        server.client_secret,
    ]
    for made in forged:
        answer = httpx.get(f"{server.url}{ada['href']}", headers={"authorization": f"Bearer {made}"})
        assert refused(answer, 401) == "invalid_token"
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert SECRET not in answer.text
    for headers in ({}, {"authorization": f"Basic {token}"}, {"cookie": f"inventory-session={token}"}):
        assert httpx.get(f"{server.url}{ada['href']}", headers=headers).status_code == 401
    # A token in the address would be in every log on the way.
    assert httpx.get(f"{server.url}{ada['href']}?access_token={token}").status_code == 401
    assert said["exp"] - said["iat"] <= 600
    login = {"grant_type": "client_credentials", "client_id": server.client_id, "client_secret": "wrong"}
    assert httpx.post(f"{server.url}/oauth2/token", data=login).status_code == 401


def test_api3_broken_object_property_level_authorization(server: Server, api: httpx.Client) -> None:
    """What the server says of a record nobody else says; who may not read gets no property by writing or searching."""
    mine = {"id": NO_SUCH_ID, "href": "https://elsewhere.example/1"}
    made = create(api, PERSONS, person(family=SECRET, **mine))
    assert not set(mine.values()) & {made["id"], made["href"]}
    assert api.patch(made["href"], json=mine, headers=MERGE).status_code == 400
    assert api.get(made["href"]).json() == made
    paper = create(api, "/tmf-api/document/v4/document", {"name": "x"})
    dated = api.patch(paper["href"], json={"lastUpdate": DAY, "name": "y"}, headers=MERGE).json()
    assert (dated["name"], dated["lastUpdate"] > DAY) == ("y", True), "when it was changed is taken from the client"
    with other(server, f"blind-{uuid4().hex[:6]}", "create:individual", "modify:individual") as blind:
        for answer in (
            blind.patch(f"{made['href']}?fields=familyName", json={"title": "Dr"}, headers=MERGE),
            blind.post(f"{PERSONS}?fields=familyName", json=person(family=SECRET)),
        ):
            assert answer.json().keys() == {"id", "href", "@type"}
        test = [{"op": "test", "path": "/familyName", "value": SECRET}]
        look = blind.patch(made["href"], json=test, headers={"content-type": "application/json-patch+json"})
        assert refused(look, 403) == "denied"
        assert blind.get(f"{PERSONS}?familyName={SECRET}").status_code == 403
    permissions = api.get("/tmf-api/userRolePermissionManagement/v4/permission?limit=1000").text
    assert "secret" not in permissions
    assert "hash" not in permissions


async def test_api4_unrestricted_resource_consumption(server: Server, api: httpx.Client) -> None:
    """Bodies, depth, pages, filters, heads and idle connections are bounded, and others are answered meanwhile."""
    deep = json.dumps(person(note=json.loads("[" * 60 + "]" * 60)))
    assert api.post(PERSONS, content=deep, headers={"content-type": "application/json"}).status_code == 400
    bomb = b"[" * 500_000
    assert api.post(PERSONS, content=bomb, headers={"content-type": "application/json"}).status_code == 400
    large = api.post("/oauth2/token", content=b"x" * 2_000_000, headers={"content-type": "text/plain"})
    assert 400 <= large.status_code < 500
    assert api.get(f"{PERSONS}?offset=99999999999").status_code == 400
    assert api.get(f"{PERSONS}?" + "&".join(f"familyName={n}" for n in range(3000))).status_code == 400
    assert api.get(f"{PERSONS}?familyName.regex=" + "(a*)*" * 200).status_code == 400
    many = " || ".join(f"@.title=='{n}'" for n in range(200))
    assert api.get(PERSONS, params={"filter": f"$[?({many})]"}).status_code == 400
    began = time.monotonic()
    answer = api.get(PERSONS, params={"familyName.regex": "^(a+)+$", "limit": 1})
    assert answer.status_code in {200, 206, 400, 422}
    assert time.monotonic() - began < 20
    token = api.headers["authorization"]
    long_head = case("head", "GET", PERSONS, headers=[("authorization", token), ("x-filler", "y" * 70_000)])
    assert [found.status for found in await send_all(server.port, [long_head])] == [431]
    idle = [await asyncio.to_thread(create_connection, ("127.0.0.1", server.port)) for _ in range(300)]
    try:
        assert api.get(f"{PERSONS}?limit=1").status_code in {200, 206}
    finally:
        for connection in idle:
            with closing(connection):
                pass


def test_api5_broken_function_level_authorization(server: Server, api: httpx.Client, ada: dict[str, Any]) -> None:
    """To read is not to write, to write is not to govern: every verb needs its own grant, by whatever method asked."""
    with other(server, f"reader-{uuid4().hex[:6]}", "read") as reader:
        assert reader.get(ada["href"]).status_code == 200
        for answer in (
            reader.post(PERSONS, json=person()),
            reader.post(COMPANIES, json={"@type": "Organization", "name": "x"}),
            reader.patch(ada["href"], json={"title": "Dr"}, headers=MERGE),
            reader.delete(ada["href"]),
            reader.post(f"{ada['href']}/history/1/restore", json={}),
            reader.post(f"{SPECIFIC}/informationRequirementProposal", json={"requirement": {}, "reason": "x"}),
            reader.post("/tmf-api/event/v4/topic", json={"@type": "Topic", "name": "x"}),
            reader.post(LISTENER, json={"event": {"individual": {"id": "7"}}}),
        ):
            assert answer.status_code in {400, 403}, answer.text
            assert answer.status_code == 403 or answer.json()["code"] == "invalid-document"
        # Another method in a header is no other method.
        for header in ("x-http-method-override", "x-method-override", "x-http-method"):
            assert reader.post(ada["href"], json={}, headers={header: "DELETE"}).status_code == 405
            assert reader.get(ada["href"], headers={header: "DELETE"}).status_code == 200
    with other(server, f"writer-{uuid4().hex[:6]}", "create:individual") as writer:
        assert writer.post(PERSONS, json=person()).status_code == 201
        assert refused(writer.get(f"{SPECIFIC}/trailEntry?recordId={ada['id']}"), 403) == "denied"
        assert refused(writer.get("/tmf-api/userRolePermissionManagement/v4/permission"), 403) == "denied"
    assert api.get(ada["href"]).json() == ada


async def test_api6_unrestricted_access_to_sensitive_business_flows(new_server: Server, tmp_path: Path) -> None:
    """Who reads customers in bulk gets bounded pages, and each of them is in the trail, whole, when it arrives."""
    rows = tmp_path / "people.ndjson"
    rows.write_text("".join(json.dumps({"id": str(n), **person(family=SECRET)}) + "\n" for n in range(1200)))
    new_server.start().register()
    done = command("import", str(rows), "--data", str(new_server.data))
    assert done.returncode == 0, done.stderr
    seen: list[str] = []
    path = f"{PERSONS}?familyName={SECRET}&limit=1000000"
    async with EmbeddedEngine(new_server.data).attached() as conninfo:
        with new_server.api() as api:
            while path:
                name = f"bulk-{uuid4()}"
                answer = api.get(path, headers={"x-request-id": name})
                shown = [each["id"] for each in answer.json()]
                assert 0 < len(shown) <= 1000
                query = "select client_id, record_ids::text[] from trail where request_id = %s"
                ((client, ids),) = await ask(conninfo, query, (name,))
                assert (client, set(ids)) == (new_server.client_id, set(shown))
                seen += shown
                path = answer.links.get("next", {}).get("url", "")
    assert (len(seen), len(set(seen))) == (1200, 1200)


def test_api7_server_side_request_forgery(api: httpx.Client) -> None:
    """No callback leads to where only the server reaches, however its address is written."""
    within = (
        *("127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0", "127.0.0.1.", "localhost", "localhost."),
        *("LOCALHOST", "any.localhost", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[::]"),
        *("10.0.0.1", "172.16.0.1", "192.168.0.1", "169.254.169.254", "[fd00:ec2::254]", "[fe80::1]", "100.64.0.1"),
    )
    for host in within:
        for address in (f"http://{host}/", f"https://{host}:8443/x"):
            answer = api.post(HUB, json={"callback": address})
            assert refused(answer, 400) == "callback-refused", address
            assert host.strip("[]") not in answer.json()["message"]
    for address in ("file:///etc/passwd", "gopher://example.com/", "ftp://example.com/", "//example.com/", "http:/x"):
        assert refused(api.post(HUB, json={"callback": address}), 400) == "callback-refused"
    for address in (
        "http://example.com@127.0.0.1/",
        "http://127.0.0.1#@example.com/",
        "http://example.com\\@127.0.0.1/",
    ):
        assert refused(api.post(HUB, json={"callback": address}), 400) == "callback-refused"
    # An address in a record is kept as a text; nothing is fetched to look at it.
    began = time.monotonic()
    portrait = {"name": "p", "attachment": [{"url": "http://10.255.255.1/portrait.png"}]}
    assert (
        create(api, "/tmf-api/document/v4/document", portrait)["attachment"][0]["url"]
        == portrait["attachment"][0]["url"]
    )
    assert time.monotonic() - began < 5


def test_api8_security_misconfiguration(server: Server, api: httpx.Client, ada: dict[str, Any]) -> None:
    """Answers say how they may be kept and shown, no origin is let in, errors tell nothing of the inside."""
    answers = [
        api.get(ada["href"]),
        api.get(PERSONS),
        api.get(f"{PERSONS}/{NO_SUCH_ID}"),
        api.get(f"{PERSONS}?nothing=1"),
        api.post(PERSONS, content=b"{", headers={"content-type": "application/json"}),
        httpx.get(f"{server.url}{PERSONS}"),
        httpx.get(f"{server.url}/openapi.json"),
        httpx.get(f"{server.url}/health/ready"),
        httpx.post(f"{server.url}/oauth2/token"),
        httpx.get(f"{server.url}/sign-in"),
    ]
    for answer in answers:
        assert answer.headers["x-content-type-options"] == "nosniff", answer.url
        assert answer.headers["cache-control"] == "no-store", answer.url
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"], answer.url
        assert "server" not in answer.headers
        assert "x-powered-by" not in answer.headers
        for inside in ("Traceback", ".py", "psycopg", "postgres", "select ", "/src/", "site-packages"):
            assert inside not in answer.text or answer.url.path == "/openapi.json", (answer.url, inside)
    origin = {"origin": "https://evil.example", "access-control-request-method": "GET"}
    for path in (ada["href"], "/oauth2/token", "/sign-in", "/"):
        for answer in (api.options(path, headers=origin), api.get(path, headers=origin)):
            assert not [name for name in answer.headers if name.startswith("access-control")]
    for method in ("TRACE", "CONNECT", "TRACK", "DEBUG", "PROPFIND"):
        assert api.request(method, ada["href"]).status_code in {400, 405}, method
    for path in ("/.git/config", "/.env", "/docs", "/redoc", "/debug", "/static/", "/static/../settings.py", "/admin"):
        assert httpx.get(f"{server.url}{path}").status_code in {303, 400, 404}, path


def test_api9_improper_inventory_management(server: Server) -> None:
    """What is served is described, and what is described is served; there is no older door beside."""
    described: set[tuple[str, str]] = set()
    document = httpx.get(f"{server.url}/openapi.json", timeout=60).json()
    for path, item in document["paths"].items():
        described |= {(method.upper(), path) for method in item if method in {"get", "post", "patch", "put", "delete"}}
    served = {
        (method, template)
        for template, endpoint in create_routes(public_url="").templates.items()
        for method in endpoint.methods
        if method != "HEAD"
    }
    known = {(method, _unnamed(path)) for method, path in described}
    by_place = {(method, _unnamed(path)) for method, path in served}
    assert known <= by_place, "described, but not served"
    hidden = {(method, path) for method, path in by_place - known if not _is_alias(path, known)}
    assert hidden == set(), "served, but not described"
    for path in (
        "/tmf-api/party/v3/individual",
        "/tmf-api/partyManagement/v6/individual",
        "/inventory/v2/change",
        "/api",
    ):
        assert httpx.get(f"{server.url}{path}").status_code == 404, path


def test_api10_unsafe_consumption_of_apis(server: Server, api: httpx.Client) -> None:
    """An event of another system is judged like a write, kept apart, and changes no record whatever it says."""
    target = create(api, PERSONS, person(family=SECRET))
    before = api.get(target["href"]).json()
    hostile: list[tuple[dict[str, Any], int]] = [
        ({"eventId": f"e-{uuid4()}", "event": {"individual": {**before, "familyName": "Overwritten"}}}, 204),
        ({"eventId": f"e-{uuid4()}", "event": {"individual": {"id": target["id"], "givenName": {"a": [1]}}}}, 204),
        ({"eventId": f"e-{uuid4()}", "event": {"individual": {"id": "'; drop table individual; --"}}}, 204),
        ({"eventId": "x" * 5000, "event": {"individual": {"id": "7"}}}, 400),
        ({"eventId": f"e-{uuid4()}", "event": {"organization": {"id": "7"}}}, 400),
        ({"eventId": f"e-{uuid4()}", "eventType": "IndividualDeleteEvent", "event": {"individual": {"id": "7"}}}, 400),
        ({"eventId": f"e-{uuid4()}", "event": "text"}, 400),
    ]
    for event, status in hostile:
        assert api.post(LISTENER, json=event).status_code == status, event
    assert api.get(target["href"]).json() == before
    bad = hostile[1][0]["eventId"]
    kept = api.get(f"{SPECIFIC}/receivedEvent?status=quarantined&limit=1000").json()
    assert bad in {each["eventId"] for each in kept}
    # The same event again changes nothing of what was kept, and nobody else's counts for it.
    again = {"eventId": hostile[0][0]["eventId"], "event": {"individual": {"id": "8"}}}
    assert api.post(LISTENER, json=again).status_code == 204
    found = [each for each in _received(api) if each["eventId"] == again["eventId"]]
    assert [each["body"]["event"]["individual"]["id"] for each in found] == [target["id"]]
    assert httpx.post(f"{server.url}{LISTENER}", json=again).status_code == 401


def _received(api: httpx.Client) -> Iterator[dict[str, Any]]:
    address = f"{SPECIFIC}/receivedEvent?limit=1000&eventType=IndividualCreateEvent"
    while address:
        page = api.get(address)
        yield from page.json()
        address = page.links.get("next", {}).get("url", "")


def _unnamed(path: str) -> str:
    """A path whose variables have no names: what they are called is no part of where they lead."""
    return "/".join("{}" if segment.startswith("{") else segment for segment in path.split("/"))


def _is_alias(path: str, known: set[tuple[str, str]]) -> bool:
    """Whether a path is another base of an API of which the same is described below its first base."""
    parts = path.removeprefix("/tmf-api").split("/")
    return any(each.endswith("/" + "/".join(parts[2:])) for _, each in known)
