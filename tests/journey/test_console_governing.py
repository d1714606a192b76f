"""Two people govern a requirement in a real Chromium, as docs/how-to/govern-requirements.md says it is done."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from tests.journey import test_console as console
from tests.journey.api_words import PERSONS, person, refused
from tests.journey.conftest import Server, command
from tests.journey.test_console import DESK, PHONE, audit, follow, opened

pytestmark = pytest.mark.timeout(300)

chrome = console.chrome
LANGUAGE = "partyCharacteristic[preferredLanguage]"
FIELD = f"[name='{LANGUAGE}']"


@pytest.fixture(scope="module")
def governed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of this module's own: what is asked here is asked of nobody else's records."""
    started = Server(tmp_path_factory.mktemp("governed") / "data").start().register()
    yield started
    assert started.stop() == 0, started.output()


@pytest.fixture(scope="module")
def passwords(governed: Server) -> dict[str, str]:
    """The passwords of two stewards and an auditor."""
    made = {}
    for login, role in (("bea", "steward"), ("cem", "steward"), ("aud", "auditor")):
        done = command("person", "add", login, "--role", role, "--data", str(governed.data))
        made[login] = governed.own_password(login, done.stdout)
    return made


async def enter(page: Page, login: str, passwords: dict[str, str]) -> None:
    await page.goto("/sign-in")
    await page.fill("#login", login)
    await page.fill("#password", passwords[login])
    await follow(page, "main button")


async def press(page: Page, name: str) -> None:
    """Press the button, or follow the link, of this name, and wait for the page that it leads to."""
    await follow(page, page.locator("main").get_by_text(name, exact=True).last)


async def propose(page: Page, width: int) -> None:
    """Steps 1 to 7 of the page."""
    await follow(page, page.locator("header").get_by_text("Requirements"))
    await audit(page, width)
    await press(page, "Propose a requirement")
    await page.select_option("#resource", label="People")
    await press(page, "Go on")
    await audit(page, width)
    await page.fill("#f-name", "Preferred language")
    await page.fill("#f-meaning", "The language in which the person wants to be written to.")
    await page.get_by_label("Yes, always").check()
    await page.get_by_label("Allowed values").fill("de\nen\nfr")
    await page.get_by_label("Refuse").check()


async def test_a_steward_governs_a_preferred_language_from_the_console_alone(
    chrome: Browser, governed: Server, passwords: dict[str, str]
) -> None:
    with governed.api() as api:
        async with opened(chrome, governed, DESK) as page:
            await enter(page, "bea", passwords)
            await propose(page, 1280)
            assert "It will be partyCharacteristic[preferredLanguage]." in await page.inner_text("main")
            await press(page, "Propose it")
            assert "whoever decides wants to know why" in await page.inner_text("[role=alert]")
            await audit(page, 1280)
            await page.get_by_label("Why").fill("Letters go out in the wrong language.")
            await press(page, "Propose it")
            text = await page.inner_text("main")
            assert "Waits for a decision" in text
            assert "You proposed this, so you cannot approve it." in text
            await audit(page, 1280)
            address = page.url.partition("?")[0]
        assert api.post(PERSONS, json=person()).status_code == 201

        async with opened(chrome, governed, DESK, color_scheme="dark") as page:
            await enter(page, "cem", passwords)
            await page.goto("/individual/new")
            assert await page.locator(FIELD).count() == 0
            await page.goto("/proposals")
            await audit(page, 1280)
            await press(page, "Preferred language")
            assert page.url == address
            await audit(page, 1280)
            await press(page, "Approve")
            approved = time.monotonic()
            assert "It governs now: every door follows within a second." in await page.inner_text("main")
            answer = api.post(PERSONS, json=person())
            assert time.monotonic() - approved < 1.0
            assert refused(answer, 400) == "invalid-document"
            assert "partyCharacteristic[preferredLanguage]: is mandatory" in answer.json()["message"]
            await enforced(page)


async def enforced(page: Page) -> None:
    """The form has the field, keeps nothing without it, and the person's page has its heading."""
    await page.goto("/individual/new")
    await audit(page, 1280)
    assert await page.locator(FIELD).evaluate("field => [...field.options].map(each => each.value)") == [
        "",
        "de",
        "en",
        "fr",
    ]
    await page.fill("[name=givenName]", "Ada")
    await page.fill("[name=familyName]", "Byron")
    await page.evaluate("document.querySelector('form.form').noValidate = true")
    await press(page, "Make it")
    assert "Preferred language: is mandatory" in await page.inner_text("[role=alert]")
    assert await page.input_value("[name=givenName]") == "Ada"
    await audit(page, 1280)
    await page.select_option(FIELD, "en")
    await press(page, "Make it")
    text = await page.inner_text("main")
    assert "Ada Byron" in text
    assert "Preferred language" in text
    await audit(page, 1280)
    await press(page, "Edit")
    await audit(page, 1280)


@pytest.mark.parametrize("device", [PHONE, console.NARROW], ids=["phone", "narrow"])
async def test_the_pages_work_on_a_phone_without_scripts(
    chrome: Browser, governed: Server, passwords: dict[str, str], device: dict[str, Any]
) -> None:
    """Runs after the requirement above governs: it is changed, and the change withdrawn."""
    width = device["viewport"]["width"]
    async with opened(chrome, governed, device, java_script_enabled=False, color_scheme="dark") as page:
        await enter(page, "bea", passwords)
        await page.goto("/requirements")
        await press(page, "Preferred language")
        await press(page, "Propose a change")
        await page.fill("#f-name", "Language of letters")
        await page.get_by_label("Why").fill("Clearer")
        await press(page, "Propose it")
        text = await page.inner_text("main")
        assert "Language of letters" in text
        assert "Preferred language" in text
        await press(page, "Withdraw it")
        assert "Withdrawn. Nothing was changed." in await page.inner_text("main")
    async with opened(chrome, governed, device) as page:
        await enter(page, "aud", passwords)
        for path in ("/requirements", "/proposals", "/requirements/individual." + LANGUAGE, "/requirements/new"):
            await page.goto(path)
            await audit(page, width)
