"""The second factor: codes after RFC 6238, each counted once, recovery codes, and the way in at the console."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from html import unescape

import httpx
import pyotp
import pytest

from customer_inventory.access import Desk
from customer_inventory.access.people import add_person, check_password
from customer_inventory.access.roles import PRIVILEGED_ROLES
from customer_inventory.access.second_factor import (
    NoSecondFactor,
    SecondFactorThere,
    WrongCode,
    begin_enrolment,
    check_code,
    confirm_enrolment,
    has_second_factor,
    remove,
    reset_second_factor,
)
from customer_inventory.access.sessions import SignInRules
from customer_inventory.api.download_wishes import sought_of
from customer_inventory.clock import system_clock
from customer_inventory.console import create_console
from customer_inventory.console.attempts import FREE
from customer_inventory.repository.people import Person
from tests.room.conftest import Browser

PAGE = "/account/second-factor"
STEP = timedelta(seconds=30)


async def someone(desk: Desk, login: str = "ada") -> Person:
    made = await add_person(desk.repository.people, login=login, display_name=login, role="steward", clock=system_clock)
    return await check_password(desk.repository.people, login=login, password=made.password)


# RFC 6238, appendix B, SHA-1: the last six of its eight digits.
@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037")],
)
async def test_codes_are_those_of_the_standard(desk: Desk, seconds: int, code: str) -> None:
    person, factors = await someone(desk), desk.repository.people.second_factors
    now = datetime.fromtimestamp(seconds, UTC)
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    assert await factors.begin(person.id, secret=secret, at=now)
    assert await factors.confirm(person.id, secret=secret, step=0, code_hashes=[], at=now)
    await check_code(factors, person=person, code=f"{code[:3]} {code[3:]}", clock=lambda: now)


async def enrolled(desk: Desk, person: Person, now: datetime) -> tuple[pyotp.TOTP, tuple[str, ...]]:
    factors = desk.repository.people.second_factors
    begun = await begin_enrolment(factors, person=person, clock=lambda: now)
    totp = pyotp.TOTP(begun.secret)
    codes = await confirm_enrolment(factors, person=person, code=totp.at(now), clock=lambda: now)
    return totp, codes


async def test_a_code_counts_once_even_at_two_servers_at_once(desk: Desk) -> None:
    person, factors, now = await someone(desk), desk.repository.people.second_factors, system_clock()
    totp, _ = await enrolled(desk, person, now)
    with pytest.raises(WrongCode):  # the code that confirmed it
        await check_code(factors, person=person, code=totp.at(now), clock=lambda: now)
    later = now + 2 * STEP
    tries = [check_code(factors, person=person, code=totp.at(later), clock=lambda: later) for _ in range(8)]
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(outcome is None for outcome in outcomes) == 1
    assert sum(isinstance(outcome, WrongCode) for outcome in outcomes) == 7
    with pytest.raises(WrongCode):  # an older one than was used, though it is within the leeway
        await check_code(factors, person=person, code=totp.at(later - STEP), clock=lambda: later)


@pytest.mark.parametrize(("off", "right"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
async def test_a_clock_may_be_one_step_off(desk: Desk, off: int, right: bool) -> None:
    person, factors, now = await someone(desk), desk.repository.people.second_factors, system_clock()
    totp, _ = await enrolled(desk, person, now)
    later = now + 10 * STEP
    code = totp.at(later + off * STEP)
    if right:
        await check_code(factors, person=person, code=code, clock=lambda: later)
    else:
        with pytest.raises(WrongCode):
            await check_code(factors, person=person, code=code, clock=lambda: later)


async def test_a_recovery_code_counts_once_and_is_kept_hashed(desk: Desk) -> None:
    person, factors, now = await someone(desk), desk.repository.people.second_factors, system_clock()
    _, codes = await enrolled(desk, person, now)
    assert len(set(codes)) == 10
    await check_code(factors, person=person, code=codes[3].lower().replace("-", " "), clock=lambda: now)
    assert await factors.recovery_codes_left(person.id) == 9
    with pytest.raises(WrongCode):
        await check_code(factors, person=person, code=codes[3], clock=lambda: now)
    other = await someone(desk, "ben")
    await enrolled(desk, other, now)
    with pytest.raises(WrongCode):  # somebody else's
        await check_code(factors, person=other, code=codes[0], clock=lambda: now)


@pytest.mark.parametrize(
    "code", ["", "0", "x" * 10_000, "\uff11\uff12\uff13\uff14\uff15\uff16", "\ud800", "-", "000000\n000000"]
)
async def test_what_is_no_code_is_wrong(desk: Desk, code: str) -> None:
    person, factors, now = await someone(desk), desk.repository.people.second_factors, system_clock()
    with pytest.raises(NoSecondFactor):
        await check_code(factors, person=person, code=code, clock=lambda: now)
    with pytest.raises(NoSecondFactor):
        await confirm_enrolment(factors, person=person, code=code, clock=lambda: now)
    await enrolled(desk, person, now)
    with pytest.raises(WrongCode):
        await check_code(factors, person=person, code=code, clock=lambda: now)


async def test_one_that_is_there_is_not_replaced_but_taken_away_by_a_code(desk: Desk) -> None:
    person, factors, now = await someone(desk), desk.repository.people.second_factors, system_clock()
    await begin_enrolment(factors, person=person, clock=lambda: now)
    assert not await has_second_factor(factors, person=person)
    _, codes = await enrolled(desk, person, now)  # what was begun before is replaced
    with pytest.raises(SecondFactorThere):
        await begin_enrolment(factors, person=person, clock=lambda: now)
    with pytest.raises(SecondFactorThere):
        await confirm_enrolment(factors, person=person, code="000000", clock=lambda: now)
    with pytest.raises(WrongCode):
        await remove(factors, person=person, code="AAAA", clock=lambda: now)
    assert await has_second_factor(factors, person=person)
    await remove(factors, person=person, code=codes[0], clock=lambda: now)
    assert not await has_second_factor(factors, person=person)
    assert await factors.recovery_codes_left(person.id) == 0


# ---------------------------------------------------------------- at the console


def key_of(page: str) -> pyotp.TOTP:
    found = re.search(r"Key <code>([A-Z2-7 ]+)</code>", page)
    assert found, page
    return pyotp.TOTP(found[1].replace(" ", ""))


async def set_up(browser: Browser) -> tuple[pyotp.TOTP, list[str]]:
    begun = await browser.form(PAGE, {"do": "begin"})
    totp = key_of(begun.text)
    assert 'src="data:image/svg+xml' in begun.text
    done = await browser.form(PAGE, {"do": "confirm", "code": totp.at(browser.now)})
    codes = re.findall(r"<li><code>([A-Z2-7-]+)</code>", done.text)
    assert len(codes) == 10
    return totp, codes


async def test_after_the_password_the_code_is_asked_for(signed_in: Browser) -> None:
    browser = signed_in
    totp, codes = await set_up(browser)
    shown = (await browser.get(PAGE)).text
    assert not re.search(r"Key <code>|data:image", shown), "the key is shown once"
    assert "10 of 10 recovery codes" in shown
    for kind, code in (("totp", ""), ("recovery", codes[0])):
        browser.now += 4 * STEP
        browser.client.cookies.clear()
        answer = await browser.sign_in(next="/requirements")
        assert answer.headers["location"] == "/sign-in/code?next=%2Frequirements"
        assert "inventory-session" not in browser.client.cookies
        assert (await browser.get("/requirements")).status_code == 303
        wrong = await browser.form("/sign-in/code", {"code": "000000"})
        assert wrong.status_code == 401
        assert "The code is not right" in unescape(wrong.text)
        given = {"code": code or totp.at(browser.now), "next": "/requirements"}
        answer = await browser.form("/sign-in/code", given)
        assert (answer.status_code, answer.headers["location"]) == (303, "/requirements"), kind
        assert (await browser.get("/requirements")).status_code == 200


async def test_the_step_between_is_of_one_browser_and_short(signed_in: Browser) -> None:
    browser = signed_in
    totp, _ = await set_up(browser)
    browser.client.cookies.clear()
    await browser.get("/sign-in")
    before = browser.client.cookies["inventory-visit"]
    await browser.sign_in()
    assert browser.client.cookies["inventory-visit"] != before, "who knew the cookie before knows it no more"
    proof = re.search(r'name="proof" value="(\w+)"', (await browser.get("/sign-in/code")).text)
    assert proof
    browser.now += timedelta(minutes=5)
    late = await browser.client.post("/sign-in/code", data={"proof": proof[1], "code": totp.at(browser.now)})
    assert late.status_code == 401
    assert "sign in again" in late.text
    browser.client.cookies.clear()
    none = await browser.get("/sign-in/code")
    assert none.status_code == 401
    await browser.sign_in()
    foreign = await browser.client.post("/sign-in/code", data={"proof": "0" * 64, "code": totp.at(browser.now)})
    assert foreign.status_code == 403


async def test_codes_and_passwords_count_towards_the_same_attempts(signed_in: Browser) -> None:
    browser = signed_in
    totp, _ = await set_up(browser)
    browser.client.cookies.clear()
    await browser.sign_in()
    for _ in range(FREE):
        assert (await browser.form("/sign-in/code", {"code": "000000"})).status_code == 401
    browser.now += STEP / 60
    answer = await browser.form("/sign-in/code", {"code": totp.at(browser.now + STEP)})
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) >= 1
    browser.client.cookies.clear()
    assert (await browser.sign_in()).status_code == 429, "the right password forgives no wrong code"


async def test_a_reset_ends_the_sessions_and_lets_in_by_password_alone(signed_in: Browser) -> None:
    await set_up(signed_in)
    assert await reset_second_factor(signed_in.desk.repository, login="admin")
    assert (await signed_in.get("/")).status_code == 303
    assert (await signed_in.sign_in()).headers["location"] == "/"
    assert not await reset_second_factor(signed_in.desk.repository, login="admin")


@pytest.fixture
async def strict(desk: Desk) -> AsyncIterator[Browser]:
    """A browser at a console that demands a second factor of privileged roles."""
    made = Browser(httpx.AsyncClient(), desk)
    console = create_console(
        desk, clock=made.clock, understand=sought_of, rules=SignInRules(second_factor_of=PRIVILEGED_ROLES)
    )
    transport = httpx.ASGITransport(app=console)
    async with httpx.AsyncClient(transport=transport, base_url="http://inventory.test") as client:
        made.client = client
        yield made


@pytest.mark.parametrize(
    ("role", "demanded"), [("administrator", True), ("owner", True), ("privacy-officer", True), ("steward", False)]
)
async def test_where_it_is_demanded_nothing_else_comes_first(strict: Browser, role: str, demanded: bool) -> None:
    await strict.admit("ada", role)
    await strict.sign_in("ada")
    answer = await strict.get("/requirements")
    assert (answer.status_code, answer.headers.get("location")) == ((303, PAGE) if demanded else (200, None))
    if demanded:
        posted = await strict.client.post("/individual/new", data={})
        assert posted.headers["location"] == PAGE
        await set_up(strict)
        assert (await strict.get("/requirements")).status_code == 200


async def test_what_the_page_cannot_do_is_refused(signed_in: Browser) -> None:
    assert (await signed_in.form(PAGE, {"do": "nothing"})).status_code == 400
    assert (await signed_in.form(PAGE, {"do": "remove", "code": "1"})).status_code == 404
    assert (await signed_in.client.post(PAGE, data={"do": "begin"})).status_code == 403
    wrong = await signed_in.form(PAGE, {"do": "begin"})
    wrong = await signed_in.form(PAGE, {"do": "confirm", "code": "000000"})
    assert wrong.status_code == 401
    assert "Begin again" in wrong.text
