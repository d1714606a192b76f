"""The sign-in page lets password managers work, and what it gives cannot be guessed."""

from __future__ import annotations

import re
from contextlib import closing

import httpx

from tests.journey.conftest import Server


def test_the_password_field_hides_and_takes_what_a_manager_puts_there(server: Server) -> None:
    page = httpx.get(f"{server.url}/sign-in").text
    field = re.search(r'<input[^>]*name="password"[^>]*>', page)
    assert field
    assert 'type="password"' in field[0]
    assert 'autocomplete="current-password"' in field[0]
    script = re.search(r'src="(/static/[^"]+\.js)"', page)
    scripts = httpx.get(f"{server.url}{script[1]}").text if script else ""
    assert "onpaste" not in page
    assert "paste" not in scripts
    assert "Storage" not in scripts
    assert "innerHTML" not in scripts


def test_every_session_has_a_token_of_its_own_that_cannot_be_guessed(server: Server) -> None:
    tokens = set()
    for _ in range(4):
        with closing(server.signed_in()) as browser:
            tokens.add(browser.cookies["inventory-session"])
            browser.post("/sign-out", data={"proof": _proof(browser)})
    assert len(tokens) == 4
    # Of url-safe base64, each character is six bits.
    assert all(6 * len(token) >= 256 and re.fullmatch(r"[\w-]+", token) for token in tokens)
    assert len({token[:4] for token in tokens}) == 4


def _proof(browser: httpx.Client) -> str:
    found = re.search(r'name="proof" value="(\w+)"', browser.get("/").text)
    assert found
    return found[1]
