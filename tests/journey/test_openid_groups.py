"""On a real server the groups of the provider decide on roles, and a mapping that is wrong is told at the start."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.journey.conftest import Server, command
from tests.openid_provider import CLIENT_ID, CLIENT_SECRET, OpenIdProvider, running_provider

MAPPED = ("--oidc-groups-claim", "groups", "--oidc-group-role", "boss=owner", "--oidc-group-role", "cn=care=steward")


@pytest.fixture(scope="module")
def provider() -> Iterator[OpenIdProvider]:
    with running_provider() as running:
        yield running


def flags(folder: Path, server: Server, provider: OpenIdProvider) -> tuple[str, ...]:
    secret = folder / "secret"
    secret.write_text(CLIENT_SECRET)
    told = ("--public-url", server.url, "--oidc-issuer", provider.address, "--oidc-client-id", CLIENT_ID)
    return (*told, "--oidc-client-secret-file", str(secret))


def came_back(browser: httpx.Client, provider: OpenIdProvider, **claims: object) -> httpx.Response:
    """Go to the provider and come back with what it says."""
    provider.claims = {"sub": "s-1", "preferred_username": "ann", **claims}
    there = browser.get("/sign-in/provider").headers["location"]
    return browser.get("/sign-in/provider/back", params=provider.consents(there))


def test_groups_decide(tmp_path: Path, provider: OpenIdProvider) -> None:
    server = Server(tmp_path / "data")
    server.start(*flags(tmp_path, server, provider), *MAPPED)
    added = command("person", "add", "ann", "--role", "administrator", "--data", str(server.data))
    assert added.returncode == 0, added.stderr
    with httpx.Client(base_url=server.url, timeout=30, headers={"accept": "text/html"}) as browser:
        assert came_back(browser, provider, groups=["cn=care", "others"]).status_code == 303
        assert ">steward</span>" in browser.get("/account").text
        assert browser.get("/sessions").status_code == 403
        assert "ann  ann  steward" in " ".join(command("person", "list", "--data", str(server.data)).stdout.split(" "))
        refused = came_back(browser, provider, groups=["others"])
        assert refused.status_code == 401
        assert "in no group that may use this inventory" in refused.text
        assert browser.get("/account").status_code == 303
        passwords_are_refused(browser, server, flags(tmp_path, server, provider), provider)
    assert server.stop() == 0, server.output()
    for said in ("sign-in.role", "was=administrator", "why=no-group"):
        assert said in server.output()


def passwords_are_refused(
    browser: httpx.Client, server: Server, told: tuple[str, ...], provider: OpenIdProvider
) -> None:
    """Nobody is given, or chooses, a password that would let nobody in; the reason and the way out are said."""
    data = ("--data", str(server.data))
    assert came_back(browser, provider, groups=["cn=care"]).status_code == 303
    account = browser.get("/account").text
    assert ("/account/password" in account, "whose groups decide on your role" in account) == (False, True)
    page = browser.get("/account/password")
    assert (page.status_code, "a password would let nobody in" in page.text) == (409, True)
    for settings in (data, (*data, *told)):  # without the groups nobody can tell that they decide
        made = command("person", "reset-password", "ann", *settings)
        assert (made.returncode, "password  " in made.stdout) == (0, True), made.stderr
    assert came_back(browser, provider, groups=["cn=care"]).status_code == 303
    refused = command("person", "reset-password", "ann", *data, *told, *MAPPED)
    assert (refused.returncode, refused.stdout) == (3, "")
    assert "a password would let nobody in" in refused.stderr
    assert "person unlink" in refused.stderr
    assert browser.get("/account").status_code == 200, "a reset that was refused ended the session"
    provisioning_refuses(server)
    command("person", "unlink", "ann", *data)
    again = command("person", "reset-password", "ann", *data, *told, *MAPPED)
    assert (again.returncode, "password  " in again.stdout) == (0, True), again.stderr
    assert command("person", "reset-password", "admin", *data, *told, *MAPPED).returncode == 0


def provisioning_refuses(server: Server) -> None:
    """A directory gives no password that would let nobody in, yet takes access away whatever it sends along."""
    server.register("directory", "--grant", "read:person,modify:person")
    with server.api() as directory:
        users = directory.get("/scim/v2/Users", params={"filter": 'userName eq "ann"'}).json()
        ann = f"/scim/v2/Users/{users['Resources'][0]['id']}"
        password = {"op": "replace", "path": "password", "value": "gravel lantern tuesday-ish moss"}
        stopped = {"op": "replace", "path": "active", "value": False}
        for operations, expected in (([password], 409), ([stopped, password], 200)):
            body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations}
            answer = directory.patch(ann, json=body)
            assert answer.status_code == expected, answer.text
        stopped["value"] = True
        assert directory.patch(ann, json={**body, "Operations": [stopped]}).status_code == 200


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (("--oidc-groups-claim", "groups", "--oidc-group-role", "boss=king"), "a role is one of administrator"),
        (("--oidc-groups-claim", "groups", "--oidc-group-role", "boss"), "is not GROUP=ROLE"),
        (("--oidc-groups-claim", "groups"), "go together"),
    ],
    ids=lambda each: str(each)[:30],
)
def test_a_wrong_mapping_is_told_at_the_start(
    tmp_path: Path, provider: OpenIdProvider, wrong: tuple[str, ...], told: str
) -> None:
    server = Server(tmp_path / "data")
    port = ("--port", str(server.port), "--data", str(server.data))
    refused = command(*port, *flags(tmp_path, server, provider), *wrong)
    assert (refused.returncode, told in refused.stderr) == (2, True), refused.stderr
    assert "Traceback" not in refused.stderr
