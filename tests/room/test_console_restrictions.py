"""Restrictions and privacy requests in the console: only privacy officers, by the rules of every other door."""

from __future__ import annotations

import re
from html import unescape

import httpx
import pytest

from customer_inventory.access import Access
from customer_inventory.model import RESOURCES
from tests.contract.download_world import person
from tests.room.conftest import Browser

INDIVIDUAL = RESOURCES["individual"]
PLACE, REQUESTS = "/restrictions", "/privacy-requests"
REASON = "accuracy disputed, article 18(1)(a)"


@pytest.fixture
async def officer(browser: Browser) -> Browser:
    """A browser in which a privacy officer is signed in."""
    await browser.admit("pia", "privacy-officer")
    assert (await browser.sign_in("pia")).status_code == 303
    return browser


@pytest.fixture
async def ada(access: Access) -> str:
    """The id of somebody."""
    return (await access.create(INDIVIDUAL, person(1))).record.id


def said(answer: httpx.Response) -> str:
    found = re.search(r'role="alert"[^>]*>(.*?)</p>', answer.text, re.DOTALL)
    return unescape(found[1]) if found else ""


async def test_a_person_is_restricted_for_a_request_and_lifted_again(officer: Browser, ada: str) -> None:
    assert "Nothing is restricted" in (await officer.get(PLACE)).text
    entered = {"do": "receive", "right": "restriction", "subject": ada}
    assert (await officer.form(REQUESTS, entered)).status_code == 303
    (request,) = re.findall(r'name="request" value="(.*?)"', (await officer.get(REQUESTS)).text)
    way = f"{PLACE}?subject={ada}&request={request}"
    assert way.replace("&", "&amp;") in (await officer.get(REQUESTS)).text
    form = await officer.get(way)
    assert f'value="{ada}"' in form.text
    assert f'value="{request}"' in form.text

    wished = {
        "subject": ada,
        "reason": REASON,
        "request": request,
        "allow": "legal-claims, audit",
        "until": "2999-01-31",
    }
    early = await officer.form(PLACE, {"do": "restrict", **wished})
    assert (early.status_code, "verified who asks" in said(early)) == (409, True)
    verified = {"do": "verify", "request": request, "text": "passport"}
    assert (await officer.form(REQUESTS, verified)).status_code == 303
    assert (await officer.form(PLACE, {"do": "restrict", **wished})).headers["location"] == f"{PLACE}?done=restrict"
    page = (await officer.get(f"{PLACE}?done=restrict")).text
    for told in ("It holds everywhere now", REASON, "legal claims, audit", f"Party {ada}", "31 Jan 2999", "pia"):
        assert told in unescape(page), told
    assert (await officer.get(f"/individual/{ada}")).status_code == 403
    receipt = await officer.get(f"{REQUESTS}/{request}/receipt")
    assert "done" in receipt.text
    assert "restriction" in receipt.text
    assert "SHA-256" in receipt.text
    assert "Given1" not in receipt.text
    again = await officer.form(PLACE, {"do": "restrict", "subject": ada, "reason": REASON})
    assert (again.status_code, "already" in said(again)) == (409, True)

    (identifier,) = re.findall(r'name="restriction" value="(.*?)"', page)
    lift = {"do": "lift", "restriction": identifier, "reason": "the address was corrected"}
    assert (await officer.form(PLACE, {**lift, "reason": " "})).status_code == 400
    assert (await officer.form(PLACE, lift)).status_code == 303
    assert "the address was corrected" in (await officer.get(PLACE)).text
    assert (await officer.get(f"/individual/{ada}")).status_code == 200
    assert (await officer.form(PLACE, lift)).status_code == 404


BROKEN = [
    ({"subject": ""}, 400),
    ({"subject": "nobody"}, 404),
    ({"subject": "x" * 300}, 400),
    ({"subject": "01a20912-c91e-820a-9d18-04c8978927e6"}, 404),
    ({"reason": ""}, 400),
    ({"reason": "x" * 1001}, 400),
    ({"until": "tomorrow"}, 400),
    ({"until": "2020-01-01"}, 400),
    ({"allow": "no such/purpose"}, 400),
    ({"allow": " ".join(f"p{each}" for each in range(21))}, 400),
    ({"request": "nothing"}, 404),
    ({"request": "01a20912-c91e-820a-9d18-04c8978927e6"}, 404),
]


@pytest.mark.parametrize(("change", "status"), BROKEN, ids=str)
async def test_what_cannot_be_restricted_is_said(
    officer: Browser, ada: str, change: dict[str, str], status: int
) -> None:
    answer = await officer.form(PLACE, {"do": "restrict", "subject": ada, "reason": REASON, **change})
    assert (answer.status_code, bool(said(answer))) == (status, True), answer.text
    assert "Nothing is restricted" in answer.text


@pytest.mark.parametrize("step", [{}, {"do": ""}, {"do": "nonsense"}, {"do": "Restrict"}], ids=str)
async def test_a_step_that_there_is_not_restricts_nothing(officer: Browser, ada: str, step: dict[str, str]) -> None:
    answer = await officer.form(PLACE, {"subject": ada, "reason": REASON, **step})
    assert (answer.status_code, bool(said(answer))) == (400, True), answer.text
    assert "Nothing is restricted" in answer.text


async def test_only_privacy_officers_may(browser: Browser, ada: str) -> None:
    for role in ("administrator", "steward", "auditor", "owner", "operator"):
        await browser.admit(f"some-{role}", role)
        browser.client.cookies.clear()
        assert (await browser.sign_in(f"some-{role}")).status_code == 303
        assert (await browser.get(PLACE)).status_code == 403
        assert (await browser.get(f"{REQUESTS}/{ada}/receipt")).status_code == 403
        for form in ({"do": "restrict", "subject": ada, "reason": REASON}, {"do": "lift", "reason": "x"}):
            assert (await browser.form(PLACE, form, page="/account")).status_code == 403


async def test_forms_from_elsewhere_are_refused(officer: Browser, ada: str) -> None:
    form = {"do": "restrict", "subject": ada, "reason": REASON}
    for broken in ({}, {"proof": "0" * 64}):
        assert (await officer.client.post(PLACE, data={**form, **broken})).status_code == 403
    assert "Nothing is restricted" in (await officer.get(PLACE)).text


def marked(answer: httpx.Response) -> list[tuple[str, str]]:
    """The fields that are marked as wrong, with the text that describes each; the first one has the focus."""
    found = []
    for tag in re.findall(r"<(?:input|select|textarea) [^>]*aria-invalid=[^>]*>", answer.text):
        name, described = re.findall(r' name="(\w+)"', tag)[0], re.findall(r'aria-describedby="(.*?)"', tag)[0]
        assert "autofocus" in tag, tag
        told = re.findall(f'id="{described.split()[-1]}">(.*?)</p>', answer.text)
        found.append((name, unescape(told[0])))
    return found


def held(answer: httpx.Response) -> str:
    """All that stands in fields of the page."""
    areas = re.findall(r"<textarea[^>]*>\n(.*?)</textarea>", answer.text, re.DOTALL)
    chosen = re.findall(r'<option value="([^"]*)" selected', answer.text)
    return unescape(" ".join([*re.findall(r'<input [^>]*value="([^"]*)"', answer.text), *areas, *chosen]))


@pytest.mark.parametrize(
    ("change", "field", "told"),
    [
        ({"until": "2020-01-01"}, "until", "The end is past"),
        ({"until": "tomorrow"}, "until", "The end is no day"),
        ({"reason": "x" * 1001}, "reason", "1,001 characters"),
        ({"reason": " "}, "reason", "Why is needed"),
        ({"subject": ""}, "subject", "id of the party is needed"),
        ({"allow": "audit no/purpose"}, "allow", "“no/purpose” is no purpose"),
        ({"allow": " ".join(["p"] * 21)}, "allow", "These are 21 purposes"),
        ({"request": "nothing"}, "request", "no such privacy request"),
    ],
    ids=str,
)
async def test_the_field_that_is_wrong_is_marked_and_what_was_typed_stays(
    officer: Browser, ada: str, change: dict[str, str], field: str, told: str
) -> None:
    wished = {"subject": ada, "reason": REASON, "allow": "audit", "until": "2999-01-31", "request": "", **change}
    answer = await officer.form(PLACE, {"do": "restrict", **wished})
    assert [each for each, _ in marked(answer)] == [field]
    assert told in marked(answer)[0][1]
    assert f'href="#f-{field}"' in answer.text
    for text in wished.values():
        assert text.strip() in held(answer)


@pytest.mark.parametrize(
    ("change", "field", "told"),
    [
        ({"right": ""}, "right", "Choose the right"),
        ({"right": "everything"}, "right", "Choose the right"),
        ({"text": "x" * 1001}, "text", "The note has 1,001 characters"),
        ({"subject": "nobody"}, "subject", "no id of this inventory"),
        ({"wrong": "hats"}, "wrong", "“hats” is no attribute"),
        ({"wrong": " ".join(["gender"] * 51)}, "wrong", "at most 50"),
    ],
    ids=lambda each: str(each)[:30],
)
async def test_a_request_that_cannot_be_entered_comes_back_with_what_was_typed(
    officer: Browser, ada: str, change: dict[str, str], field: str, told: str
) -> None:
    typed = {"right": "rectification", "subject": ada, "wrong": "gender", "text": "by letter", **change}
    answer = await officer.form(REQUESTS, {"do": "receive", **typed})
    assert answer.status_code in {400, 404}
    assert [each for each, _ in marked(answer)] == [field]
    assert told in marked(answer)[0][1]
    for name, text in typed.items():
        assert text in held(answer) or (name, text) == ("right", "everything"), name
    assert "Nobody waits for an answer" in answer.text


async def test_a_step_that_is_refused_loses_nothing_that_was_typed(officer: Browser, ada: str) -> None:
    for note in ("first", "second"):
        entered = {"do": "receive", "right": "rectification", "subject": ada, "text": note}
        assert (await officer.form(REQUESTS, entered)).status_code == 303
    page = (await officer.get(REQUESTS)).text
    assert "Entered by <bdi>pia</bdi>" in page
    one, other = re.findall(r'name="request" value="(.*?)"', page)
    for step, more, field, told in (
        ("verify", {"text": ""}, "text", "How it was verified who asks is needed"),
        ("verify", {"wrong": "hats"}, "wrong", "“hats” is no attribute"),
        ("assign", {"text": "x" * 201}, "text", "at most 200 are kept"),
        ("complete", {"result": ada}, "do", "There is no complete"),
        ("extend", {"result": "r" * 201}, "result", "has 201 characters"),
        ("", {}, "do", "Choose what is next"),
    ):
        typed = {"text": "call of Tuesday", **more}
        answer = await officer.form(REQUESTS, {"do": step, "request": one, **typed})
        assert [each for each, _ in marked(answer)] == [field], (step, marked(answer))
        assert told in marked(answer)[0][1]
        assert f'href="#f-{field}-{one}"' in answer.text
        assert f'id="f-{field}-{one}"' in answer.text
        assert all(text in held(answer) for text in typed.values())
        assert answer.text.count("call of Tuesday") == ("text" not in more), "it stands in one form alone"
    assert (await officer.form(REQUESTS, {"do": "withdraw", "request": other})).status_code == 303
    late = await officer.form(REQUESTS, {"do": "note", "request": other, "text": "typed <late>"})
    assert (late.status_code, "typed &lt;late&gt;" in late.text, marked(late)) == (409, True, [])
    assert 'tabindex="-1" autofocus' in late.text
