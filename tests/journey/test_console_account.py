"""The pages of one's own access in a real Chromium: a second factor set up and used, sessions ended, on any device."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pyotp
import pytest
from playwright.async_api import Browser, Page

from tests.journey import test_console as console
from tests.journey.api_words import PERSONS, create, person
from tests.journey.conftest import Server, command
from tests.journey.test_console import DESK, NARROW, audit, follow, opened
from tests.people_making import own_password

pytestmark = pytest.mark.timeout(300)
chrome = console.chrome
LOGIN = "rita"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of this module's own: who may sign in is nobody else's matter."""
    started = Server(tmp_path_factory.mktemp("people") / "data").start().register()
    yield started
    assert started.stop() == 0, started.output()


@pytest.fixture(scope="module")
def password(server: Server) -> str:
    """The password of an auditor."""
    added = command("person", "add", LOGIN, "--role", "auditor", "--name", "Rita Example", "--data", str(server.data))
    assert added.returncode == 0, added.stderr
    return chosen(server, LOGIN, added.stdout)


def chosen(server: Server, login: str, printed: str) -> str:
    """The password that somebody chose in place of the one that was made."""
    made = str(re.findall(r"password  (\S+)", printed)[0])
    server.signed_in(login, made).close()
    assert command("session", "end", login, "--data", str(server.data)).returncode == 0
    return own_password(login, made)


async def enter(page: Page, password: str, login: str = LOGIN) -> None:
    await page.goto("/sign-in")
    await page.fill("#login", login)
    await page.fill("#password", password)
    await follow(page, "main button")


@pytest.mark.parametrize("device", [DESK, NARROW], ids=["desk", "narrow"])
async def test_a_second_factor_is_set_up_and_asked_for(
    chrome: Browser, server: Server, password: str, device: dict[str, Any]
) -> None:
    width = device["viewport"]["width"]
    async with opened(chrome, server, device) as page:
        await enter(page, password)
        await follow(page, "footer a")
        await audit(page, width)
        await follow(page, "text=Set up a second factor")
        await audit(page, width)
        await follow(page, "main button")
        await audit(page, width)
        assert await page.evaluate("document.querySelector('main img').naturalWidth") > 100
        key = re.search(r"Key ([A-Z2-7 ]+)", await page.inner_text("main"))
        assert key
        totp, now = pyotp.TOTP(key[1].replace(" ", "")), datetime.now(UTC)
        await page.fill("#code", totp.at(now))
        await follow(page, "main button")
        assert "Recovery codes" in await page.inner_text("main")
        await audit(page, width)
        await page.goto("/account/password")
        await audit(page, width)
        await follow(page, "text=Sign out")
        await enter(page, password)
        assert await page.title() == "Sign in: code · Customer Inventory"
        await audit(page, width)
        await page.fill("#code", totp.at(now + timedelta(seconds=30)))
        await follow(page, "main button")
        assert "Signed in as Rita Example, auditor." in await page.inner_text("footer")
        listed = command("session", "list", "--data", str(server.data)).stdout
        (line,) = [line for line in listed.splitlines() if f"  {LOGIN}  " in line]
        assert re.search(r"from Chrome on \w+, 127\.0\.0\.0/24", line)
        ended = command("session", "end", line.partition(" ")[0], "--data", str(server.data))
        assert ended.stdout == "1 session ended.\n"
        await page.reload()
        assert await page.title() == "Sign in · Customer Inventory"
        reset = command("person", "reset-totp", LOGIN, "--data", str(server.data))
        assert reset.stdout == f"{LOGIN} had a second factor, and signs in by password alone.\n"
        await enter(page, password)
        await follow(page, "footer a")
        await follow(page, page.get_by_role("button", name="End").first)
        assert await page.title() == "Sign in · Customer Inventory"
    assert key[1].replace(" ", "") not in server.output()


@pytest.mark.parametrize("device", [DESK, NARROW], ids=["desk", "narrow"])
async def test_the_glass_is_broken_and_somebody_else_closes_the_review(
    chrome: Browser, server: Server, device: dict[str, Any]
) -> None:
    width, login = device["viewport"]["width"], f"pia-{device['viewport']['width']}"
    added = command("person", "add", login, "--role", "privacy-officer", "--data", str(server.data))
    with server.api() as api:
        made = create(api, PERSONS, person())
    async with opened(chrome, server, device) as page:
        await enter(page, chosen(server, login, added.stdout), login)
        await page.goto(f"/individual/{made['id']}")
        await follow(page, "text=See it unmasked")
        await audit(page, width)
        await page.fill("#reason", "The person asked at the desk what is recorded of them")
        await follow(page, "main button")
        assert "You see as it is what is masked for your role" in await page.inner_text("main")
        await audit(page, width)
        await page.goto("/reviews")
        await audit(page, width)
    listed = command("review", "list", "--data", str(server.data)).stdout
    assert f"individual {made['id']}  The person asked at the desk" in listed
    async with opened(chrome, server, device) as page:
        await enter(page, server.password, "admin")
        await follow(page, "footer a")
        await follow(page, "text=Reviews")
        await page.fill("main textarea", "Was needed.")
        await audit(page, width)
        await follow(page, page.get_by_role("button", name="Close"))
        assert "Was needed." in await page.inner_text("main")
        await audit(page, width)
    closed = command("review", "close", listed.partition(" ")[0], "--remark", "Late", "--data", str(server.data))
    assert closed.returncode == 3
    assert "Somebody closed the review already." in closed.stderr
    assert "by admin: Was needed." in command("review", "list", "--closed", "--data", str(server.data)).stdout
    assert "asked at the desk" not in server.output()
