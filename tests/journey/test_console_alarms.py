"""An alarm is seen in a real Chromium, its process suspended and let go on; on a phone without scripts, too."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser

from tests.journey import test_console as console
from tests.journey.conftest import Server, command
from tests.journey.test_console import DESK, NARROW, audit, follow, opened
from tests.journey.test_console_account import enter

pytestmark = pytest.mark.timeout(300)
chrome = console.chrome


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of this module's own: there are no other alarms."""
    started = Server(tmp_path_factory.mktemp("alarms") / "data").start()
    yield started
    assert started.stop() == 0, started.output()


@pytest.mark.parametrize("device", [DESK, NARROW], ids=["desk", "narrow"])
async def test_a_process_that_calls_from_elsewhere_is_suspended(
    chrome: Browser, server: Server, device: dict[str, Any]
) -> None:
    width = device["viewport"]["width"]
    name = f"till-{width}"
    told = ("--grant", "read:customer", "--network", "10.1.0.0/16", "--json", "--data", str(server.data))
    made = json.loads(command("client", "register", name, *told).stdout)
    asked = {"grant_type": "client_credentials"}
    proof = (made["client_id"], made["client_secret"])
    refused = httpx.post(f"{server.url}/oauth2/token", data=asked, auth=proof)
    assert "outside-network" in refused.text
    options = {**device, "java_script_enabled": width > 400, "color_scheme": "light" if width > 400 else "dark"}
    async with opened(chrome, server, options) as page:
        await enter(page, server.password, "admin")
        await page.goto("/account")
        await follow(page, "text=Alarms")
        assert "It called from elsewhere" in await page.inner_text("main")
        await audit(page, width)
        card = page.locator("section", has_text=name)
        for said, step, state in (("Suspend it", "Suspend", "suspended"), ("Let it go on", "Resume", "active")):
            await card.get_by_text(said).first.press("Enter")
            await card.locator("textarea").fill("odd calls at night")
            await audit(page, width)
            await follow(page, card.get_by_role("button", name=step), "Enter")
            await audit(page, width)
            assert state in await card.locator(".pill").inner_text()
            shown = command("registration", "show", name, "--data", str(server.data)).stdout
            assert f"{step.lower()} by admin: odd calls at night" in shown
