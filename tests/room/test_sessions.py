"""Sessions that are seen and ended, and passwords that people choose."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from html import unescape

import httpx
import pytest

from customer_inventory.access import Desk
from customer_inventory.access.grants import allows, parse_grants
from customer_inventory.access.guarded import GUARDED
from customer_inventory.access.passwords import WeakPassword, check_strength
from customer_inventory.access.people import add_person, reset_password
from customer_inventory.access.roles import ROLE_GRANTS, ROLES
from customer_inventory.access.sessions import USUAL_RULES, Origin, admit, arrive, session_of
from customer_inventory.console.attempts import FREE
from tests.consistency import ask
from tests.room.conftest import Browser

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
CHOSEN = "gravel lantern tuesday-ish moss"


@asynccontextmanager
async def another(browser: Browser, **headers: str) -> AsyncIterator[Browser]:
    """Another browser at the same console."""
    transport = browser.client._transport
    client = httpx.AsyncClient(transport=transport, base_url="http://inventory.test", headers=headers)
    yield replace(browser, client=client)


def ids(page: str) -> list[str]:
    return re.findall(r'name="session" value="([\w-]+)"', page)


@pytest.mark.parametrize(
    ("address", "agent", "network", "browser"),
    [
        ("192.0.2.77", FIREFOX, "192.0.2.0/24", "Firefox on Linux"),
        ("2001:db8:1:2::7", "Mozilla/5.0 (iPhone; ...) CriOS/1 Safari/1", "2001:db8:1::/48", "Chrome on iPhone"),
        ("fe80::1%eth0", "Mozilla/5.0 (Windows NT 10.0) Chrome/1 Safari/1 Edg/1", "fe80::/48", "Edge on Windows"),
        ("local", "curl/8", None, None),
        (None, "Firefox/" + "x" * 10_000, None, "Firefox"),
        ("::ffff:192.0.2.1", "x" * 500 + "Firefox/", "::/48", None),
    ],
)
def test_where_a_session_comes_from_is_kept_coarsely(
    address: str | None, agent: str, network: str | None, browser: str | None
) -> None:
    assert Origin.of(address=address, agent=agent) == Origin(network, browser)


def test_a_grant_on_everything_does_not_cover_what_is_guarded() -> None:
    everything = frozenset(f"{verb}:{kind}" for verb, kind in parse_grants(["all"]))
    assert GUARDED
    for name, kind in GUARDED.items():
        assert not allows(everything, "read", kind)
        named = frozenset(f"{verb}:{kind}" for verb, kind in parse_grants([f"read:{name}"]))
        assert allows(named, "read", kind)
        assert not allows(named, "delete", kind)


async def test_ones_own_sessions_are_seen_and_ended(signed_in: Browser) -> None:
    async with another(signed_in, **{"user-agent": FIREFOX}) as other:
        await other.sign_in()
        page = await signed_in.get("/account")
        assert len(ids(page.text)) == 2
        assert page.text.count("This one") == 1
        assert "Firefox on Linux" in page.text
        mine = ids((await other.get("/account")).text)
        (theirs,) = re.findall(r"Firefox on Linux.*?value=\"([\w-]{36})\"", page.text, re.DOTALL)[:1]
        assert theirs in mine
        ended = await signed_in.form("/account", {"do": "end", "session": theirs})
        assert ended.headers["location"] == "/account?done=ended"
        assert (await other.get("/account")).status_code == 303
        assert (await signed_in.get("/account")).status_code == 200
        again = await signed_in.form("/account", {"do": "end", "session": theirs})
        assert again.status_code == 404
        await other.sign_in()
        await signed_in.form("/account", {"do": "end-others"})
        assert (await other.get("/account")).status_code == 303
        assert len(ids((await signed_in.get("/account")).text)) == 1


async def test_nobody_ends_the_session_of_another_without_the_right(signed_in: Browser, database: str) -> None:
    (admins,) = ids((await signed_in.get("/account")).text)
    async with another(signed_in) as other:
        for role in ROLES.keys() - {"administrator"}:
            await other.admit(role, role)
            other.client.cookies.clear()
            await other.sign_in(role)
            assert (await other.form("/account", {"do": "end", "session": admins})).status_code == 404
            assert (await other.get("/sessions")).status_code == 403
            forced = await other.form("/sessions", {"do": "end", "session": admins}, page="/account")
            assert forced.status_code == 403
            assert "/sessions" not in (await other.get("/account")).text
            assert not allows(ROLE_GRANTS[role], "delete", "session")
        listed = await signed_in.get("/sessions")
        assert listed.status_code == 200
        (own,) = ids((await other.get("/account")).text)
        await signed_in.form("/sessions", {"do": "end", "session": own})
        assert (await other.get("/account")).status_code == 303
    rows = await ask(database, "select verb, outcome, count(*) from trail where kind = 'session' group by 1, 2")
    others = len(ROLES) - 1
    assert set(rows) >= {("delete", "refused", others), ("delete", "done", 1)}


@pytest.mark.parametrize("form", [{"do": "nothing"}, {}, {"do": "end"}, {"do": "end", "session": "x' or 1=1"}])
async def test_what_cannot_be_ended_is_refused(signed_in: Browser, form: dict[str, str]) -> None:
    assert (await signed_in.form("/account", form)).status_code in {400, 404}
    assert (await signed_in.client.post("/account", data={"do": "end-others"})).status_code == 403


async def test_a_session_idles_out_and_each_request_keeps_it(signed_in: Browser) -> None:
    for _ in range(3):
        signed_in.now += timedelta(minutes=29)
        assert (await signed_in.get("/account")).status_code == 200
    signed_in.now += timedelta(minutes=30)
    assert (await signed_in.get("/account")).status_code == 303


async def test_signing_in_again_makes_a_new_session_and_ends_the_old_one(signed_in: Browser, database: str) -> None:
    before = signed_in.client.cookies["inventory-session"]
    answer = await signed_in.get("/account")
    proof = re.search(r'name="proof" value="(\w+)"', answer.text)
    assert proof
    signed_in.client.cookies.delete("inventory-session")
    await signed_in.get("/sign-in")
    shown = await signed_in.get("/sign-in")
    signed_in.client.cookies.set("inventory-session", before, domain="inventory.test", path="/")
    visit = re.search(r'name="proof" value="(\w+)"', shown.text)
    assert visit
    form = {"proof": visit[1], "login": "admin", "password": signed_in.passwords["admin"]}
    assert (await signed_in.client.post("/sign-in", data=form)).status_code == 303
    assert await ask(database, "select count(*) from session") == [(1,)]


# ---------------------------------------------------------------- passwords


async def test_a_person_changes_the_own_password_and_other_sessions_end(signed_in: Browser) -> None:
    async with another(signed_in) as other:
        await other.sign_in()
        old = signed_in.passwords["admin"]
        done = await signed_in.form("/account/password", {"old": old, "new": CHOSEN, "again": CHOSEN})
        assert done.headers["location"] == "/account?done=password"
        assert (await signed_in.get("/account")).status_code == 200
        assert (await other.get("/account")).status_code == 303
        assert (await other.sign_in()).status_code == 401
        assert (await other.sign_in(password=CHOSEN)).status_code == 303


@pytest.mark.parametrize(
    ("old", "new", "again", "status", "said"),
    [
        ("wrong", CHOSEN, CHOSEN, 401, "The old password is wrong"),
        (None, CHOSEN, "other", 400, "not typed twice alike"),
        (None, "moss-fern", "moss-fern", 400, "12 to 256 characters"),
        (None, "password1234", "password1234", 400, "guessed first"),
        (None, "x" * 300, "x" * 300, 400, "12 to 256 characters"),
    ],
)
async def test_a_password_that_cannot_be_is_refused(
    signed_in: Browser, old: str | None, new: str, again: str, status: int, said: str
) -> None:
    given = signed_in.passwords["admin"] if old is None else old
    answer = await signed_in.form("/account/password", {"old": given, "new": new, "again": again})
    assert answer.status_code == status
    assert said in unescape(answer.text)
    assert new not in answer.text
    assert (await signed_in.get("/account")).status_code == 200


async def test_whoever_found_an_open_session_cannot_try_passwords_at_will(signed_in: Browser) -> None:
    form = {"old": "wrong", "new": CHOSEN, "again": CHOSEN}
    answers = [(await signed_in.form("/account/password", form)).status_code for _ in range(FREE + 1)]
    assert answers == [401] * FREE + [429]


@pytest.mark.parametrize(
    "password",
    ["password1234", "P@ssw0rd!2026", "qwertyuiop123", "123456789012", "aaaaaaaaaaaa", "abcabcabcabcabc",
     "annannannann1", "Welcome2026!", "administrator", "ann.smith2026", "Summer2026Summer", "abcdefghijklm",
     "", "asdfghjkl;'12", "CustomerInventory1", "zyxwvutsrqpo", "1q2w1q2w1q2w1q"],
)  # fmt: skip
def test_what_is_guessed_first_is_no_password(password: str) -> None:
    with pytest.raises(WeakPassword):
        check_strength(password, login="ann.smith")


@pytest.mark.parametrize("password", [CHOSEN, "k7#vT!m2qLw9", "żółta-łódź-rzeka", "mossgravellantern", "9f3c2b7e41a8"])
def test_what_is_long_and_ones_own_is_taken(password: str) -> None:
    check_strength(password, login="ann.smith")


async def test_no_password_stands_in_the_register(desk: Desk, signed_in: Browser, database: str) -> None:
    old = signed_in.passwords["admin"]
    await signed_in.form("/account/password", {"old": old, "new": CHOSEN, "again": CHOSEN})
    (row,) = await ask(database, "select password_hash from person")
    assert row[0].startswith("$argon2id$")
    assert CHOSEN not in row[0]


async def made_for(browser: Browser, login: str = "new", role: str = "auditor") -> str:
    """Somebody with a password that was made for them."""
    people = browser.desk.repository.people
    made = await add_person(people, login=login, display_name=login, role=role, clock=browser.clock)
    browser.passwords[login] = made.password
    return made.password


async def test_a_password_that_was_made_leads_to_nothing_but_an_own_one(browser: Browser) -> None:
    made = await made_for(browser)
    assert (await browser.sign_in("new")).status_code == 303
    for path in ("/", "/account", "/requirements", "/account/second-factor", "/sessions"):
        answer = await browser.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/account/password"), path
    page = await browser.get("/account/password")
    assert "Your password was made for you" in page.text
    same = await browser.form("/account/password", {"old": made, "new": made, "again": made})
    assert (same.status_code, "is the old one" in same.text) == (400, True)
    assert (await browser.get("/account")).status_code == 303
    chosen = await browser.form("/account/password", {"old": made, "new": CHOSEN, "again": CHOSEN})
    assert (chosen.status_code, chosen.headers["location"]) == (303, "/account?done=password")
    assert (await browser.get("/account")).status_code == 200
    assert "was made for you" not in (await browser.get("/account/password")).text
    browser.now += timedelta(days=400)
    assert (await browser.sign_in("new", CHOSEN)).status_code == 303
    assert (await browser.get("/account")).status_code == 200


@pytest.mark.parametrize("again", [False, True], ids=["added", "reset"])
async def test_a_password_that_others_know_is_never_ones_own(browser: Browser, again: bool) -> None:
    made, people = await made_for(browser), browser.desk.repository.people
    if again:
        made = (await reset_password(people, login="new", clock=browser.clock)).password
    await browser.sign_in("new", made)
    own = [CHOSEN, f"{CHOSEN} and more"]
    for old, new in ((made, own[0]), (own[0], own[1])):
        answer = await browser.form("/account/password", {"old": old, "new": new, "again": new})
        assert answer.status_code == 303
        back = await browser.form("/account/password", {"old": new, "new": made, "again": made})
        assert (back.status_code, "others know it" in back.text) == (400, True)
    browser.client.cookies.clear()
    assert (await browser.sign_in("new", made)).status_code == 401


@pytest.mark.parametrize("again", [False, True], ids=["added", "reset"])
async def test_a_password_that_was_made_ends_after_three_days(browser: Browser, again: bool) -> None:
    made, people = await made_for(browser), browser.desk.repository.people
    if again:
        made = (await reset_password(people, login="new", clock=browser.clock)).password
    began = browser.now
    browser.now = began + timedelta(days=3) - timedelta(seconds=1)
    assert (await browser.sign_in("new", made)).status_code == 303
    await browser.client.post("/sign-out", data={})
    browser.client.cookies.clear()
    browser.now = began + timedelta(days=3)
    over = await browser.sign_in("new", made)
    assert (over.status_code, "person reset-password" in over.text) == (401, True)
    wrong = await browser.sign_in("new", "wrong")
    assert (wrong.status_code, "made for you" in wrong.text) == (401, False)
    fresh = (await reset_password(people, login="new", clock=browser.clock)).password
    assert (await browser.sign_in("new", fresh)).status_code == 303


async def test_who_has_a_second_factor_chooses_an_own_password_after_it(browser: Browser) -> None:
    await made_for(browser)
    people, now = browser.desk.repository.people, browser.clock()
    person = await people.person_by_login("new")
    assert person is not None
    for visit, due in (("by-password", True), ("by-provider", False)):
        await arrive(people, person=person, visit=visit, clock=browser.clock, password_due=due)
        token = await admit(people, visit=visit, origin=Origin(None, None), clock=browser.clock)
        assert token is not None
        session = await session_of(people, token=token, rules=USUAL_RULES, clock=browser.clock)
        assert session is not None
        assert (session.password_due, session.created_at) == (due, now)
