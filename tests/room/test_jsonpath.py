"""JSONPath: what is understood, what is refused and where, and that patterns mean the same in every engine."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_inventory.api.fields import parse_fields, select
from customer_inventory.api.filters import parse_filter
from customer_inventory.errors import InventoryError
from customer_inventory.model.filtering import Filter, UnknownAttribute, selection
from customer_inventory.model.jsonpath import parse, parse_path
from customer_inventory.model.jsonpath_problems import InvalidJsonPath, JsonPathNotSupported
from customer_inventory.model.patterns import InvalidPattern, pattern
from customer_inventory.model.views import EARLIER, NATIVE

PERSON = NATIVE["individual"]
ADA = {
    "@type": "Individual",
    "id": "0199aa00-0000-8abc-8000-000000000001",
    "givenName": "Ada",
    "familyName": "King's",
    "birthDate": "1815-12-10",
    "contactMedium": [
        {"@type": "EmailContactMedium", "emailAddress": "ada@example.org", "preferred": True},
        {"@type": "GeographicAddressContactMedium", "city": "Bern", "preferred": False},
        {"@type": "GeographicAddressContactMedium", "city": "London"},
    ],
    "creditRating": [{"ratingScore": 2}, {"ratingScore": 4}, {"ratingScore": 4}],
    "partyCharacteristic": [
        {"@type": "IntegerCharacteristic", "name": "age", "value": 36},
        {"@type": "StringArrayCharacteristic", "name": "tongues", "value": ["en", "fr"]},
    ],
}


def keeps(text: str) -> bool:
    return Filter((selection(PERSON, parse(text)),)).matches(ADA)


@pytest.mark.parametrize(
    "text",
    [
        "contactMedium[?(@.city=='Bern')]",
        '$.contactMedium[?(@.city == "Bern")]',
        "$['contactMedium'][?(@['city']=='Bern')]",
        "$.contactMedium[?@.city=='Bern']",
        "$.contactMedium[?( @.city=='Bern' && @.preferred==false )].city",
        "$.contactMedium[*].city",
        "contactMedium[2].city",
        "contactMedium[-1].city",
        "$[?(@.givenName=='Ada')]",
        "[?(@.givenName=='Ada')]",
        "$[?(@.givenName=='Ada' && @.contactMedium[?(@.city=='Bern' && !@.emailAddress)])]",
        "$[?(@.givenName=='Bob' || @.familyName=='King\\'s')]",
        "$[?(!(@.givenName=='Bob'))]",
        "$[?(@.givenName != 'Bob')]",
        "$[?(@.deathDate != 'x')]",
        "$[?(@.deathDate == null)]",
        "$[?(@.birthDate != null)]",
        "$[?(!@.deathDate)]",
        "$[?('Ada' == @.givenName)]",
        "$[?(@.birthDate < '1815-12-10T00:00:01Z')]",
        "$[?(@.birthDate >= '1815-12-10T01:00:00+01:00')]",
        "$[?(@.givenName =~ /^a/i)]",
        "$[?(@.givenName =~ 'd.$')]",
        "$[?(@.contactMedium.city =~ /^(Bern|Basel)$/)]",
        "$[?(@.contactMedium.length() == 3)]",
        "$[?(length(@.contactMedium) > 2)]",
        "$[?(@.givenName.length() <= 3)]",
        "$[?(@.creditRating.ratingScore.min() == 2)]",
        "$[?(max(@.creditRating.ratingScore) == 4.0)]",
        "$[?(@.creditRating.ratingScore.avg() > 3.3)]",
        "$[?(@.creditRating[0].ratingScore == 2)]",
        "$.creditRating.ratingScore.stddev() < 1",
        "$.creditRating.ratingScore.min()",
        "$[?(5 > @.creditRating.ratingScore)]",
        "$.partyCharacteristic[?(@.name=='age' && @.value==36)]",
        "$.partyCharacteristic[?(@.name=='tongues' && @.value=='fr')]",
        "contactMedium[1:2][?(@.city=='Bern')]",
        "contactMedium[-1:][?(@.city=='London')]",
        "contactMedium[ 0 , 2 ][?(@.city=='London')]",
        "contactMedium[5, :1].emailAddress",
        "$[?(@.creditRating[0:2].ratingScore.avg() == 3)]",
        "$[?(@.creditRating[1,1,0].ratingScore.length() > 0 || @.creditRating[:].ratingScore.max() == 4)]",
        "$[?(@.givenName < @.familyName)]",
        "$[?(@.creditRating[1].ratingScore == @.creditRating[2].ratingScore)]",
        "$[?(@.givenName != @.contactMedium.city)]",
        "partyCharacteristic[?(@.name != $.givenName && @.value > $.creditRating.ratingScore)]",
        "givenName=='Ada'",
        "@type=='Individual'",
        "$.givenName=='Bob', $.givenName=='Ada'",
        "$",
    ],
)
def test_what_a_path_selects_is_kept(text: str) -> None:
    assert keeps(text)


@pytest.mark.parametrize(
    "text",
    [
        "contactMedium[?(@.city=='Bern' && @.preferred==true)]",
        "contactMedium[0].city",
        "contactMedium[3].city",
        "contactMedium[-4]",
        "$[?(@.givenName=='ada')]",
        "$[?(@.deathDate == 'x')]",
        "$[?(@.deathDate.length() == 0)]",
        "$[?(@.birthDate == 'never')]",
        "$[?(@.creditRating.ratingScore == 'x')]",
        "$[?(@.contactMedium == 'x')]",
        "$.partyCharacteristic[?(@.name=='age' && @.value=='fr')]",
        "$[?(@.title.min() > 0)]",
        "contactMedium[0:1][?(@.city=='Bern')]",
        "contactMedium[0:-3]",
        "contactMedium[3:]",
        "contactMedium[7,-4]",
        "$[?(@.givenName == @.familyName)]",
        "$[?(@.birthDate > @.givenName)]",
        "$[?(@.title == @.deathDate)]",
        "$.partyCharacteristic[?(@.value.deep.down=='x')]",
        "deathDate",
    ],
)
def test_what_selects_nothing_is_not(text: str) -> None:
    assert not keeps(text)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("", 1),
        ("$[?(@.givenName==)]", 18),
        ("$[?(@.givenName=='x']", 21),
        ("$[?(@.givenName=='x)]", 22),
        ("$.contactMedium[", 17),
        ("$.contactMedium[x]", 17),
        ("$[?(givenName=='x')]", 5),
        ("$[?(@.givenName && )]", 20),
        ("$[?(@.birthDate > true)]", 17),
        ("'x'", 4),
        ("$.givenName x", 13),
    ],
)
def test_what_is_not_well_formed_is_refused_with_its_place(text: str, at: int) -> None:
    with pytest.raises(InvalidJsonPath, match=f"at character {at}:"):
        parse(text)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "$..city",
            "$.*",
            "$.contactMedium[0:2:2]",
            "$.contactMedium[0,'a']",
            "$['a','b']",
            "$[(@.length-1)]",
            "$.a.sum()",
        ),
        *("$[?(@.a in ['x'])]", "$[?(@.a.length() == @.b)]", "$[?(@.a =~ /x/s)]", "$[?(@.a SIZE 3)]"),
    ],
)
def test_what_is_well_formed_but_not_supported_is_told_apart(text: str) -> None:
    with pytest.raises(JsonPathNotSupported) as refused:
        parse(text)
    assert refused.value.failure.status == 501


@pytest.mark.parametrize("text", ["$[?(" * 30, "(" * 100, "!" * 100 + "a", "a" * 5000, "$[?(@.a" + "&&@.a" * 70 + ")]"])
def test_bombs_are_refused(text: str) -> None:
    with pytest.raises(InvalidJsonPath):
        parse(text)


def test_a_name_that_nothing_has_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownAttribute, match=r"Did you mean contactMedium\.city"):
        keeps("contactMedium[?(@.cty=='Bern')]")


@given(text=st.text(st.sampled_from("$@.[]?()'\"=!<>&|~/*,:0a -\\n"), max_size=30))
def test_any_text_is_either_understood_or_refused(text: str) -> None:
    status = 200
    try:
        keeps(text)
    except InventoryError as error:
        status = error.failure.status
    assert status in {200, 400, 501}


# ---------------------------------------------------------------- fields


MEDIA = ADA["contactMedium"]


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ("contactMedium[?(@.city=='Bern')]", MEDIA[1:2]),
        ("$.contactMedium[?(@.city=='Bern')].preferred", [{"@type": MEDIA[1]["@type"], "preferred": False}]),
        ("contactMedium[0],contactMedium[-1]", [MEDIA[0], MEDIA[2]]),
        ("contactMedium[?(@.preferred)].city,contactMedium[1]", [{"@type": MEDIA[0]["@type"]}, MEDIA[1]]),
        ("contactMedium[?(@.city=='Bern' || @.city=='London')],contactMedium[*].city", None),
        ("contactMedium[?(@.city=='Rome')]", []),
        ("contactMedium[?(@.city=='Rome')],contactMedium", MEDIA),
    ],
)
def test_fields_keep_the_elements_for_which_a_condition_holds(fields: str, shown: list[Any] | None) -> None:
    chosen = parse_fields(PERSON, fields)
    assert chosen is not None
    found = select(ADA, chosen, PERSON.attributes)
    if shown is None:
        shown = [{"@type": MEDIA[0]["@type"]}, *MEDIA[1:]]
    assert found.keys() <= {"contactMedium", "@type"}
    assert found["contactMedium"] == shown


# ---------------------------------------------------------------- subscriptions and earlier versions


@pytest.mark.parametrize(
    ("query", "matches"),
    [
        ("", True),
        ("givenName=Ada,Bob&birthDate.lt=1900-01-01", True),
        ("givenName=Ada;givenName=Bob", True),
        ("givenName.ne=Ada", False),
        ("deathDate.isnull", True),
        ("contactMedium.city.regex=^B", True),
        ("contactMedium.city.contains=ond&contactMedium.preferred=true", True),
        ("birthDate.between=1815-12-10,1815-12-11", True),
        ("id=0199aa00-0000-8abc-8000-000000000001", True),
        ("filter=contactMedium[?(@.city=='Bern'&&@.preferred==true)]", False),
        ("filter=givenName=='Ada'&filter=familyName=='x'", False),
        ("filter=givenName=='Ada';filter=familyName=='x'", True),
        ("givenName=x;givenName=Ada&filter=familyName=='x'", False),
        ("filter=familyName=='x'&givenName=x;givenName=Ada", False),
        ("givenName=Ada;filter=familyName=='x'", False),
        ("filter=givenName=='Ada';givenName=Ada;givenName=x", True),
    ],
)
def test_a_filter_is_held_against_one_document(query: str, matches: bool) -> None:
    assert parse_filter(PERSON, query).matches(ADA) is matches


def test_an_earlier_version_is_asked_by_its_own_names() -> None:
    view = EARLIER["individual"]
    query = parse_filter(
        view, "contactMedium.characteristic.city=Bern&filter=contactMedium[?(@.characteristic.city=='Bern')]"
    )
    assert query.terms[0].path == "contactMedium.city"
    assert query.matches({"contactMedium": [{"characteristic": {"city": "Bern"}}]})
    assert not query.matches({"contactMedium": [{"city": "Bern"}]})


# ---------------------------------------------------------------- patterns


@given(
    text=st.text(st.sampled_from("abB1 -é\n"), max_size=6),
    written=st.text(st.sampled_from(r"abB1.*+?|()[]^$\dws-{2}é"), max_size=8),
)
def test_a_pattern_means_what_it_means_in_python(text: str, written: str) -> None:
    try:
        found = pattern(written)
    except InvalidPattern:
        return
    meant = re.sub(r"(?<!\\)((?:\\\\)*)\$", r"\1\\Z", written) if "[" not in written else None
    if not text and r"\B" in written:
        return  # an empty text has no boundary of a word anywhere; only Python before 3.14 says that \B is not met
    if meant is not None and not re.search(r"[*+?}]\?", written):
        assert found.found_in(text) == (re.search(meant, text, re.ASCII | re.DOTALL) is not None)


@pytest.mark.parametrize(
    "text",
    ["*a", "a**", "(a", "a)", "[a", "a{", "a{300}", "a{2,1}", "(?=a)", r"(a)\1", "[b-a]", "[[:x:]]", r"\q", "a" * 257],
)
def test_what_is_no_pattern_is_refused(text: str) -> None:
    with pytest.raises(InvalidPattern):
        pattern(text)


def test_the_case_of_ascii_letters_is_passed_over() -> None:
    assert pattern("(?i)[b-d]É").found_in("CÉ")
    assert pattern("ada", ignore_case=True).found_in("ADA")
    assert not pattern("É", ignore_case=True).found_in("é")


def test_a_path_is_read_for_others() -> None:
    assert [type(step).__name__ for step in parse_path("note[?(@.author=='J')].text").steps] == [
        "Name",
        "Where",
        "Name",
    ]
