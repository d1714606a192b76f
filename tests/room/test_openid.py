"""Signing in at the OpenID provider: whom it vouches for comes in, and every lie, mix-up and replay stays out."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pyotp
import pytest
from structlog.testing import capture_logs

from customer_inventory.access import Desk
from customer_inventory.access.openid import GroupRoles, Provider
from customer_inventory.access.roles import PRIVILEGED_ROLES, ROLES
from customer_inventory.access.sessions import SignInRules
from customer_inventory.api.download_wishes import sought_of
from customer_inventory.clock import system_clock
from customer_inventory.console import create_console
from customer_inventory.settings import InvalidSetting, Settings
from tests.openid_provider import (
    CLIENT_ID,
    CLIENT_SECRET,
    OpenIdProvider,
    by_public_key,
    by_stranger,
    running_provider,
    unsigned,
    with_own_key,
)
from tests.room.conftest import Browser

HOME = "https://inventory.test"
AWAY, BACK = "/sign-in/provider", "/sign-in/provider/back"


@dataclass
class Traveller(Browser):
    """A browser that may go to the provider and come back."""

    provider: OpenIdProvider = None  # type: ignore[assignment]

    async def goes(self, wanted: str = "") -> str:
        """Go to the provider; return the address there."""
        away = await self.client.get(AWAY + (f"?next={wanted}" if wanted else ""))
        assert away.status_code == 303, away.text
        return away.headers["location"]

    async def comes(self, **answer: str) -> httpx.Response:
        """Come back with an answer."""
        return await self.client.get(BACK, params=answer)

    async def signs_in(self, **claims: Any) -> httpx.Response:
        """Go, sign in at the provider, and come back."""
        self.provider.claims = {"sub": "s-ann", "preferred_username": "ann", **claims}
        return await self.comes(**self.provider.consents(await self.goes()))

    @property
    def is_in(self) -> bool:
        return "__Host-inventory-session" in self.client.cookies


@pytest.fixture
def provider() -> Iterator[OpenIdProvider]:
    with running_provider() as running:
        yield running


def console_of(
    desk: Desk,
    provider: OpenIdProvider,
    browser: Browser,
    *,
    login_claim: str,
    rules: SignInRules,
    groups: GroupRoles | None = None,
) -> Any:
    asked = Provider(
        issuer=provider.address, client_id=CLIENT_ID, client_secret=CLIENT_SECRET, back=HOME + BACK, clock=browser.clock
    )
    return create_console(
        desk,
        clock=browser.clock,
        understand=sought_of,
        public_url=HOME,
        rules=rules,
        provider=asked,
        login_claim=login_claim,
        groups=groups,
    )


async def travelling(
    desk: Desk,
    provider: OpenIdProvider,
    *,
    login_claim: str = "preferred_username",
    rules: SignInRules | None = None,
    groups: GroupRoles | None = None,
) -> Traveller:
    made = Traveller(httpx.AsyncClient(), desk, provider=provider)
    await made.client.aclose()
    console = console_of(desk, provider, made, login_claim=login_claim, rules=rules or SignInRules(), groups=groups)
    made.client = httpx.AsyncClient(transport=httpx.ASGITransport(app=console), base_url=HOME)
    return made


@pytest.fixture
async def ann(desk: Desk, provider: OpenIdProvider) -> AsyncIterator[Traveller]:
    """The browser of a steward who is called ann here."""
    browser = await travelling(desk, provider)
    async with browser.client:
        await browser.admit("ann", "steward")
        yield browser


async def people_of(browser: Traveller, login: str) -> Any:
    return await browser.desk.repository.people.person_by_login(login)


async def changed(browser: Traveller, login: str, **values: str) -> None:
    person = await people_of(browser, login)
    assert await browser.desk.repository.people.change_person(replace(person, **values), password_hash=None)


# ---------------------------------------------------------------- the way in


async def test_whom_the_provider_vouches_for_comes_in(ann: Traveller) -> None:
    page = await ann.get("/sign-in")
    assert f'href="{AWAY}"' in page.text
    answer = await ann.signs_in()
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert ann.is_in
    assert "Ann" in (await ann.get("/account")).text
    assert "__Host-inventory-trip" not in ann.client.cookies


async def test_the_way_leads_back_to_the_page_that_was_asked_for_and_nowhere_else(ann: Traveller) -> None:
    ann.provider.claims = {"sub": "s-ann", "preferred_username": "ann"}
    for wanted, reached in (
        ("/requirements", "/requirements"),
        ("//evil.example", "/"),
        ("https://evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("/sign-in/provider", "/"),
    ):
        back = await ann.comes(**ann.provider.consents(await ann.goes(wanted)))
        assert back.headers["location"] == reached, wanted


async def test_what_the_provider_is_told_is_fresh_and_says_nothing_of_the_person(ann: Traveller) -> None:
    told = [dict(parse_qsl(urlsplit(await ann.goes("/customer/1")).query)) for _ in range(2)]
    assert told[0]["redirect_uri"] == HOME + BACK
    for name in ("state", "nonce", "code_challenge"):
        assert told[0][name] != told[1][name]
        assert len(told[0][name]) == 43
    assert len({told[0][name] for name in ("state", "nonce", "code_challenge")}) == 3
    assert "customer" not in json.dumps(told)


async def test_the_subject_counts_from_then_on_and_not_what_it_is_called(ann: Traveller) -> None:
    assert (await ann.signs_in()).status_code == 303
    ann.client.cookies.clear()
    # Ann is called otherwise at the provider, and somebody else is given her old name there.
    assert (await ann.signs_in(preferred_username="ann.married")).status_code == 303
    ann.client.cookies.clear()
    assert (await ann.signs_in(sub="s-other")).status_code == 401
    assert not ann.is_in


# ---------------------------------------------------------------- who stays out


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"preferred_username": "nobody"}, "unknown-person"),
        ({"preferred_username": "Ann"}, "unknown-person"),
        ({"preferred_username": "admin"}, "local"),
        ({"preferred_username": ["ann"]}, "no-login"),
        ({"preferred_username": "ann\0"}, "no-login"),
        ({"preferred_username": ""}, "no-login"),
        ({"sub": ""}, "subject"),
        ({"sub": 7}, "subject"),
        ({"sub": "s" * 256}, "subject"),
        ({"sub": "s\0"}, "subject"),
        ({"nonce": "another"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"iss": "https://evil.example"}, "issuer"),
        ({"iss": None}, "issuer"),
        ({"aud": "another"}, "audience"),
        ({"aud": ["another"]}, "audience"),
        ({"aud": [CLIENT_ID, "another"]}, "audience"),
        ({"azp": "another"}, "audience"),
        ({"exp": 1}, "expired"),
        ({"exp": "soon"}, "times"),
        ({"exp": True}, "times"),
        ({"iat": 1}, "expired"),
        ({"iat": 10**11}, "times"),
        ({"nbf": 10**11}, "times"),
    ],
)
async def test_a_token_that_says_something_else_lets_nobody_in(
    ann: Traveller, claims: dict[str, Any], why: str
) -> None:
    await ann.admit("admin", "administrator")
    with capture_logs() as logs:
        answer = await ann.signs_in(**claims)
    assert answer.status_code == 401
    assert not ann.is_in
    assert [(each["event"], each["why"]) for each in logs] == [("sign-in.failed", why)]


@pytest.mark.parametrize("sign", [unsigned, by_public_key, by_stranger, with_own_key, lambda *_: "a.b.c", lambda *_: 7])
async def test_a_token_that_the_provider_did_not_sign_lets_nobody_in(ann: Traveller, sign: Any) -> None:
    ann.provider.sign = sign
    assert (await ann.signs_in()).status_code == 401
    assert not ann.is_in


async def test_only_the_browser_that_left_comes_back(ann: Traveller, desk: Desk, provider: OpenIdProvider) -> None:
    """Somebody who lures another to the answer of their own sign-in puts nobody into their own account."""
    provider.claims = {"sub": "s-ann", "preferred_username": "ann"}
    stolen = provider.consents(await ann.goes())
    other = await travelling(desk, provider)
    async with other.client:
        assert (await other.comes(**stolen)).status_code == 401
        await other.goes()
        assert (await other.comes(**stolen)).status_code == 401
        assert not other.is_in
    for answer in ({**stolen, "state": "x"}, {**stolen, "state": ""}, {"code": stolen["code"]}):
        assert (await ann.comes(**answer)).status_code == 401
    assert not ann.is_in


async def test_a_code_counts_once(ann: Traveller) -> None:
    ann.provider.claims = {"sub": "s-ann", "preferred_username": "ann"}
    answer = ann.provider.consents(await ann.goes())
    kept = dict(ann.client.cookies)
    assert (await ann.comes(**answer)).status_code == 303
    ann.client.cookies.clear()
    assert (await ann.comes(**answer)).status_code == 401, "the trip is over"
    ann.client.cookies.update(kept)
    assert (await ann.comes(**answer)).status_code == 401, "and the code is used"
    assert not ann.is_in


async def test_another_provider_that_mixes_itself_in_is_noticed(ann: Traveller) -> None:
    ann.provider.claims = {"sub": "s-ann", "preferred_username": "ann"}
    answer = ann.provider.consents(await ann.goes())
    for mixed in ({**answer, "iss": "https://evil.example"}, {key: answer[key] for key in ("code", "state")}):
        await ann.goes()
        state = dict(parse_qsl(urlsplit(await ann.goes()).query))["state"]
        with capture_logs() as logs:
            assert (await ann.comes(**{**mixed, "state": state})).status_code == 401
        assert logs[0]["why"] == "issuer"
    assert "/token" not in ann.provider.asked, "the code was not given to anybody"


async def test_who_is_disabled_stays_out_and_is_out(ann: Traveller) -> None:
    assert (await ann.signs_in()).status_code == 303
    await changed(ann, "ann", status="disabled")
    assert (await ann.get("/account")).status_code == 303
    assert (await ann.signs_in()).status_code == 401


async def test_an_address_of_mail_counts_only_when_it_is_verified(desk: Desk, provider: OpenIdProvider) -> None:
    browser = await travelling(desk, provider, login_claim="email")
    async with browser.client:
        await browser.admit("ann@example.org", "steward")
        for verified in (None, False, "true", 1):
            assert (await browser.signs_in(email="ann@example.org", email_verified=verified)).status_code == 401
        assert (await browser.signs_in(email="ann@example.org", email_verified=True)).status_code == 303


async def test_who_was_refused_there_is_told_so(ann: Traveller) -> None:
    state = dict(parse_qsl(urlsplit(await ann.goes()).query))["state"]
    answer = await ann.comes(error="access_denied", error_description="<script>", state=state, iss=ann.provider.address)
    assert answer.status_code == 401
    assert "did not let you in" in answer.text
    assert "<script>" not in answer.text


async def test_many_failures_are_slowed(ann: Traveller) -> None:
    statuses = []
    for _ in range(8):
        await ann.goes()
        statuses.append((await ann.comes(code="x", state="guess", iss=ann.provider.address)).status_code)
    assert statuses[:5] == [401] * 5
    assert statuses[-1] == 429
    ann.now += timedelta(minutes=6)
    assert (await ann.signs_in(iat=int(ann.now.timestamp()), exp=int(ann.now.timestamp()) + 60)).status_code == 303


# ---------------------------------------------------------------- second factors, and the way around


async def with_authenticator(browser: Traveller, login: str) -> str:
    person, factors = await people_of(browser, login), browser.desk.repository.people.second_factors
    secret = pyotp.random_base32()
    await factors.begin(person.id, secret=secret, at=system_clock())
    await factors.confirm(person.id, secret=secret, step=1, code_hashes=[], at=system_clock())
    return secret


async def test_the_second_factor_is_asked_for_unless_the_provider_did(ann: Traveller) -> None:
    secret = await with_authenticator(ann, "ann")
    for amr in (None, [], ["pwd"], "mfa", ["otp"]):
        answer = await ann.signs_in(amr=amr)
        assert answer.headers["location"].startswith("/sign-in/code"), amr
        assert not ann.is_in
    entered = await ann.form("/sign-in/code", {"code": pyotp.TOTP(secret).at(ann.now), "next": "/"})
    assert (entered.status_code, ann.is_in) == (303, True)
    ann.client.cookies.clear()
    assert (await ann.signs_in(amr=["pwd", "mfa"])).headers["location"] == "/"
    assert ann.is_in


@pytest.mark.parametrize(("role", "of"), [("owner", PRIVILEGED_ROLES), ("auditor", frozenset(ROLES))])
async def test_it_can_be_demanded_of_everybody_whichever_way_they_come(
    desk: Desk, provider: OpenIdProvider, role: str, of: frozenset[str]
) -> None:
    """By password as by a provider that asked for one factor; not where the provider asked for several."""
    browser = await travelling(desk, provider, rules=SignInRules(second_factor_of=of))
    async with browser.client:
        await browser.admit("ann", role)
        assert (await browser.sign_in("ann")).status_code == 303
        assert (await browser.get("/account")).headers["location"] == "/account/second-factor"
        browser.client.cookies.clear()
        await browser.signs_in()
        assert (await browser.get("/account")).headers["location"] == "/account/second-factor"
        await browser.signs_in(amr=["mfa"])
        assert (await browser.get("/account")).status_code == 200


async def test_the_administrator_comes_in_by_password_when_the_provider_is_gone(ann: Traveller) -> None:
    await ann.admit("admin", "administrator")
    ann.provider.broken = {"/.well-known/openid-configuration": (503, b"")}
    answer = await ann.get(AWAY)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
    assert (await ann.sign_in("admin")).status_code == 303


# ---------------------------------------------------------------- what the provider is, and its keys


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/.well-known/openid-configuration", (200, b"<html>")),
        ("/.well-known/openid-configuration", (302, b"{}")),
        ("/.well-known/openid-configuration", (200, b"[" * 100_000)),
        ("/.well-known/openid-configuration", (200, b'"' + b"x" * 400_000 + b'"')),
        ("/keys", (200, b"[]")),
        ("/keys", (200, b'{"keys": []}')),
        ("/keys", (500, b"{}")),
    ],
)
async def test_a_broken_provider_is_unavailable(ann: Traveller, path: str, answer: tuple[int, bytes]) -> None:
    ann.provider.broken = {path: answer}
    assert (await ann.get(AWAY)).status_code == 503


@pytest.mark.parametrize(
    "discovery",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://evil.example/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": 7},
    ],
)
async def test_a_provider_that_points_elsewhere_is_not_followed(ann: Traveller, discovery: dict[str, Any]) -> None:
    ann.provider.discovery = discovery
    assert (await ann.get(AWAY)).status_code == 503


async def test_a_token_endpoint_that_is_broken_lets_nobody_in(ann: Traveller) -> None:
    for answer, status in (((500, b"{}"), 503), ((200, b"no"), 503), ((200, b"[]"), 401), ((302, b"{}"), 401)):
        ann.provider.broken = {"/token": answer}
        assert (await ann.signs_in()).status_code == status
    assert not ann.is_in


async def test_keys_are_read_anew_when_they_change_and_not_at_anybodys_bidding(ann: Traveller) -> None:
    assert (await ann.signs_in()).status_code == 303
    ann.client.cookies.clear()
    ann.provider.sign = by_stranger
    for _ in range(3):
        await ann.signs_in()
    assert ann.provider.asked.count("/keys") == 1


@pytest.mark.parametrize("issuer", ["http://login.example.org", "login", "https://x@evil.example", "https://a/?b", ""])
def test_an_issuer_is_an_address_of_https(issuer: str) -> None:
    with pytest.raises(InvalidSetting):
        Provider(issuer=issuer, client_id="x", client_secret=None, back=HOME + BACK, clock=system_clock)


def test_settings_that_say_half_are_refused() -> None:
    with pytest.raises(InvalidSetting, match="--oidc-issuer"):
        Settings(oidc_issuer="https://login.example.org").check()


async def test_the_first_administrator_is_whom_the_settings_name(desk: Desk, provider: OpenIdProvider) -> None:
    browser = await travelling(desk, provider, rules=SignInRules(first_administrator="zita"))
    async with browser.client:
        await browser.admit("zita", "administrator")
        await browser.admit("admin", "steward")
        assert (await browser.signs_in(preferred_username="zita")).status_code == 401
        assert not browser.is_in
        assert (await browser.sign_in("zita")).status_code == 303
        browser.client.cookies.clear()
        assert (await browser.signs_in(preferred_username="admin")).status_code == 303
