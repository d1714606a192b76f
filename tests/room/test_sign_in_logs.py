"""Signing in and asking for tokens is logged, done or refused, without what was typed."""

from __future__ import annotations

import httpx
from structlog.testing import capture_logs

from customer_inventory.access import Desk
from customer_inventory.access.clients import register_client
from customer_inventory.api import AuthorizationServer
from customer_inventory.clock import system_clock
from tests.room.conftest import Browser


async def test_signing_in_is_logged_done_failed_and_slowed(browser: Browser) -> None:
    with capture_logs() as logs:
        for _ in range(7):
            await browser.sign_in("secret-in-the-wrong-field", "wrong-password")
        await browser.sign_in()
    told = [(each["event"], each["log_level"]) for each in logs if each["event"].startswith("sign-in")]
    assert told == [
        *[("sign-in.failed", "warning")] * 5,
        *[("sign-in.slowed", "warning")] * 2,
        ("sign-in.done", "info"),
    ]
    assert "secret-in-the-wrong-field" not in str(logs)
    assert "wrong-password" not in str(logs)


async def test_tokens_are_logged_issued_and_refused(desk: Desk) -> None:
    made = await register_client(
        desk.repository.register, name="crm", purposes=(), grants=["read"], by="tests", clock=system_clock
    )
    application = AuthorizationServer(desk, address="http://test")
    with capture_logs() as logs:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url="http://test") as client:
            for secret in (made.client_secret or "", "wrong"):
                form = {"grant_type": "client_credentials", "client_id": made.client_id, "client_secret": secret}
                await client.post("/oauth2/token", data=form)
    told = [each["event"] for each in logs if each["event"].startswith("token")]
    assert told == ["token.issued", "token.refused"]
    assert made.client_secret not in str(logs)


async def test_signing_out_leaves_nothing_in_the_browser(signed_in: Browser) -> None:
    answer = await signed_in.form("/sign-out", {}, page="/")
    assert answer.headers["clear-site-data"] == '"cache", "storage"'
