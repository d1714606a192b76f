"""Shapes: a row drafted by template is the very row that the model would have drafted."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customer_inventory.capture.drafting import RowRefused, Taking
from customer_inventory.capture.judging import Judging
from customer_inventory.capture.mapping import parse
from customer_inventory.capture.preparing import new_ids
from customer_inventory.capture.shapes import Shaper
from customer_inventory.ids import bucket_of, parse_id
from customer_inventory.model import RESOURCES
from customer_inventory.repository.bulk_rows import array, copy_text, parts, record_line
from customer_inventory.requirements.reading import requirement_from
from customer_inventory.requirements.rules import ruling_of
from customer_inventory.requirements.unique import uniques_of

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
MAPPING = parse(
    """
source_id = "no"
[individual]
givenName = { column = "first" }
familyName = { column = "last" }
birthDate = { column = "born", as = "date" }
status = { column = "status" }
[[individual.contactMedium]]
"@type" = "EmailContactMedium"
contactType = "home"
emailAddress = { column = "email" }
[[individual.contactMedium]]
"@type" = "EmailContactMedium"
contactType = { column = "kind" }
emailAddress = { column = "email2" }
[[individual.contactMedium]]
"@type" = "GeographicAddressContactMedium"
city = { column = "city" }
street1 = { columns = ["street", "house"] }
[[individual.partyCharacteristic]]
"@type" = "IntegerCharacteristic"
name = "size"
value = { column = "size", as = "integer" }
[[individual.partyCharacteristic]]
"@type" = "StringCharacteristic"
name = "100 % \\"plain\\" \\\\ text"
value = { column = "note" }
[[individual.partyCharacteristic]]
"@type" = "StringCharacteristic"
name = { column = "kind" }
value = { column = "last" }
[customer]
status = "active"
""",
    name="test",
)
COLUMNS = (
    "no",
    "first",
    "last",
    "born",
    "status",
    "email",
    "kind",
    "email2",
    "city",
    "street",
    "house",
    "size",
    "note",
)

cell = st.one_of(
    st.just(""),
    st.sampled_from(
        (
            "Ann",
            "Lee",
            "home",
            "a@example.com",
            "100%",
            "%s",
            'say "hi"',
            "back\\slash",
            "\N{FULLWIDTH REVERSE SOLIDUS}",
            "O'Neil",
            "{a,b}",
        )
    ),
    st.text(max_size=12),
    st.text("xyz ", min_size=190, max_size=215),
)
rows = st.tuples(
    st.text("ab12", min_size=1, max_size=4),
    cell,
    cell,
    st.sampled_from(("", "1971-06-24", "0001-01-01", "1850-12-31", "no date")),
    st.sampled_from(("", "validated", "initialized", "unheard of")),
    *[cell] * 6,
    st.sampled_from(("", "1", "22", "x")),
    cell,
)


@settings(max_examples=300)
@given(st.lists(rows, min_size=1, max_size=8))
def test_template_and_model_agree_on_every_row(table):
    shaper = Shaper(MAPPING, {})
    taking = Taking(MAPPING, COLUMNS)
    for number, cells in enumerate(table, start=1):
        (ids,) = new_ids(1, 2, randomness=random.Random(number).getrandbits, at=1_700_000_000_000)
        try:
            taken = taking.take(cells)
        except RowRefused:
            continue
        assert _drafted(shaper.draft, number, taken, ids) == _drafted(shaper._whole, number, taken, ids)


def _asking(attribute, resource="individual", **more):
    said = {"resource": resource, "attribute": attribute, "name": attribute, "meaning": attribute, **more}
    return requirement_from(said)


ASKED = [
    _asking("givenName", valueRule=[{"code": "short", "maxLength": 3}, {"code": "a", "pattern": "A.*"}]),
    _asking("familyName", obligation="mandatory", enforcement="refuse"),
    _asking("birthDate", valueRule=[{"code": "range", "minimum": "1900-01-01", "maximum": "today"}]),
    _asking("status", obligation="conditional", condition="@.birthDate", enforcement="warn"),
    _asking("contactMedium.emailAddress", valueRule=[{"code": "format", "format": "email"}]),
    _asking("contactMedium.contactType", obligation="mandatory", enforcement="observe"),
    _asking(
        "contactMedium.city",
        obligation="conditional",
        condition="@.@type == 'GeographicAddressContactMedium' && @.street1 == 'home'",
        valueRule=[{"code": "unlike", "condition": "@.city != @.street1"}],
    ),
    _asking(
        "contactMedium.street1",
        valueRule=[
            {"code": "root", "when": "$.familyName == 'Lee'", "pattern": "[a-z ]*"},
            {"code": "like", "when": "@.city =~ /H|x/", "maxLength": 5},
            {"code": "other", "when": "$.contactMedium[?(@.emailAddress == $.givenName)]", "minLength": 9},
            {"code": "country", "when": "@.city == 'Ann' || @.city == 'Lee'", "codeList": ["home", "O'Neil"]},
        ],
    ),
    _asking("contactMedium.postCode", obligation="conditional", condition="@.city == 'Ann'"),
    _asking("partyCharacteristic[home]", obligation="mandatory", valueRule=[{"code": "short", "maxLength": 3}]),
    _asking("partyCharacteristic[size]", valueRule=[{"code": "size", "minimum": "2"}]),
    _asking("birthDate", valueRule=[{"code": "named", "condition": "$.birthDate > '1900-01-01' || $.status != 'x'"}]),
    _asking("engagedParty.name", "customer", valueRule=[{"code": "whole", "pattern": "[A-Z].* .*"}]),
    _asking("engagedParty.id", "customer", valueRule=[{"code": "odd", "pattern": ".*[13579]"}]),
    _asking("name", "customer", valueRule=[{"code": "long", "minLength": 6}], unique=True),
    _asking("contactMedium.emailAddress", unique=True),
    _asking("givenName", unique=True, enforcement="refuse"),
    _asking("status", "customer", obligation="mandatory"),
]


class _Catalogue:
    """Requirements as an import takes them along."""

    def __init__(self):
        self._rulings = {
            name: ruling_of([each for each in ASKED if each.resource == name], RESOURCES[name])
            for name in ("individual", "customer")
        }

    def ruling(self, resource):
        return self._rulings[resource.name]

    def uniques(self, resource):
        return uniques_of([each for each in ASKED if each.resource == resource.name], resource)


word = st.sampled_from(("Ann", "Lee", "home", "a@example.com", "O'Neil", "High", "x"))
alike = st.tuples(
    st.text("ab12", min_size=1, max_size=4),
    word,
    word,
    st.sampled_from(("1971-06-24", "1850-12-31")),
    st.sampled_from(("validated", "x")),
    *[word] * 6,
    st.sampled_from(("1", "22")),
    word,
)
"""Rows that fill everything, so that nearly all are of one shape, with words that the requirements speak of."""


@settings(max_examples=200)
@given(st.lists(rows, min_size=1, max_size=8) | st.lists(alike, min_size=5, max_size=40))
def test_rows_of_a_shape_are_judged_as_their_documents_are(table):
    by_shape, by_document = Judging(_Catalogue()), Judging(_Catalogue())
    shaper, other = Shaper(MAPPING, {}, by_shape), Shaper(MAPPING, {})
    taking = Taking(MAPPING, COLUMNS)
    for number, cells in enumerate(table, start=1):
        (ids,) = new_ids(1, 2, randomness=random.Random(number).getrandbits, at=1_700_000_000_000)
        try:
            taken = taking.take(cells)
        except RowRefused:
            continue
        drafted = _drafted(shaper.draft, number, taken, ids)
        other._uniques = by_document.catalogued.uniques
        assert drafted == _drafted(partial(other._whole, judge=by_document), number, taken, ids)
        assert by_shape.warnings == by_document.warnings


def test_ordinary_rows_go_by_template():
    """Otherwise the agreement above would hold of nothing, and the speed be lost unseen."""
    shaper, taking = Shaper(MAPPING, {}), Taking(MAPPING, COLUMNS)
    plain = [
        "1",
        "Ann",
        "Lee",
        "1971-06-24",
        "validated",
        "ann@example.com",
        "office",
        "lee@example.com",
        "Bath",
        "High St",
        "7",
        "3",
        "n",
    ]
    sparse = ["2", "Bob", "Lee", "", "", "", "", "", "Bath", "", "", "", ""]
    for cells in (plain, sparse):
        (ids,) = new_ids(1, 2, randomness=lambda bits: 5, at=0)
        shaper.draft(1, taking.take(cells), ids, NOW)
    assert len(shaper._shapes) == 2
    assert all(shaper._shapes.values())


@pytest.mark.parametrize("lengths", [(120, 120), (99, 100), (100, 100), (190, 9), (1, 199)])
def test_a_name_that_is_too_long_only_as_a_whole_is_searched_as_the_model_has_it(lengths):
    """Each of its parts could stand in a term as it is; the name of the customer, which both make, is hashed."""
    shaper, taking = Shaper(MAPPING, {}), Taking(MAPPING, COLUMNS)
    (ids,) = new_ids(1, 2, randomness=lambda bits: 5, at=0)
    for number, names in enumerate((("Ann", "Lee"), ("A" * lengths[0], "B" * lengths[1]))):
        taken = taking.take([str(number), *names, *[""] * 10])
        assert _drafted(shaper.draft, number, taken, ids) == _drafted(shaper._whole, number, taken, ids)
    assert len(shaper._shapes) == 1


@given(st.integers(1, 20), st.integers(1, 3), st.integers())
def test_new_ids_are_ours_and_a_row_shares_its_bucket(count, each, seed):
    drawn = list(new_ids(count, each, randomness=random.Random(seed).getrandbits, at=1_700_000_000_000))
    assert len(drawn) == count
    for ids in drawn:
        parsed = [parse_id(identifier) for identifier in ids]
        assert None not in parsed
        assert len(ids) == each
        assert len({bucket_of(identifier) for identifier in parsed if identifier}) == 1
    assert len({identifier for ids in drawn for identifier in ids}) == count * each


@given(st.text(), st.lists(st.text()))
def test_a_line_gives_back_its_columns(text, terms):
    encodable = text.encode("utf-8", "ignore").decode()
    terms = [term.encode("utf-8", "ignore").decode() for term in terms]
    document, kept_terms, _ = parts(record_line(encodable.encode(), terms, "label"))
    assert document == encodable
    assert kept_terms == array(terms)
    assert "\t" not in copy_text(encodable)
    assert "\n" not in copy_text(encodable)


def test_a_row_that_the_model_refuses_is_refused():
    shaper, taking = Shaper(MAPPING, {}), Taking(MAPPING, COLUMNS)
    cells = ["1", "Ann", "Lee", "", "unheard of", *[""] * 8]
    with pytest.raises(RowRefused, match="individual is not valid: status"):
        shaper.draft(1, taking.take(cells), ["01a20923-97f5-80f2-8499-230942aa9af7"] * 2, NOW)


def _drafted(how, number, taken, ids):
    try:
        return how(number, taken, ids, NOW)
    except RowRefused as refusal:
        return str(refusal)
