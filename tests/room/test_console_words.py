"""What the console makes of documents and texts, without a database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_inventory.console.asking import Search, field_of, id_in, spellings
from customer_inventory.console.attempts import FREE, FREE_OF_ADDRESS, LONGEST_WAIT, Attempts
from customer_inventory.console.comparing import compare
from customer_inventory.console.contacts import contacts_of, first_value
from customer_inventory.console.facts import facts_of, sections_of
from customer_inventory.console.headings import SPELLED_OUT
from customer_inventory.console.sessions import local_path, proof
from customer_inventory.console.timeline import timeline
from customer_inventory.console.words import gist, shown, shown_at, shown_period, spelled
from customer_inventory.repository.records import Version

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=20,
)
OBJECT = st.dictionaries(
    st.sampled_from(["name", "status", "contactMedium", "relatedParty", "characteristic", "validFor", "x"]) | st.text(),
    JSON,
    max_size=6,
)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("familyName", "Family name"),
        ("emailAddress", "E-mail address"),
        ("isLegalEntity", "Legal entity"),
        ("street1", "Street"),
        ("x-risk_level", "X risk level"),
        ("VATNumber", "VAT number"),
        ("@type", "Class"),
        ("", ""),
    ],
)
def test_attribute_names_are_spelled_out(name: str, words: str) -> None:
    assert spelled(name) == words


@pytest.mark.parametrize(
    ("value", "text", "instant"),
    [
        ("1984-06-02", "2 Jun 1984", "1984-06-02"),
        ("2018-06-12T00:00:00Z", "12 Jun 2018", "2018-06-12T00:00:00Z"),
        ("2018-06-12T09:30:00+02:00", "12 Jun 2018, 09:30 +0200", "2018-06-12T09:30:00+02:00"),
        ("2018-13-12", "2018-13-12", None),
        ("0000-00-00", "0000-00-00", None),
        ("twelve", "twelve", None),
        (True, "yes", None),
        (5, "5", None),
        (None, "(null)", None),
        (["a", {"b": "c", "@type": "T"}], "a · c", None),
    ],
)
def test_values_are_shown_readably_with_the_exact_instant(value: Any, text: str, instant: str | None) -> None:
    assert (shown(value).text, shown(value).instant) == (text, instant)


def test_instants_are_shown_in_utc() -> None:
    at = datetime.fromisoformat("2026-01-31T23:30:15.5+02:00")
    assert (shown_at(at).text, shown_at(at).instant) == ("31 Jan 2026, 21:30 UTC", "2026-01-31T21:30:15.500000Z")


@pytest.mark.parametrize(
    ("period", "text"),
    [
        ({"startDateTime": "2018-06-12T00:00:00Z"}, "since 12 Jun 2018"),
        ({"endDateTime": "2018-06-12T00:00:00Z"}, "until 12 Jun 2018"),
        (
            {"startDateTime": "2018-06-12T00:00:00Z", "endDateTime": "2019-01-01T08:00:00Z"},
            "12 Jun 2018 to 1 Jan 2019, 08:00 UTC",
        ),
        ({}, ""),
        ("soon", ""),
    ],
)
def test_periods_read_as_sentences(period: Any, text: str) -> None:
    assert shown_period(period) == text


# ---- comparing


def differences(before: Any, after: Any) -> list[tuple[str, str | None, str | None]]:
    return [
        (change.label, change.before and change.before.text, change.after and change.after.text)
        for change in compare(before, after)
    ]


def test_a_scalar_that_changed_is_told_with_both_values() -> None:
    assert differences({"status": "active", "name": "A"}, {"status": "closed", "name": "A"}) == [
        ("Status", "active", "closed")
    ]


def test_attributes_come_and_go() -> None:
    assert differences({"a": "1", "b": "2"}, {"b": "2", "c": {"d": "3"}}) == [("C", None, "3"), ("A", "1", None)]


def test_true_is_not_one() -> None:
    assert differences({"a": True}, {"a": 1}) == [("A", "yes", "1")]
    assert differences({"a": [{"b": 1}]}, {"a": [{"b": True}]}) == [("A / B", "1", "yes")]


def test_a_removed_first_entry_is_one_removal() -> None:
    mails = [{"@type": "EmailContactMedium", "contactType": f"use{n}", "emailAddress": f"{n}@x"} for n in range(3)]
    assert differences({"contactMedium": mails}, {"contactMedium": mails[1:]}) == [("E-mail (use 0)", "0@x", None)]


def test_entries_are_paired_by_id_before_anything_else() -> None:
    before = {"account": [{"id": "1", "name": "a"}, {"id": "2", "name": "b"}]}
    after = {"account": [{"id": "2", "name": "a"}, {"id": "1", "name": "a"}]}
    assert differences(before, after) == [("Account (a) / Name", "b", "a")]


def test_a_moved_address_is_a_change_of_its_lines() -> None:
    home = {"@type": "GeographicAddressContactMedium", "contactType": "home", "street1": "Old 1", "city": "Bern"}
    assert differences({"contactMedium": [home]}, {"contactMedium": [{**home, "street1": "New 2"}]}) == [
        ("Address (home) / Street", "Old 1", "New 2")
    ]


def test_equal_entries_twice_are_counted() -> None:
    twin = {"@type": "EmailContactMedium", "emailAddress": "a@x"}
    assert differences({"contactMedium": [twin, dict(twin)]}, {"contactMedium": [twin]}) == [("E-mail", "a@x", None)]


def test_the_value_of_a_characteristic_is_the_characteristic() -> None:
    before = {"characteristic": [{"name": "Segment", "value": "Private"}]}
    after = {"characteristic": [{"name": "Segment", "value": "Premium"}]}
    assert differences(before, after) == [("Characteristic (Segment)", "Private", "Premium")]


@given(OBJECT)
def test_a_document_does_not_differ_from_itself(document: dict[str, Any]) -> None:
    assert compare(document, document) == ()


@given(OBJECT, OBJECT)
def test_two_different_documents_differ_and_the_other_way_round_too(one: Any, other: Any) -> None:
    forth, back = compare(one, other), compare(other, one)
    assert bool(forth) == bool(back)
    assert sum(change.action == "added" for change in forth) == sum(change.action == "removed" for change in back)


# ---- laying out


@given(OBJECT)
def test_any_document_can_be_laid_out(document: dict[str, Any]) -> None:
    contacts_of([("customer", document)], now=NOW)
    sections_of(document, pages={})
    facts_of(document)
    assert isinstance(gist(document), str)
    assert isinstance(first_value(document, "city"), str)


def test_contacts_that_hold_now_come_first_and_preferred_ones_before_others() -> None:
    past = {"startDateTime": "2019-01-01T00:00:00Z", "endDateTime": "2020-01-01T00:00:00Z"}
    future = {"startDateTime": "2030-01-01T00:00:00Z"}
    media = [
        {"@type": "PhoneContactMedium", "phoneNumber": "1", "preferred": True, "validFor": past},
        {"@type": "PhoneContactMedium", "phoneNumber": "2", "validFor": future},
        {"@type": "PhoneContactMedium", "phoneNumber": "3"},
        {"@type": "EmailContactMedium", "emailAddress": "a b@x", "preferred": True},
    ]
    contacts = contacts_of([("person", {"contactMedium": media})], now=NOW)
    assert [contact.state for contact in contacts] == ["current", "current", "future", "past"]
    assert [contact.action for contact in contacts] == ["mailto:a%20b@x", "tel:3", "tel:2", "tel:1"]


def test_a_period_ends_just_before_its_end() -> None:
    until_now = {"validFor": {"endDateTime": NOW.isoformat()}, "@type": "PhoneContactMedium"}
    assert contacts_of([("x", {"contactMedium": [until_now]})], now=NOW)[0].state == "past"
    assert contacts_of([("x", {"contactMedium": [until_now]})], now=NOW - timedelta(seconds=1))[0].state == "current"


def test_the_same_contact_of_customer_and_person_is_shown_once() -> None:
    document = {"contactMedium": [{"@type": "EmailContactMedium", "emailAddress": "a@x"}]}
    (contact,) = contacts_of([("customer", document), ("person", document)], now=NOW)
    assert contact.of == "customer and person"


def test_an_address_is_set_as_on_an_envelope_and_a_number_in_groups() -> None:
    address = {
        "@type": "GeographicAddressContactMedium",
        "city": "Bern",
        "country": "Switzerland",
        "postCode": "3000",
        "street1": "Gasse 1",
        "floor": "2nd",
    }
    phone = {"@type": "PhoneContactMedium", "phoneNumber": "+493023125042"}
    contacts = contacts_of([("person", {"contactMedium": [address, phone]})], now=NOW)
    assert contacts[0].lines == ("Gasse 1", "3000 Bern", "Switzerland", "2nd")
    assert contacts[1].lines == ("+49 30 23125042",)


def test_extensions_are_laid_out_too_and_only_our_references_lead_anywhere() -> None:
    document = {
        "name": "n",
        "x-score": {"points": 4},
        "account": [{"id": "A-1", "name": "Household", "@referredType": "Account", "href": "javascript:alert(1)"}],
        "relatedParty": [
            {"role": "owner", "partyOrPartyRole": {"id": "p", "name": "Ann", "@referredType": "Individual"}}
        ],
    }
    parties, accounts, score = sections_of(document, pages={"p": "/individual/p"})
    assert [(fact.label, fact.value.text) for fact in score.items[0].facts] == [("Points", "4")]
    assert parties.items[0].title is not None
    assert parties.items[0].title.link == "/individual/p"
    assert accounts.items[0].title is not None
    assert accounts.items[0].title.link is None
    assert [(fact.label, fact.value.text) for fact in accounts.items[0].facts] == [("Id", "A-1")]


def version(number: int, document: bytes | None, at: datetime, **more: str | None) -> Version:
    told = {
        "operation": "modify",
        "client_id": "console",
        "person": "ann",
        "purpose": "p",
        "source": None,
        "reason": None,
    }
    return Version(number, document, at, **{**told, "until": None, "change_id": "c", **more})  # type: ignore[arg-type]


def test_a_history_is_told_newest_first_with_its_changes() -> None:
    versions = [
        version(5, b'{"name":"A"}', NOW + timedelta(4), operation="undo"),
        version(4, b'{"name":"B"}', NOW + timedelta(3), operation="restore"),
        version(3, None, NOW + timedelta(2), operation="delete"),
        version(2, b'{"name":"B"}', NOW + timedelta(1), reason="married"),
        version(1, b'{"name":"A"}', NOW, operation="import", person=None, client_id="crm"),
    ]
    told = timeline([("customer", versions, SPELLED_OUT)], limit=10)
    assert [(entry.action, entry.who, entry.through) for entry in told.entries] == [
        ("changed by undoing", "ann", "console"),
        ("restored", "ann", "console"),
        ("deleted", "ann", "console"),
        ("changed", "ann", "console"),
        ("created by import", "crm", ""),
    ]
    assert [len(entry.changes) for entry in told.entries] == [1, 1, 0, 1, 1]
    assert told.entries[3].reason == "married"
    assert not told.cut


def test_the_oldest_shown_version_is_compared_with_the_one_that_is_not_shown() -> None:
    versions = [version(number, b'{"n":%d,"same":1}' % number, NOW + timedelta(number)) for number in (3, 2, 1)]
    told = timeline([("customer", versions, SPELLED_OUT)], limit=2)
    assert [entry.version for entry in told.entries] == [3, 2]
    assert [change.label for change in told.entries[1].changes] == ["N"]
    assert told.cut


# ---- searching


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("Müller", "name"),
        ("ann@example.com", "email"),
        ("+49 30 23125042", "phone"),
        ("(020) 7946-0000", "phone"),
        ("1984", "name"),
        ("Studio 54321", "name"),
    ],
)
def test_a_text_tells_by_its_shape_what_it_is(text: str, field: str) -> None:
    assert field_of(text) == field


def test_an_id_is_found_alone_and_in_the_address_of_a_record() -> None:
    text = "01a20912-c91e-820a-9d18-04c8978927e6"
    assert str(id_in(text.upper())) == text
    assert str(id_in(f"https://host/tmf-api/customerManagement/v5/customer/{text}")) == text
    assert id_in("01a20912-c91e-420a-9d18-04c8978927e6") is None
    assert id_in("Ann Miller") is None


def test_spellings_cover_how_values_are_kept() -> None:
    assert spellings("Ann@X.org", "email") == ("Ann@X.org", "ann@x.org")
    assert "Frankfurt am Main" in spellings("frankfurt am main", "city")
    assert "Aix-en-Provence" in spellings("aix-en-provence", "city")
    assert "+493023125042" in spellings("030 2312 5042", "phone")
    assert spellings("0049 30 23125042", "phone")[-1] == "+493023125042"


def test_an_address_keeps_what_was_asked_and_starts_over() -> None:
    search = Search.of({"q": "  a   b ", "kind": "customer", "after": "xyz"})
    assert search.text == "a b"
    assert search.address(kind="individual") == "/?q=a+b&kind=individual"
    assert Search().address() == "/"


# ---- signing in


def test_attempts_wait_longer_and_longer_and_success_forgives() -> None:
    attempts, at = Attempts(), NOW
    for _ in range(FREE):
        assert attempts.begin(login="ann", address="1", at=at) is None
    assert attempts.begin(login="ann", address="2", at=at) == timedelta(seconds=1)
    at += timedelta(seconds=1)
    assert attempts.begin(login="ann", address="2", at=at) is None
    assert attempts.begin(login="ann", address="2", at=at) == timedelta(seconds=2)
    assert attempts.begin(login="bob", address="2", at=at) is None
    attempts.succeeded(login="ann", address="2")
    assert attempts.begin(login="ann", address="2", at=at) is None


def test_the_wait_is_bounded_and_old_failures_are_forgotten() -> None:
    attempts, at = Attempts(), NOW
    waits = []
    for _ in range(FREE + 20):
        wait = attempts.begin(login="ann", address="1", at=at)
        if wait is not None:
            waits.append(wait)
            at += wait
            assert attempts.begin(login="ann", address="1", at=at) is None
    assert max(waits) == LONGEST_WAIT
    assert attempts.begin(login="ann", address="1", at=at + timedelta(hours=2)) is None
    assert attempts.begin(login="ann", address="1", at=at + timedelta(hours=2)) is None


def test_one_address_cannot_try_many_logins() -> None:
    attempts = Attempts()
    for number in range(FREE_OF_ADDRESS):
        assert attempts.begin(login=f"login{number}", address="1", at=NOW) is None
    assert attempts.begin(login="another", address="1", at=NOW) == timedelta(seconds=1)
    assert attempts.begin(login="another", address="2", at=NOW) is None


def test_a_right_password_does_not_buy_more_guesses_from_its_address() -> None:
    attempts = Attempts()
    for number in range(FREE_OF_ADDRESS - 1):
        attempts.begin(login=f"login{number}", address="1", at=NOW)
    for _ in range(3):
        assert attempts.begin(login="mine", address="1", at=NOW) is None
        attempts.succeeded(login="mine", address="1")
    assert attempts.begin(login="another", address="1", at=NOW) is None
    assert attempts.begin(login="one-more", address="1", at=NOW) is not None


def test_what_is_remembered_about_attempts_is_bounded() -> None:
    attempts = Attempts(most_kept=10)
    for number in range(1000):
        attempts.begin(login=f"login{number}", address=str(number), at=NOW)
    assert len(attempts._tallies) == 10


@pytest.mark.parametrize(
    ("wanted", "path"),
    [
        ("/customer/01a20912-c91e-820a-9d18-04c8978927e6", "/customer/01a20912-c91e-820a-9d18-04c8978927e6"),
        ("/?q=ann@example.com", "/"),
        ("/customer/x#history", "/customer/x"),
        ("https://evil.example", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/%2f/evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/sign-out", "/"),
        ("/\r\nset-cookie: a=b", "/"),
        ("/" + "a" * 300, "/"),
        (None, "/"),
    ],
)
def test_after_signing_in_one_comes_to_a_plain_local_path(wanted: str | None, path: str) -> None:
    assert local_path(wanted) == path


def test_a_proof_belongs_to_one_cookie() -> None:
    assert proof("a") == proof("a") != proof("b")
