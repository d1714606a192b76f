"""The console in a real Chromium, at a desk and on a phone: signed in, searched, read and left, by keyboard alone."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Locator, Page, async_playwright

from tests.journey.conftest import Server

pytestmark = pytest.mark.timeout(300)

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESK = {"viewport": {"width": 1280, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True, "device_scale_factor": 2}
PARTIES = "/tmf-api/partyManagement/v5"
NARROW = {"viewport": {"width": 320, "height": 640}, "is_mobile": True, "has_touch": True}
CUSTOMERS = "/tmf-api/customerManagement/v5/customer"
NAME, EMAIL, CITY = "Annika Sørensen-Vögeli", "annika.soerensen@example.com", "Rapperswil-Jona"

# What a page must hold for people who do not see it or do not use a mouse. Runs in the page; returns what is wrong.
AUDIT = Path(__file__).with_name("console_audit.js").read_text()


@pytest.fixture(scope="module")
async def chrome(chromium: str) -> AsyncIterator[Browser]:
    """A real Chromium."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        await browser.close()


@pytest.fixture(scope="module")
def customer(server: Server) -> dict[str, str]:
    """A customer with a person, contacts and a history, written through the API."""
    with server.api() as api:
        mail = {"@type": "EmailContactMedium", "contactType": "private", "preferred": True, "emailAddress": EMAIL}
        phone = {"@type": "PhoneContactMedium", "contactType": "mobile", "phoneNumber": "+493023125042"}
        old = {
            "@type": "PhoneContactMedium",
            "contactType": "home",
            "phoneNumber": "+493023125099",
            "validFor": {"startDateTime": "2012-04-01T00:00:00Z", "endDateTime": "2019-03-31T00:00:00Z"},
        }
        address = {
            "@type": "GeographicAddressContactMedium",
            "contactType": "home",
            "street1": "Seefeldstrasse 12",
            "postCode": "8640",
            "city": CITY,
            "country": "Switzerland",
        }
        person = {
            "@type": "Individual",
            "givenName": "Annika",
            "familyName": "Sørensen-Vögeli",
            "birthDate": "1984-06-02",
            "status": "validated",
            "contactMedium": [mail, phone, old, address],
            "externalReference": [
                {"@type": "ExternalIdentifier", "owner": "CRM", "externalIdentifierType": "person", "id": "P-10442"}
            ],
            "languageAbility": [{"languageCode": "de", "languageName": "German", "isFavouriteLanguage": True}],
        }
        party = _sent(api.post(f"{PARTIES}/individual", json=person))["id"]
        account = {
            "@type": "Customer",
            "name": NAME,
            "status": "active",
            "validFor": {"startDateTime": "2019-04-01T00:00:00Z"},
            "engagedParty": {"@type": "PartyRef", "id": party, "name": NAME, "@referredType": "Individual"},
            "characteristic": [
                {"@type": "StringCharacteristic", "name": "Segment", "value": "Private"},
                {"@type": "IntegerCharacteristic", "name": "Loyalty points", "value": 1280},
            ],
        }
        made = _sent(api.post(CUSTOMERS, json=account))["id"]
        moved = [mail, phone, old, {**address, "street1": "Kniestrasse 7"}]
        why = {"content-type": "application/merge-patch+json", "x-reason": "Called: moved house"}
        _sent(api.patch(f"{PARTIES}/individual/{party}", json={"contactMedium": moved}, headers=why))
        approved = {"status": "approved", "statusReason": "Credit check"}
        why = {**why, "x-reason": "Passed the credit check"}
        _sent(api.patch(f"{CUSTOMERS}/{made}", json=approved, headers=why))
    return {"party": party, "customer": made}


def _sent(answer: Any) -> dict[str, Any]:
    assert answer.status_code in {200, 201}, answer.text
    body: dict[str, Any] = answer.json()
    return body


@asynccontextmanager
async def opened(chrome: Browser, server: Server, device: dict[str, Any], **more: Any) -> AsyncIterator[Page]:
    """A page of a fresh browser profile; nothing but the server is asked for anything, and no script fails."""
    context = await chrome.new_context(base_url=server.url, **device, **more)
    page = await context.new_page()
    strange: list[str] = []
    page.on("request", lambda request: request.url.startswith(server.url) or strange.append(request.url))
    page.on("pageerror", lambda error: strange.append(str(error)))
    page.on("console", lambda message: message.type == "error" and strange.append(message.text))
    yield page
    await context.close()
    assert [text for text in strange if "status of 4" not in text] == []


async def enter(page: Page) -> None:
    """Press Enter, and wait for the page it leads to."""
    async with page.expect_navigation():
        await page.keyboard.press("Enter")


async def typed(page: Page, text: str) -> None:
    """Type into the field that has the focus, once one has it: `autofocus` comes a moment after the page."""
    await page.wait_for_function("document.activeElement.matches('input, textarea')")
    await page.keyboard.type(text)


async def follow(page: Page, to: Locator | str, by: str = "click") -> None:
    """Click a link or button, or press the key `by` on it, and wait for the page that it leads to.

    A click alone need not wait for it: what is read next could be the page before, or none.
    """
    place = page.locator(to) if isinstance(to, str) else to
    async with page.expect_navigation():
        await (place.first.click() if by == "click" else place.first.press(by))


async def sign_in(page: Page, server: Server) -> None:
    """Sign in by keyboard: the login has the focus."""
    await page.goto("/")
    assert await page.title() == "Sign in · Customer Inventory"
    await typed(page, "admin")
    await page.keyboard.press("Tab")
    await typed(page, server.password)
    await enter(page)


async def search(page: Page, text: str) -> None:
    """Search by keyboard from any page."""
    await page.keyboard.press("/")
    await typed(page, text)
    await enter(page)


async def tab_to(page: Page, name: str) -> None:
    """Press Tab until the link or button of this name has the focus, which then can be seen."""
    for _ in range(60):
        await page.keyboard.press("Tab")
        focused = await page.evaluate(
            """() => { const e = document.activeElement, s = getComputedStyle(e), b = e.getBoundingClientRect();
            return {text: e.textContent.trim(), outline: s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2,
                    inside: b.top >= -1 && b.left >= -1 && b.bottom <= innerHeight + 1}; }"""
        )
        assert focused["outline"], f"the focus on {focused['text']!r} cannot be seen"
        assert focused["inside"], f"the focus on {focused['text']!r} is out of sight"
        if focused["text"] == name:
            return
    raise AssertionError(f"{name!r} cannot be reached by Tab")


async def audit(page: Page, width: int) -> None:
    """Assert that the page is fit for everyone and no wider than its window."""
    await page.wait_for_load_state("load")  # a long page is there bit by bit
    assert await page.evaluate(AUDIT) == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("device", [DESK, PHONE], ids=["desk", "phone"])
async def test_a_customer_is_found_and_read_by_keyboard_alone(
    chrome: Browser, server: Server, customer: dict[str, str], device: dict[str, Any], tmp_path: Path
) -> None:
    width = device["viewport"]["width"]
    async with opened(chrome, server, device) as page:
        await sign_in(page, server)
        await audit(page, width)
        for text in ("sorensen vogeli", EMAIL, CITY.lower(), "030 2312 5042", customer["party"]):
            await search(page, text)
            await audit(page, width)
            assert NAME in await page.inner_text("main")
        await search(page, "Annika Sorensen")
        await page.screenshot(path=tmp_path / f"results-{width}.png", full_page=True)
        await tab_to(page, NAME)
        await enter(page)
        assert page.url.endswith(f"/individual/{customer['party']}")
        await tab_to(page, NAME)
        await enter(page)
        assert page.url.endswith(f"/customer/{customer['customer']}")
        text = await page.inner_text("main")
        for expected in ("Kniestrasse 7", "+49 30 23125042", "No longer valid", "Segment", "CRM person", "2 Jun 1984"):
            assert expected in text
        history = await page.inner_text("section[aria-labelledby=history]")
        for expected in (
            "Called: moved house",
            "Seefeldstrasse 12",
            "active",
            "approved",
            "tester",
            "inventory-management",
        ):
            assert expected in history
        await audit(page, width)
        await page.screenshot(path=tmp_path / f"customer-{width}.png", full_page=True)
        assert (tmp_path / f"customer-{width}.png").stat().st_size > 20_000
        await page.keyboard.press("Home")
        await page.evaluate("document.activeElement.blur()")
        await tab_to(page, "Sign out")
        await enter(page)
        assert await page.title() == "Sign in · Customer Inventory"
        assert "You are signed out." in await page.inner_text("main")
        await page.goto(f"/customer/{customer['customer']}")
        assert "/sign-in" in page.url


async def test_both_colour_schemes_are_readable(chrome: Browser, server: Server, customer: dict[str, str]) -> None:
    for scheme in ("light", "dark"):
        async with opened(chrome, server, DESK, color_scheme=scheme) as page:
            await page.goto("/sign-in?out")
            await audit(page, 1280)
            await sign_in(page, server)
            ground = await page.evaluate("getComputedStyle(document.body).backgroundColor")
            assert (sum(map(int, re.findall(r"\d+", ground)[:3])) < 200) == (scheme == "dark")
            for path in ("/", "/?q=annika", "/?q=nobody+at+all", "/?kind=customer", "/nowhere"):
                await page.goto(path)
                await audit(page, 1280)
            await page.goto(f"/customer/{customer['customer']}")
            for summary in await page.query_selector_all("summary"):
                await summary.click()
            await audit(page, 1280)


async def test_everything_works_without_scripts(chrome: Browser, server: Server, customer: dict[str, str]) -> None:
    async with opened(chrome, server, PHONE, java_script_enabled=False) as page:
        await page.goto("/")
        await page.fill("#login", "admin")
        await page.fill("#password", server.password)
        await follow(page, "button")
        await page.fill("#q", EMAIL)
        await follow(page, "form[role=search] button")
        await follow(page, f"th a[href='/individual/{customer['party']}']")
        assert NAME in await page.inner_text("h1")


async def test_the_page_that_was_asked_for_comes_after_signing_in(
    chrome: Browser, server: Server, customer: dict[str, str]
) -> None:
    async with opened(chrome, server, DESK) as page:
        await page.goto(f"/customer/{customer['customer']}")
        await typed(page, "admin")
        await page.keyboard.press("Tab")
        await typed(page, "wrong password")
        await enter(page)
        assert "The login or the password is wrong." in await page.inner_text("[role=alert]")
        await typed(page, server.password)
        await enter(page)
        assert page.url == f"{server.url}/customer/{customer['customer']}"
        await page.keyboard.press("Tab")
        assert await page.evaluate("document.activeElement.textContent") == "Skip to the content"
        await page.keyboard.press("Enter")
        assert await page.evaluate("document.activeElement.id") == "main"


@pytest.mark.parametrize("device", [DESK, PHONE, NARROW], ids=["desk", "phone", "narrow"])
async def test_long_words_stay_inside_the_window(
    chrome: Browser, server: Server, customer: dict[str, str], device: dict[str, Any]
) -> None:
    with server.api() as api:
        long = {
            "@type": "Organization",
            "name": "Donaudampfschifffahrtsgesellschaft" * 3,
            "tradingName": "W" * 120,
            "contactMedium": [{"@type": "EmailContactMedium", "emailAddress": "x" * 150 + "@example.com"}],
            "x" * 60: {"y" * 60: "z" * 300},
        }
        made = _sent(api.post(f"{PARTIES}/organization", json=long))["id"]
    pages = (f"/organization/{made}", "/?q=donaudampfschifffahrtsgesellschaft", f"/customer/{customer['customer']}")
    async with opened(chrome, server, device) as page:
        await sign_in(page, server)
        for path in pages:
            await page.goto(path)
            await audit(page, device["viewport"]["width"])


def test_the_log_knows_nobody(server: Server, customer: dict[str, str]) -> None:
    """Runs after the searches above: what was typed and shown is in no log line."""
    assert customer
    log = server.output().lower()
    for secret in (EMAIL, "rensen", "seefeld", "rapperswil", "10442"):
        assert secret.lower() not in log
