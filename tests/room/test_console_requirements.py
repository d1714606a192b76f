"""The console's pages of the requirements over a real repository: seen, proposed, decided on, refused and why."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import httpx
import pytest
from msgspec import UNSET

from customer_inventory.access import Access, governing
from customer_inventory.clock import system_clock
from customer_inventory.console.requirements.form import kept_rules, own_name, requirement_typed, typed_of
from customer_inventory.console.requirements.saying import bound_words, period_words, sayings, turned
from customer_inventory.model import RESOURCES, InvalidDocument
from customer_inventory.requirements.governance import Proposed
from customer_inventory.requirements.reading import requirement_from
from customer_inventory.requirements.requirement import InformationRequirement
from tests.room.conftest import Browser, ship_nothing

INDIVIDUAL = RESOURCES["individual"]
LANGUAGE = "individual.partyCharacteristic[preferredLanguage]"
PAGE = "/requirements/individual.partyCharacteristic%5BpreferredLanguage%5D"
PROPOSAL = "/proposals/individual.partyCharacteristic%5BpreferredLanguage%5D@1"
FORM = {
    "resource": "individual",
    "from": "own",
    "name": "Preferred language",
    "meaning": "The language in which the person wants to be written to.",
    "obligation": "mandatory",
    "enforcement": "refuse",
    "valueRule.codeList": "de\r\nen\r\n\r\nde",
    "reason": "Letters go out in the wrong language.",
}
EVERYTHING = {
    "resource": "individual",
    "attribute": "birthDate",
    "name": "Born",
    "meaning": "The day of birth.",
    "businessOwner": "Head of service",
    "steward": "Data desk",
    "purpose": ["contract", "age check"],
    "lawfulBasis": "contract",
    "obligation": "conditional",
    "condition": "@.status == 'validated'",
    "enforcement": "refuse",
    "valueRule": [
        {"code": "range", "minimum": "today-120y", "maximum": "today", "message": "is no day of birth"},
        {"code": "kind", "type": "date", "format": "email", "pattern": "[0-9-]+", "codeList": ["a", "b"]},
        {"code": "long", "minLength": 4, "maxLength": 30, "checkDigit": "luhn", "enforcement": "observe"},
        {"code": "rich", "when": "@.gender == 'f'", "pattern": "x"},
        {"code": "holds", "condition": "@.deathDate == null"},
    ],
    "standardisation": "day",
    "sensitivity": "special",
    "masking": "generalise",
    "qualityTarget": [{"dimension": "completeness", "target": 0.995}],
    "confirmWithin": 400,
    "retention": {"period": "P1Y6M", "trigger": "end of the contract", "ground": "§ 147 AO"},
    "searchable": True,
    "unique": True,
    "identifying": True,
    "source": ["CRM", "Shop"],
    "consumer": ["Billing"],
}


@pytest.fixture(autouse=True)
def _nothing_shipped(monkeypatch: pytest.MonkeyPatch) -> None:
    ship_nothing(monkeypatch)


async def admit(browser: Browser, *people: tuple[str, str]) -> None:
    for login, role in people:
        await browser.admit(login, role)


async def enter(browser: Browser, login: str) -> None:
    browser.client.cookies.clear()
    assert (await browser.sign_in(login)).status_code == 303


async def propose(browser: Browser, **more: str) -> httpx.Response:
    return await browser.form("/requirements/new", {**FORM, **more}, page="/requirements/new?resource=individual")


@pytest.fixture
async def stewards(browser: Browser) -> Browser:
    """A browser in which a steward is signed in, where another one and an auditor could be."""
    await admit(browser, ("bea", "steward"), ("cem", "steward"), ("aud", "auditor"))
    await enter(browser, "bea")
    return browser


# ---- in words


def test_everything_that_a_requirement_says_is_said_in_words() -> None:
    whole = requirement_from(EVERYTHING)
    for name in InformationRequirement.__struct_fields__:
        value = getattr(whole, name)
        if value is UNSET or name in {"resource", "attribute"}:
            continue
        plain = requirement_from({name: EVERYTHING[name] for name in ("resource", "attribute", "name", "meaning")})
        assert turned(plain, whole), name
    for at in range(len(EVERYTHING["valueRule"])):  # type: ignore[arg-type]  a list, as it stands above
        rules = list(EVERYTHING["valueRule"])  # type: ignore[call-overload]
        for facet in set(rules[at]) - {"code"}:
            less = {name: value for name, value in rules[at].items() if name != facet}
            changed = requirement_from({**EVERYTHING, "valueRule": [*rules[:at], less, *rules[at + 1 :]]})
            assert turned(whole, changed), facet
    assert turned(whole, whole) == ()
    assert len({saying.key for saying in sayings(whole)}) == len(sayings(whole))


def test_bounds_periods_and_names_are_words() -> None:
    assert [bound_words(each) for each in ("today-18y", "now+1d", "today", "7")] == [
        "18 years before today",
        "1 day after now",
        "today",
        "7",
    ]
    assert period_words("P1Y6M") == "1 year, 6 months"
    names = [own_name(each) for each in ("Preferred language", "Größe (in cm)", "VIP", "2nd e-mail", " - ")]
    assert names == ["preferredLanguage", "großeInCm", "vip", "2ndEMail", ""]


def test_a_form_that_is_sent_back_as_it_was_changes_nothing() -> None:
    whole = requirement_from(EVERYTHING)
    assert requirement_typed(typed_of(whole), INDIVIDUAL, before=whole) == whole
    assert [rule.code for rule in kept_rules(whole)] == ["range", "long", "rich", "holds"]


def test_rules_that_the_form_does_not_show_survive_a_change_of_the_others() -> None:
    whole = requirement_from(EVERYTHING)
    typed = {**typed_of(whole), "valueRule.maximum": "", "valueRule.codeList": "", "valueRule.minLength": "5"}
    rules = {rule.code: rule for rule in requirement_typed(typed, INDIVIDUAL, before=whole).value_rule or ()}
    assert rules["range"].maximum is UNSET
    assert rules["range"].minimum == "today-120y"
    assert rules["kind"].code_list is UNSET
    assert (rules["long"].min_length, rules["long"].check_digit) == (5, "luhn")
    assert {"rich", "holds"} <= rules.keys()


def test_a_form_tells_everything_that_is_wrong_with_it_at_once() -> None:
    typed = {**FORM, "name": "", "meaning": " ", "confirmWithin": "soon", "qualityTarget.accuracy": "much"}
    with pytest.raises(InvalidDocument) as caught:
        requirement_typed({**typed, "retention.period": "x"}, INDIVIDUAL, before=None)
    paths = {problem.path for problem in caught.value.problems}
    assert paths >= {"name", "meaning", "confirmWithin", "qualityTarget.accuracy", "retention.period"}


# ---- pages


async def test_an_empty_catalogue_teaches_what_a_requirement_is(stewards: Browser) -> None:
    text = (await stewards.get("/requirements")).text
    assert "No requirement is in force" in text
    assert 'href="/requirements/new?resource=individual"' in text
    await enter(stewards, "aud")
    text = (await stewards.get("/requirements")).text
    assert "/requirements/new" not in text


async def test_a_requirement_is_proposed_decided_by_another_and_governs(stewards: Browser) -> None:
    answer = await propose(stewards)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PROPOSAL}?done=proposed")
    own = (await stewards.get(answer.headers["location"])).text
    assert "Proposed. Somebody else decides on it now" in own
    assert "You proposed this, so you cannot approve it." in own
    assert "Letters go out in the wrong language." in own
    assert "Preferred language" in (await stewards.get("/requirements")).text
    refused = await stewards.form(PROPOSAL, {"do": "approve"})
    assert refused.status_code == 403
    assert "cannot approve or reject it" in refused.text

    await enter(stewards, "cem")
    page = (await stewards.get("/proposals")).text
    assert f'href="{PROPOSAL}"' in page
    answer = await stewards.form(PROPOSAL, {"do": "approve", "decision": "As agreed", "when": "now"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PROPOSAL}?done=approve")
    assert "It governs now" in (await stewards.get(answer.headers["location"])).text
    catalogue = (await stewards.get("/requirements")).text
    assert f'<a class="name" href="{PAGE}">' in catalogue
    assert "One of de, en" in catalogue
    shown = (await stewards.get(PAGE)).text
    for expected in ("In force", "As agreed", "bea", "cem", "<code>de</code>", f'href="{PAGE}/change"'):
        assert expected in shown


async def govern(access: Access, **more: object) -> None:
    """Let a requirement govern: the tester proposes, the client of an access without a person decides."""
    asked = requirement_from({"resource": "individual", "name": "N", "meaning": "m", **more})
    made = await governing.propose(access, Proposed(asked, "asked for"))
    await decide(access, made)


async def decide(access: Access, made: governing.Proposal) -> None:
    store = access.facilities.catalogue.store
    now = access.facilities.clock()
    decided = made.version._replace(status="approved", decided_by="x", decided_at=now, effective_from=now)
    async with store.turn() as turn:
        assert await turn.decide(decided, expected=("proposed",))
    await access.facilities.catalogue.anew()


async def test_a_change_shows_before_and_after_and_versions_are_compared(stewards: Browser, access: Access) -> None:
    await govern(access, attribute="familyName", name="Born", valueRule=EVERYTHING["valueRule"][3:])  # type: ignore[index]
    page = "/requirements/individual.familyName"
    form = (await stewards.get(f"{page}/change")).text
    assert "They stay as they are" in form
    fields = {"name": "Birthday", "meaning": "m", "obligation": "mandatory", "enforcement": "warn", "reason": "clearer"}
    answer = await stewards.form(f"{page}/change", {**fields, "sensitivity": "personal", "masking": "null"})
    assert answer.status_code == 303, answer.text
    shown = (await stewards.get(answer.headers["location"])).text
    assert "<del><bdi>Born</bdi>" in shown
    assert "<ins><bdi>Birthday</bdi>" in shown
    assert "Pattern" not in shown
    assert "Change proposed" in (await stewards.get("/requirements")).text
    await enter(stewards, "cem")
    await stewards.form("/proposals/individual.familyName@2", {"do": "approve"})
    compared = (await stewards.get(page, params={"from": "1", "to": "2"})).text
    assert "<del><bdi>Born</bdi>" in compared
    assert (await stewards.get(page, params={"from": "1", "to": "9"})).status_code == 400


async def test_a_requirement_is_ended_by_two(stewards: Browser, access: Access) -> None:
    await govern(access, attribute="birthDate")
    page = "/requirements/individual.birthDate"
    refused = await stewards.form(f"{page}/end", {"reason": " "})
    assert refused.status_code == 400
    assert "says in 1 to 2,000 characters why" in refused.text
    answer = await stewards.form(f"{page}/end", {"reason": "nobody uses it"})
    assert answer.status_code == 303
    await enter(stewards, "cem")
    await stewards.form("/proposals/individual.birthDate@2", {"do": "approve"})
    ended = await stewards.get(page)
    assert ended.status_code == 410
    assert "Not in force" in ended.text


async def test_what_was_typed_stays_when_a_form_is_refused(stewards: Browser) -> None:
    answer = await propose(
        stewards, meaning="", reason="", **{"valueRule.pattern": "(", "from": "known", "attribute": "x"}
    )
    assert answer.status_code == 400
    assert 'value="Preferred language"' in answer.text
    assert re.search(r'id="e-meaning">Is needed', answer.text)
    assert re.search(r'id="e-reason">Is needed', answer.text)
    answer = await propose(stewards, **{"valueRule.pattern": "(", "from": "known", "attribute": "birthDaye"})
    assert "Did you mean birthDate?" in answer.text
    answer = await propose(stewards, **{"valueRule.pattern": "("})
    assert re.search(r'id="e-valueRule.pattern">', answer.text)
    assert "<details" in answer.text
    assert re.search(r"<details[^>]* open>", answer.text)
    assert await governing_count(stewards) == 0


async def governing_count(browser: Browser) -> int:
    return len(await browser.desk.repository.catalogue.versions())


async def test_what_governs_is_changed_and_not_proposed_anew(stewards: Browser, access: Access) -> None:
    await govern(access, attribute="partyCharacteristic[preferredLanguage]", sensitivity="special")
    await govern(access, attribute="gender", sensitivity="special")
    for more in ({}, {"from": "known", "attribute": "gender"}):
        answer = await propose(stewards, **more)
        assert answer.status_code == 400, answer.headers
        assert "is governed already. Propose a change on the page of its requirement" in answer.text


async def test_the_impact_leads_to_records_that_would_break_it(stewards: Browser, access: Access) -> None:
    document = {"@type": "Individual", "givenName": "Ada", "familyName": "Byron"}
    made = await access.create(RESOURCES["individual"], document)
    await propose(stewards)
    shown = (await stewards.get(PROPOSAL)).text
    assert "1 break it; 0 break what governs now" in shown
    assert f'<a href="/individual/{made.record.id}">record 1</a>' in shown


async def test_the_impact_tells_of_values_that_are_too_long_for_an_index(stewards: Browser, access: Access) -> None:
    long = "".join(chr(0x4E00 + number * 7919 % 20_000) for number in range(3000))
    await access.create(
        RESOURCES["individual"], {"@type": "Individual", "givenName": "A", "familyName": "B", "placeOfBirth": long}
    )
    fields = {"from": "known", "attribute": "placeOfBirth", "searchable": "yes", "valueRule.codeList": ""}
    answer = await propose(stewards, **fields)
    shown = (await stewards.get(answer.headers["location"])).text
    assert "1 record has a value that is too long for the index" in shown


async def test_a_draft_waits_for_its_author_and_can_be_withdrawn(stewards: Browser) -> None:
    answer = await propose(stewards, **{"as": "draft"})
    assert answer.headers["location"] == f"{PROPOSAL}?done=draft"
    assert "Your draft" in (await stewards.get(PROPOSAL)).text
    await enter(stewards, "cem")
    assert "A draft of" in (await stewards.get(PROPOSAL)).text
    assert (await stewards.form(PROPOSAL, {"do": "withdraw"}, page="/proposals")).status_code == 403
    await enter(stewards, "bea")
    assert (await stewards.form(PROPOSAL, {"do": "submit"})).status_code == 303
    assert (await stewards.form(PROPOSAL, {"do": "withdraw"})).status_code == 303
    assert "Withdrawn" in (await stewards.get(PROPOSAL)).text


async def test_an_approval_can_wait_for_a_day_but_not_for_a_past_one(stewards: Browser) -> None:
    await propose(stewards)
    await enter(stewards, "cem")
    day = (system_clock() + timedelta(days=2)).date().isoformat()
    for wrong, told in (("", "is needed as a date"), ("2020-01-01", "has passed")):
        answer = await stewards.form(PROPOSAL, {"do": "approve", "when": "later", "from": wrong, "decision": "kept"})
        assert answer.status_code == 400
        assert told in answer.text
        assert "kept</textarea>" in answer.text
    await stewards.form(PROPOSAL, {"do": "approve", "when": "later", "from": day})
    assert "Approved for later" in (await stewards.get(PROPOSAL)).text
    assert "Preferred language" not in (await stewards.get("/requirements")).text


async def test_to_reject_one_says_why(stewards: Browser) -> None:
    await propose(stewards)
    await enter(stewards, "cem")
    assert "wants to know why" in (await stewards.form(PROPOSAL, {"do": "reject"})).text
    assert (await stewards.form(PROPOSAL, {"do": "reject", "decision": "Not now"})).status_code == 303
    assert "Not now" in (await stewards.get(PROPOSAL)).text
    again = await stewards.form(PROPOSAL, {"do": "approve"}, page="/proposals")
    assert again.status_code == 409
    assert (await stewards.form(PROPOSAL, {"do": "dance"}, page="/proposals")).status_code == 400


async def test_auditors_look_and_are_told_that_they_cannot_do_more(stewards: Browser) -> None:
    await propose(stewards)
    await enter(stewards, "aud")
    assert "reads proposals" in (await stewards.get(PROPOSAL)).text
    for path in ("/requirements/new", f"{PAGE}/change", f"{PAGE}/end"):
        answer = await stewards.get(path)
        assert answer.status_code == 403
        assert "Your role may look at requirements and proposals, but not make them." in answer.text
    for act in ("approve", "reject", "withdraw", "submit"):
        answer = await stewards.form(PROPOSAL, {"do": act, "decision": "x"}, page="/proposals")
        assert answer.status_code == 403, act


async def test_the_catalogue_is_filtered(stewards: Browser, access: Access) -> None:
    await govern(access, attribute="birthDate", name="Born", sensitivity="personal")
    await govern(access, attribute="gender", name="Gender", sensitivity="special", obligation="mandatory")
    await govern(access, resource="customer", attribute="status", name="State", businessOwner="Head of sales")

    async def found(**query: str) -> list[str]:
        text = (await stewards.get("/requirements", params=query)).text
        return [unescape(name) for name in re.findall(r'<a class="name" href="[^"]+"><bdi>(.*?)</bdi>', text)]

    assert await found() == ["Born", "Gender", "State"]
    assert await found(resource="customer") == ["State"]
    assert await found(words="SALES head") == ["State"]
    assert await found(sensitivity="special") == ["Gender"]
    assert await found(mandatory="yes") == ["Gender"]
    assert "No requirement fits" in (await stewards.get("/requirements?words=zebra")).text
    assert (await stewards.get("/requirements?sensitivity=secret")).status_code == 400


UNKNOWN = [
    ("/requirements/individual.shoeSize", 404),
    ("/requirements/individual.shoeSize/change", 404),
    ("/requirements/new?resource=shoe", 400),
    ("/proposals/individual.birthDate@9", 404),
    ("/proposals/individual.birthDate", 404),
    ("/proposals/x@99999999999999", 404),
    ("/proposals/%00@1", 404),
]


async def test_what_there_is_not_is_said_to_be_missing(stewards: Browser) -> None:
    for path, status in UNKNOWN:
        assert (await stewards.get(path)).status_code == status, path


async def test_a_form_of_another_site_does_nothing(stewards: Browser) -> None:
    for path in ("/requirements/new", PROPOSAL):
        answer = await stewards.client.post(path, data={**FORM, "proof": "0" * 64})
        assert answer.status_code == 403
    assert await governing_count(stewards) == 0


async def test_what_requirements_say_never_becomes_markup(stewards: Browser) -> None:
    hostile = "<script>alert(1)</script>'\"&"
    answer = await propose(
        stewards, name="A" + hostile, meaning=hostile, reason=hostile, **{"valueRule.codeList": hostile}
    )
    place = answer.headers["location"].partition("?")[0]
    await enter(stewards, "cem")
    assert (await stewards.form(place, {"do": "approve", "decision": hostile})).status_code == 303
    page = place.replace("/proposals/", "/requirements/").rpartition("@")[0]
    for path in (place, page, f"{page}/change", f"{page}/end", "/requirements", "/proposals"):
        answer = await stewards.get(path)
        assert answer.status_code == 200
        assert "<script>alert" not in answer.text
        assert not re.search(r"<style|\sstyle=|\son\w+=|<iframe|https?://", answer.text)
