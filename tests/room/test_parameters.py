"""Query parameters: every form of TMF630 part 1 is understood, and whatever is not understood is refused."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customer_inventory.api import scanning
from customer_inventory.api.parameters import (
    DEFAULT_LIMIT,
    MOST_LIMIT,
    InvalidParameter,
    UnknownAttribute,
    named,
    of_one,
    parse,
)
from customer_inventory.api.representation import href
from customer_inventory.model.filtering import Condition
from customer_inventory.model.jsonpath_problems import InvalidJsonPath, JsonPathNotSupported
from customer_inventory.model.patterns import InvalidPattern
from customer_inventory.model.view import View
from customer_inventory.model.views import EARLIER, NATIVE
from customer_inventory.repository.order import Sort

PERSON = NATIVE["individual"]
CUSTOMER = NATIVE["customer"]
ID = "0199aa00-0000-8abc-8000-000000000001"

paths = st.sampled_from([path for path in sorted(PERSON.attributes) if path != "href"])
single = st.sampled_from(
    [path for path, a in sorted(PERSON.attributes.items()) if a.scalar and not a.many and path != "href"]
)
texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
operators = st.sampled_from(["eq", "gt", "gte", "lt", "lte"])
EARLIEST, LATEST = datetime.fromisoformat("0001-01-02"), datetime.fromisoformat("9999-12-30")
SIGNS = {"eq": "==", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


def conditions(query_string: str) -> tuple[Condition, ...]:
    return parse(PERSON, query_string.encode()).query.conditions


@given(path=paths, values=st.lists(texts, min_size=1, max_size=5))
def test_what_was_percent_encoded_comes_back_as_it_was(path: str, values: list[str]) -> None:
    wanted = (Condition(path, "eq", tuple(values)),)
    for name in (quote(path), f"{quote(path)}.eq"):
        if any(value.startswith("~") for value in values) and name == quote(path):
            continue  # =~ is the operator of regular expressions, and a tilde is never percent-encoded
        assert conditions(f"{name}={','.join(quote(value, safe='') for value in values)}") == wanted
        assert conditions(f"{name}={','.join(quote_plus(value, safe='') for value in values)}") == wanted
        assert conditions("&".join(f"{name}={quote(value, safe='')}" for value in values)) == wanted


@given(path=paths, operator=operators, value=texts)
def test_every_operator_may_be_a_suffix_or_an_encoded_sign(path: str, operator: str, value: str) -> None:
    wanted = (Condition(path, operator, (value,)),)
    assert conditions(f"{quote(path)}.{operator}={quote(value, safe='')}") == wanted
    if not (operator in {"gt", "lt"} and value.startswith("=")):  # ">" and "=…" written together are ">="
        assert conditions(f"{quote(path)}{quote(SIGNS[operator])}{quote(value, safe='')}") == wanted


@pytest.mark.parametrize(
    ("query_string", "operator"),
    [
        ("birthDate%3E2000-01-01", "gt"),
        ("birthDate>2000-01-01", "gt"),
        ("birthDate%3E=2000-01-01", "gte"),
        ("birthDate>=2000-01-01", "gte"),
        ("birthDate%3E%3D2000-01-01", "gte"),
        ("birthDate%3C2000-01-01", "lt"),
        ("birthDate<=2000-01-01", "lte"),
        ("birthDate%3C%3D2000-01-01", "lte"),
        ("birthDate%3D%3D2000-01-01", "eq"),
        ("birthDate.eq=2000-01-01", "eq"),
        ("birthDate=2000-01-01", "eq"),
    ],
)
def test_the_ways_to_write_an_operator(query_string: str, operator: str) -> None:
    assert conditions(query_string) == (Condition("birthDate", operator, ("2000-01-01",)),)


def test_different_names_and_operators_are_different_conditions() -> None:
    assert conditions("familyName=A,B&birthDate.gt=2000-01-01&familyName=C&birthDate.lt=2001-01-01") == (
        Condition("familyName", "eq", ("A", "B", "C")),
        Condition("birthDate", "gt", ("2000-01-01",)),
        Condition("birthDate", "lt", ("2001-01-01",)),
    )


def test_an_href_is_asked_for_by_the_id_in_it() -> None:
    address = href(PERSON, ID, public_url="https://inventory.example.org")
    asked = parse(PERSON, f"href={quote(address, safe='')}".encode(), public_url="https://inventory.example.org")
    assert asked.query.conditions == (Condition("id", "eq", (ID,)),)
    other = parse(PERSON, f"href={href(CUSTOMER, ID)}".encode())
    assert other.query.conditions == (Condition("id", "eq", ("",)),)
    both = parse(PERSON, f"id=x&href={href(PERSON, ID)}".encode())
    assert both.query.conditions == (Condition("id", "eq", ("x",)), Condition("id", "eq", (ID,)))


@given(keys=st.lists(st.tuples(single, st.booleans()), min_size=1, max_size=3))
def test_sort_reads_what_was_written(keys: list[tuple[str, bool]]) -> None:
    written = ",".join(("-" if descending else "") + path for path, descending in keys)
    assert parse(PERSON, f"sort={written}".encode()).query.sort == tuple(Sort(*key) for key in keys)


@pytest.mark.parametrize("plus", ["%2B", "+", ""])
def test_a_plus_before_a_sort_attribute_may_arrive_in_any_form(plus: str) -> None:
    asked = parse(PERSON, f"sort=-familyName,{plus}givenName".encode())
    assert asked.query.sort == (Sort("familyName", descending=True), Sort("givenName"))


@given(moment=st.datetimes(min_value=EARLIEST, max_value=LATEST, timezones=st.just(UTC)))
def test_as_of_reads_what_was_written(moment: datetime) -> None:
    assert parse(PERSON, f"asOf={quote(moment.isoformat())}".encode()).query.as_of == moment


def test_as_of_forgives_a_plus_that_was_not_encoded() -> None:
    asked = parse(PERSON, b"asOf=2026-01-31T12:00:00+01:00")
    assert asked.query.as_of == datetime(2026, 1, 31, 11, tzinfo=UTC)


def test_pages() -> None:
    assert parse(PERSON, b"").query.limit == DEFAULT_LIMIT
    assert parse(PERSON, b"limit=999999").query.limit == MOST_LIMIT
    asked = parse(PERSON, b"limit=7&offset=14")
    assert (asked.query.limit, asked.query.offset, asked.paged, asked.by_offset) == (7, 14, True, True)
    assert not parse(PERSON, b"familyName=A").paged


@pytest.mark.parametrize(
    ("query_string", "fields"),
    [
        ("", None),
        ("fields=", None),
        ("fields=none", frozenset()),
        ("fields=name", {"name"}),
        ("fields=a,b.c, d", {"a", "b.c", "d"}),
        ("fields=none,name", {"none", "name"}),
    ],
)
def test_fields(query_string: str, fields: frozenset[str] | None) -> None:
    assert parse(PERSON, query_string.encode()).fields == fields


@pytest.mark.parametrize(
    ("view", "query_string", "told"),
    [
        (PERSON, "", ()),
        (PERSON, "fields=id,birthDate,shoeSize,@type", ("birthDate",)),
        (PERSON, "birthDate.gt=2000-01-01T00:00:00Z&sort=-familyName", ("birthDate", "familyName")),
        (PERSON, "gender=f;contactMedium.emailAddress=a&fields=gender", ("contactMedium.emailAddress", "gender")),
        (
            PERSON,
            "filter=contactMedium[?(@.emailAddress=='a' %26%26 @.preferred==true)]",
            ("contactMedium", "contactMedium.emailAddress", "contactMedium.preferred"),
        ),
        (EARLIER["individual"], "fields=contactMedium.characteristic.emailAddress", ("contactMedium.emailAddress",)),
    ],
)
def test_what_is_asked_for_by_name_is_told_to_the_trail(view: View, query_string: str, told: tuple[str, ...]) -> None:
    assert named(view, parse(view, query_string.encode())) == told


@given(values=st.lists(texts, max_size=3), limit=st.integers(0, 50))
def test_links_keep_everything_but_the_page(values: list[str], limit: int) -> None:
    own = "&".join(f"familyName.eq={quote(value, safe='')}" for value in values)
    asked = parse(PERSON, f"limit={limit}&%6Fffset=0&{own}&sort=familyName".encode())
    again = parse(PERSON, asked.kept.encode())
    assert again.query.conditions == asked.query.conditions
    assert again.query.sort == asked.query.sort
    assert not again.paged
    assert re.fullmatch(r"[!-~]*", asked.kept)


def test_links_encode_what_came_bare() -> None:
    asked = parse(PERSON, 'birthDate>=2000-01-01&familyName=Müller"'.encode())
    assert asked.kept == "birthDate%3E=2000-01-01&familyName=M%C3%BCller%22"
    assert parse(PERSON, asked.kept.encode()).query == asked.query


@pytest.mark.parametrize(
    "query_string",
    [
        "familyName",
        "familyName~Meier",
        "limit",
        "limit=",
        "limit=-1",
        "limit=1.0",
        "limit=1e3",
        "limit=٣",
        "limit=" + "9" * 5000,
        "limit=1&limit=2",
        "offset=1000000001",
        "offset=0x10",
        "offset= 1",
        "offset=1&after=x",
        "offset=1&before=",
        "after=x&before=y",
        "after=&before=",
        "after=x&before=",
        "sort=a&sort=b",
        "sort=relatedParty",
        "sort=validFor",
        "sort=href",
        "sort=--familyName",
        "sort=%2B-familyName",
        "sort=familyName,givenName,birthDate,title",
        "asOf=",
        "asOf=now",
        "asOf=infinity",
        "asOf=2026-01-31",
        "asOf=20260131T120000Z",
        "asOf=2026-W05-6T12:00:00Z",
        "asOf=2026-01-31T12:00Z",
        "asOf=2026-01-31T12:00:00%2B0100",
        "asOf=2026-01-31T24:00:00Z",
        "asOf=2026-01-31T12:00:00",
        "asOf=2026-13-01T00:00:00Z",
        "asOf=0000-01-01T00:00:00Z",
        "asOf=300000-01-01T00:00:00Z",
        "asOf=0001-01-01T00:00:00%2B01:00",
        "asOf=9999-12-31T23:59:59-01:00",
        "href.gt=/x",
        "familyName=%FF",
        "familyName=%C3",
        "familyName=%ED%A0%80",
        "familyName=%00",
        "%00=x",
        "unknown=x",
        "unknown.gt=x",
        "familyName.regex=M**",
        "familyName.regex=(",
        "familyName.like=M",
        "familyName.gt>=M",
        "birthDate.between=2000-01-01",
        "familyName.isnull=maybe",
        "familyName.isnull=true,false",
        "href.regex=x",
        "limit=1;2",
        "limit.eq=5",
        "=x",
        ".=x",
        "familyName.=x",
        "familyName..eq=x",
        "familyName" * 1000 + "=x",
        "&".join(["familyName=x"] * 201),
        "familyName=" + "," * 200,
        "familyName=" + "x" * 8192,
    ],
)
def test_what_is_not_understood_is_refused(query_string: str) -> None:
    with pytest.raises((InvalidParameter, InvalidPattern, UnknownAttribute)):
        parse(PERSON, query_string.encode())


@given(raw=st.binary(max_size=60))
def test_any_bytes_are_either_understood_or_refused(raw: bytes) -> None:
    try:
        limit = parse(PERSON, raw).query.limit
    except (InvalidParameter, InvalidPattern, UnknownAttribute, InvalidJsonPath, JsonPathNotSupported):
        limit = 0
    assert 0 <= limit <= MOST_LIMIT


@pytest.mark.parametrize("query_string", ["Meier%20Anna=x", "familyName%3DMeier", "familyName~Meier", "Meier,Anna"])
def test_what_is_no_attribute_name_is_not_repeated(query_string: str) -> None:
    with pytest.raises((InvalidParameter, UnknownAttribute)) as refused:
        parse(PERSON, query_string.encode())
    assert "Meier" not in refused.value.message


def test_a_mistyped_attribute_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownAttribute, match=r"no attribute familyNam\. Did you mean familyName"):
        parse(PERSON, b"familyNam=x")


def test_what_lies_too_deep_for_a_name_is_asked_for_by_jsonpath() -> None:
    document = "relatedDocument.document.relatedEntity.entity"
    assert NATIVE["agreement"].attributes[document].type == "object"
    for query_string in (f"{document}.id=x", f"{document}.id.gt=x", f"sort={document}.id", f"{document}.a.b.c=x"):
        with pytest.raises(UnknownAttribute) as refused:
            parse(NATIVE["agreement"], query_string.encode())
        assert f"Ask with filter={document}[?(" in refused.value.message
    parse(NATIVE["agreement"], f"filter={document}[?(@.id=='x')]".encode())
    with pytest.raises(UnknownAttribute, match="Did you mean"):
        parse(NATIVE["agreement"], f"{document.replace('entity', 'entty')}.id=x".encode())


@pytest.mark.parametrize("query_string", ["limit=1", "offset=0", "sort=name", "name=x", "after=x", "before="])
def test_one_record_takes_no_parameters_of_a_list(query_string: str) -> None:
    with pytest.raises(InvalidParameter):
        of_one(CUSTOMER, query_string.encode())


def test_a_write_takes_fields_but_no_moment() -> None:
    assert of_one(CUSTOMER, b"fields=name", writing=True).fields == {"name"}
    assert of_one(CUSTOMER, b"asOf=2026-01-31T12:00:00Z").query.as_of is not None
    with pytest.raises(InvalidParameter):
        of_one(CUSTOMER, b"asOf=2026-01-31T12:00:00Z", writing=True)


@pytest.mark.parametrize("opened", ["fields=(a", "fields=%28a", "fields=$[?(@.a=='b", "sort=[a", "filter=$[?(@.a=~/b"])
def test_what_is_left_open_hides_no_parameter(opened: str) -> None:
    first, second = scanning.parameters(f"{opened}&limit=null".encode())
    assert (first.name, first.raw) == (opened.partition("=")[0], opened.encode())
    assert (second.name, second.value) == ("limit", b"null")


def test_a_quotation_mark_in_a_value_hides_no_parameter() -> None:
    asked = of_one(CUSTOMER, b"fields=na'me,status&asOf=2026-01-31T12:00:00Z")
    assert asked.query.as_of is not None
    with pytest.raises(InvalidParameter):
        of_one(CUSTOMER, b"fields=na'me&asOf=yesterday")


_PIECES = ["a", "limit", "filter", "sort", "fields", ".", "@type", "=", "==", "=~", "~", "&", ";", "%3D", "%26", "%3B"]
_PIECES += ["%5B", "[", "]", "(", ")", "'", '"', "$", "?", "<", ">", "!=", "!", "*=", "%21", "%2A", "%", "+", " ", "é"]


@settings(max_examples=2000)
@given(raw=st.lists(st.sampled_from(_PIECES), max_size=14).map(lambda pieces: "".join(pieces).encode()))
def test_what_is_written_as_usual_is_read_as_anything_is(raw: bytes) -> None:
    """Nearly all parameters take a short way through scanning; it must lead to where the long one does."""

    def read() -> list[scanning.Parameter] | str:
        try:
            return list(scanning.parameters(raw))
        except scanning.InvalidParameter as error:
            return str(error)

    shortly = read()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(scanning, "_usual", lambda *_: None)
        assert read() == shortly
