"""OAuth 2.0 as programs find it: metadata, keys, and registration by RFC 7591 and RFC 7592."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from time import time
from typing import Any
from uuid import uuid4

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from customer_inventory.access.compact import payload_of
from tests.journey.api_words import CUSTOMERS, PERSONS, person, refused
from tests.journey.conftest import Server, command

METADATA = "/.well-known/oauth-authorization-server"
JSON_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def metadata(**other: Any) -> dict[str, Any]:
    right = {
        "client_name": f"dyn-{uuid4().hex[:8]}",
        "scope": "read:customer read:individual",
        "owner": "ann",
        "purpose": [{"name": "self-care", "lawful_basis": "contract"}],
        "expected_volume": 1000,
        "software_version": "whatever else a client says",
    }
    return {name: value for name, value in {**right, **other}.items() if value is not None}


@pytest.fixture
def registering(server: Server) -> Iterator[httpx.Client]:
    """Somebody who may register processes (an initial access token), and nothing else."""
    grants = ("--grant", "create:registration")
    with Server(server.data, server.port).register(f"r-{uuid4().hex[:8]}", *grants).api() as api:
        yield api


@pytest.fixture
def anybody(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=30) as client:
        yield client


def managing(made: dict[str, Any]) -> dict[str, str]:
    return {"authorization": f"Bearer {made['registration_access_token']}"}


def approve(server: Server, made: dict[str, Any]) -> None:
    approving = {**os.environ, "LOGNAME": "bea"}
    done = command("registration", "approve", made["client_id"], "--data", str(server.data), env=approving)
    assert done.returncode == 0, done.stderr


def token(client: httpx.Client, made: dict[str, Any]) -> httpx.Response:
    auth = (made["client_id"], made["client_secret"])
    return client.post("/oauth2/token", data={"grant_type": "client_credentials"}, auth=auth)


def oauth_error(answer: httpx.Response, status: int) -> str:
    code = refused(answer, status)
    assert answer.json()["error"] == code
    assert answer.json()["error_description"]
    assert answer.headers["cache-control"] == "no-store"
    return code


def test_a_program_finds_what_the_server_can_do(server: Server, anybody: httpx.Client) -> None:
    told = anybody.get(METADATA).json()
    assert told["issuer"] == server.url
    for name in ("token_endpoint", "revocation_endpoint", "registration_endpoint", "jwks_uri"):
        assert told[name].startswith(f"{server.url}/oauth2/")
        assert httpx.request("PATCH", told[name]).status_code == 405
    assert told["grant_types_supported"] == ["client_credentials"]
    assert "private_key_jwt" in told["token_endpoint_auth_methods_supported"]
    assert "none" not in told["token_endpoint_auth_signing_alg_values_supported"]
    assert anybody.head(METADATA).status_code == 200


def test_the_keys_verify_tokens_and_hold_nothing_private(server: Server, anybody: httpx.Client) -> None:
    keys = anybody.get("/oauth2/jwks").json()
    assert keys["keys"]
    for key in keys["keys"]:
        assert key.keys() == {"kty", "crv", "x", "y", "kid", "use", "alg"}
    read = jwt.decode(server.token(), KeySet.import_key_set(keys), algorithms=["ES256"])
    assert read.claims["client_id"] == server.client_id


def test_a_client_revokes_its_own_token_and_no_other(server: Server, anybody: httpx.Client) -> None:
    own = Server(server.data, server.port).register(f"v-{uuid4().hex[:8]}", "--grant", "read")
    auth, first, second = (own.client_id, own.client_secret), own.token(), own.token()

    def revoked(token: str) -> httpx.Response:
        return anybody.post("/oauth2/revoke", data={"token": token, "token_type_hint": "access_token"}, auth=auth)

    def works(token: str) -> int:
        headers = {"authorization": f"Bearer {token}"}
        return anybody.get(CUSTOMERS, params={"id": "none"}, headers=headers).status_code

    assert (works(first), works(second)) == (200, 200)
    for token in (first, first, "x", "", first + "x"):
        answer = revoked(token)
        assert (answer.status_code, answer.content) == (200, b"")
    assert (works(first), works(second)) == (401, 200)
    foreign = server.token()
    assert oauth_error(revoked(foreign), 400) == "unauthorized_client"
    assert works(foreign) == 200
    assert oauth_error(anybody.post("/oauth2/revoke", data={"token": second}), 401) == "invalid_client"
    assert oauth_error(anybody.post("/oauth2/revoke", data={}, auth=auth), 400) == "invalid_request"
    assert works(second) == 200


def test_a_process_registers_itself_waits_and_is_approved(
    server: Server, registering: httpx.Client, anybody: httpx.Client
) -> None:
    asked = metadata()
    answer = registering.post("/oauth2/register", json=asked)
    assert answer.status_code == 201, answer.text
    assert answer.headers["cache-control"] == "no-store"
    made = answer.json()
    assert made["client_secret_expires_at"] == 0
    assert made["registration_status"] == "submitted"
    assert made["registration_client_uri"] == f"{server.url}/oauth2/register/{made['client_id']}"
    assert {name: made[name] for name in asked if name != "software_version"} == {
        name: value for name, value in asked.items() if name != "software_version"
    }
    waiting = token(anybody, made)
    assert oauth_error(waiting, 400) == "unauthorized_client"
    place, by_token = made["registration_client_uri"], managing(made)
    seen = anybody.get(place, headers=by_token)
    assert seen.status_code == 200, seen.text
    once = {"client_secret", "client_secret_expires_at", "registration_access_token"}
    assert seen.json() == {name: value for name, value in made.items() if name not in once}
    approve(server, made)
    given = token(anybody, made)
    assert given.status_code == 200, given.text
    headers = {"authorization": f"Bearer {given.json()['access_token']}"}
    assert anybody.get(CUSTOMERS, params={"limit": 0}, headers=headers).is_success
    assert refused(anybody.post(CUSTOMERS, json={}, headers=headers), 403) == "denied"
    assert anybody.get(place, headers=by_token).json()["registration_status"] == "active"
    same = anybody.put(place, headers=by_token, json={**asked, "client_id": made["client_id"]})
    assert same.status_code == 200, same.text
    gone = anybody.delete(place, headers=by_token)
    assert (gone.status_code, gone.content) == (204, b"")
    assert oauth_error(token(anybody, made), 401) == "invalid_client"
    assert oauth_error(anybody.get(place, headers=by_token), 401) == "invalid_token"


def test_what_was_asked_for_is_not_changed_afterwards(registering: httpx.Client, anybody: httpx.Client) -> None:
    asked = metadata()
    made = registering.post("/oauth2/register", json=asked).json()
    place, by_token, named = made["registration_client_uri"], managing(made), {"client_id": made["client_id"]}
    for wrong in (
        {**asked, **named, "scope": "read:customer delete:customer"},
        {**asked, **named, "owner": "eve"},
        {**asked, **named, "client_secret": "another"},
        {**asked, "client_id": "tester"},
        asked,
        {},
    ):
        assert oauth_error(anybody.put(place, headers=by_token, json=wrong), 400) == "invalid_client_metadata"
    right = {**asked, **named, "client_secret": made["client_secret"]}
    assert anybody.put(place, headers=by_token, json=right).json()["scope"] == asked["scope"]


def test_keys_are_put_in_the_place_of_keys(server: Server, registering: httpx.Client, anybody: httpx.Client) -> None:
    old, new = (ECKey.generate_key("P-256", {"kid": name}) for name in ("old", "new"))

    def jwks(*keys: ECKey) -> dict[str, Any]:
        return {"keys": [key.as_dict(private=False) for key in keys]}

    asked = metadata(token_endpoint_auth_method="private_key_jwt", jwks=jwks(old))
    made = registering.post("/oauth2/register", json=asked).json()
    assert "client_secret" not in made
    assert made["jwks"] == jwks(old)
    approve(server, made)

    def taken(key: ECKey) -> int:
        client, now = made["client_id"], int(time())
        claims = {"iss": client, "sub": client, "aud": server.url, "exp": now + 60, "jti": uuid4().hex}
        assertion = jwt.encode({"alg": "ES256", "kid": key.kid}, claims, key)
        form = {"client_assertion_type": JSON_ASSERTION, "client_assertion": assertion}
        return anybody.post("/oauth2/token", data={"grant_type": "client_credentials", **form}).status_code

    assert (taken(old), taken(new)) == (200, 401)
    for keys, outcome in (((old, new), (200, 200)), ((new,), (401, 200))):
        change = {**asked, "client_id": made["client_id"], "jwks": jwks(*keys)}
        answer = anybody.put(made["registration_client_uri"], headers=managing(made), json=change)
        assert answer.status_code == 200, answer.text
        assert answer.json()["jwks"] == jwks(*keys)
        assert (taken(old), taken(new)) == outcome


@pytest.mark.parametrize(
    "wrong",
    [
        {"client_name": None},
        {"client_name": "a b"},
        {"client_name": "tester"},
        {"client_name": "console"},
        {"scope": None},
        {"scope": ""},
        {"scope": "openid"},
        {"owner": None},
        {"owner": "a\0b"},
        {"deputy": "\0"},
        {"purpose": []},
        {"purpose": [{"name": "care"}]},
        {"purpose": [{"name": "care", "lawful_basis": "because"}]},
        {"expected_volume": 0},
        {"expires_at": "2020-01-01T00:00:00Z"},
        {"expires_at": "soon"},
        {"grant_types": ["authorization_code"]},
        {"grant_types": []},
        {"response_types": ["code"]},
        {"token_endpoint_auth_method": "none"},
        {"token_endpoint_auth_method": "private_key_jwt"},
        {"jwks": {"keys": []}},
        {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": []}},
        {"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "http://127.0.0.1:1/keys"},
        {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [{"kty": "oct", "k": "AA"}]}},
    ],
)
def test_metadata_that_cannot_be_registered_is_refused(wrong: dict[str, Any], registering: httpx.Client) -> None:
    answer = registering.post("/oauth2/register", json=metadata(**wrong))
    assert oauth_error(answer, 400) == "invalid_client_metadata"


def test_who_may_not_register_is_refused(server: Server, registering: httpx.Client, anybody: httpx.Client) -> None:
    asked = metadata()
    assert oauth_error(anybody.post("/oauth2/register", json=asked), 401) == "invalid_token"
    headers = {"authorization": "Bearer x"}
    assert oauth_error(anybody.post("/oauth2/register", json=asked, headers=headers), 401) == "invalid_token"
    with Server(server.data, server.port).register(f"no-{uuid4().hex[:8]}", "--grant", "read").api() as other:
        assert oauth_error(other.post("/oauth2/register", json=asked), 403) == "denied"
    assert oauth_error(registering.post("/oauth2/register", content=b"{"), 415) == "unsupported-media-type"
    broken = registering.post("/oauth2/register", content=b"{", headers={"content-type": "application/json"})
    assert oauth_error(broken, 400) == "invalid_client_metadata"


def test_a_registration_is_managed_by_its_own_token_alone(
    server: Server, registering: httpx.Client, anybody: httpx.Client
) -> None:
    made, other = (registering.post("/oauth2/register", json=metadata()).json() for _ in range(2))
    place = made["registration_client_uri"]
    attempts = [
        (place, {}),
        (place, managing(other)),
        (place, {"authorization": f"Bearer {server.token()}"}),
        (place, {"authorization": f"Basic {made['registration_access_token']}"}),
        (f"{server.url}/oauth2/register/tester", managing(made)),
        (f"{server.url}/oauth2/register/a%00b", managing(made)),
        (f"{server.url}/oauth2/register/%C3%A9", managing(made)),
        (f"{server.url}/oauth2/register/", managing(made)),
        (f"{server.url}/oauth2/register/{server.client_id}", {"authorization": "Bearer"}),
    ]
    for address, headers in attempts:
        for method in ("GET", "PUT", "DELETE"):
            body = json.dumps(metadata(client_id=made["client_id"])) if method == "PUT" else None
            sent = {**headers, "content-type": "application/json"} if body else headers
            answer = anybody.request(method, address, headers=sent, content=body)
            assert oauth_error(answer, 401) == "invalid_token"
    used = {"authorization": f"Bearer {made['registration_access_token']}"}
    assert refused(anybody.get(CUSTOMERS, headers=used), 401) == "invalid_token"
    assert anybody.get(place, headers=managing(made)).json()["registration_status"] == "submitted"
    assert oauth_error(anybody.post(place, headers=managing(made)), 405) == "method-not-allowed"
    assert oauth_error(anybody.get("/oauth2/elsewhere"), 404) == "unknown-path"


def test_a_token_is_narrowed_by_its_scope_and_never_widened(server: Server) -> None:
    """RFC 6749 sections 3.3 and 5.2, RFC 9068 section 2.2.3."""
    narrow = Server(server.data, server.port).register(f"narrow-{uuid4().hex[:6]}", "--grant", "read,create")
    basic = (narrow.client_id, narrow.client_secret)

    def asked(scope: str) -> httpx.Response:
        form = {"grant_type": "client_credentials", "scope": scope}
        return httpx.post(f"{server.url}/oauth2/token", data=form, auth=basic)

    answer = asked("individual:read individual:read")
    assert (answer.status_code, answer.json()["scope"]) == (200, "individual:read")
    assert json.loads(payload_of(answer.json()["access_token"]))["scope"] == "individual:read"
    headers = {"authorization": f"Bearer {answer.json()['access_token']}"}
    with httpx.Client(base_url=server.url, headers=headers) as api:
        assert api.get(PERSONS).status_code in {200, 206}
        assert api.get(CUSTOMERS).status_code == 403
        assert api.post(PERSONS, json=person()).status_code == 403
        hub = api.post("/tmf-api/customerManagement/v5/hub", json={"callback": "https://listener.example/"})
        assert hub.status_code == 403
    for scope in ("", "openid", "individual:admin", "individual:delete", "person:read", "x" * 5000, "\0"):
        assert refused(asked(scope), 400) == "invalid_scope", scope
    told = httpx.get(f"{server.url}/.well-known/oauth-authorization-server").json()["scopes_supported"]
    assert {"individual:*", "*:read"} <= {*told}


def test_a_narrowed_token_does_not_reach_to_what_is_its_clients_own(server: Server) -> None:
    own = Server(server.data, server.port).register(f"own-{uuid4().hex[:6]}", "--grant", "read,download")
    hub, subscriptions = "/tmf-api/partyManagement/v5/hub", "/inventory/v1/subscription"

    def api(scope: str | None) -> httpx.Client:
        form = {"grant_type": "client_credentials"} | ({} if scope is None else {"scope": scope})
        answer = httpx.post(f"{server.url}/oauth2/token", data=form, auth=(own.client_id, own.client_secret))
        headers = {"authorization": f"Bearer {answer.json()['access_token']}"}
        return httpx.Client(base_url=server.url, headers=headers, timeout=30)

    with api(None) as whole, api("document:read") as narrow, api("*:read") as reads, api("*:download") as loads:
        subscription = whole.post(hub, json={"callback": "https://8.8.8.8/own"}).json()["id"]
        replay = f"{subscriptions}/{subscription}/replay"
        download = "/inventory/v1/download/" + str(
            whole.post("/inventory/v1/download", json={"kind": "individual", "fields": "givenName"}).json()["id"]
        )
        for one in (narrow, loads):
            for place in (hub, f"{hub}/{subscription}", subscriptions, f"{subscriptions}/{subscription}"):
                assert refused(one.get(place), 403) == "denied", place
            assert refused(one.get("/inventory/v1/deadLetter"), 403) == "denied"
            assert refused(one.post(replay, json={"from": "beginning"}), 403) == "denied"
            assert refused(one.delete(f"{hub}/{subscription}"), 403) == "denied"
        for one in (narrow, reads):
            for place in (download, f"{download}/manifest"):
                assert refused(one.get(place), 404) == "download-not-found", place
            assert refused(one.post(f"{download}/link", json={}), 404) == "download-not-found"
            assert refused(one.delete(download), 404) == "download-not-found"
        assert loads.get(download).status_code == 200
        assert reads.get(f"{subscriptions}/{subscription}").status_code == 200
        assert whole.delete(f"{hub}/{subscription}").status_code == 204
