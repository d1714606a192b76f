"""A browser at the console over a real repository, for the tests of its pages."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx
import pytest

from customer_inventory.access import Desk
from customer_inventory.api.download_wishes import sought_of
from customer_inventory.clock import system_clock
from customer_inventory.console import create_console
from tests.people_making import person_of_own_password


@dataclass
class Browser:
    """A browser at the console: a client with cookies, and the clock of the console it talks to."""

    client: httpx.AsyncClient
    desk: Desk
    passwords: dict[str, str] = field(default_factory=dict)
    now: datetime = field(default_factory=system_clock)

    def clock(self) -> datetime:
        """The time at the console: it stands still until a test moves it."""
        return self.now

    async def admit(self, login: str, role: str) -> None:
        """Add a person."""
        people = self.desk.repository.people
        made = await person_of_own_password(people, login=login, display_name=login.title(), role=role)
        self.passwords[login] = made.password

    async def get(self, path: str, **options: Any) -> httpx.Response:
        return await self.client.get(path, **options)

    async def form(self, path: str, form: dict[str, str], page: str | None = None) -> httpx.Response:
        """Send a form with the proof that its page carries."""
        shown = await self.get(page or path)
        proof = re.search(r'name="proof" value="(\w+)"', shown.text)
        assert proof, shown.text
        return await self.client.post(path, data={"proof": proof[1], **form})

    async def sign_in(self, login: str = "admin", password: str | None = None, **more: str) -> httpx.Response:
        used = self.passwords.get(login, "") if password is None else password
        return await self.form("/sign-in", {"login": login, "password": used, **more})


def ship_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the product ship no requirements, so that a test knows everything that is asked."""
    places = ("access.desk", "access.governing", "console.requirements.catalogue_page")
    for place in places:
        monkeypatch.setattr(f"customer_inventory.{place}.shipped", lambda _: {})


@pytest.fixture
async def browser(desk: Desk) -> AsyncIterator[Browser]:
    """A browser at the console of a fresh inventory that knows one administrator."""
    made = Browser(httpx.AsyncClient(), desk)
    console = create_console(desk, clock=made.clock, understand=sought_of)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=console), base_url="http://inventory.test"
    ) as client:
        made.client = client
        await made.admit("admin", "administrator")
        yield made


@pytest.fixture
async def signed_in(browser: Browser) -> Browser:
    """A browser in which the administrator is signed in."""
    answer = await browser.sign_in()
    assert answer.status_code == 303, answer.text
    return browser
