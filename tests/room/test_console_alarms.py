"""Alarms in the console: what was raised of whom, the process suspended and let go on by who may."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import httpx
import pytest

from customer_inventory.access import Desk
from customer_inventory.access.alarming import hour_of
from customer_inventory.access.clients import register_client
from customer_inventory.access.recertifying import sweep
from customer_inventory.access.tokens import InvalidToken
from customer_inventory.clock import system_clock
from tests.room.conftest import Browser

PLACE = "/alarms"


@pytest.fixture
async def till(desk: Desk) -> str:
    """The id of a process that called from elsewhere, which somebody else registered."""
    made = await register_client(
        desk.repository.register, name="till", purposes=["sale"], grants=["read"], by="bea", clock=system_clock
    )
    now = system_clock()
    said = "a call from 192.0.2.7 <b>"
    await desk.alarming.alarm(made.client_id, "outside-network", since=hour_of(now), at=now, said=said)
    return made.client_id


async def proof(browser: Browser) -> str:
    found = re.search(r'name="proof" value="(\w+)"', (await browser.get("/account")).text)
    assert found
    return found[1]


async def sent(browser: Browser, **form: str) -> httpx.Response:
    return await browser.client.post(PLACE, data={"proof": await proof(browser), **form})


async def test_an_alarm_is_seen_and_the_process_suspended_and_let_go_on(
    signed_in: Browser, desk: Desk, till: str
) -> None:
    page = await signed_in.get(PLACE)
    for told in ("It called from elsewhere", "a call from 192.0.2.7 <b>", "bea</bdi> answers for it"):
        assert told in unescape(page.text), told
    assert "<b>)" not in page.text
    for reason in ("", " ", "x" * 2001):
        assert (await sent(signed_in, do="suspend", process=till, reason=reason)).status_code == 400
    token = desk.tokens.issue(till)
    await desk.open_by_token(token, purpose=None, request_id="works")
    done = await sent(signed_in, do="suspend", process=till, reason="odd calls at night")
    assert done.headers["location"] == f"{PLACE}?done=suspend"
    page = await signed_in.get(f"{PLACE}?done=suspend")
    assert "out within a second" in page.text
    assert "Suspended by <bdi>admin</bdi>" in page.text
    desk._standings.clear()
    with pytest.raises(InvalidToken):
        await desk.open_by_token(token, purpose=None, request_id="out")
    assert (await sent(signed_in, do="suspend", process=till, reason="again")).status_code == 409
    assert (await sent(signed_in, do="resume", process=till, reason="it was a test")).status_code == 303
    desk._standings.clear()
    await desk.open_by_token(desk.tokens.issue(till), purpose=None, request_id="works again")
    for form in ({"do": "revoke", "process": till}, {"do": "approve", "process": till}, {"process": till}):
        assert (await sent(signed_in, reason="not here", **form)).status_code == 409
    for process in ("", "nobody", "\N{SNOWMAN}", "x" * 1000):
        assert (await sent(signed_in, do="suspend", process=process, reason="who")).status_code == 404


async def test_what_nobody_vouched_for_is_there_too(signed_in: Browser, desk: Desk) -> None:
    register = desk.repository.register
    made = await register_client(register, name="old", purposes=["x"], grants=["read"], by="bea", clock=system_clock)
    assert "old</bdi>" not in (await signed_in.get(PLACE)).text
    await sweep(register, clock=lambda: system_clock() + timedelta(days=20))
    assert "to be recertified" in (await signed_in.get(PLACE)).text
    await sweep(register, clock=lambda: system_clock() + timedelta(days=40))
    page = (await signed_in.get(PLACE)).text
    assert "Nobody vouched for it again in time" in page
    assert "registration recertify old" in page
    row = await register.registrations.one(made.client_id)
    assert row is not None
    assert row.status == "suspended"


async def test_operators_look_and_the_others_do_not(browser: Browser, till: str) -> None:
    expected = {"owner": (200, 303), "operator": (200, 403), "steward": (403, 403), "auditor": (403, 403)}
    for role, statuses in {**expected, "privacy-officer": (403, 403)}.items():
        await browser.admit(f"some-{role}", role)
        browser.client.cookies.clear()
        assert (await browser.sign_in(f"some-{role}")).status_code == 303
        page = await browser.get(PLACE)
        done = await sent(browser, do="suspend", process=till, reason="odd calls")
        assert (page.status_code, done.status_code) == statuses, role
        assert ("Suspend it" in page.text) == (role == "owner")
        assert ('href="/alarms"' in (await browser.get("/account")).text) == (statuses[0] == 200)


async def test_forms_from_elsewhere_are_refused(signed_in: Browser, till: str) -> None:
    for broken in ({}, {"proof": "0" * 64}):
        form = {"do": "suspend", "process": till, "reason": "x", **broken}
        assert (await signed_in.client.post(PLACE, data=form)).status_code == 403
    assert "Suspend it" in (await signed_in.get(PLACE)).text


async def test_where_nothing_was_raised_the_page_tells_what_would_be(signed_in: Browser) -> None:
    assert "Nothing was out of the ordinary" in (await signed_in.get(PLACE)).text


async def test_a_reason_that_cannot_be_kept_comes_back_in_the_form_of_its_process(
    signed_in: Browser, till: str
) -> None:
    answer = await sent(signed_in, do="suspend", process=till, reason="odd " * 501)
    (tag,) = re.findall(r"<textarea [^>]*aria-invalid=[^>]*>", answer.text)
    assert f'id="f-reason-{till}"' in tag
    assert f'aria-describedby="e-reason-{till}"' in tag
    assert "autofocus" in tag
    assert "Why has 2,003 characters; at most 2,000 are kept." in answer.text
    assert "odd odd odd" in answer.text
    assert "<details open>" in answer.text
    late = await sent(signed_in, do="revoke", process="nobody", reason="it was odd")
    assert (late.status_code, "What you typed" in late.text, "it was odd" in late.text) == (409, True, True)
