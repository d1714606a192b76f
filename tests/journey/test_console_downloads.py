"""A download in a real Chromium: asked for by one person, approved by another, saved; without scripts too."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from tests.journey import test_console as console
from tests.journey.api_words import PERSONS, create, person
from tests.journey.conftest import Server, command
from tests.journey.test_console import DESK, NARROW, audit, follow, opened
from tests.journey.test_console_account import enter

pytestmark = pytest.mark.timeout(300)
chrome = console.chrome


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of this module's own, with some people in it."""
    started = Server(tmp_path_factory.mktemp("downloads") / "data").start().register()
    with started.api() as api:
        for _ in range(3):
            create(api, PERSONS, person())
    yield started
    assert started.stop() == 0, started.output()


async def press(page: Page, name: str) -> None:
    """Press the button of this name by the keyboard, and wait for the page that it leads to."""
    await follow(page, page.get_by_role("button", name=name), "Enter")


@pytest.mark.parametrize("device", [DESK, NARROW], ids=["desk", "narrow"])
async def test_one_asks_another_approves_and_the_file_is_saved(
    chrome: Browser, server: Server, tmp_path: Path, device: dict[str, Any]
) -> None:
    width = device["viewport"]["width"]
    added = command("person", "add", f"own-{width}", "--role", "owner", "--data", str(server.data))
    password = server.own_password(f"own-{width}", added.stdout)
    options = {**device, "java_script_enabled": width > 400, "color_scheme": "light" if width > 400 else "dark"}
    async with opened(chrome, server, options) as page:
        await enter(page, server.password, "admin")
        await page.goto("/account")
        await follow(page, "text=Downloads")
        await audit(page, width)
        await follow(page, "text=Ask for a download")
        await audit(page, width)
        await page.select_option("#f-kind", label="People")
        await page.fill("#f-fields", "givenName,disability")
        await page.select_option("#f-format", "ndjson")
        await press(page, "See what it would hold")
        assert "Somebody else must approve it" in await page.inner_text("main")
        await audit(page, width)
        await press(page, "Ask for it as it stands")
        assert "waits for an approval" in await page.inner_text("main")
        await audit(page, width)
        address = page.url.partition("?")[0]
    async with opened(chrome, server, options) as page:
        await enter(page, password, f"own-{width}")
        await page.goto("/downloads")
        assert "Wait for your decision" in await page.inner_text("main")
        await audit(page, width)
        await page.goto(address)
        await page.fill("#f-reason", "ticket 4711")
        await audit(page, width)
        await press(page, "Approve")
        assert "Approved" in await page.inner_text("main")
        await audit(page, width)
    async with opened(chrome, server, options) as page:
        await enter(page, server.password, "admin")
        await page.goto(address)
        deadline = time.monotonic() + 60
        while "Save the file" not in await page.inner_text("main"):
            assert time.monotonic() < deadline, await page.inner_text("main")
            await page.reload()
        await audit(page, width)
        async with page.expect_download() as saving:
            await page.get_by_role("button", name="Save the file").press("Enter")
        saved = await saving.value
        await saved.save_as(tmp_path / saved.suggested_filename)
        assert saved.suggested_filename.startswith("individual-")
        assert len((tmp_path / saved.suggested_filename).read_bytes().splitlines()) >= 3
        await page.click("text=Cancel it")
        await audit(page, width)
        await press(page, "Cancel this download")
        assert "cancelled" in await page.inner_text("main")
        await audit(page, width)
    assert "ticket 4711" not in server.output()
