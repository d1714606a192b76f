"""A privacy officer restricts somebody for a request, prints its receipt and lifts it, in a real Chromium."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.async_api import Browser

from tests.journey import test_console as console
from tests.journey.api_words import PERSONS, create, person
from tests.journey.conftest import Server, command
from tests.journey.test_console import DESK, NARROW, audit, follow, opened
from tests.journey.test_console_account import enter

pytestmark = pytest.mark.timeout(300)
chrome = console.chrome


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of this module's own: what is restricted here is in nobody's way."""
    started = Server(tmp_path_factory.mktemp("restricted") / "data").start().register()
    yield started
    assert started.stop() == 0, started.output()


@pytest.mark.parametrize("device", [DESK, NARROW], ids=["desk", "narrow"])
async def test_somebody_is_restricted_for_a_request(chrome: Browser, server: Server, device: dict[str, Any]) -> None:
    width = device["viewport"]["width"]
    added = command("person", "add", f"pia-{width}", "--role", "privacy-officer", "--data", str(server.data))
    with server.api() as api:
        made = create(api, PERSONS, person())
    options = {**device, "java_script_enabled": width > 400, "color_scheme": "light" if width > 400 else "dark"}
    async with opened(chrome, server, options) as page:
        await enter(page, server.own_password(f"pia-{width}", added.stdout), f"pia-{width}")
        await page.goto("/account")
        await follow(page, "text=Privacy requests")
        await page.select_option("#f-right", "restriction")
        await page.fill("#f-subject", str(made["id"]))
        await follow(page, page.get_by_role("button", name="Enter"), "Enter")
        await audit(page, width)
        await page.locator("article select").first.select_option("verify")
        await page.locator("article textarea").first.fill("passport")
        await follow(page, page.get_by_role("button", name="Keep").first, "Enter")
        await follow(page, page.get_by_role("link", name=re.compile("^Restrict for")))
        await audit(page, width)
        assert await page.input_value("#f-subject") == made["id"]
        await page.fill("#f-reason", "accuracy disputed")
        await follow(page, page.get_by_role("button", name="Restrict"), "Enter")
        await audit(page, width)
        with server.api() as api:
            assert api.get(f"{PERSONS}/{made['id']}").status_code == 403
        await page.goto("/privacy-requests")
        await follow(page, page.get_by_role("link", name=re.compile("^Receipt")).first)
        await audit(page, width)
        await page.emulate_media(media="print")
        assert not await page.locator("header.bar").is_visible()
        assert await page.locator("dl").is_visible()
        await page.emulate_media(media="screen")
        await page.goto("/restrictions")
        await page.click("summary")
        await page.locator("article textarea").fill("the address was corrected")
        await audit(page, width)
        await follow(page, page.get_by_role("button", name="Lift"), "Enter")
        await audit(page, width)
        with server.api() as api:
            assert api.get(f"{PERSONS}/{made['id']}").status_code == 200
    assert "accuracy disputed" not in server.output()
