"""Downloads in the console: previewed, asked for, decided on by somebody else, saved through a link of one's own."""

from __future__ import annotations

import asyncio
import csv
import io
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from html import unescape

import httpx
import pytest

from customer_inventory.access import Access, Desk
from customer_inventory.api.download_making import Maker
from customer_inventory.api.download_wishes import sought_of
from customer_inventory.console import create_console
from tests.contract.download_world import Watch, desk, maker, people, watch
from tests.room.conftest import Browser

__all__ = ["desk", "maker", "watch"]
NEW = "/downloads/new"
WISH = {"kind": "individual", "fields": "givenName,status", "format": "csv", "filter": "nationality=NL"}
SENSITIVE = {"kind": "individual", "fields": "givenName,disability", "format": "ndjson"}
ABSENT = "01a20912-c91e-820a-9d18-04c8978927e6"


@pytest.fixture
async def officer(signed_in: Browser) -> AsyncIterator[Browser]:
    """A second browser, in which a privacy officer is signed in."""
    async for each in somebody(signed_in.desk, "pia", "privacy-officer"):
        yield each


async def somebody(desk: Desk, login: str, role: str) -> AsyncIterator[Browser]:
    made = Browser(httpx.AsyncClient(), desk)
    console = create_console(desk, clock=made.clock, understand=sought_of)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(console), base_url="http://inventory.test") as client:
        made.client = client
        await made.admit(login, role)
        assert (await made.sign_in(login)).status_code == 303
        yield made


async def asked(browser: Browser, wish: dict[str, str]) -> str:
    """Ask for a download, and return its page."""
    answer = await browser.form(NEW, {**wish, "do": "request"})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].partition("?")[0]


async def until(browser: Browser, maker: Maker, page: str, state: str) -> str:
    """Let the server work until the page of a download says so."""
    for _ in range(200):
        await maker.look()
        text = (await browser.get(page)).text
        if f">{state}</span>" in text:
            return text
        await asyncio.sleep(0.02)
    raise AssertionError(text)


def said(answer: httpx.Response) -> str:
    """The problem that a page tells."""
    found = re.search(r'role="alert"[^>]*>(.*?)</p>', answer.text, re.DOTALL)
    return unescape(found[1]) if found else ""


@pytest.mark.parametrize("step", [{}, {"do": "nonsense"}], ids=str)
async def test_a_step_that_there_is_not_asks_for_nothing(signed_in: Browser, step: dict[str, str]) -> None:
    answer = await signed_in.form(NEW, {**WISH, **step})
    assert (answer.status_code, bool(said(answer))) == (400, True), answer.text
    assert "It would hold" not in answer.text


async def test_a_download_is_previewed_asked_for_made_and_saved(
    signed_in: Browser, access: Access, maker: Maker
) -> None:
    await people(access)
    assert "four steps" in (await signed_in.get("/downloads")).text
    preview = await signed_in.form(NEW, {**WISH, "do": "preview"})
    assert preview.status_code == 200
    assert "It would hold 6 records" in preview.text
    assert "<code>givenName</code>" in preview.text
    assert "Somebody else must approve" not in preview.text
    assert "You have asked for none" in (await signed_in.get("/downloads")).text, "a preview asks for nothing"
    kept = dict(re.findall(r'<input type="hidden" name="(\w+)" value="(.*?)">', preview.text))
    assert {name: unescape(kept[name]) for name in WISH} == WISH, "what is asked for is what was previewed"

    page = await asked(signed_in, WISH)
    text = await until(signed_in, maker, page, "ready")
    assert "nationality=NL" in text
    way = await signed_in.form(page, {"do": "get"})
    assert way.status_code == 303
    answer = await signed_in.get(way.headers["location"])
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert re.fullmatch(r'attachment; filename="individual-[\w-]+\.csv"', answer.headers["content-disposition"])
    assert answer.headers["cache-control"] == "no-store"
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(rows) == 6
    assert {row["givenName"] for row in rows} == {f"Given{each}" for each in range(0, 12, 2)}
    manifest = await signed_in.get(f"{page}/manifest")
    assert manifest.headers["content-disposition"].startswith("attachment")
    told = manifest.json()
    assert (told["sha256"], told["recordCount"]) == (sha256(answer.content).hexdigest(), 6)
    assert (told["person"], told["clientId"]) == ("admin", "console")
    assert re.fullmatch(r"[\d-]+T[\d:.]+Z", told["readyAt"])


async def test_somebody_else_approves_or_refuses_what_is_sensitive(
    signed_in: Browser, officer: Browser, access: Access, maker: Maker
) -> None:
    await people(access)
    preview = await signed_in.form(NEW, {**SENSITIVE, "do": "preview"})
    assert re.search(r"disability[\w.\[\]]* is a special category", preview.text)
    page, other = await asked(signed_in, SENSITIVE), await asked(signed_in, SENSITIVE)
    own = await signed_in.get(page)
    assert "waits for an approval" in own.text
    assert "Approve" not in own.text
    assert (await signed_in.get("/downloads")).text.count("Wait for your decision") == 0
    refused = await signed_in.form(page, {"do": "approve"})
    assert (refused.status_code, "cannot decide" in said(refused)) == (403, True)

    text = (await officer.get("/downloads")).text
    assert text.index("Wait for your decision") < text.index(page)
    assert "Ask for a download" not in text, "who may not download is offered none"
    assert (await officer.form(other, {"do": "refuse", "reason": "x" * 2001})).status_code == 400
    assert (await officer.form(other, {"do": "refuse", "reason": "No case number"})).status_code == 303
    assert (await officer.form(page, {"do": "approve", "reason": "case 4711"})).status_code == 303
    late = await officer.client.post(page, data={"proof": await proof(officer), "do": "approve"})
    assert (late.status_code, "only what waits" in said(late)) == (409, True)
    assert "No case number" in (await signed_in.get(other)).text
    text = await until(signed_in, maker, page, "ready")
    assert "pia" in text
    assert "case 4711" in text
    way = (await signed_in.form(page, {"do": "get"})).headers["location"]
    assert "blindness0" in (await signed_in.get(way)).text


async def proof(browser: Browser) -> str:
    found = re.search(r'name="proof" value="(\w+)"', (await browser.get("/account")).text)
    assert found
    return found[1]


async def test_a_file_is_of_who_asked_for_it_and_its_link_ends(
    signed_in: Browser, officer: Browser, access: Access, maker: Maker, watch: Watch
) -> None:
    await people(access)
    page = await asked(signed_in, WISH)
    await until(signed_in, maker, page, "ready")
    way = (await signed_in.form(page, {"do": "get"})).headers["location"]
    assert "Save the file" not in (await officer.get(page)).text
    assert (await officer.client.post(page, data={"proof": await proof(officer), "do": "get"})).status_code == 404
    assert (await officer.get(way)).status_code == 404
    assert (await officer.client.post(page, data={"proof": await proof(officer), "do": "cancel"})).status_code == 404
    assert (await signed_in.get(way[:-1] + ("A" if way[-1] != "A" else "B"))).status_code == 403
    watch.ahead += timedelta(minutes=61)
    assert (await signed_in.get(way)).status_code == 403
    way = (await signed_in.form(page, {"do": "get"})).headers["location"]
    watch.ahead += timedelta(hours=1)
    assert (await signed_in.get(way)).status_code == 409
    await until(signed_in, maker, page, "over")


async def test_what_is_cancelled_cannot_be_had(signed_in: Browser, access: Access, maker: Maker) -> None:
    await people(access)
    page = await asked(signed_in, WISH)
    await until(signed_in, maker, page, "ready")
    way = (await signed_in.form(page, {"do": "get"})).headers["location"]
    assert "Cancelled" in (await signed_in.get((await signed_in.form(page, {"do": "cancel"})).headers["location"])).text
    assert (await signed_in.get(way)).status_code == 409
    assert (await signed_in.client.post(page, data={"proof": await proof(signed_in), "do": "get"})).status_code == 409


async def test_who_lost_the_role_gets_no_file(signed_in: Browser, desk: Desk, access: Access, maker: Maker) -> None:
    await people(access)
    async for ann in somebody(desk, "ann", "administrator"):
        page, later = await asked(ann, WISH), ""
        await until(ann, maker, page, "ready")
        later = await asked(ann, WISH)
        person = await desk.repository.people.person_by_login("ann")
        assert person is not None
        assert await desk.repository.people.change_person(replace(person, role="auditor"), password_hash=None)
        assert (await ann.client.post(page, data={"proof": await proof(ann), "do": "get"})).status_code == 403
        assert "denied" in await until(signed_in, maker, later, "failed")


async def test_who_may_neither_download_nor_decide_sees_no_page(signed_in: Browser, desk: Desk) -> None:
    for role in ("steward", "auditor", "operator"):
        async for browser in somebody(desk, f"some-{role}", role):
            assert (await browser.get("/downloads")).status_code == 403
            assert (await browser.get(NEW)).status_code == 403
            assert (await browser.get(f"/downloads/{ABSENT}")).status_code == 404
            form = {"proof": await proof(browser), **WISH, "do": "request"}
            assert (await browser.client.post(NEW, data=form)).status_code == 403
            assert "/downloads" not in (await browser.get("/account")).text


BROKEN = [
    {"kind": ""},
    {"kind": "nothing"},
    {"kind": "customer' or 1=1"},
    {"format": "exe"},
    {"protection": "all"},
    {"k": "4"},
    {"k": "-5"},
    {"k": "\N{ARABIC-INDIC DIGIT FIVE}"},
    {"k": "10001"},
    {"k": "9" * 400},
    {"filter": "nothing.at.all=1"},
    {"filter": "limit=1"},
    {"filter": "x" * 4001},
    {"filter": "filter=$[?("},
    {"fields": "<script>alert(1)</script>"},
    {"fields": "disability"},
    {"fields": "\ud7ff" * 4001},
]


@pytest.mark.parametrize("change", BROKEN, ids=str)
async def test_what_cannot_be_asked_for_is_said_and_what_was_typed_stays(
    signed_in: Browser, change: dict[str, str]
) -> None:
    for step in ("preview", "request"):
        answer = await signed_in.form(NEW, {**WISH, **change, "do": step})
        assert answer.status_code == 400, answer.text
        assert said(answer)
        assert "<script>alert" not in answer.text
        assert 'value="nationality=NL"' in answer.text or "filter" in change
    assert "You have asked for none" in (await signed_in.get("/downloads")).text


async def test_forms_from_elsewhere_and_steps_that_there_are_not_are_refused(
    signed_in: Browser, access: Access
) -> None:
    page = await asked(signed_in, WISH)
    for place, form in ((NEW, {**WISH, "do": "request"}), (page, {"do": "cancel"})):
        for broken in ({}, {"proof": "0" * 64}):
            assert (await signed_in.client.post(place, data={**form, **broken})).status_code == 403
    assert (await signed_in.form(page, {"do": "publish"})).status_code == 400
    assert (await signed_in.get("/downloads/nothing")).status_code == 404
    assert (await signed_in.get(f"/downloads/{ABSENT}")).status_code == 404
    assert (await signed_in.get(f"{page}/manifest")).status_code == 409
    assert (await signed_in.get(f"{page}/file/nothing")).status_code == 409
