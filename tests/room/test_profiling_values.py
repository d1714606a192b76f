"""Profiling: values are read as capture reads them, slips are near what was meant, check digits are those of states."""

from __future__ import annotations

import random
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from customer_inventory.capture import standardise
from customer_inventory.requirements.profiling.check_digits import IDENTIFICATIONS, UNCHECKED, is_identification
from customer_inventory.requirements.profiling.dates import FORMATS, day, moment
from customer_inventory.requirements.profiling.forms import standardised
from customer_inventory.requirements.profiling.grouping import grouped
from customer_inventory.requirements.profiling.shapes import shape
from customer_inventory.requirements.profiling.slips import distance, nearest, slips
from customer_inventory.requirements.profiling.types import boolean, integer, number

WRITTEN = st.text("0123456789.+-eE yesnoTRUfalj", max_size=20) | st.from_regex(
    r"[+-]?\d{1,20}(\.\d{1,16})?", fullmatch=True
)
DAYS = st.text("0123456789/.- JanFeb", max_size=12) | st.dates().flatmap(
    lambda date: st.sampled_from(FORMATS[1:]).map(date.strftime)
)


def standard(read, text):
    try:
        return read(text)
    except standardise.Unusable:
        return None


@given(WRITTEN.map(lambda text: " ".join(text.split())))
def test_numbers_and_truths_are_read_as_capture_reads_them(text):
    for ours, theirs in ((integer, standardise.integer), (number, standardise.number), (boolean, standardise.boolean)):
        read = ours(text)
        assert (read, type(read)) == (standard(theirs, text), type(standard(theirs, text)))


@given(DAYS.map(lambda text: " ".join(text.split())), st.sampled_from(FORMATS))
@example("29.02.2001", "%d.%m.%Y")
@example("2001-02-28", "iso")
def test_days_are_read_as_capture_reads_them(text, form):
    read = day(form)(text)
    if read is not None:
        assert read == standard(standardise.day((form,)), text)


@given(st.dates(date(1000, 1, 1)), st.sampled_from(FORMATS[1:]))
def test_a_day_that_was_written_is_read_back(date, form):
    assert day(form)(date.strftime(form)) == date.isoformat()


@given(st.datetimes(timezones=st.timezones()) | st.datetimes())
def test_moments_are_read_as_capture_reads_them(when):
    read = moment(when.isoformat())
    if read is not None:
        assert read == standard(standardise.instant(("iso",)), when.isoformat())


@pytest.mark.parametrize(
    ("form", "text"),
    [("email", "Ada@Example.ORG"), ("country", "germany"), ("country", "de"), ("phone", "+44 20 7946-0000")],
)
def test_formats_are_written_as_capture_writes_them(form, text):
    ways = {"email": standardise.email, "country": standardise.country, "phone": standardise.phone(None)}
    assert standardised(form, text) == ways[form](text)


def edits(one, other):
    """Levenshtein's distance by its definition."""
    before = list(range(len(other) + 1))
    for letter in one:
        now = [before[0] + 1]
        for at, against in enumerate(other):
            now.append(min(before[at] + (letter != against), before[at + 1] + 1, now[-1] + 1))
        before = now
    return before[-1]


@given(st.text("abc", max_size=9), st.text("abc", max_size=9), st.integers(0, 5))
def test_distances_are_those_of_the_whole_table_up_to_the_bound(one, other, most):
    assert distance(one, other, most) == min(edits(one, other), most + 1)


def test_a_rare_value_near_a_frequent_one_is_a_slip_but_a_number_is_not():
    texts = ["acute care hospital", "acxte cxre hospital", "ward 11", "ward 12", "clinic"]
    assert slips(texts, [400, 2, 400, 1, 30]) == {1: 0}
    assert slips(["Allan", "Alan", "Alen"], [300, 290, 2]) == {}  # frequent ones are near each other: that says nothing


def test_of_many_values_slips_of_one_letter_are_still_found():
    draw = random.Random(2)
    often = ["".join(draw.choice("abcdefghij") for _ in range(12)) for _ in range(1000)]
    rare = [each[:4] + "z" + each[5:] for each in often[:500]]
    counts = [500] * 1000 + [1] * 500
    assert slips([*often, *rare], counts) == {1000 + at: at for at in range(500)}


def test_the_nearest_is_named_only_where_one_stands_out():
    assert nearest(["1x patients"], {"10 patients": 9, "11 patients": 8}) == {}
    assert nearest(["0 patxents"], {"0 patients": 9, "11 patients": 8}) == {"0 patxents": "0 patients"}
    assert nearest(["yex"], {"yes": 500, "yet": 3}) == {"yex": "yes"}


def test_shapes_tell_letters_and_digits():
    assert shape("AB-12 ñÑx") == "AA-99 aAa"


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), min_size=1, max_size=60))
def test_the_error_of_a_group_is_what_most_of_it_do_not_say(rows):
    found = grouped([x for x, _ in rows], [y for _, y in rows])
    groups = [[y for x, y in rows if x == group] for group in {x for x, _ in rows}]
    assert found.deviating == sum(len(each) - max(map(each.count, each)) for each in groups if len(each) > 1)
    assert found.supporting == sum(len(each) for each in groups if len(each) > 1)
    assert found.rows == len(rows)
    assert 0 <= found.agreement <= 1
    assert 0 <= found.explained <= 1


def test_what_is_perfectly_told_has_no_error_and_what_is_independent_no_agreement():
    told = grouped([at % 7 for at in range(700)], [at % 7 % 3 for at in range(700)])
    assert (told.error, told.agreement) == (0.0, 1.0)
    assert told.explained > 0.95
    draw = random.Random(1)
    free = grouped([draw.randrange(50) for _ in range(1000)], [draw.randrange(4) for _ in range(1000)])
    assert free.agreement < 0.05
    key = grouped(list(range(1000)), [draw.randrange(4) for _ in range(1000)])
    assert (key.error, key.agreement, key.supporting) == (1.0, 0.0, 0)


# As the authorities and articles about the numbers give them as examples; none is a person's.
EXAMPLES = {
    "IBAN (ISO 13616)": ["GB82 WEST 1234 5698 7654 32", "DE89370400440532013000"],
    "payment card number (ISO/IEC 7812)": ["4111 1111 1111 1111", "5500005555555559"],
    "NHS number (United Kingdom)": ["943 476 5919", "9434765870"],
    "burgerservicenummer (Netherlands)": ["111222333", "123456782"],
    "Steuer-Identifikationsnummer (Germany) or OIB (Croatia)": ["86095742719", "47036892816"],
    "NIR (France)": ["2 55 08 14 168 025 38", "295109912611193"],
    "codice fiscale (Italy)": ["RSSMRA85T10A562S", "RCCMNL83S18D969H"],
    "DNI or NIE (Spain)": ["54362315K", "12345678Z", "X2482300W"],
    "PESEL (Poland)": ["44051401359", "02070803628"],
    "national register number (Belgium)": ["85.07.30-033 28", "17 07 30 033 84"],
    "personnummer (Sweden)": ["880320-0016", "811228-9874", "19811228-9874"],
    "fødselsnummer (Norway)": ["15108695088", "01010750160"],
    "henkilötunnus (Finland)": ["131052-308T", "311280-888Y"],
    "AHV number (Switzerland)": ["756.9217.0769.85"],
    "CPF (Brazil)": ["390.533.447-05", "111.444.777-35"],
    "social insurance number (Canada)": ["123-456-782", "193 456 787"],
    "Aadhaar number (India)": ["2341 2341 2346"],
    "resident identity number (China)": ["11010519491231002X", "440524188001010014"],
    "T.C. identity number (Turkey)": ["17291716060", "10000000146"],
    "identity number (South Africa)": ["8001015009087"],
    "social security number (United States)": ["536-90-4399"],
    "National Insurance number (United Kingdom)": ["AB 12 34 56 C"],
}


def test_every_identification_has_examples():
    assert EXAMPLES.keys() == {*IDENTIFICATIONS, *UNCHECKED}


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_identification_is_known_and_one_with_a_wrong_digit_is_not(name):
    for text in EXAMPLES[name]:
        assert is_identification(name, text)
    if name in UNCHECKED:
        assert not is_identification(name, text.replace("-", "").replace(" ", "") + "0")
        return
    digits = [at for at, letter in enumerate(text) if letter.isdigit()]
    wrong = [text[:at] + str((int(text[at]) + 1) % 10) + text[at + 1 :] for at in digits]
    assert sum(is_identification(name, each) for each in wrong) <= 0.2 * len(wrong)
