"""The forms of records over a real repository: they ask what the requirements ask, and lose nobody's change."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest

from customer_inventory.access import Access
from customer_inventory.clock import system_clock
from customer_inventory.console.forms.layout import layout_of
from customer_inventory.console.forms.writing import typed_of, written
from customer_inventory.model import RESOURCES
from customer_inventory.requirements.reading import requirement_from
from tests.room.conftest import Browser, ship_nothing
from tests.room.test_console_requirements import govern

INDIVIDUAL = RESOURCES["individual"]
LANGUAGE = "partyCharacteristic[preferredLanguage]"
NAMES = {"givenName": "Ada", "familyName": "Byron"}
PERSON: dict[str, Any] = {
    "@type": "Individual",
    "givenName": "Ada",
    "familyName": "Byron",
    "gender": "f",
    "x-own": {"kept": [1, 2.0, None]},
    "partyCharacteristic": [
        {"@type": "IntegerCharacteristic", "name": "points", "value": 7, "id": "c1"},
        {"@type": "StringCharacteristic", "name": "preferredLanguage", "value": "de"},
        {"@type": "StringArrayCharacteristic", "name": "hats", "value": ["red"]},
    ],
    "contactMedium": [
        {"@type": "FaxContactMedium", "faxNumber": "+41441234567"},
        {"@type": "EmailContactMedium", "id": "m1", "preferred": True, "emailAddress": "ada@example.org"},
        {"@type": "GeographicAddressContactMedium", "city": "Bern", "country": "Switzerland"},
    ],
}


@pytest.fixture(autouse=True)
def _nothing_shipped(monkeypatch: pytest.MonkeyPatch) -> None:
    ship_nothing(monkeypatch)


def asked(attribute: str, **more: object) -> dict[str, Any]:
    requirement = requirement_from(
        {"resource": "individual", "attribute": attribute, "name": f"The {attribute}", "meaning": "m", **more}
    )
    return {attribute: requirement}


async def govern_language(access: Access, **more: object) -> None:
    rule = {"code": "list", "codeList": ["de", "en"]}
    said = {"obligation": "mandatory", "enforcement": "refuse", "valueRule": [rule], **more}
    await govern(access, attribute=LANGUAGE, name="Preferred language", meaning="For letters.", **said)  # type: ignore[arg-type]


async def stored(access: Access, identifier: str) -> dict[str, Any]:
    record = await access.read(INDIVIDUAL, UUID(identifier))
    return msgspec.json.decode(record.document, type=dict[str, Any])


async def make(access: Access, **more: Any) -> str:
    return (await access.create(INDIVIDUAL, {**PERSON, **more})).record.id


def fields(answer: httpx.Response) -> dict[str, str]:
    """What a browser would send of the form as it is shown."""
    text = answer.text[answer.text.index('<form class="form"') :]
    found = dict(re.findall(r'<input[^>]*name="([^"]+)"[^>]*?value="([^"]*)"', text))
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', text, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        found[name] = chosen[1] if chosen else ""
    return {unescape(name): unescape(value) for name, value in found.items()}


# ---- what a form makes of a record


def test_a_form_that_is_sent_as_it_was_shown_changes_nothing() -> None:
    requirements = {
        **asked("gender"),
        **asked(LANGUAGE),
        **asked("partyCharacteristic[points]", valueRule=[{"code": "t", "type": "integer"}]),
        **asked("partyCharacteristic[hats]"),
        **asked("contactMedium.emailAddress"),
    }
    layout = layout_of(INDIVIDUAL, requirements, PERSON, now=system_clock())
    typed = typed_of(layout, PERSON)
    assert {"gender", LANGUAGE, "contactMedium[1].emailAddress", "contactMedium[2].city"} <= typed.keys()
    assert "partyCharacteristic[hats]" not in typed
    assert layout.beside == ("The partyCharacteristic[hats]",)
    assert written(layout, PERSON, typed).document == PERSON
    assert written(layout, PERSON, {}).document == PERSON


def test_a_form_changes_what_was_changed_in_it_and_nothing_else() -> None:
    points = asked("partyCharacteristic[points]", valueRule=[{"code": "t", "type": "integer"}])
    layout = layout_of(INDIVIDUAL, {**asked("gender"), **asked(LANGUAGE), **points}, PERSON, now=system_clock())
    changed = {
        "gender": "",
        LANGUAGE: "en",
        "partyCharacteristic[points]": "8",
        "contactMedium[1].emailAddress": "ada@example.com",
        "contactMedium[2].city": "",
        "contactMedium[2].country": "",
        "contactMedium[PhoneContactMedium].phoneNumber": "+41319876543",
    }
    made = written(layout, PERSON, {**typed_of(layout, PERSON), **changed})
    said = made.document
    assert "gender" not in said
    assert said["x-own"] == PERSON["x-own"]
    assert [each.get("value") for each in said["partyCharacteristic"]] == [8, "en", ["red"]]
    assert said["partyCharacteristic"][0]["id"] == "c1"
    fax, mail, phone = said["contactMedium"]
    assert fax == PERSON["contactMedium"][0]
    assert mail == {**PERSON["contactMedium"][1], "emailAddress": "ada@example.com"}
    assert phone == {"@type": "PhoneContactMedium", "phoneNumber": "+41319876543"}
    assert made.fields["contactMedium[2].phoneNumber"] == "contactMedium[PhoneContactMedium].phoneNumber"
    assert made.fields["partyCharacteristic[1].value"] == LANGUAGE


def test_values_that_are_not_of_the_type_are_told_at_their_field() -> None:
    points = asked("partyCharacteristic[points]", valueRule=[{"code": "t", "type": "integer"}])
    layout = layout_of(INDIVIDUAL, points, PERSON, now=system_clock())
    made = written(layout, PERSON, {**typed_of(layout, PERSON), "partyCharacteristic[points]": "many"})
    assert [(each.path, each.reason) for each in made.problems] == [
        ("partyCharacteristic[points]", "is no whole number")
    ]


def test_a_browser_checks_only_what_is_refused_and_never_locks_an_old_record() -> None:
    rule = [{"code": "r", "pattern": "[a-z]+", "maxLength": 3}]
    one = asked("gender", obligation="mandatory", enforcement="refuse", valueRule=rule)
    fresh = layout_of(INDIVIDUAL, one, {}, now=system_clock()).fields
    gender = next(each for each in fresh if each.name == "gender")
    assert gender.limits == {"pattern": "[a-z]+", "maxlength": "3", "required": "required"}
    old = layout_of(INDIVIDUAL, one, {**PERSON, "gender": "UNKNOWN"}, now=system_clock()).fields
    assert next(each for each in old if each.name == "gender").limits == {"required": "required"}
    without = {name: value for name, value in PERSON.items() if name != "gender"}
    lacking = layout_of(INDIVIDUAL, one, without, now=system_clock()).fields
    assert "required" not in next(each for each in lacking if each.name == "gender").limits
    warned = layout_of(INDIVIDUAL, asked("gender", obligation="mandatory", valueRule=rule), {}, now=system_clock())
    assert next(each for each in warned.fields if each.name == "gender").limits == {}


# ---- pages


async def test_a_person_is_made_by_the_form_that_the_requirements_make(signed_in: Browser, access: Access) -> None:
    assert "preferredLanguage" not in (await signed_in.get("/individual/new")).text
    await govern_language(access)
    page = await signed_in.get("/individual/new")
    for expected in (f'name="{LANGUAGE}"', "Preferred language", "For letters.", '<option value="en"'):
        assert expected in page.text
    answer = await signed_in.form("/individual/new", NAMES)
    assert answer.status_code == 400
    assert f'id="e-{LANGUAGE}">Is mandatory' in answer.text
    assert 'value="Ada"' in answer.text
    assert "requirement individual" not in answer.text
    answer = await signed_in.form("/individual/new", {**NAMES, LANGUAGE: "xx"})
    assert "Is none of de, en" in answer.text
    mail = {"contactMedium[EmailContactMedium].emailAddress": "ada@example.org"}
    answer = await signed_in.form("/individual/new", {**NAMES, **mail, LANGUAGE: "en", "why": "Came to the shop"})
    assert answer.status_code == 303, answer.text
    shown = (await signed_in.get(answer.headers["location"])).text
    for expected in ("Kept.", "<dt>Preferred language</dt>", "ada@example.org", "Came to the shop"):
        assert expected in shown
    document = await stored(access, answer.headers["location"].rpartition("/")[2].partition("?")[0])
    assert document["partyCharacteristic"][0]["value"] == "en"


@pytest.mark.parametrize("enforcement", ["refuse", "warn", "observe"])
@pytest.mark.parametrize("obligation", ["mandatory", "optional"])
async def test_every_kind_of_field_is_shown_full_and_empty(
    signed_in: Browser, access: Access, obligation: str, enforcement: str
) -> None:
    person, empty = await make(access, title="Dr\nmed"), await make(access, partyCharacteristic=[], contactMedium=[])
    said = {"obligation": obligation, "enforcement": enforcement}
    await govern_language(access, **said)
    for attribute, kind in (("points", "integer"), ("vip", "boolean"), ("since", "date"), ("two words", "number")):
        rule = {
            "code": "kind",
            "type": kind,
            **({} if kind == "boolean" else {"minimum": "today" if kind == "date" else "1"}),
        }
        await govern(access, attribute=f"partyCharacteristic[{attribute}]", name=attribute, valueRule=[rule], **said)
    for attribute in ("status", "birthDate", "title"):
        await govern(access, attribute=attribute, name=attribute, **said)
    for path in ("/individual/new", f"/individual/{person}/edit", f"/individual/{empty}/edit"):
        answer = await signed_in.get(path)
        assert answer.status_code == 200
        assert answer.text.count('type="date"') == 2
        assert '<option value="validated">' in answer.text
        assert 'id="f-partyCharacteristic[two_words]" name="partyCharacteristic[two words]"' in answer.text
        assert (f'<select id="f-{LANGUAGE}"' in answer.text) == (enforcement == "refuse")


async def test_a_form_that_is_sent_twice_makes_one_record(signed_in: Browser) -> None:
    sent = {**fields(await signed_in.get("/individual/new")), **NAMES}
    first = await signed_in.client.post("/individual/new", data=sent)
    again = await signed_in.client.post("/individual/new", data=sent)
    assert first.headers["location"] == again.headers["location"]
    other = await signed_in.client.post("/individual/new", data={**sent, "familyName": "Else"})
    assert (other.status_code, "This form was kept before." in other.text) == (409, True)


async def test_an_edit_keeps_what_the_form_does_not_show(signed_in: Browser, access: Access) -> None:
    person = await make(access)
    await govern_language(access)
    page = await signed_in.get(f"/individual/{person}/edit")
    sent = {**fields(page), "givenName": "Augusta", "why": "Prefers it"}
    answer = await signed_in.client.post(f"/individual/{person}/edit", data=sent)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/individual/{person}?done=saved")
    assert await stored(access, person) == {**PERSON, "givenName": "Augusta"}
    shown = (await signed_in.get(answer.headers["location"])).text
    assert "Saved." in shown
    assert "Prefers it" in shown
    again = await signed_in.form(
        f"/individual/{person}/edit", fields(await signed_in.get(f"/individual/{person}/edit"))
    )
    assert again.headers["location"].endswith("?done=same")


async def test_a_change_of_somebody_else_is_shown_and_not_lost(signed_in: Browser, access: Access) -> None:
    person = await make(access)
    sent = {**fields(await signed_in.get(f"/individual/{person}/edit")), "givenName": "Augusta"}
    await access.modify(INDIVIDUAL, UUID(person), lambda document: {**document, "familyName": "Lovelace"})
    answer = await signed_in.client.post(f"/individual/{person}/edit", data=sent)
    assert answer.status_code == 409
    assert "Somebody changed this record meanwhile" in answer.text
    assert "<del><bdi>Byron</bdi></del>" in answer.text
    merged = fields(answer)
    assert (merged["givenName"], merged["familyName"], merged["version"]) == ("Augusta", "Lovelace", "2")
    assert (await signed_in.client.post(f"/individual/{person}/edit", data=merged)).status_code == 303
    document = await stored(access, person)
    assert (document["givenName"], document["familyName"]) == ("Augusta", "Lovelace")


async def test_what_was_typed_of_a_contact_is_not_put_into_another_one(signed_in: Browser, access: Access) -> None:
    person = await make(access)
    sent = fields(await signed_in.get(f"/individual/{person}/edit"))
    sent["contactMedium[1].emailAddress"] = "mine@example.org"
    media = PERSON["contactMedium"][::-1]
    await access.modify(INDIVIDUAL, UUID(person), lambda document: {**document, "contactMedium": media})
    answer = await signed_in.client.post(f"/individual/{person}/edit", data=sent)
    assert answer.status_code == 409
    assert "Type this again where it belongs" in answer.text
    assert "mine@example.org" in answer.text
    assert "mine@example.org" not in fields(answer).values()


async def test_a_record_says_which_requirements_it_does_not_meet(signed_in: Browser, access: Access) -> None:
    person = await make(access, partyCharacteristic=[])
    await govern_language(access, enforcement="warn")
    shown = (await signed_in.get(f"/individual/{person}")).text
    assert "1 requirement is not met" in shown
    assert "Preferred language is mandatory" in shown
    sent = {**fields(await signed_in.get(f"/individual/{person}/edit")), LANGUAGE: "fr"}
    answer = await signed_in.client.post(f"/individual/{person}/edit", data=sent)
    assert answer.status_code == 303
    assert "Preferred language is none of de, en" in (await signed_in.get(answer.headers["location"])).text


async def test_a_customer_is_made_of_a_party_of_the_inventory(signed_in: Browser, access: Access) -> None:
    person = await make(access)
    assert f'href="/customer/new?party={person}"' in (await signed_in.get(f"/individual/{person}")).text
    page = await signed_in.get(f"/customer/new?party={person}")
    assert fields(page)["name"] == "Ada Byron"
    assert f'href="/individual/{person}"' in page.text
    for wrong, told in (("", "Is needed"), ("500", "Is of no person or organisation of this inventory")):
        answer = await signed_in.form("/customer/new", {"name": "Ada", "party": wrong})
        assert answer.status_code == 400
        assert f'id="e-party">{told}' in answer.text
    answer = await signed_in.form("/customer/new", {"name": "Ada", "party": f"http://x/individual/{person}"})
    assert answer.status_code == 303
    assert f'href="/individual/{person}"' in (await signed_in.get(answer.headers["location"])).text


async def test_headings_are_those_of_the_requirements(signed_in: Browser, access: Access) -> None:
    person = await make(access)
    await govern(access, attribute="gender", name="Stated gender")
    await govern(access, attribute="contactMedium.city", name="Town")
    await access.modify(INDIVIDUAL, UUID(person), lambda document: {**document, "gender": "x"})
    shown = (await signed_in.get(f"/individual/{person}")).text
    assert "<dt>Stated gender</dt>" in shown
    assert '<th scope="row">Stated gender</th>' in shown
    assert '<th scope="col">Town</th>' in (await signed_in.get("/?kind=individual")).text


async def test_of_many_fields_those_that_are_asked_for_come_first(signed_in: Browser, access: Access) -> None:
    for number in range(12):
        await govern(access, attribute=f"partyCharacteristic[a{number}]", name=f"Attribute {number}")
    await govern_language(access)
    text = (await signed_in.get("/individual/new")).text
    assert "More: 12 further attributes" in text
    assert text.index(f'name="{LANGUAGE}"') < text.index("More: 12") < text.index('name="partyCharacteristic[a0]"')


async def test_auditors_are_told_that_they_cannot_write(browser: Browser, access: Access) -> None:
    person = await make(access)
    await browser.admit("aud", "auditor")
    await browser.sign_in("aud")
    for path in ("/individual/new", "/customer/new", f"/individual/{person}/edit"):
        answer = await browser.get(path)
        assert answer.status_code == 403
        assert "Your role may look at records, but not write them." in answer.text
    assert "/edit" not in (await browser.get(f"/individual/{person}")).text
    assert "/individual/new" not in (await browser.get("/")).text


async def test_kinds_of_which_nothing_is_asked_have_a_form_too(signed_in: Browser, access: Access) -> None:
    person = await make(access)
    document = {
        "@type": "Supplier",
        "name": "Ada's Engines",
        "engagedParty": {"@type": "PartyRef", "@referredType": "Individual", "id": person},
    }
    role = (await access.create(RESOURCES["partyRole"], document)).record.id
    sent = {**fields(await signed_in.get(f"/party_role/{role}/edit")), "name": "Byron & Co"}
    assert (await signed_in.client.post(f"/party_role/{role}/edit", data=sent)).status_code == 303
    kept = await access.read(RESOURCES["partyRole"], UUID(role))
    assert msgspec.json.decode(kept.document) == {**document, "name": "Byron & Co"}


async def test_a_form_of_another_site_writes_nothing(signed_in: Browser, access: Access) -> None:
    person = await make(access)
    sent = {**fields(await signed_in.get(f"/individual/{person}/edit")), "givenName": "Mallory", "proof": "0" * 64}
    for path in (f"/individual/{person}/edit", "/individual/new"):
        assert (await signed_in.client.post(path, data=sent)).status_code == 403
    assert (await stored(access, person))["givenName"] == "Ada"


async def test_what_forms_show_never_becomes_markup(signed_in: Browser, access: Access) -> None:
    hostile = "<script>alert(1)</script>'\"&"
    person = await make(access, givenName=hostile, partyCharacteristic=[])
    await govern(access, attribute="partyCharacteristic[a b'<i>&]", name=hostile, meaning=hostile)
    for path in (f"/individual/{person}/edit", "/individual/new", f"/customer/new?party={person}"):
        answer = await signed_in.get(path)
        assert answer.status_code == 200
        assert "<script>alert" not in answer.text
        assert not re.search(r"<style|\sstyle=|\son\w+=|<iframe|https?://", answer.text)
