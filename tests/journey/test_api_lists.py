"""Lists of the API: fields, filters, sorts and pages, after TMF630 part 1, section 4."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import httpx
import pytest

from tests.journey.api_words import CUSTOMERS, PERSONS, create, person, refused
from tests.journey.conftest import Server

LETTERS = "ABCDEFG"


@pytest.fixture(scope="module")
def api(server: Server) -> Iterator[httpx.Client]:
    with server.api() as client:
        yield client


@pytest.fixture(scope="module")
def family(api: httpx.Client) -> str:
    """Seven people of one family name: A to G, born 1981 to 1987, in two cities, the first three preferring e-mail."""
    name = f"Family{uuid4().hex[:10]}"
    for at, given in enumerate(LETTERS):
        place = {
            "@type": "GeographicAddressContactMedium",
            "city": f"{name}-{'Bern' if at % 2 else 'Basel'}",
            "validFor": {"startDateTime": f"202{at}-06-01T00:00:00Z"},
        }
        mail = {"@type": "EmailContactMedium", "emailAddress": f"{given}@{name}.example", "preferred": at < 3}
        create(api, PERSONS, person(given, name, birthDate=f"198{at + 1}-01-01", contactMedium=[place, mail]))
    return name


def given_names(answer: httpx.Response) -> str:
    assert answer.status_code in {200, 206}, answer.text
    return "".join(record["givenName"] for record in answer.json())


def links(answer: httpx.Response) -> dict[str, str]:
    """Return the addresses of a Link header by their relation."""
    return {rel: address for address, rel in re.findall(r'<([^>]*)>; rel="(\w+)"', answer.headers.get("link", ""))}


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ("none", set()),
        ("givenName", {"givenName"}),
        ("givenName,birthDate,absent", {"givenName", "birthDate"}),
        ("contactMedium.city", {"contactMedium"}),
        ("", {"givenName", "familyName", "birthDate", "contactMedium"}),
    ],
)
def test_fields_select_attributes_on_every_verb(api: httpx.Client, fields: str, names: set[str]) -> None:
    medium = {"@type": "GeographicAddressContactMedium", "city": "London", "street1": "St James's Square 12"}
    family = f"Fields{uuid4().hex}"
    document = person(family=family, birthDate="1815-12-10", contactMedium=[medium])
    made = api.post(PERSONS, params={"fields": fields}, json=document).json()
    assert made.keys() == {"id", "href", "@type"} | names
    read = api.get(made["href"], params={"fields": fields}).json()
    changed = api.patch(made["href"], params={"fields": fields}, json={}).json()
    listed = api.get(PERSONS, params={"fields": fields, "familyName": family}).json()
    assert made == read == changed == listed[0]
    if "." in fields:
        assert read["contactMedium"] == [{"@type": "GeographicAddressContactMedium", "city": "London"}]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "ABCDEFG"),
        ("givenName=C", "C"),
        ("givenName=c", ""),
        ("givenName=C,E", "CE"),
        ("givenName=C&givenName=E", "CE"),
        ("givenName.eq=C", "C"),
        ("givenName%3D%3DC", "C"),
        ("givenName=C&birthDate=1984-01-01", ""),
        ("givenName=C,D&birthDate=1984-01-01", "D"),
        ("birthDate.gt=1983-01-01", "DEFG"),
        ("birthDate.gte=1983-01-01", "CDEFG"),
        ("birthDate%3E1985-01-01", "FG"),
        ("birthDate%3E%3D1985-01-01", "EFG"),
        ("birthDate>=1985-01-01", "EFG"),
        ("birthDate%3C1983-01-01", "AB"),
        ("birthDate.lte=1983-01-01T00:00:00Z", "ABC"),
        ("birthDate.gt=1982-01-01&birthDate.lt=1985-01-01", "CD"),
        ("givenName.gte=F", "FG"),
        ("contactMedium.emailAddress=B@{family}.example", "B"),
        ("contactMedium.city={family}-Bern", "BDF"),
        ("contactMedium.city={family}-Bern,{family}-Basel", "ABCDEFG"),
        ("contactMedium.preferred=true", "ABC"),
        ("contactMedium.city={family}-Basel&contactMedium.preferred=true", "AC"),
        ("contactMedium.validFor.startDateTime=2022-06-01T02:00:00%2B02:00", "C"),
        ("contactMedium.validFor.startDateTime.gt=2024-06-01T00:00:00Z", "FG"),
        ("@type=Individual", "ABCDEFG"),
        ("@type=Organization", ""),
    ],
)
def test_filters(api: httpx.Client, family: str, query: str, expected: str) -> None:
    wanted = query.replace("{family}", family)
    answer = api.get(f"{PERSONS}?familyName={family}&sort=givenName&{wanted}")
    assert given_names(answer) == expected
    assert answer.headers["x-total-count"] == answer.headers["x-result-count"] == str(len(expected))


def test_records_are_found_by_id_and_href(api: httpx.Client, family: str) -> None:
    one, two = api.get(f"{PERSONS}?familyName={family}&sort=givenName&limit=2").json()
    assert api.get(PERSONS, params={"id": one["id"]}).json() == [one]
    assert api.get(PERSONS, params={"href": two["href"]}).json() == [two]
    both = api.get(f"{PERSONS}?id={one['id']},{two['id']},nobody&sort=-id").json()
    assert both == sorted([one, two], key=lambda record: str(record["id"]), reverse=True)
    assert api.get(
        f"{PERSONS}?familyName={family}&id.gt={both[1]['id']}&id.lte={both[0]['id']}&sort=-id&limit=1"
    ).json() == [both[0]]
    assert api.get(CUSTOMERS, params={"id": one["id"]}).json() == []
    assert api.get(PERSONS, params={"id": one["id"], "href": two["href"]}).json() == []


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("givenName", "ABCDEFG"),
        ("-givenName", "GFEDCBA"),
        ("%2BgivenName", "ABCDEFG"),
        ("-birthDate", "GFEDCBA"),
        ("familyName,-givenName", "GFEDCBA"),
        ("-familyName,givenName", "ABCDEFG"),
    ],
)
def test_sorting(api: httpx.Client, family: str, sort: str, expected: str) -> None:
    assert given_names(api.get(f"{PERSONS}?familyName={family}&sort={sort}")) == expected


@pytest.mark.parametrize("sort", ["", "givenName", "-givenName", "familyName,-birthDate", "-id"])
@pytest.mark.parametrize("start", ["", "&offset=0"])
@pytest.mark.parametrize("limit", [1, 2, 3, 7])
def test_pages_are_walked_to_the_end_and_back_by_their_links(
    api: httpx.Client, family: str, sort: str, start: str, limit: int
) -> None:
    address: str | None = f"{PERSONS}?familyName={family}&sort={sort}&limit={limit}{start}"
    pages, last = [], ""
    while address:
        answer = api.get(address)
        pages.append(given_names(answer))
        assert answer.headers["x-total-count"] == "7"
        assert answer.headers["x-result-count"] == str(len(pages[-1]))
        last, address = address, links(answer).get("next")
        assert answer.status_code == (206 if address else 200)
    assert [len(page) for page in pages] == [limit] * (7 // limit) + ([7 % limit] if 7 % limit else [])
    assert sorted("".join(pages)) == sorted(LETTERS)
    walked_back, back = [], links(api.get(last)).get("prev")
    while back:
        answer = api.get(back)
        walked_back.append(given_names(answer))
        assert answer.headers["x-total-count"] == "7"
        back = links(answer).get("prev")
    assert walked_back == pages[-2::-1]


def test_offsets_beyond_the_end_give_an_empty_list(api: httpx.Client, family: str) -> None:
    answer = api.get(f"{PERSONS}?familyName={family}&offset=100&limit=5")
    assert (answer.status_code, answer.json(), answer.headers["x-total-count"]) == (200, [], "7")
    assert links(answer)["last"].endswith("limit=5&offset=5")


def test_an_unpaged_list_is_200_unless_the_server_cut_it(api: httpx.Client, family: str) -> None:
    assert api.get(f"{PERSONS}?familyName={family}").status_code == 200
    cut = f"Cut{uuid4().hex}"
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda at: create(api, PERSONS, person(str(at), cut)), range(101)))
    answer = api.get(f"{PERSONS}?familyName={cut}")
    assert (answer.status_code, len(answer.json()), answer.headers["x-total-count"]) == (206, 100, "101")
    assert len(api.get(links(answer)["next"]).json()) == 1


def test_a_page_of_none_tells_how_many_there_are(api: httpx.Client, family: str) -> None:
    counted = api.get(PERSONS, params={"familyName": family, "limit": 0})
    assert (counted.status_code, counted.json(), counted.headers["x-total-count"]) == (206, [], "7")
    nobody = api.get(PERSONS, params={"familyName": f"{family}x", "limit": 0})
    assert (nobody.status_code, nobody.json(), nobody.headers["x-total-count"]) == (200, [], "0")


def test_a_json_path_holds_for_all_alternatives(api: httpx.Client, family: str) -> None:
    named = f"familyName={family}&filter=givenName=='A'&givenName=A&familyName={family};givenName=B"
    assert given_names(api.get(f"{PERSONS}?{named}&sort=givenName")) == "A"


def test_head_answers_as_get_does_without_a_body(api: httpx.Client, family: str) -> None:
    address = f"{PERSONS}?familyName={family}&limit=3&sort=givenName"
    head, full = api.head(address), api.get(address)
    assert (head.status_code, head.content) == (full.status_code, b"")
    for name in ("x-total-count", "x-result-count", "content-length", "link"):
        assert head.headers[name] == full.headers[name]


def walked(api: httpx.Client, address: str) -> list[str]:
    """Return the ids of all pages, found by the links that each gives to the next."""
    ids: list[str] = []
    while address:
        answer = api.get(address)
        assert answer.status_code in {200, 206}, answer.text
        assert len(answer.headers.get("link", "")) < 4096
        ids += [each["id"] for each in answer.json()]
        address = answer.links.get("next", {}).get("url", "")
    return ids


@pytest.mark.parametrize("path", [PERSONS, PERSONS.replace("individual", "party")])
@pytest.mark.parametrize("sort", ["familyName", "-familyName", "familyName,-givenName", "-birthDate,familyName"])
def test_links_stay_short_however_long_what_is_sorted_by(server: Server, path: str, sort: str) -> None:
    given = f"L{time.monotonic_ns()}"
    with server.api() as api:
        made = [create(api, PERSONS, person(given, "é" * 20_000 + str(n)))["id"] for n in range(4)]
        address = f"{path}?givenName={given}&sort={sort}&fields=none&limit=1"
        assert walked(api, address) == (made[::-1] if sort.startswith("-f") else made)
        following = api.get(address).links["next"]["url"]
        assert api.delete(f"{PERSONS}/{made[0]}").status_code == 204
        assert api.delete(f"{PERSONS}/{made[-1]}").status_code == 204
        answer = api.get(following)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid-cursor")
        assert "Begin again" in answer.json()["message"]


@pytest.mark.parametrize("query", ["middleName.ne=" + "y" * 8150, "filter=familyName!='" + "<" * 3500 + "'"])
def test_every_link_that_is_given_is_taken(server: Server, query: str) -> None:
    with server.api() as api:
        create(api, PERSONS, person("One", "Long"))
        create(api, PERSONS, person("Two", "Long"))
        answer = api.get(f"{PERSONS}?limit=1&{query}")
        assert answer.status_code == 206
        assert api.get(answer.links["next"]["url"]).status_code in {200, 206}
        assert refused(api.get(f"{PERSONS}?limit=1&givenName={'y' * 9000}"), 400) == "invalid-parameter"


def test_a_value_that_is_too_long_for_an_index_is_refused_by_the_name_of_that(server: Server) -> None:
    drawn = random.Random(7)
    family = "".join(chr(drawn.randrange(0x4E00, 0x9FA5)) for _ in range(1500))
    with server.api() as api:
        answer = api.post(PERSONS, json=person("Long", family))
        assert refused(answer, 400) == "not-storable"
        assert "for the index individual_by_familyname" in answer.json()["message"]
