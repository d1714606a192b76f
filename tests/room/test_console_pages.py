"""The console's pages over a real repository: who gets in, what is shown, what is refused, what answers carry."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from random import Random
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest

from customer_inventory.access import Access, Desk
from customer_inventory.access.roles import ROLE_GRANTS
from customer_inventory.api.download_wishes import sought_of
from customer_inventory.clock import system_clock
from customer_inventory.console import create_console
from customer_inventory.console.attempts import FREE
from customer_inventory.model import RESOURCES
from tests.room.conftest import Browser

INDIVIDUAL, ORGANIZATION, CUSTOMER = RESOURCES["individual"], RESOURCES["organization"], RESOURCES["customer"]
ABSENT = "01a20912-c91e-820a-9d18-04c8978927e6"


async def make_person(access: Access, given: str, family: str, **contact: str) -> str:
    media: list[dict[str, Any]] = [
        {"@type": "EmailContactMedium", "emailAddress": contact.get("email", f"{given}@example.com".lower())},
        {"@type": "GeographicAddressContactMedium", "city": contact.get("city", "Bern"), "country": "Switzerland"},
    ]
    if "phone" in contact:
        media.append({"@type": "PhoneContactMedium", "phoneNumber": contact["phone"]})
    document = {"@type": "Individual", "givenName": given, "familyName": family, "contactMedium": media}
    return (await access.create(INDIVIDUAL, document)).record.id


async def make_customer(access: Access, name: str, party: str, kind: str = "Individual", **more: Any) -> str:
    engaged = {"@type": "PartyRef", "id": party, "name": name, "@referredType": kind}
    document = {"@type": "Customer", "name": name, "engagedParty": engaged, **more}
    return (await access.create(CUSTOMER, document)).record.id


def names(answer: httpx.Response) -> list[str]:
    """The names in a result list, in their order."""
    return [unescape(name) for name in re.findall(r'<th scope="row" class="name">.*?<bdi>(.*?)</bdi>', answer.text)]


# ---- who gets in


PAGES = ["/", f"/customer/{ABSENT}", f"/individual/{ABSENT}", f"/organization/{ABSENT}", "/requirements", "/proposals"]
PAGES += ["/individual/new", f"/customer/{ABSENT}/edit", "/requirements/new", "/requirements/individual.birthDate"]
PAGES += ["/requirements/individual.birthDate/change", "/proposals/individual.birthDate@1"]


async def test_nobody_sees_anything_without_signing_in(browser: Browser) -> None:
    for path in PAGES:
        answer = await browser.get(path)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/sign-in")


async def test_a_search_text_does_not_travel_in_the_redirect(browser: Browser) -> None:
    answer = await browser.get("/", params={"q": "ann@example.com"})
    assert answer.headers["location"] == "/sign-in"


async def test_after_signing_in_the_page_that_was_asked_for_comes(browser: Browser) -> None:
    way = (await browser.get(f"/customer/{ABSENT}")).headers["location"]
    page = await browser.get(way)
    assert f'name="next" value="/customer/{ABSENT}"' in page.text
    answer = await browser.sign_in(next=f"/customer/{ABSENT}")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/customer/{ABSENT}")


async def test_signing_in_leads_nowhere_else(browser: Browser) -> None:
    answer = await browser.sign_in(next="//evil.example/")
    assert answer.headers["location"] == "/"


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(browser: Browser) -> None:
    cookie = (await browser.sign_in()).headers["set-cookie"]
    assert "inventory-session=" in cookie
    assert {"httponly", "samesite=lax", "path=/"} <= {part.strip().lower() for part in cookie.split(";")}


async def test_over_https_cookies_are_secure_and_of_this_host_alone(browser: Browser) -> None:
    browser.client.base_url = httpx.URL("https://inventory.test")
    cookie = (await browser.sign_in()).headers["set-cookie"]
    assert "__Host-inventory-session=" in cookie
    assert "; secure" in cookie.lower()


async def test_behind_a_proxy_the_public_address_makes_cookies_secure(desk: Desk) -> None:
    console = create_console(desk, clock=system_clock, understand=sought_of, public_url="https://inventory.example")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=console), base_url="http://10.0.0.1") as client:
        assert "; secure" in (await client.get("/sign-in")).headers["set-cookie"].lower()


async def test_an_unknown_login_and_a_wrong_password_get_the_same_answer(browser: Browser) -> None:
    def told(answer: httpx.Response, login: str) -> str:
        return re.sub(r"\w{64}", "", answer.text).replace(f'value="{login}"', "")

    wrong, unknown = await browser.sign_in("admin", "guess"), await browser.sign_in("nobody", "guess")
    assert wrong.status_code == unknown.status_code == 401
    assert told(wrong, "admin") == told(unknown, "nobody")


async def test_after_too_many_failures_one_has_to_wait_even_with_the_right_password(browser: Browser) -> None:
    for _ in range(FREE):
        assert (await browser.sign_in("admin", "guess")).status_code == 401
    refused = await browser.sign_in("admin")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    browser.now += timedelta(seconds=2)
    assert (await browser.sign_in("admin")).status_code == 303


async def test_a_form_without_proof_is_refused(browser: Browser) -> None:
    await browser.get("/sign-in")
    for form in ({}, {"proof": "0" * 64}, {"proof": "é"}):
        answer = await browser.client.post(
            "/sign-in", data={"login": "admin", "password": browser.passwords["admin"], **form}
        )
        assert answer.status_code == 403
        assert "inventory-session" not in answer.headers.get("set-cookie", "")


async def test_signing_out_takes_a_form_of_ours_and_ends_the_session(signed_in: Browser) -> None:
    assert (await signed_in.client.get("/sign-out")).status_code == 405
    assert (await signed_in.client.post("/sign-out", data={"proof": "0" * 64})).status_code == 403
    token = signed_in.client.cookies["inventory-session"]
    answer = await signed_in.form("/sign-out", {}, page="/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?out")
    assert "You are signed out." in (await signed_in.get("/sign-in?out")).text
    signed_in.client.cookies.set("inventory-session", token)
    assert (await signed_in.get("/")).status_code == 303


async def test_a_session_ends_by_itself(signed_in: Browser) -> None:
    assert (await signed_in.get("/")).status_code == 200
    signed_in.now += timedelta(hours=9)
    assert (await signed_in.get("/")).status_code == 303


# ---- searching


async def test_an_empty_inventory_teaches_how_to_fill_it(signed_in: Browser) -> None:
    answer = await signed_in.get("/")
    assert "The inventory is empty" in answer.text
    assert "customer-inventory import" in answer.text
    assert "--demo" in answer.text


async def test_the_first_page_counts_and_shows_no_record(signed_in: Browser, access: Access) -> None:
    await make_customer(access, "Ann Miller", await make_person(access, "Ann", "Miller"))
    answer = await signed_in.get("/")
    assert re.findall(r"<strong>(\d+)</strong>", answer.text) == ["1", "1", "0"]
    assert "Miller" not in answer.text


FINDS = [
    ("müller", ["Anna Müller"]),
    ("Muller", ["Anna Müller"]),
    ("MÜLLER anna", ["Anna Müller"]),
    ("Mullr", ["Anna Müller"]),
    ("anna.m@example.com", ["Anna Müller"]),
    ("Anna.M@Example.com", ["Anna Müller"]),
    ("zürich", ["Anna Müller"]),
    ("030 2312 5042", ["Anna Müller"]),
    ("+49 30 23125042", ["Anna Müller"]),
    ("Bergbahn", ["Bergbahn AG"]),
    ("nobody at all", []),
]


async def test_one_box_finds_by_name_email_city_and_phone(signed_in: Browser, access: Access) -> None:
    contact = {"email": "anna.m@example.com", "city": "Zürich", "phone": "+493023125042"}
    person = await make_person(access, "Anna", "Müller", **contact)
    await make_customer(access, "Anna Müller", person, status="active")
    await make_person(access, "Other", "Person", email="other@example.com", city="Basel")
    await access.create(ORGANIZATION, {"@type": "Organization", "name": "Bergbahn AG"})
    for text, expected in FINDS:
        answer = await signed_in.get("/", params={"q": text})
        assert answer.status_code == 200
        assert names(answer) == expected, text
        assert ("Nothing found" in answer.text) == (not expected)


async def test_a_city_that_is_a_name_too_can_be_chosen(signed_in: Browser, access: Access) -> None:
    await make_person(access, "Paris", "Smith", city="Leeds")
    await make_person(access, "Zoe", "Jones", city="Paris")
    assert names(await signed_in.get("/", params={"q": "Paris"})) == ["Paris Smith"]
    assert names(await signed_in.get("/", params={"q": "paris", "in": "city"})) == ["Zoe Jones"]


async def test_an_id_leads_to_its_page_whatever_it_is_of(signed_in: Browser, access: Access) -> None:
    person = await make_person(access, "Ann", "Miller")
    customer = await make_customer(access, "Ann Miller", person)
    for text, page in ((person, f"/individual/{person}"), (f" {customer.upper()} ", f"/customer/{customer}")):
        answer = await signed_in.get("/", params={"q": text})
        assert (answer.status_code, answer.headers["location"]) == (303, page)
    assert "Nothing has this id" in (await signed_in.get("/", params={"q": ABSENT})).text


async def test_parties_stand_with_their_customers_and_customers_with_their_party(
    signed_in: Browser, access: Access
) -> None:
    person = await make_person(access, "Ann", "Miller", email="ann@example.com", city="Leeds")
    first = await make_customer(access, "Ann Miller", person, status="active")
    second = await make_customer(access, "Miller's Shop", person)
    await make_customer(access, "Miller Elsewhere", "500", "Organization")
    everything = await signed_in.get("/", params={"q": "miller"})
    assert names(everything) == ["Ann Miller", "Miller Elsewhere"]
    assert f'href="/customer/{first}"' in everything.text
    assert f'href="/customer/{second}"' in everything.text
    customers = await signed_in.get("/", params={"q": "miller", "kind": "customer"})
    assert names(customers) == ["Ann Miller", "Miller Elsewhere", "Miller's Shop"]
    assert customers.text.count("ann@example.com") == 2
    assert customers.text.count(f'href="/individual/{person}"') == 2


async def test_a_party_that_is_named_by_its_id_alone_is_shown_like_any_other(
    signed_in: Browser, access: Access
) -> None:
    person = await make_person(access, "Ann", "Miller", email="ann@example.com", city="Leeds")
    document = {"@type": "Customer", "name": "Shop", "engagedParty": {"@type": "PartyRef", "id": person}}
    customer = (await access.create(CUSTOMER, document)).record.id
    found = await signed_in.get("/", params={"q": "shop", "kind": "customer"})
    page = await signed_in.get(f"/customer/{customer}")
    for shown in (found.text, page.text):
        assert f'href="/individual/{person}"' in shown
        assert "ann@example.com" in shown
    assert "kept in another system" not in page.text


async def test_pages_of_a_list_show_every_record_once_forwards_and_backwards(
    signed_in: Browser, access: Access
) -> None:
    for number in range(60):
        await make_person(access, f"P{number:02}", "Smith")

    async def walk(start: str, rel: str) -> tuple[list[str], str]:
        seen, path = [], start
        while True:
            answer = await signed_in.get(path)
            seen.append(names(answer))
            further = re.search(rf'rel="{rel}" href="(.*?)"', answer.text)
            if not further:
                return [name for page in (seen if rel == "next" else reversed(seen)) for name in page], path
            path = unescape(further[1])

    for start in ("/?kind=individual", "/?q=smith&kind=individual"):
        forwards, last = await walk(start, "next")
        backwards, _ = await walk(last, "prev")
        assert len(forwards) == 60
        assert sorted(forwards) == sorted(backwards) == [f"P{number:02} Smith" for number in range(60)]


async def test_every_search_is_in_the_trail_with_what_it_showed(
    signed_in: Browser, access: Access, database: str
) -> None:
    person = await make_person(access, "Ann", "Miller")
    await signed_in.get("/", params={"q": "miller"})
    async with await psycopg.AsyncConnection.connect(database) as connection:
        rows = await connection.execute(
            "select verb, kind, outcome, record_ids::text[] from trail where person = 'admin' and client_id = 'console'"
        )
        entries = await rows.fetchall()
    assert ("read", "individual", "shown", [person]) in entries
    assert ("read", "customer", "shown", []) in entries


# ---- one record


async def test_a_customer_is_shown_with_its_party_contacts_and_history(signed_in: Browser, access: Access) -> None:
    person = await make_person(access, "Ann", "Miller", email="ann@example.com", city="Leeds")
    friend = await make_person(access, "Zoe", "Jones")
    related = {
        "@type": "RelatedPartyOrPartyRole",
        "role": "bill receiver",
        "partyOrPartyRole": {"@type": "PartyRef", "id": friend, "name": "Zoe Jones", "@referredType": "Individual"},
    }
    segment = {"@type": "StringCharacteristic", "name": "Segment", "value": "Private"}
    customer = await make_customer(
        access, "Ann Miller", person, status="active", relatedParty=[related], characteristic=[segment]
    )
    steward = access.because("Called about the move")
    await steward.modify(CUSTOMER, UUID(customer), lambda document: {**document, "status": "approved"})
    answer = await signed_in.get(f"/customer/{customer}")
    assert answer.status_code == 200
    for expected in (
        "<bdi>Ann Miller</bdi>",
        f'href="/individual/{person}"',
        'href="mailto:ann@example.com"',
        "Leeds",
        f'<a href="/individual/{friend}"><bdi>Zoe Jones</bdi></a>',
        "bill receiver",
        "Segment",
        "Private",
        "Called about the move",
        "<del><bdi>active</bdi></del>",
        "<ins><bdi>approved</bdi></ins>",
        "<strong><bdi>tester</bdi></strong>",
        "command-line",
        "inventory-management",
        "Person created",
        "<time datetime=",
    ):
        assert expected in answer.text


async def test_a_person_is_shown_with_the_customers_and_roles_it_has(signed_in: Browser, access: Access) -> None:
    person = await make_person(access, "Ann", "Miller")
    customer = await make_customer(access, "Ann Miller", person, status="active")
    named = {
        "@type": "RelatedPartyOrPartyRole",
        "role": "guarantor",
        "partyOrPartyRole": {"@type": "PartyRef", "id": person, "name": "Ann", "@referredType": "Individual"},
    }
    company = {"@type": "Organization", "name": "Bergbahn AG", "relatedParty": [named]}
    organization = (await access.create(ORGANIZATION, company)).record.id
    answer = await signed_in.get(f"/individual/{person}")
    assert f'href="/customer/{customer}"' in answer.text
    assert f'href="/organization/{organization}"' in answer.text
    assert "guarantor" in answer.text
    assert (await signed_in.get(f"/organization/{organization}")).status_code == 200


async def test_a_party_kept_elsewhere_is_named_and_said_to_be(signed_in: Browser, access: Access) -> None:
    answer = await signed_in.get(f"/customer/{await make_customer(access, 'Moon Club', '500', 'Organization')}")
    assert "This record is kept in another system." in answer.text


async def test_a_deleted_record_still_has_its_history(signed_in: Browser, access: Access) -> None:
    person = await make_person(access, "Ann", "Miller")
    await access.because("Asked to be forgotten").delete(INDIVIDUAL, UUID(person))
    answer = await signed_in.get(f"/individual/{person}")
    assert answer.status_code == 410
    assert "This record was deleted." in answer.text
    assert "Asked to be forgotten" in answer.text


async def test_long_histories_are_cut_and_shown_on_request(signed_in: Browser, access: Access) -> None:
    person = await make_person(access, "Ann", "Miller")
    for number in range(55):

        def change(document: dict[str, Any], number: int = number) -> dict[str, Any]:
            return {**document, "title": f"T{number}"}

        await access.modify(INDIVIDUAL, UUID(person), change)
    short, long = await signed_in.get(f"/individual/{person}"), await signed_in.get(f"/individual/{person}?history=all")
    assert short.text.count("<h3>Person changed") == 50
    assert "Show older entries" in short.text
    assert long.text.count("<h3>Person changed") == 55
    assert long.text.count("<h3>Person created") == 1


HOSTILE = "<script>alert(1)</script>'\"&\u202e{{1337*1337}}"


async def test_what_documents_hold_never_becomes_markup(signed_in: Browser, access: Access) -> None:
    media = {
        "@type": "SocialContactMedium",
        "socialNetworkId": HOSTILE,
        "contactType": HOSTILE,
        "x": {HOSTILE: HOSTILE},
    }
    mail = {"@type": "EmailContactMedium", "emailAddress": f"javascript:{HOSTILE}"}
    document = {
        "@type": "Individual",
        "givenName": HOSTILE,
        "familyName": "Miller",
        HOSTILE: HOSTILE,
        "contactMedium": [media, mail],
        "partyCharacteristic": [{"@type": "StringCharacteristic", "name": HOSTILE, "value": HOSTILE}],
    }
    person = (await access.because(HOSTILE).create(INDIVIDUAL, document)).record.id
    await make_customer(access, HOSTILE, person)
    for path in (f"/individual/{person}", "/?q=miller", "/?kind=customer", "/?q=%3Cscript%3Ealert(1)%3C/script%3E"):
        text = (await signed_in.get(path)).text
        assert "<script>alert" not in text
        assert str(1337 * 1337) not in text
        assert 'href="javascript' not in text
        assert len(re.findall(r"<script", text)) == 1


# ---- what is refused


UNANSWERABLE = [
    ("/?q=%00", 400),
    ("/?q=%ff%fe", 400),
    ("/?q=" + "a" * 201, 400),
    ("/?q=" + "a" * 10_000, 413),
    ("/?q=a&q=b", 400),
    ("/?in=shoe-size", 400),
    ("/?kind=table", 400),
    ("/?kind=customer&after=nonsense", 400),
    ("/?q=ann&kind=customer&before=%F0%9F%98%80", 400),
    ("/?kind=customer&after=a&before=b", 400),
    ("/?q=ann&after=a", 400),
    ("/?" + "&".join(f"a{n}=1" for n in range(50)), 400),
    ("/customer/1", 404),
    ("/customer/%00", 404),
    (f"/customer/{ABSENT}", 404),
    (f"/customer/{ABSENT}/", 404),
    (f"/individual/{ABSENT.upper()}", 404),
    ("/account/1", 404),
    ("/static/../application.py", 404),
    ("/static/console.css", 404),
    ("/favicon.ico", 404),
]


async def test_what_cannot_be_answered_gets_a_page_that_says_so(signed_in: Browser) -> None:
    for path, status in UNANSWERABLE:
        answer = await signed_in.get(path)
        assert answer.status_code == status, path
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert "Go to the search page" in answer.text


ODD_TEXTS = ["'", '"', "%", "_", "\\", "''--", "a" * 200, "é" * 200, "🙂", "\u202e", "''; drop", "-"]


async def test_odd_texts_are_searched_for_like_any_other(signed_in: Browser) -> None:
    for text in ODD_TEXTS:
        for place in ("", "name", "email", "city", "phone"):
            answer = await signed_in.get("/", params={"q": text, "in": place})
            assert answer.status_code == 200


NO_FORMS = [
    (b"{}", "application/json", 415),
    (b"login=%ff&password=x", "application/x-www-form-urlencoded", 400),
    (b"login=%00", "application/x-www-form-urlencoded", 400),
    (b"a=" + b"x" * 20_000, "application/x-www-form-urlencoded", 413),
]


async def test_forms_that_are_none_are_refused(browser: Browser) -> None:
    for body, kind, status in NO_FORMS:
        answer = await browser.client.post("/sign-in", content=body, headers={"content-type": kind})
        assert answer.status_code == status
        assert "text/html" in answer.headers["content-type"]


async def test_methods_that_a_page_does_not_have_are_refused(signed_in: Browser) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        answer = await signed_in.client.request(method, "/")
        assert answer.status_code == 405
        assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}


async def test_a_role_without_the_right_gets_a_page_that_says_so(
    browser: Browser, access: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = await make_customer(access, "Ann", "500")
    monkeypatch.setitem(ROLE_GRANTS, "auditor", frozenset())
    await browser.admit("audrey", "auditor")
    await browser.sign_in("audrey")
    answer = await browser.get(f"/customer/{customer}")
    assert answer.status_code == 403
    assert "You may not see this" in answer.text


@pytest.mark.parametrize("role", ["owner", "operator"])
async def test_who_does_not_work_with_customers_begins_at_the_requirements(
    browser: Browser, access: Access, role: str
) -> None:
    customer = await make_customer(access, "Ann", "500")
    await browser.admit("olga", role)
    await browser.sign_in("olga")
    answer = await browser.get("/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/requirements")
    assert (await browser.get("/requirements")).status_code == 200
    for page in (f"/customer/{customer}", "/?q=Ann", f"/customer/{customer}/seen"):
        answer = await browser.get(page)
        assert "Ann" not in re.sub('value="Ann"', "", answer.text)
    assert answer.status_code == (200 if role == "owner" else 403)


async def test_every_role_may_read(browser: Browser, access: Access) -> None:
    customer = await make_customer(access, "Ann", "500")
    for login, role in (("steve", "steward"), ("audrey", "auditor"), ("petra", "privacy-officer")):
        await browser.admit(login, role)
        browser.client.cookies.clear()
        await browser.sign_in(login)
        assert (await browser.get(f"/customer/{customer}")).status_code == 200


async def test_while_the_repository_is_away_every_page_says_so(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    await browser.sign_in()
    await browser.desk.repository.close()
    monkeypatch.setattr(browser.desk.repository.people._connections, "_conninfo", "host=/nowhere dbname=none")
    for path in ("/", f"/customer/{ABSENT}"):
        answer = await browser.get(path)
        assert answer.status_code == 503
        assert "The repository cannot be reached" in answer.text
        assert answer.headers["retry-after"] == "1"
    browser.client.cookies.delete("inventory-session")
    for _ in range(FREE + 3):
        # Attempts that nobody could judge are not held against anyone.
        assert (await browser.sign_in()).status_code == 503


# ---- what every answer carries


async def test_every_answer_carries_the_headers_of_safety(signed_in: Browser) -> None:
    style = re.search(r'href="(/static/console\.\w+\.css)"', (await signed_in.get("/")).text)
    assert style
    for path in ("/", "/sign-in", "/nowhere", "/?q=%00", style[1]):
        headers = (await signed_in.get(path)).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert ("immutable" if path.startswith("/static") else "no-store") in headers["cache-control"]


async def test_pages_hold_nothing_that_their_policy_forbids(signed_in: Browser, access: Access) -> None:
    person = await make_person(access, "Ann", "Miller")
    for path in ("/", "/?q=miller", "/?kind=individual", f"/individual/{person}", "/nowhere"):
        text = (await signed_in.get(path)).text
        assert not re.search(r"<style|\sstyle=|\son\w+=|<iframe|https?://", text)
        assert re.findall(r"<script[^>]*>", text) == re.findall(r'<script src="/static/[\w.]+" defer>', text)
        assert '<html lang="en">' in text
        assert len(re.findall(r"<h1", text)) == 1
        assert len(re.findall(r"<main ", text)) == 1


async def test_an_unforeseen_error_is_a_page_too_and_its_values_stay_out_of_the_log(
    signed_in: Browser, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise ValueError("ann@example.com")

    monkeypatch.setattr("customer_inventory.console.searching.count", broken)
    answer = await signed_in.get("/", headers={"x-request-id": "trace-77"})
    assert answer.status_code == 500
    assert "trace-77" in answer.text
    logged = "".join(capsys.readouterr())
    assert "ValueError" in logged
    assert "ann@example.com" not in logged + answer.text


STARTS = ["/?", "/", "/customer/", "/individual/", "/organization/", "/static/", "/sign-in?next=", "/requirements?"]
STARTS += ["/requirements/", "/requirements/new?resource=", "/proposals/", "/customer/new?party="]


async def test_no_address_makes_a_page_fail(signed_in: Browser, access: Access) -> None:
    person = await make_person(access, "Ann", "Miller")
    random = Random(1316)
    pieces = [
        "q=",
        "in=",
        "kind=",
        "after=",
        "before=",
        "&",
        "=",
        "?",
        "#",
        "/",
        "%00",
        "%ff",
        "%",
        "ann",
        "@",
        "0301234567",
    ]
    pieces += [
        "customer",
        "individual",
        "name",
        "phone",
        "city",
        person,
        "%F0%9F%98%80",
        "+",
        "WyIi",
        "=" * 50,
        "a" * 300,
    ]
    seen = set()
    for _ in range(400):
        start = random.choice(STARTS)
        path = start + "".join(random.choices(pieces, k=random.randint(0, 8)))
        answer = await signed_in.get(path)
        assert answer.status_code < 500, path
        assert "text/html" in answer.headers.get("content-type", "text/html"), path
        seen.add(answer.status_code)
    assert {200, 303, 400, 404} <= seen
