"""Profiling: what is planted is found; what is proposed holds of the sample as often as is said; nothing is echoed."""

from __future__ import annotations

import csv
import random
from collections import Counter
from datetime import UTC, date, datetime
from math import log2

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.errors_made import KINDS
from bench.identified import published, score
from customer_inventory.model import RESOURCES
from customer_inventory.model.places import place
from customer_inventory.model.ruling import Ruling
from customer_inventory.requirements.baseline import shipped
from customer_inventory.requirements.headings import attribute_of, class_of_medium, own_attribute
from customer_inventory.requirements.profiling import profile, profile_documents, proposals
from customer_inventory.requirements.profiling.dependencies import LEAST_GAIN
from customer_inventory.requirements.profiling.report import suspicion_rows, write_drafts
from customer_inventory.requirements.profiling.sample import Reservoir, draw
from customer_inventory.requirements.rules import OBLIGATION, rules_of
from customer_inventory.requirements.toml_form import read_catalogue
from tests.conftest import shared

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
INDIVIDUAL, ORGANIZATION, CUSTOMER = (RESOURCES[name] for name in ("individual", "organization", "customer"))
few = settings(deadline=None, max_examples=30)


def profiled(names, rows, **how):
    return profile(names, rows, random=random.Random(1), today=NOW.date(), **how)


def column(heading, values):
    """The profile of one column, whose values are repeated to a hundred rows."""
    rows = [[value] for value in (values * 100)[: max(100, len(values))]]
    return profiled([heading], rows).columns[0]


# Dependencies


@st.composite
def tables(draw):
    """A determinant, what it tells with a few errors, and a column that has nothing to do with either."""
    seed = random.Random(draw(st.integers(0, 2**32)))
    groups = draw(st.integers(5, 40))
    tells = {f"a{at}": f"b{seed.randrange(draw(st.integers(3, 40)))}" for at in range(groups)}
    rate = draw(st.sampled_from([0.0, 0.01, 0.04]))
    rows = []
    for _ in range(groups * draw(st.integers(12, 30))):
        a = seed.choice(list(tells))
        b = f"z{seed.randrange(1000)}" if seed.random() < rate else tells[a]
        rows.append([a, b, f"c{seed.randrange(6)}"])
    return rows, tells


def bits(values):
    """How many bits it takes to say each of the values."""
    return -sum(count * log2(count / len(values)) for count in Counter(values).values())


def pairs(found):
    return {(each.determinant, each.dependent) for each in found.dependencies}


@few
@given(tables())
def test_a_planted_dependency_is_found_and_nothing_else_is(table):
    rows, tells = table
    found = pairs(profiled(["a", "b", "c"], rows))
    # Where nearly all rows say the same there is too little to save: whatever is told so could be chance.
    if bits([tells[row[0]] for row in rows]) > 3 * LEAST_GAIN:
        assert (("a",), "b") in found
    assert not any("c" in (*determinant, dependent) for determinant, dependent in found)


@few
@given(tables())
def test_what_deviates_from_a_planted_dependency_is_suspected_and_the_right_value_named(table):
    rows, tells = table
    found = profiled(["a", "b", "c"], rows)
    wrong = {number: tells[row[0]] for number, row in enumerate(rows, 1) if row[1] != tells[row[0]]}
    suspected = {each.row: each.likely for each in found.suspicions if each.column == "b"}
    if (("a",), "b") in pairs(found):
        assert suspected == wrong


@few
@given(st.integers(0, 2**32), st.sampled_from([0.0, 0.03]))
def test_two_columns_that_tell_a_third_together_are_found_and_neither_alone(seed, rate):
    draw = random.Random(seed)
    tells = {(a, b): f"y{draw.randrange(4)}" for a in range(8) for b in range(8)}
    rows = []
    for _ in range(1500):
        a, b = draw.randrange(8), draw.randrange(8)
        rows.append([f"a{a}", f"b{b}", f"y{draw.randrange(4)}" if draw.random() < rate else tells[a, b]])
    assert pairs(profiled(["a", "b", "y"], rows)) == {(("a", "b"), "y")}


@few
@given(st.integers(0, 2**32))
def test_columns_that_have_nothing_to_do_with_each_other_tell_nothing(seed):
    draw = random.Random(seed)
    sizes = [2, 5, 40, 300, 10_000]
    skewed = [[0] * 95 + list(range(5)), list(range(100))]
    rows = [
        [f"v{draw.randrange(size)}" for size in sizes] + [f"w{draw.choice(each)}" for each in skewed]
        for _ in range(600)
    ]
    found = profiled([f"c{at}" for at in range(7)], rows)
    assert [each for each in found.dependencies if each.determinant] == []


def test_a_key_tells_nothing_and_a_constant_is_told_by_nothing():
    rows = [[str(at), f"g{at % 10}", "same", f"t{at % 10}"] for at in range(200)]
    found = profiled(["id", "group", "constant", "told"], rows)
    assert pairs(found) == {((), "constant"), (("group",), "told"), (("told",), "group")}


def test_rows_that_deviate_for_a_reason_of_their_own_are_no_errors():
    draw = random.Random(5)
    rows = []
    for at in range(800):
        region, code = ("south" if at % 20 == 0 else "north"), draw.randrange(12)
        rows.append([region, f"m{code}", f"{region}-{code}"])
    found = profiled(["region", "measure", "average"], rows)
    (told,) = (each for each in found.dependencies if each.determinant == ("measure",))
    assert told.exceptions == (("region", 40),)
    assert told.counter_examples == ()
    assert not found.suspicions


def test_of_a_row_with_a_wrong_determinant_the_determinant_is_suspected():
    """One error that explains everything is likelier than three."""
    draw = random.Random(6)
    towns = {f"{at:04}": (f"town {at}", f"county {at % 7}", f"dialling {at + 200}") for at in range(40)}
    codes = [draw.choice(list(towns)) for _ in range(1200)]
    rows = [[code, *towns[code]] for code in codes]
    wrong = {number: codes[number - 1] for number in range(40, 1200, 40)}
    for number, code in wrong.items():
        rows[number - 1][0] = draw.choice([other for other in towns if other != code])
    found = profiled(["postcode", "city", "county", "area"], rows)
    assert {each.row: each.likely for each in found.suspicions} == wrong
    assert {each.column for each in found.suspicions} == {"postcode"}


# Keys, types, formats, patterns, code lists


@few
@given(st.integers(30, 300), st.integers(0, 2))
def test_a_planted_key_is_found(rows, repeated):
    values = [f"K-{at:05}" for at in range(rows)]
    values[:repeated] = [values[-1]] * repeated
    (found,) = profiled(["code"], [[value] for value in values]).columns
    assert found.is_key == (len(set(values)) >= 0.98 * rows)
    assert found.repeated == (repeated + 1 if repeated else 0)
    (draft,) = proposals(profiled(["key number"], [[value] for value in values]), resource=INDIVIDUAL, now=NOW)
    assert draft.requirement.unique is False  # it is no code of digits, and no format that is unique by nature
    digits = profiled(["key number"], [[value[2:]] for value in values])
    assert digits.columns[0].typed.type != "integer"  # leading zeros would be lost


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["7", "12", "-3"], "integer"),
        (["7", "12.5", "0.3"], "number"),
        (["007", "012", "100"], "string"),
        (["yes", "no", "No"], "boolean"),
        (["2020-02-29", "1999-12-31"], "date"),
        (["31.12.1999", "01.02.2003"], "date"),
        (["12/31/1999", "02/01/2003"], "date"),
        (["3 Mar 2001", "14 Dec 1999"], "date"),
        (["2020-02-29T10:00:00Z", "2020-02-28 23:59:59+02:00"], "date-time"),
        (["London", "Paris"], "string"),
        (["7", "seven"], "string"),
    ],
)
def test_the_type_of_a_column_is_what_nearly_all_values_read_as(values, kind):
    assert column("thing", values).typed.type == kind
    assert column("thing", values * 49 + ["oops", "??!"]).typed.type == kind


def test_days_that_may_be_read_two_ways_are_a_doubt():
    found = column("when", ["03/04/2001", "05/06/2002"])
    assert (found.typed.form, found.typed.ambiguous) == ("%d/%m/%Y", ("%m/%d/%Y",))
    assert column("when", ["03/04/2001", "25/06/2002"]).typed.ambiguous == ()


@pytest.mark.parametrize(
    ("heading", "values", "form"),
    [
        ("contact", ["a.b@example.org", "C@example.com"], "email"),
        ("contact", ["+442079460000", "+49 30 901820"], "phone"),
        ("home", ["DE", "FR", "GB"], "country"),
        ("home", ["Germany", "France", "Spain"], "country"),
        ("money", ["EUR", "USD"], "currency"),
        ("language", ["de", "en-GB"], "language"),
        ("zip", ["12345", "99999-1234"], "postcode"),
        ("delivery", ["SW1A 1AA", "M1 1AE", "EC1A 1BB"], "postcode"),
        ("account", ["GB82WEST12345698765432", "DE89370400440532013000"], "iban"),
        ("key", ["0f8fad5b-d9cb-469f-a165-70867728950e", "7c9e6679-7425-40de-944b-e07fc1f90ae7"], "uuid"),
        ("site", ["https://example.org", "http://example.com/a"], "uri"),
        ("type", ["text/plain", "image/png"], "mime"),
        ("state", ["AL", "AR", "CA"], None),
        ("code", ["PL-001", "PL-002", "PL-003"], None),
        ("word", ["note: this", "note: that"], None),
        ("rank", ["ABC", "XYZ"], None),
    ],
)
def test_formats_are_found_by_value_where_they_are_no_accident(heading, values, form):
    found = column(heading, values).form
    assert (found and found.name) == form


@pytest.mark.parametrize(
    ("values", "pattern"),
    [
        ([f"AB-{at:04}" for at in range(50)], "AB-[0-9]{4}"),
        ([f"{letter}{at}" for at in range(10, 60) for letter in "ABCDEF"], "[A-Z][0-9]{2}"),
        ([f"{at} patients" for at in range(1, 400)], "[0-9]{1,3} patients"),
        ([f"{at}%" for at in range(100)], "[0-9]{1,2}%"),
        (["12-3", "4-56"], "[0-9]{1,2}-[0-9]{1,2}"),
        ([f"X.{at}" for at in range(10, 99)], r"X\.[0-9]{2}"),
        (["Ann Lee", "Bob Lowe", "Cy Young"], None),
        ([f"{at} {name} Road" for at in range(9) for name in ("Mill", "Elm", "Harbour", "Station")], None),
        (["Ärger 1", "Öl 2"], None),
    ],
)
def test_codes_have_a_pattern_and_words_have_none(values, pattern):
    assert column("thing", values).pattern == pattern


def test_few_values_that_come_often_are_a_code_list_and_what_comes_once_is_none_of_it():
    values = ["active"] * 150 + ["closed"] * 60 + ["suspended"] * 30 + ["actve"]
    found = profiled(["state of it"], [[value] for value in values])
    assert [code for code, _ in found.columns[0].codes] == ["active", "closed", "suspended"]
    (slip,) = found.suspicions
    assert (slip.row, slip.held, slip.likely) == (241, "actve", "active")
    assert column("city", ["Bath", "York"]).codes == ()


def test_words_for_no_value_are_none_and_are_told():
    found = profiled(["score"], [["12"]] * 60 + [["n/a"]] * 30 + [[" "]] * 5 + [[None]] * 5)
    (score_column,) = found.columns
    assert score_column.missing == 40
    assert score_column.missing_words == (("n/a", 30),)
    assert score_column.typed.type == "integer"
    (draft,) = proposals(found, resource=INDIVIDUAL, now=NOW)
    assert any("“n/a” (30 rows)" in str(each) for each in draft.evidence)


def test_numbers_that_nobody_can_mean_lie_out_of_the_bounds():
    found = profiled(["children"], [[str(at % 6)] for at in range(300)] + [["9999"]])
    assert found.columns[0].bounds == ("0", "5")
    assert [(each.row, each.likely) for each in found.suspicions] == [(301, None)]


# Personal data

NAMES = ("Ann", "Mary", "John", "Peter", "Robert", "Susan", "Linda", "James", "Karen", "Paul")


@pytest.mark.parametrize(
    ("heading", "values", "kind", "sensitivity"),
    [
        ("x", ["a@example.org", "b@example.org"], "e-mail address", "personal"),
        ("x", ["+442079460000", "+493090182000"], "telephone number", "personal"),
        ("x", [f"{name} Smith" for name in NAMES], "name", "personal"),
        ("x", [f"{at} Mill Street" for at in range(20)], "address", "personal"),
        ("x", [f"{1940 + at}-05-17" for at in range(60)], "birth date", "personal"),
        ("date_of_birth", ["2001-01-01", "1990-01-01"], "birth date", "personal"),
        ("surname", ["Qwx", "Zrt"], "name", "personal"),
        ("SSN", ["x1", "x2"], "identification number", "personal"),
        ("religion", ["a", "b"], "religious belief", "special"),
        ("Trade union", ["a", "b"], "trade union membership", "special"),
        ("blood group", ["A", "B"], "health", "special"),
        ("RoamingMinutes", ["1", "2"], "use of the network", "cpni"),
        ("party_id", ["1", "2"], None, None),
        ("plan", ["PL-001", "PL-002"], None, None),
        ("colour", ["red", "blue"], None, None),
    ],
)  # fmt: skip
def test_personal_data_is_told_by_value_and_by_heading(heading, values, kind, sensitivity):
    found = column(heading, values).personal
    assert (found and found.kind, found and found.sensitivity) == (kind, sensitivity)
    if found is not None:
        assert 0 < found.confidence <= 1
        assert not any(value in found.reason for value in values if len(value) > 2)


def test_a_check_digit_proves_an_identification_that_the_heading_does_not_tell():
    numbers = [digits for digits in map(str, range(4_010_101_000, 4_010_101_900)) if nhs(digits)]
    found = column("number", numbers)
    assert found.personal.kind == "identification number"
    assert "NHS number" in found.personal.reason
    assert found.is_code
    others = [str(int(number) + 1) for number in numbers]
    assert column("number", others).personal is None


def nhs(digits):
    """The rule of the NHS Data Dictionary, written once more."""
    total = sum(int(digit) * (10 - at) for at, digit in enumerate(digits[:9]))
    return (11 - total % 11) % 11 == int(digits[9])


def test_what_companies_are_called_is_not_personal():
    rows = [[f"{at}", f"Works {at}", f"{at} Mill Street"] for at in range(100)]
    drafts = proposals(profiled(["id", "company name", "street"], rows), resource=ORGANIZATION, now=NOW)
    assert {draft.requirement.attribute: draft.requirement.sensitivity for draft in drafts} == {
        "externalReference.id": "internal",
        "name": "internal",
        "contactMedium.street1": "internal",
    }
    (street,) = (
        draft.requirement
        for draft in proposals(profiled(["street"], [[row[2]] for row in rows]), resource=INDIVIDUAL, now=NOW)
    )
    assert (street.sensitivity, street.masking, street.identifying) == ("personal", "partial", True)


# Proposals

CELLS = {
    "id": st.integers(1, 10**6).map(str),
    "email": st.sampled_from(["a@example.org", "B@example.org", "broken", ""]),
    "first_name": st.sampled_from(["Ann", "Bo", "Ümit", "", "-"]),
    "dob": st.dates(date(1900, 1, 1), date(2030, 1, 1)).map(lambda day: f"{day:%d.%m.%Y}") | st.just("unknown"),
    "phone": st.sampled_from(["+44 20 7946 0000", "020 7946 0000", "12"]),
    "country": st.sampled_from(["Germany", "FR", "GB", "Nowhere"]),
    "status": st.sampled_from(["validated", "initialized", "closed"]),
    "balance": st.floats(-1000, 1000).map(lambda number: f"{number:.2f}"),
    "member": st.sampled_from(["yes", "no", "perhaps"]),
    "plan code": st.integers(0, 30).map(lambda number: f"P{number:03}"),
    "remark": st.text(st.characters(codec="utf-8"), max_size=30),
}


@st.composite
def files(draw):
    """A table of some of these columns, each mostly of one strategy's usual values."""
    names = draw(st.lists(st.sampled_from(sorted(CELLS)), min_size=1, max_size=5, unique=True))
    usual = {name: draw(st.lists(CELLS[name], min_size=1, max_size=8)) for name in names}
    seed = random.Random(draw(st.integers(0, 2**32)))
    strays = {name: draw(CELLS[name]) for name in names}
    rows = [
        [strays[name] if seed.random() < 0.03 else seed.choice(usual[name]) for name in names]
        for _ in range(draw(st.integers(20, 120)))
    ]
    return names, rows


@few
@given(files(), st.sampled_from([INDIVIDUAL, ORGANIZATION, CUSTOMER, RESOURCES["billingAccount"]]))
def test_every_proposal_is_asked_of_the_sample_and_says_how_often_it_is_broken(table, resource):
    names, rows = table
    found = profiled(names, rows)
    for draft in proposals(found, resource=resource, now=NOW, source="test"):
        ruling = Ruling(rules_of(draft.requirement, resource), resource.attributes)
        broken: dict[str, int] = {}
        for value in cells(found, draft, resource):
            for breach in ruling.breaches(record(draft.requirement, value), now=NOW):
                broken[breach.rule.code] = broken.get(breach.rule.code, 0) + 1
        stated = {each.code: each.broken for each in draft.evidence if each.asked}
        stated.pop("unique", None)
        assert broken == {code: count for code, count in stated.items() if count}
        assert stated.keys() == {rule.code for rule in ruling.rules}
        assert all(each.broken <= 0.05 * each.asked for each in draft.evidence if each.code != "unique")
        assert 0 < draft.confidence <= 1


@few
@given(files())
def test_what_governs_is_asked_of_the_sample_and_only_added_to(table):
    names, rows = table
    found = profiled(names, rows)
    governing = shipped("individual")
    for draft in proposals(found, resource=INDIVIDUAL, now=NOW, governing=governing):
        identifier = f"individual.{draft.requirement.attribute}"
        assert draft.governed == (identifier in governing)
        if not draft.governed:
            continue
        base = governing[identifier]
        had = base.value_rule or []
        assert (draft.requirement.value_rule or [])[: len(had)] == had
        assert [rule.code for rule in (draft.requirement.value_rule or [])[len(had) :]] == list(draft.added)
        assert msgspec.structs.replace(draft.requirement, value_rule=base.value_rule) == base
        asked = [rule for rule in rules_of(draft.requirement, INDIVIDUAL) if rule.tests and rule.when is None]
        broken = {rule.code: 0 for rule in asked}
        for value in cells(found, draft, INDIVIDUAL):
            for breach in Ruling(asked, INDIVIDUAL.attributes).breaches(record(draft.requirement, value), now=NOW):
                broken[breach.rule.code] += 1
        stated = {each.code: each.broken for each in draft.evidence if each.asked}
        assert broken == {code: count for code, count in stated.items() if code not in {"unique", OBLIGATION}}


def test_a_sample_adds_nothing_that_is_asked_in_another_way():
    rows = [["a@example.org", f"{1950 + at % 50}-01-02", f"x{at % 3}"] for at in range(100)]
    drafts = {
        draft.requirement.attribute: draft
        for draft in proposals(
            profiled(["email", "dob", "status"], rows), resource=INDIVIDUAL, now=NOW, governing=shipped("individual")
        )
    }
    assert not drafts["contactMedium.emailAddress"].changes
    assert not drafts["birthDate"].changes
    assert drafts["birthDate"].requirement.business_owner == "Head of Customer Data"


def cells(found, draft, resource):
    """What the rows of a draft's column hold once capture has taken them in; None for nothing."""
    (column,) = (each for each in found.columns if each.name == draft.column)
    attribute = resource.attributes.get(draft.requirement.attribute)
    if attribute is not None and attribute.type == "string":
        column = column.as_text()
    values = column.values
    return [None if code < 0 else column.kept(values.values[code]) for code in values.codes]


def record(requirement, value):
    """The least record whose attribute of the requirement holds a value."""
    at = place(requirement.attribute)
    held = {"@type": class_of_medium(requirement.attribute) or "Thing"}
    if value is not None and at.named is None:
        held[at.name] = value
    elif value is not None:
        held[at.name] = [{"name": at.named, "value": value}]
    for name in reversed(at.holder):
        held = {name: [held]}
    return held


ANYTHING = st.text(max_size=8) | st.sampled_from(
    ["", "1", "2.5", "yes", "2020-01-01", "a@b.org", "x" * 5000, "\x00\n#\ud800"]
)


@few
@given(st.lists(ANYTHING, max_size=4), st.lists(st.lists(ANYTHING | st.none(), max_size=6), max_size=40))
def test_whatever_stands_in_a_table_its_drafts_are_a_catalogue(names, rows):
    found = profiled(names, rows)
    drafts = proposals(found, resource=CUSTOMER, now=NOW)
    text = write_drafts(found, drafts)
    wanted = {draft.requirement.attribute: draft.requirement for draft in drafts}
    assert {each.attribute: each for each in read_catalogue(encoded(text), source="drafts")} == wanted
    for draft in drafts:
        rules_of(draft.requirement, CUSTOMER)
    assert len(list(suspicion_rows(found))) == len(found.suspicions)


def encoded(text):
    return text.encode()


SCALARS = st.sampled_from(["a", "b", "", "2020-01-01", "x@example.org"]) | st.integers(0, 9) | st.booleans()
PEOPLE = st.lists(
    st.tuples(SCALARS, SCALARS, st.lists(SCALARS, max_size=3), st.lists(SCALARS, max_size=2)), min_size=20, max_size=40
)


@few
@given(PEOPLE)
def test_stored_records_are_profiled_by_places_and_as_they_are(told):
    documents = [
        {
            "@type": "Individual",
            "id": str(number),
            "givenName": given_name,
            "partyCharacteristic": [{"@type": "StringCharacteristic", "name": "shoe size", "value": size}],
            "contactMedium": [{"@type": "EmailContactMedium", "emailAddress": each} for each in emails],
            "nickNames": names,
        }
        for number, (given_name, size, emails, names) in enumerate(told)
    ]
    found = profile_documents(documents, random=random.Random(1), today=NOW.date())
    assert {each.name for each in found.columns} >= {"givenName", "partyCharacteristic[shoe size]"}
    for draft in proposals(found, resource=INDIVIDUAL, now=NOW):
        ruling = Ruling(rules_of(draft.requirement, INDIVIDUAL), INDIVIDUAL.attributes)
        broken: dict[str, int] = {}
        for document in documents:
            for breach in ruling.breaches(document, now=NOW):
                broken[breach.rule.code] = broken.get(breach.rule.code, 0) + 1
        stated = {each.code: each.broken for each in draft.evidence if each.asked and each.broken}
        stated.pop("unique", None)
        assert broken == stated


def test_an_attribute_that_is_always_there_is_proposed_as_mandatory_and_of_a_medium_by_its_class():
    rows = [["Ann", f"a{at}@example.org", ""] for at in range(99)] + [["", "", "x"]]
    found = proposals(profiled(["first name", "email", "remark"], rows), resource=INDIVIDUAL, now=NOW)
    drafts = {draft.column: draft.requirement for draft in found}
    assert drafts["first name"].obligation == "mandatory"
    assert (drafts["email"].obligation, drafts["email"].condition) == (
        "conditional",
        "@['@type'] == 'EmailContactMedium'",
    )
    assert drafts["remark"].obligation == "optional"


def test_columns_go_where_their_headings_mean_and_else_to_attributes_of_the_enterprise():
    assert attribute_of("Date of Birth", INDIVIDUAL) == "birthDate"
    assert attribute_of("given_name", INDIVIDUAL) == "givenName"
    assert attribute_of("contactMedium.emailAddress", INDIVIDUAL) == "contactMedium.emailAddress"
    assert attribute_of("ZIP code", CUSTOMER) == "contactMedium.postCode"
    assert attribute_of("Company Name", ORGANIZATION) == "name"
    assert attribute_of("Company Name", INDIVIDUAL) is None
    assert attribute_of("contactMedium", INDIVIDUAL) is None
    assert own_attribute("Shoe [size]", INDIVIDUAL, number=3) == ("partyCharacteristic[Shoe size]", False)
    assert own_attribute("Shoe size", CUSTOMER, number=3) == ("characteristic[Shoe size]", False)
    assert own_attribute("Shoe size", RESOURCES["document"], number=3)[0] == "characteristic[Shoe size]"
    assert own_attribute("Shoe size", RESOURCES["billingAccount"], number=3) == ("shoeSize", True)
    assert own_attribute("№", RESOURCES["billingAccount"], number=3) == ("column3", True)


def test_a_second_column_of_one_meaning_is_an_attribute_of_its_own_or_a_second_way_to_reach_the_party():
    rows = [["+442079460000", "+447700900000", "Kent", "AL"] for _ in range(30)]
    drafts = proposals(profiled(["phone", "mobile", "county", "state"], rows), resource=INDIVIDUAL, now=NOW)
    assert [draft.requirement.attribute for draft in drafts] == [
        "contactMedium.phoneNumber",
        "contactMedium.stateOrProvince",
        "partyCharacteristic[state]",
    ]


# Bounds and discretion


@given(st.integers(0, 400), st.integers(1, 50), st.integers(0, 2**32))
def test_a_reservoir_keeps_so_many_rows_each_with_its_number(rows, most, seed):
    reservoir = Reservoir(most, random.Random(seed), keep=int)
    for number in range(1, rows + 1):
        reservoir.add(number)
    kept, numbers = reservoir.rows()
    assert kept == numbers == sorted(set(numbers))
    assert len(kept) == min(rows, most)
    assert reservoir.seen == rows


def test_every_row_has_the_same_chance_to_be_kept():
    counts = [0] * 100
    for seed in range(2000):
        reservoir = Reservoir(10, random.Random(seed), keep=int)
        for number in range(100):
            reservoir.add(number)
        for number in reservoir.rows()[0]:
            counts[number] += 1
    assert 120 < min(counts) <= max(counts) < 290  # 200 expected, 13 is one standard deviation


def test_of_a_table_of_long_texts_fewer_rows_are_kept(monkeypatch):
    monkeypatch.setattr("customer_inventory.requirements.profiling.sample.MOST_CHARACTERS", 10_000)
    drawn = draw(["letter"], (["x" * 500] for _ in range(100)), random=random.Random(1))
    assert (drawn.seen, drawn.rows) == (100, 20)


def test_of_a_wide_table_fewer_rows_are_kept(monkeypatch):
    monkeypatch.setattr("customer_inventory.requirements.profiling.sample.MOST_CELLS", 20_000)
    names = [f"c{at}" for at in range(400)]
    drawn = draw(names, ([str(at)] * 400 for at in range(600)), random=random.Random(1))
    assert (drawn.seen, drawn.rows) == (600, 50)


def test_nothing_that_a_profile_says_repeats_what_people_are_called():
    draw_ = random.Random(3)
    rows = [[f"id{at % 40}", f"Zebedee{at % 40}", f"z{at}@example.org", str(at % 3)] for at in range(800)]
    for at in range(0, 800, 50):
        rows[at][1] = f"Quentin{draw_.randrange(1000)}"
        rows[at][2] = "quentin at example"
    found = profiled(["reference", "surname", "email", "score"], rows)
    drafts = proposals(found, resource=INDIVIDUAL, now=NOW)
    assert found.suspicions
    said = " ".join(
        [repr(found), *map(str, found.suspicions), *map(repr, found.suspicions), *map(repr, drafts)]
        + [str(each) for draft in drafts for each in draft.evidence]
    )
    assert "Zebedee" not in said
    assert "uentin" not in said


# Published data


def hospital(name):
    with shared(f"data/dirty/hospital/{name}.csv").open(encoding="utf-8", newline="") as file:
        names, *rows = csv.reader(file)
    return names, rows


def differing(names, dirty, clean):
    return {
        (number, name): " ".join(right.split())
        for number, (row, true) in enumerate(zip(dirty, clean, strict=True), 1)
        for name, cell, right in zip(names, row, true, strict=True)
        if " ".join(cell.split()) != " ".join(right.split())
    }


def test_the_published_dependencies_and_errors_of_the_hospital_table_are_found():
    names, dirty = hospital("dirty")
    found = profiled(names, dirty)
    wanted = published(shared("data/dirty/hospital/dc_rules_holoclean.txt").read_text("ascii"))
    proposed = {(frozenset(each.determinant), each.dependent) for each in found.dependencies}
    assert len(wanted) == 15
    assert sum(each in proposed for each in wanted) == 13
    assert all(any(has <= determinant and of == dependent for has, of in proposed) for determinant, dependent in wanted)
    result = score(found, differing(names, dirty, hospital("clean")[1]))
    assert (result.precision, result.repair_precision) > (0.98, 0.98)
    assert (result.recall, result.repair_recall) > (0.98, 0.9)


@pytest.mark.parametrize("kind", KINDS)
def test_errors_of_other_kinds_are_found_in_it_as_well(kind):
    names, clean = hospital("clean")
    draw_ = random.Random(9)
    make = KINDS[kind]
    dirty = [[make(draw_, c, clean, at) if draw_.random() < 0.03 else c for at, c in enumerate(row)] for row in clean]
    result = score(profiled(names, dirty), differing(names, dirty, clean))
    assert result.precision > 0.95
    assert result.recall > 0.8


def test_no_dependency_is_seen_among_persons_that_have_none():
    with shared("data/er/fake_20000.csv").open(encoding="utf-8", newline="") as file:
        names, *rows = csv.reader(file)
    # Only the file's own column of who is the same person is told, by the address that they share.
    assert pairs(profiled(names, rows[:8000])) <= {(("email",), "group")}


def test_obligation_is_the_only_rule_that_rows_without_a_value_break():
    rows = [["Ann"]] * 199 + [[""]]
    (draft,) = proposals(profiled(["first name"], rows), resource=INDIVIDUAL, now=NOW)
    assert {each.code: (each.broken, each.asked) for each in draft.evidence if each.broken} == {OBLIGATION: (1, 200)}
