"""The sign-in page lets password managers work, and what it gives cannot be guessed."""

from __future__ import annotations

import re
from contextlib import closing

import httpx

from tests.journey.conftest import Server, command


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


def test_the_password_that_is_printed_lets_in_once_and_then_an_own_one_is_asked_for(new_server: Server) -> None:
    new_server.start()
    printed = re.search(r"password (\S+)", new_server.output())
    assert printed
    assert "for 3 days: the console asks for your own" in new_server.output()
    assert new_server.password != printed[1], "an own one was chosen by the way that a browser goes"
    with httpx.Client(base_url=new_server.url) as stranger:
        proof = re.search(r'name="proof" value="(\w+)"', stranger.get("/sign-in").text)
        assert proof
        form = {"login": "admin", "password": printed[1], "proof": proof[1]}
        assert stranger.post("/sign-in", data=form).status_code == 401
    data = ("--data", str(new_server.data))
    again = re.search(r"password  (\S+)", command("person", "reset-password", "admin", *data).stdout)
    assert again
    with closing(new_server.signed_in("admin", again[1])) as browser:
        assert browser.get("/account", headers={"accept": "text/html"}).status_code == 200
