"""Who gets in: tokens, purposes, revocation, and denial of whatever is not granted."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
import pytest

from tests.journey.api_words import COMPANIES, CUSTOMERS, NO_SUCH_ID, PERSONS, create, customer, person, refused
from tests.journey.conftest import Server, command

DOCUMENTS: dict[str, dict[str, Any]] = {
    PERSONS: person(),
    COMPANIES: {"@type": "Organization", "name": "Analytical Engines"},
    CUSTOMERS: customer(),
}


def ask_for_token(server: Server, *, auth: tuple[str, str] | None = None, **form: str) -> httpx.Response:
    return httpx.post(f"{server.url}/oauth2/token", data=form, auth=auth)


def test_tokens_are_given_for_basic_and_form_credentials(server: Server) -> None:
    credentials = {"client_id": server.client_id, "client_secret": server.client_secret}
    encoded = (quote(server.client_id), quote(server.client_secret))
    for answer in (
        ask_for_token(server, grant_type="client_credentials", auth=encoded),
        ask_for_token(server, grant_type="client_credentials", **credentials),
    ):
        assert answer.status_code == 200, answer.text
        assert answer.headers["cache-control"] == "no-store"
        token = answer.json()
        assert token.keys() == {"access_token", "token_type", "expires_in"}
        assert (token["token_type"], token["expires_in"]) == ("Bearer", 600)
        headers = {"authorization": f"Bearer {token['access_token']}"}
        assert httpx.get(f"{server.url}{PERSONS}", params={"limit": 0}, headers=headers).is_success


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "client_credentials"}, 401, "invalid_client"),
        ({"grant_type": "client_credentials", "client_id": "x", "client_secret": "y"}, 401, "invalid_client"),
        ({"grant_type": "client_credentials", "client_id": "console", "client_secret": ""}, 401, "invalid_client"),
    ],
)
def test_token_errors_are_those_of_oauth(server: Server, form: dict[str, str], status: int, error: str) -> None:
    answer = ask_for_token(server, **form)
    assert refused(answer, status) == error
    assert answer.json()["error"] == error
    assert answer.json()["error_description"]
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers.get("www-authenticate", "").startswith("Basic ") == (status == 401)


def test_a_revoked_client_is_out_within_a_second(new_server: Server) -> None:
    new_server.start().register("leaver")
    with new_server.api() as api:
        assert api.get(PERSONS).status_code == 200
        done = command("client", "revoke", "leaver", "--data", str(new_server.data))
        assert done.returncode == 0, done.stderr
        time.sleep(1.1)
        assert refused(api.get(PERSONS), 401) == "invalid_token"
    credentials = (new_server.client_id, new_server.client_secret)
    again = ask_for_token(new_server, grant_type="client_credentials", auth=credentials)
    assert refused(again, 401) == "invalid_client"


@pytest.fixture(scope="module")
def kept(server: Server) -> dict[str, dict[str, Any]]:
    """One record of each resource, by the path of its list."""
    with server.api() as api:
        return {path: create(api, path, document) for path, document in DOCUMENTS.items()}


@pytest.fixture(scope="module")
def reader(server: Server) -> Server:
    """A client that may read customers and nothing else."""
    return Server(server.data, server.port).register(f"reader-{uuid4().hex[:6]}", "--grant", "read:customer")


@pytest.mark.parametrize("path", DOCUMENTS)
@pytest.mark.parametrize("verb", ["list", "read", "read nothing", "create", "modify", "delete"])
def test_what_is_not_granted_is_denied(
    server: Server, reader: Server, kept: dict[str, dict[str, Any]], path: str, verb: str
) -> None:
    record = kept[path]
    with reader.api() as api:
        answer = {
            "list": lambda: api.get(path, params={"limit": 1}),
            "read": lambda: api.get(record["href"]),
            "read nothing": lambda: api.get(f"{path}/{NO_SUCH_ID}"),
            "create": lambda: api.post(path, json=DOCUMENTS[path]),
            "modify": lambda: api.patch(record["href"], json={"nickname": "x"}),
            "delete": lambda: api.delete(record["href"]),
        }[verb]()
    if path == CUSTOMERS and verb == "read nothing":
        assert refused(answer, 404) == "not-found"
    elif path == CUSTOMERS and verb in {"list", "read"}:
        assert answer.status_code in {200, 206}
    else:
        assert refused(answer, 403) == "denied"
    with server.api() as everything:
        assert everything.get(record["href"]).json() == record


def test_a_client_of_several_purposes_must_say_which(server: Server) -> None:
    flags = ("--grant", "read", "--purpose", "billing", "--purpose", "support")
    several = Server(server.data, server.port).register(f"several-{uuid4().hex[:6]}", *flags)
    with several.api() as api:
        assert refused(api.get(PERSONS), 400) == "purpose-required"
        assert refused(api.get(PERSONS, headers={"x-purpose": "marketing"}), 403) == "purpose-not-registered"
        assert api.get(PERSONS, headers={"x-purpose": "support"}).status_code in {200, 206}


def test_a_write_shows_nothing_to_who_may_not_read(new_server: Server) -> None:
    new_server.start().register()
    base = "/tmf-api/partyManagement/v5/individual"
    body = {"@type": "Individual", "givenName": "Ann", "familyName": "Quillfeather"}
    with new_server.api() as api:
        made = api.post(base, json=body).json()
    new_server.register("writer", "--grant", "create:individual,modify:individual")
    with new_server.api() as api:
        assert api.get(f"{base}/{made['id']}").status_code == 403
        for answer in (
            api.patch(f"{base}/{made['id']}", json={}),
            api.patch(f"{base}/{made['id']}?fields=familyName", json={"title": "Dr"}),
            api.post(base, json=body),
        ):
            assert answer.status_code in {200, 201}
            assert set(answer.json()) == {"id", "href", "@type"}


def test_a_patch_looks_at_nothing_for_who_may_not_read(new_server: Server) -> None:
    new_server.start().register()
    body = person(title="Dr")
    with new_server.api() as api:
        path = create(api, PERSONS, body)["href"]
    new_server.register("writer", "--grant", "modify:individual")
    with new_server.api() as api:

        def patch(media_type: str, **operation: Any) -> httpx.Response:
            headers = {"content-type": f"application/{media_type}+json"}
            return api.patch(path, content=json.dumps([operation]), headers=headers)

        for guess in ("Dr", "Prof"):
            for answer in (
                patch("json-patch", op="test", path="/title", value=guess),
                patch("json-patch", op="copy", path="/nickname", **{"from": "/title"}),
                patch("json-patch", op="replace", path=f"/title?title={guess}", value="x"),
                patch("json-patch-query", op="replace", path=f"/title?title={guess}", value="x"),
                patch("json-patch-query", op="remove", path=f"$[?(@.title=='{guess}')].title"),
            ):
                assert refused(answer, 403) == "denied"
                assert "read:individual" in answer.text
        assert patch("json-patch", op="replace", path="/title", value="Prof").status_code == 200


def test_a_revoked_client_is_out_of_every_server_within_a_second(new_server: Server, tmp_path: Path) -> None:
    place = new_server.start().register("leaver").data.resolve()
    address = f"host={place / 'socket'} dbname=customer_inventory user=customer_inventory passfile={place / 'passfile'}"
    second = Server(tmp_path / "second").start("--dsn", address)
    try:
        token = {"authorization": f"Bearer {new_server.token()}"}
        assert httpx.get(f"{second.url}{PERSONS}", headers=token).status_code == 200
        assert command("client", "revoke", "leaver", "--data", str(new_server.data)).returncode == 0
        time.sleep(1.0)
        for each in (new_server, second):
            assert refused(httpx.get(f"{each.url}{PERSONS}", headers=token), 401) == "invalid_token"
    finally:
        assert second.stop() == 0, second.output()
