"""Sources: whatever stands in a file, every row is accounted for and can be read back."""

from __future__ import annotations

import csv
import gzip
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_inventory.capture.mapping import InvalidMapping, check_columns, parse
from customer_inventory.capture.mappings import choose_mapping, mapping_path, save_suggestion
from customer_inventory.capture.preparing import Instructions, Preparer
from customer_inventory.capture.rejects import Rejects, rejects_path, source_name
from customer_inventory.capture.sources import Broken, NoSuchSource, UnreadableSource, open_source
from customer_inventory.capture.suggestion import suggest
from customer_inventory.requirements.headings import meaning_of

HEADINGS = ["id", "first name", "surname", "email"]


def read(path, **how):
    source = open_source(path, **how)
    chunks = list(source.chunks(3))
    rows = [row for chunk in chunks for row in chunk.rows]
    broken = [row for chunk in chunks for _, row in chunk.broken]
    numbers = sorted(n for chunk in chunks for n in (*chunk.numbers, *(number for number, _ in chunk.broken)))
    assert numbers == list(range(1, len(rows) + len(broken) + 1))
    return source, rows, broken


@given(st.lists(st.lists(st.text(st.characters(codec="utf-8")), min_size=4, max_size=4), max_size=10))
def test_a_table_that_was_written_is_read(tmp_path_factory, table):
    path = tmp_path_factory.mktemp("table") / "t.csv"
    text = io.StringIO(newline="")
    csv.writer(text).writerows([HEADINGS, *table])
    path.write_bytes(text.getvalue().encode())
    _, rows, broken = read(path)
    assert rows == table
    assert broken == []


@given(st.lists(st.text('a1",\n\r ', max_size=12), max_size=12))
def test_whatever_lines_stand_in_a_file_no_text_is_lost(tmp_path_factory, lines):
    path = tmp_path_factory.mktemp("lines") / "t.csv"
    path.write_bytes("\n".join([",".join(HEADINGS), *lines]).encode())
    _, rows, broken = read(path)
    found = "".join("".join(row) for row in rows) + "".join(row.raw for row in broken)
    assert found.count("1") == "".join(lines).count("1")


def test_a_quote_that_never_closes_costs_one_row(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text('id,first name,surname,email\n1,Ann,Lee,\n2,"Bob,Lee,\n3,Cy,Lee,\n4,Di,Lee,\n')
    _, rows, broken = read(path)
    assert [row[0] for row in rows] == ["1", "3", "4"]
    assert [row.raw for row in broken] == ['2,"Bob,Lee,']


def test_a_line_without_end_is_one_broken_row(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("id,name\n1," + "," * 2_500_000 + "\n2,b\n")
    _, rows, broken = read(path)
    assert rows == [["2", "b"]]
    assert len(broken) == 1
    lines = tmp_path / "t.ndjson"
    lines.write_text('{"id":"1","x":"' + "y" * 2_500_000 + '"}\n{"id":"2"}\n')
    _, rows, broken = read(lines)
    assert rows == [b'{"id":"2"}']
    assert len(broken) == 1


@pytest.mark.parametrize(
    ("encoded", "how", "expected"),
    [
        ("id;name\n1;Zoë\n".encode("cp1252"), {"encoding": "cp1252"}, [["1", "Zoë"]]),
        ("id\tname\n1\tZoë\n".encode("utf-16"), {}, [["1", "Zoë"]]),
        ("\ufeffid|name\r\n1|Zoë\r\n".encode(), {}, [["1", "Zoë"]]),
        ("id,name\n1,Zoë\n\n2,Y\n".encode(), {}, [["1", "Zoë"], ["2", "Y"]]),
    ],
)
def test_delimiter_and_encoding_are_found_out(tmp_path, encoded, how, expected):
    path = tmp_path / "t.csv"
    path.write_bytes(encoded)
    source, rows, broken = read(path, **how)
    assert list(source.columns) == ["id", "name"]
    assert (rows, broken) == (expected, [])
    packed = tmp_path / "t.csv.gz"
    packed.write_bytes(gzip.compress(encoded))
    assert read(packed, **how)[1] == expected


@pytest.mark.parametrize("content", [b"", b"a,a\n1,2\n", b"a,,b\n1,2,3\n"])
def test_a_file_without_sound_headings_is_refused(tmp_path, content):
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    with pytest.raises(UnreadableSource):
        open_source(path)


def test_what_is_no_source_is_refused(tmp_path):
    with pytest.raises(NoSuchSource, match="no file"):
        open_source(tmp_path / "absent.csv")
    odd = tmp_path / "t.xyz"
    odd.write_text("a\n")
    with pytest.raises(UnreadableSource, match="--format"):
        open_source(odd)
    cut = tmp_path / "cut.csv.gz"
    cut.write_bytes(gzip.compress(("id,name\n" + "1,x\n" * 200_000).encode())[:-200])
    with pytest.raises(UnreadableSource, match="to its end"):
        list(open_source(cut).chunks(1000))


def test_bytes_that_are_not_in_the_encoding_survive_rejection(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(b"id,first name,surname\n1,Ann,M\xfcller\n")
    source = open_source(path)
    (chunk,) = source.chunks(10)
    chosen = choose_mapping(path)
    prepared = Preparer(Instructions(mapping=chosen.text, columns=tuple(source.columns), strict={})).prepare(chunk)
    assert prepared.refused == [(1, "surname is not in the encoding of the file, but familyName is mandatory")]
    with Rejects(source, rejects_path(path, dry=False)) as rejects:
        rejects.add(1, chunk.row(1), "why")
    assert rejects.path.read_bytes() == b"id,first name,surname,_row,_reason\r\n1,Ann,M\xfcller,1,why\r\n"


def test_rejected_rows_read_as_what_they_were(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text('id,first name,surname\n1,"a ""b"" c",x\n2,only two\n3,one,two,three\n')
    source, rows, _ = read(path)
    with Rejects(source, rejects_path(path, dry=False)) as rejects:
        for number, row in enumerate(rows, start=1):
            rejects.add(number, row, "reason")
        rejects.add(4, Broken('4,"x', "broken"), "broken")
    again, kept, _ = read(rejects.path)
    assert list(again.columns) == ["id", "first name", "surname", "_row", "_reason"]
    assert kept[0] == ["1", 'a "b" c', "x", "1", "reason"]
    assert kept[1] == ["2", "only two", "", "2", "reason"]
    assert kept[3] == ['4,"x', "", "", "4", "broken"]
    assert source_name(rejects.path) == source_name(path) == "people"


HEADS = {
    "First Name": "givenName",
    "given_name": "givenName",
    "FORENAME": "givenName",
    "firstName": "givenName",
    "Last-Name": "familyName",
    "DOB": "birthDate",
    "Date of Birth": "birthDate",
    "E-Mail": "email",
    "MSISDN": "mobile",
    "Town": "city",
    "ZIP": "postCode",
    "Postal Code": "postCode",
    "Company Name": "organizationName",
    "customerNumber": "source_id",
    "unique_id": "source_id",
    "shoe size": None,
}


@pytest.mark.parametrize(("heading", "meaning"), HEADS.items())
def test_headings_are_understood(heading, meaning):
    assert meaning_of(heading) == meaning


def test_a_suggestion_is_a_mapping_and_names_what_it_leaves_out(tmp_path):
    columns = ["customer no", "given name", "surname", "dob", "mobile", "town", "country", "shoe size"]
    samples = [["1", "Ann", "Lee", "24.06.1971", "07700 900123", "Bath", "UK", "39"]]
    suggestion = suggest(columns, samples, source="t.csv", country="GB", delimiter=";")
    assert suggestion.unmapped == ("shoe size",)
    mapping = parse(suggestion.text, name="t")
    check_columns(mapping, columns, name="t")
    assert (mapping.source_id, mapping.delimiter) == ("customer no", ";")
    preparer = Preparer(Instructions(mapping=suggestion.text, columns=tuple(columns), strict={}))
    path = tmp_path / "t.csv"
    path.write_text(";".join(columns) + "\n" + ";".join(samples[0]) + "\n")
    (chunk,) = open_source(path).chunks(5)
    prepared = preparer.prepare(chunk)
    (row,) = prepared.rows
    assert prepared.refused == []
    assert prepared.warnings == {}
    person, customer = row.entries
    for word in ('"givenName":"Ann"', '"birthDate":"1971-06-24"', '"+447700900123"', '"city":"Bath"', '"country":"GB"'):
        assert word in person.line
    assert person.id in customer.line
    assert "ann lee" in customer.line


def test_a_date_that_can_be_read_in_two_ways_is_a_doubt():
    columns = ["id", "first name", "surname", "dob"]
    doubtful = suggest(columns, [["1", "a", "b", "01/02/1990"], ["2", "a", "b", "03/04/1991"]], source="t")
    assert "dob may be written as %d/%m/%Y or %m/%d/%Y" in doubtful.doubts[0]
    settled = suggest(columns, [["1", "a", "b", "01/02/1990"], ["2", "a", "b", "03/14/1991"]], source="t")
    assert settled.doubts == ()
    assert '"%m/%d/%Y"' in settled.text


def test_an_id_must_tell_rows_apart():
    assert (
        'source_id = "number"'
        in suggest(
            ["id", "number", "first name", "surname"], [["7", "1", "a", "b"], ["7", "2", "c", "d"]], source="t"
        ).text
    )
    with pytest.raises(InvalidMapping, match="own id"):
        suggest(["first name", "surname"], [["a", "b"]], source="t")
    with pytest.raises(InvalidMapping, match="name of a person"):
        suggest(["id", "shoe size"], [["1", "b"]], source="t")


BASE = 'source_id = "id"\n[individual]\ngivenName = { column = "a" }\nfamilyName = { column = "b" }\n'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("source_id = ", "no TOML"),
        ("[individual]\n", "source_id"),
        ('source_id = "id"\n', "no record"),
        (BASE + "[organization]\nname = 'x'\n", "two parties"),
        (BASE.replace("givenName", "givenNam"), "Did you mean givenName?"),
        (
            BASE + "[[individual.contactMedium]]\nemailAdress = { column = 'c' }\n",
            "Did you mean contactMedium.emailAddress?",
        ),
        (BASE.replace('{ column = "a" }', '{ column = "a", as = "txt" }'), "Did you mean 'text'?"),
        (BASE.replace('{ column = "a" }', '{ column = "a", colour = "red" }'), "colour"),
        (BASE.replace('{ column = "a" }', '{ column = "a", unusable = "ignore" }'), "leave-out or reject"),
        (BASE.replace('{ column = "a" }', '{ column = "a", as = "phone", country = "XX" }'), "no country code"),
        (BASE.replace('familyName = { column = "b" }', ""), "does not fill familyName"),
        (BASE.replace("individual", "individuals"), "Did you mean 'individual'?"),
        ('source_id = "id"\n[customer]\nname = { column = "a" }\n', "without parties"),
    ],
)
def test_a_mapping_that_is_wrong_says_how(text, says):
    with pytest.raises(InvalidMapping) as refused:
        parse(text, name="m")
    assert says in refused.value.message


def test_a_column_that_is_not_there_is_named_with_the_nearest():
    with pytest.raises(InvalidMapping, match=r"'givn', which the file does not have\. Did you mean 'given'"):
        check_columns(parse(BASE.replace('"a"', '"givn"'), name="m"), ["id", "given", "b"], name="m")


def test_the_mapping_beside_the_file_is_used_and_never_overwritten(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("id,first name,surname\n1,a,b\n")
    suggested = choose_mapping(path)
    assert suggested.origin == "suggested"
    save_suggestion(suggested)
    beside = mapping_path(path)
    edited = beside.read_text() + "# edited\n"
    beside.write_text(edited)
    found = choose_mapping(path)
    save_suggestion(found)
    assert found.origin == "found"
    assert beside.read_text() == edited
    rejected = tmp_path / "t.rejected.csv"
    rejected.write_text("id,first name,surname,_row,_reason\n1,a,b,1,x\n")
    assert choose_mapping(rejected).path == beside
    with pytest.raises(InvalidMapping):
        save_suggestion(suggested)
