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
    assert server.stop() == 0, server.output()
    for said in ("sign-in.role", "was=administrator", "why=no-group"):
        assert said in server.output()


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
