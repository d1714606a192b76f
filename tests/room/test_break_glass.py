"""Breaking the glass: one record as it is, for a reason, for half an hour, into the trail, and reviewed by another."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from html import unescape
from uuid import UUID, uuid4

import pytest

from customer_inventory.access import Access, Desk
from customer_inventory.access.break_glass import LASTS, MOST_AT_ONCE
from customer_inventory.access.people import check_password
from customer_inventory.access.reviewing import ReviewClosed, ReviewOfOneself, close_review
from customer_inventory.access.roles import ROLES
from customer_inventory.clock import system_clock
from customer_inventory.model import RESOURCES
from customer_inventory.repository import Repository
from customer_inventory.repository.query import Query
from tests.consistency import ask
from tests.room.conftest import Browser, ship_nothing
from tests.room.test_console_masks import govern

INDIVIDUAL = RESOURCES["individual"]
SECRET = "intersex-0815"
PERSON = {"@type": "Individual", "givenName": "Ada", "familyName": "Byron", "gender": SECRET}
REASON = "The fraud desk asked by phone, case 4711"


@pytest.fixture(autouse=True)
def _nothing_shipped(monkeypatch: pytest.MonkeyPatch) -> None:
    ship_nothing(monkeypatch)


@pytest.fixture
async def records(access: Access) -> tuple[str, str]:
    """Two people of whom auditors see one thing masked."""
    made = [(await access.create(INDIVIDUAL, PERSON)).record.id for _ in range(2)]
    await govern(access, attribute="gender", sensitivity="special", masking="null")
    return made[0], made[1]


@pytest.fixture
async def auditor(browser: Browser) -> AsyncIterator[Browser]:
    """A browser in which an auditor is signed in; its desk tells the time of the browser."""
    await browser.admit("aud", "auditor")
    await browser.sign_in("aud")
    real = browser.desk._facilities
    object.__setattr__(real, "clock", browser.clock)
    yield browser
    object.__setattr__(real, "clock", system_clock)


async def broken(browser: Browser, identifier: str, reason: str = REASON) -> None:
    answer = await browser.form(f"/individual/{identifier}/break-glass", {"reason": reason})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/individual/{identifier}"), answer.text


async def test_one_record_is_seen_as_it_is_for_half_an_hour(auditor: Browser, records: tuple[str, str]) -> None:
    one, other = records
    page = await auditor.get(f"/individual/{one}")
    assert SECRET not in page.text
    assert f'href="/individual/{one}/break-glass"' in page.text
    await broken(auditor, one)
    page = await auditor.get(f"/individual/{one}")
    assert SECRET in page.text
    assert "You see as it is" in page.text
    assert "break-glass" not in page.text
    for path in (f"/individual/{other}", "/?q=byron", "/?kind=individual", "/account"):
        answer = await auditor.get(path)
        assert SECRET not in answer.text, path
        assert "You see as it is" in answer.text, path
    auditor.now += LASTS - timedelta(minutes=1)
    assert SECRET in (await auditor.get(f"/individual/{one}")).text
    auditor.now += timedelta(minutes=1)
    page = await auditor.get(f"/individual/{one}")
    assert SECRET not in page.text
    assert "You see as it is" not in page.text


async def test_every_way_of_reading_one_record_is_open_and_no_other(
    desk: Desk, access: Access, records: tuple[str, str], browser: Browser
) -> None:
    await browser.admit("aud", "auditor")
    person = await check_password(desk.repository.people, login="aud", password=browser.passwords["aud"])
    await browser.sign_in("aud")
    await broken(browser, records[0])
    opened = await desk.open_for_person(person, request_id="r")
    one, other = map(UUID, records)
    for identifier, seen in ((one, True), (other, False)):
        assert (SECRET in str(await opened.read(INDIVIDUAL, identifier))) is seen
        assert (SECRET in str(await opened.version(INDIVIDUAL, identifier, 1))) is seen
        assert (SECRET in str(await opened.history(INDIVIDUAL, identifier, limit=5))) is seen
        assert (SECRET in str(await opened.versions(INDIVIDUAL, identifier))) is seen
    assert SECRET not in str(await opened.page(INDIVIDUAL, Query(limit=10)))
    assert SECRET not in str(await opened.page_of([INDIVIDUAL], Query(limit=10)))
    await access.delete(INDIVIDUAL, one)
    assert SECRET not in str(await opened.deleted(INDIVIDUAL, limit=5))


async def test_the_trail_tells_the_fact_and_the_review_which_alone_has_the_reason(
    auditor: Browser, records: tuple[str, str], database: str
) -> None:
    await broken(auditor, records[0], f"  {REASON}\n ")
    await auditor.get(f"/individual/{records[0]}")
    rows = await ask(
        database,
        "select verb, kind, outcome, person, array_to_string(record_ids, ' ') from trail "
        "where purpose = (select 'break-glass ' || id::text from access_review) order by position",
    )
    assert rows == [
        ("create", "access_review", "done", "aud", records[0]),
        ("read", "individual", "shown", "aud", records[0]),
    ]
    assert await ask(database, "select reason from access_review") == [(REASON,)]
    assert await ask(database, "select 1 from trail where position('case' in purpose) > 0") == []
    seen = unescape((await auditor.get(f"/individual/{records[0]}/seen")).text)
    ((review,),) = await ask(database, "select id::text from access_review")
    assert f"break-glass {review}" in seen
    assert REASON not in seen


@pytest.mark.parametrize("reason", ["", "too short", " " * 40, "x" * 301, "a \x07 bell in it, but long enough"])
async def test_without_a_reason_nothing_is_opened(
    auditor: Browser, records: tuple[str, str], database: str, reason: str
) -> None:
    answer = await auditor.form(f"/individual/{records[0]}/break-glass", {"reason": reason})
    assert answer.status_code == 400
    assert "20 to 300 characters" in answer.text
    assert await ask(database, "select count(*) from access_review") == [(0,)]


async def test_what_is_not_there_or_not_asked_by_a_page_opens_nothing(
    auditor: Browser, records: tuple[str, str], database: str
) -> None:
    absent = await auditor.form(
        f"/individual/{uuid4()}/break-glass", {"reason": REASON}, page=f"/individual/{records[0]}"
    )
    assert absent.status_code == 404
    foreign = await auditor.client.post(f"/individual/{records[0]}/break-glass", data={"reason": REASON})
    assert foreign.status_code == 403
    assert await ask(database, "select count(*) from access_review") == [(0,)]


async def test_no_more_than_a_few_are_open_at_once(auditor: Browser, records: tuple[str, str]) -> None:
    for _ in range(MOST_AT_ONCE):
        await broken(auditor, records[0])
    answer = await auditor.form(
        f"/individual/{records[0]}/break-glass", {"reason": REASON}, page=f"/individual/{records[1]}"
    )
    assert answer.status_code == 409


async def test_who_may_break_the_glass_and_who_may_not(browser: Browser, records: tuple[str, str]) -> None:
    for role in ROLES:
        await browser.admit(f"x-{role}", role)
        browser.client.cookies.clear()
        await browser.sign_in(f"x-{role}")
        answer = await browser.form(f"/individual/{records[0]}/break-glass", {"reason": REASON}, page="/account")
        assert answer.status_code == (303 if role in {"auditor", "privacy-officer"} else 403), role
        assert (await browser.get("/reviews")).status_code == (403 if role in {"steward", "operator"} else 200), role
        link = "/break-glass" in (await browser.get(f"/individual/{records[1]}")).text
        assert link is (role in {"auditor", "privacy-officer"}), role


async def test_somebody_else_closes_the_review(auditor: Browser, records: tuple[str, str], database: str) -> None:
    await broken(auditor, records[0])
    own = await auditor.get("/reviews")
    assert "This is yours" in own.text
    ((identifier,),) = await ask(database, "select id::text from access_review")
    form = {"review": identifier, "remark": "Asked the desk: it was needed."}
    refused = await auditor.form("/reviews", form)
    assert refused.status_code == 403
    assert "cannot close the review" in unescape(refused.text)
    auditor.client.cookies.clear()
    await auditor.sign_in("admin")
    assert (await auditor.form("/reviews", {**form, "remark": " "})).status_code == 400
    assert (await auditor.form("/reviews", {**form, "review": "x"})).status_code == 404
    assert (await auditor.form("/reviews", {**form, "review": str(uuid4())})).status_code == 404
    closed = await auditor.form("/reviews", form)
    assert closed.headers["location"] == "/reviews?done"
    page = await auditor.get("/reviews")
    assert "Nothing waits" in page.text
    assert "Asked the desk: it was needed." in page.text
    assert (await auditor.form("/reviews", form)).status_code == 409
    auditor.client.cookies.clear()
    await auditor.sign_in("aud")
    assert SECRET not in (await auditor.get(f"/individual/{records[0]}")).text, "closed, and so masked again"
    rows = await ask(database, "select outcome from trail where verb = 'modify' and kind = 'access_review'")
    assert sorted(rows) == [("done",), ("refused",)]


async def test_of_two_who_close_at_once_one_is_told(
    auditor: Browser, repository: Repository, records: tuple[str, str], database: str
) -> None:
    await broken(auditor, records[0])
    ((identifier,),) = await ask(database, "select id from access_review")
    said = {"identifier": identifier, "remark": "Seen.", "clock": system_clock}
    with pytest.raises(ReviewOfOneself):
        await close_review(repository.reviews, by="aud", **said)
    assert (await close_review(repository.reviews, by="ben", **said)).login == "aud"
    with pytest.raises(ReviewClosed):
        await close_review(repository.reviews, by="cem", **said)
