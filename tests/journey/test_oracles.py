"""Nothing is told to whom may not read: two records, or two guesses, that differ only in secret get one answer."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.journey.api_words import COMPANIES, CUSTOMERS, NO_SUCH_ID, PERSONS, create, customer, person, refused
from tests.journey.conftest import Server

INTERACTIONS = "/tmf-api/partyInteractionManagement/v5/partyInteraction"
DOCUMENTS = "/tmf-api/document/v4/document"
_IDS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
_OF_THE_MOMENT = {"date", "x-request-id", "content-length"}


def seen(answer: httpx.Response) -> tuple[Any, ...]:
    """What an answer tells, but for the ids that the client named itself."""
    headers = {name: value for name, value in answer.headers.items() if name not in _OF_THE_MOMENT}
    return answer.status_code, _IDS.sub("id", json.dumps(headers)), _IDS.sub("id", answer.text)


def other(server: Server, *grants: str) -> httpx.Client:
    flags = [word for grant in grants for word in ("--grant", grant)]
    return Server(server.data, server.port).register(f"o{uuid4().hex[:8]}", *flags).api()


def patch(api: httpx.Client, path: str, media_type: str, body: Any, **headers: str) -> httpx.Response:
    return api.patch(
        path, content=json.dumps(body), headers={"content-type": f"application/{media_type}+json", **headers}
    )


SECRET = {
    "title": "Dr",
    "@baseType": "Party",
    "@schemaLocation": "https://schemas.example/right.json",
    "note": [{"@type": "Note", "id": "1", "text": "pays late"}],
    "contactMedium": [{"@type": "EmailContactMedium", "id": "1", "emailAddress": "ada@example.com"}],
    "validFor": {"startDateTime": "2020-01-01T00:00:00Z"},
}
"""What one of two persons has and the other has not, or has otherwise."""

MERGES: list[dict[str, Any]] = [
    {},
    {"title": "Dr"},
    {"title": None},
    {"title": 5},
    {"familyName": None},
    {"@baseType": "Party"},
    {"@baseType": None},
    {"@schemaLocation": "https://schemas.example/right.json"},
    {"note": SECRET["note"]},
    {"contactMedium": None},
    {"validFor": {"endDateTime": "2019-01-01T00:00:00Z"}},
    {"validFor": {"startDateTime": None}},
    {"engagedParty": {"name": "x"}},
]
OPERATIONS: list[list[dict[str, Any]]] = [
    *(
        [{"op": verb, "path": path, "value": "Dr"}]
        for verb in ("add", "replace", "remove")
        for path in ("/title", "/x")
    ),
    *([{"op": verb, "path": "/note", "value": SECRET["note"]}] for verb in ("add", "replace", "remove")),
    [{"op": "add", "path": "/note/-", "value": {"@type": "Note", "id": "2", "text": "called"}}],
    [{"op": "add", "path": "/title/-", "value": "x"}],
    [{"op": "add", "path": "/unheardOf/-", "value": "x"}],
    [{"op": "add", "path": "/note/0", "value": {"@type": "Note"}}],
    [{"op": "remove", "path": "/note/0"}],
    [{"op": "replace", "path": "/note/0/text", "value": "x"}],
    [{"op": "replace", "path": "/@baseType", "value": "Party"}],
    [{"op": "remove", "path": "/@schemaLocation"}],
    [{"op": "remove", "path": "/familyName"}],
    [{"op": "test", "path": "/title", "value": "Dr"}],
    [{"op": "copy", "from": "/title", "path": "/nickname"}],
    [{"op": "move", "from": "/title", "path": "/nickname"}],
    [{"op": "replace", "path": "", "value": person()}],
    [{"op": "remove", "path": "/title"}, {"op": "remove", "path": "/title"}],
    [{"op": "remove", "path": "/note?id=1"}],
]


@pytest.fixture(scope="module")
def writer(server: Server) -> Iterator[httpx.Client]:
    with other(server, "modify:individual,create:individual,delete:individual") as blind:
        yield blind


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        *(("merge-patch", merge) for merge in MERGES),
        *((kind, steps) for kind in ("json-patch", "json-patch-query") for steps in OPERATIONS),
    ],
)
@pytest.mark.parametrize("version", ["v5", "v4"])
def test_a_patch_gets_one_answer_whatever_the_record_holds(
    server: Server, writer: httpx.Client, media_type: str, body: Any, version: str
) -> None:
    with server.api() as api:
        having, lacking = create(api, PERSONS, person(**SECRET)), create(api, PERSONS, person())
    paths = [
        record["href"].replace("partyManagement/v5", f"{'party' if version == 'v4' else 'partyManagement'}/{version}")
        for record in (having, lacking)
    ]
    answers = [patch(writer, path, media_type, body) for path in paths]
    assert seen(answers[0]) == seen(answers[1]), answers[0].text
    assert answers[0].status_code in {200, 400, 403, 409}
    if answers[0].status_code == 200:
        assert answers[0].json().keys() == {"id", "href", "@type"}
    again = [patch(writer, path, "merge-patch", {}, **{"if-match": '"2"'}) for path in paths]
    assert seen(again[0]) == seen(again[1]), "the number of versions tells whether there was something to change"


def test_a_guess_is_neither_confirmed_nor_refuted(server: Server, writer: httpx.Client) -> None:
    with server.api() as api:
        records = [create(api, PERSONS, person(**SECRET)) for _ in range(2)]
    for name, right, wrong in (
        ("title", "Dr", "Prof"),
        ("@baseType", "Party", "Thing"),
        ("@schemaLocation", SECRET["@schemaLocation"], "https://schemas.example/wrong.json"),
        ("familyName", "Byron", "Lovelace"),
        ("note", SECRET["note"], [{"@type": "Note", "id": "1", "text": "pays on time"}]),
    ):
        answers = [
            patch(writer, record["href"], "merge-patch", {name: guess})
            for record, guess in zip(records, (right, wrong), strict=True)
        ]
        assert seen(answers[0]) == seen(answers[1]), name
    with server.api() as api:
        assert api.get(records[0]["href"]).json().items() >= {"title": "Dr", "familyName": "Byron"}.items()
        assert api.get(records[1]["href"]).json().items() >= {"title": "Prof", "familyName": "Lovelace"}.items()


def test_what_is_set_once_is_not_told_by_a_refusal(server: Server) -> None:
    document = {
        "@type": "PartyInteraction",
        "direction": "inbound",
        "reason": "complaint",
        "relatedChannel": [
            {"@type": "RelatedChannel", "role": "x", "channel": {"@type": "ChannelRef", "id": "1", "name": "web"}}
        ],
        "interactionDate": {"startDateTime": "2026-01-01T00:00:00Z"},
    }
    with server.api() as api:
        record = create(api, INTERACTIONS, document)
    with other(server, "modify:partyInteraction") as blind:
        answers = [
            patch(blind, record["href"], "merge-patch", {name: value})
            for name, values in {
                "direction": ("inbound", "outbound"),
                "creationDate": (record["creationDate"], "2020-01-01T00:00:00Z"),
            }.items()
            for value in values
        ]
        assert {answer.status_code for answer in answers} == {400}
        assert seen(answers[0]) == seen(answers[1])
        assert seen(answers[2]) == seen(answers[3])
        assert patch(blind, record["href"], "merge-patch", {"@type": "PartyInteraction"}).status_code == 200


def test_a_replacement_gets_one_answer_whatever_it_replaces(server: Server) -> None:
    with server.api() as api:
        records = [create(api, DOCUMENTS, {"@type": "Document", "name": name}) for name in ("Contract", "Bill")]
    with other(server, "update:document,modify:document") as blind:
        for whole in (
            {"@type": "Document", "name": "Contract"},
            {"@type": "Document", "name": "Contract", "creationDate": records[0].get("creationDate", "x")},
            {"@type": "Document", "name": "Contract", "@baseType": "Entity"},
            {"@type": "Document"},
        ):
            answers = [blind.put(record["href"], json=whole) for record in records]
            assert seen(answers[0]) == seen(answers[1]), whole
        assert blind.put(records[0]["href"], json={"@type": "Document", "name": "Letter"}).status_code == 200


def test_references_are_no_way_to_ask_who_there_is(server: Server) -> None:
    with server.api() as api:
        known = create(api, PERSONS, person())
        of_nobody = create(api, CUSTOMERS, customer({"id": NO_SUCH_ID}))
        of_somebody = create(api, CUSTOMERS, customer(known))
        assert "x-reference-warning" in api.post(CUSTOMERS, json=customer({"id": NO_SUCH_ID})).headers
    for grants in ("create:customer", "create:customer,read:customer"):
        with other(server, grants) as blind:
            answers = [blind.post(CUSTOMERS, json=customer({"id": each})) for each in (known["id"], NO_SUCH_ID)]
            assert [answer.status_code for answer in answers] == [201, 201]
            assert "x-reference-warning" not in answers[1].headers
    with other(server, "create:customer,read:individual") as seeing:
        assert "x-reference-warning" in seeing.post(CUSTOMERS, json=customer({"id": NO_SUCH_ID})).headers
    with other(server, "modify:customer,read:individual") as blind:
        answers = [patch(blind, each["href"], "merge-patch", {"name": "x"}) for each in (of_nobody, of_somebody)]
        assert seen(answers[0]) == seen(answers[1])


def test_bare_references_are_no_way_to_ask_who_there_is_either(server: Server) -> None:
    """Where one of the kinds may not be read, nobody learns whether the record is of that kind or nowhere."""

    def bare(identifier: str) -> dict[str, Any]:
        return customer(engagedParty={"@type": "PartyRef", "id": identifier})

    with server.api() as api:
        known = create(api, PERSONS, person())["id"]
        # Ids that differ in their last digits only: of the same bucket, and of nobody.
        never = known[:-12] + ("0" * 12 if known[-12:] != "0" * 12 else "1" * 12)
        assert "x-reference-warning" not in api.post(CUSTOMERS, json=bare(known)).headers
        assert "x-reference-warning" in api.post(CUSTOMERS, json=bare(never)).headers
        records = [create(api, CUSTOMERS, bare(each)) for each in (known, never)]
    for grants in ("create:customer", "create:customer,read:customer", "create:customer,read:organization"):
        with other(server, grants) as blind:
            answers = [blind.post(CUSTOMERS, json=bare(each)) for each in (known, never)]
            assert seen(answers[0]) == seen(answers[1]), grants
            assert answers[0].status_code == 201
            assert {answer.json()["id"][15:18] for answer in answers} == {known[15:18]}
    with other(server, "modify:customer,read:individual,read:organization") as blind:
        answers = [patch(blind, each["href"], "merge-patch", {"name": "x"}) for each in records]
        assert seen(answers[0]) == seen(answers[1])


def test_a_restoration_gets_one_answer_whatever_it_restores(server: Server, writer: httpx.Client) -> None:
    with server.api() as api:
        records = [create(api, PERSONS, person(title="1")) for _ in range(2)]
        for record, title in zip(records, ("2", "1"), strict=True):
            patch(api, record["href"], "merge-patch", {"title": "2"})
            patch(api, record["href"], "merge-patch", {"title": title})
    lengths = [writer.post(f"{record['href']}/history/1/restore") for record in records]
    # Versions are counted: that the one has a version more is what the client is told of any change.
    assert [answer.headers["etag"] for answer in lengths] == ['"3"', '"4"']


@pytest.mark.parametrize("grants", ["modify:individual", "create:individual", "delete:individual", "read:customer"])
def test_who_may_not_read_is_not_told_what_there_was(server: Server, grants: str) -> None:
    with server.api() as api:
        there, gone = create(api, PERSONS, person()), create(api, PERSONS, person())
        assert api.delete(gone["href"]).status_code == 204
        changes = [
            api.get("/inventory/v1/change", params={"recordId": record["id"]}).json()[0]["id"]
            for record in (there, gone)
        ]
    never = f"{PERSONS}/{NO_SUCH_ID}"
    with other(server, grants) as blind:
        hidden = [gone["href"], never] if grants != "create:individual" else [there["href"], never]
        assert len({seen(blind.post(f"{path}/history/1/restore")) for path in hidden}) == 1
        for path in ("", "/history", "/history/1", "?asOf=2026-01-01T00:00:00Z"):
            assert len({seen(blind.get(f"{each}{path}")) for each in (there["href"], gone["href"], never)}) == 1
        for path in ("/inventory/v1/customer360/", "/inventory/v1/partyHierarchy/"):
            answers = {seen(blind.get(f"{path}{each}")) for each in (there["id"], gone["id"], NO_SUCH_ID)}
            assert len(answers) == 1, answers
        for change in (changes[0], changes[1], NO_SUCH_ID):
            assert seen(blind.get(f"/inventory/v1/change/{change}")) == seen(
                blind.get(f"/inventory/v1/change/{NO_SUCH_ID}")
            )
            assert seen(blind.get(f"/inventory/v1/change?after={change}")) == seen(
                blind.get(f"/inventory/v1/change?after={NO_SUCH_ID}")
            )
        takes = {"modify:individual": (), "create:individual": changes[1:], "delete:individual": changes[:1]}
        for change in changes:
            if change not in takes.get(grants, ()):
                answers = {
                    seen(blind.post(f"/inventory/v1/change/{each}/undo?dryRun=true")) for each in (change, NO_SUCH_ID)
                }
                assert len(answers) == 1, answers


def test_a_key_of_one_client_says_nothing_to_another(server: Server) -> None:
    headers = {"idempotency-key": f"k{uuid4().hex}"}
    with server.api() as api:
        first = api.post(PERSONS, json=person(), headers=headers)
    with other(server, "create:individual") as blind:
        second = blind.post(PERSONS, json=person("Charles"), headers=headers)
        assert second.status_code == 201
        assert "idempotent-replayed" not in second.headers
        assert second.json()["id"] != first.json()["id"]
        again = blind.post(PERSONS, json=person("Charles"), headers=headers)
        assert (again.headers["idempotent-replayed"], again.json()) == ("true", second.json())
        assert again.json().keys() == {"id", "href", "@type"}


def test_nobody_listens_to_what_they_may_not_read(server: Server) -> None:
    with other(server, "modify,create,delete,update,download") as blind:
        for base in ("/tmf-api/partyManagement/v5", "/tmf-api/party/v4"):
            for query in ("", "eventType=IndividualCreateEvent", "event.individual.familyName=Byron"):
                answer = blind.post(f"{base}/hub", json={"callback": "https://listener.example/", "query": query})
                assert refused(answer, 403) == "denied"
        for path in (PERSONS, COMPANIES, "/inventory/v1/change", "/inventory/v1/deletedRecord?kind=individual"):
            answer = blind.get(path)
            assert refused(answer, 403) == "denied"
            assert "x-total-count" not in answer.headers
        for query in ("", "?filter=x[", "?noSuchAttribute=1", "?sort=x", "?limit=x"):
            assert refused(blind.get(f"/tmf-api/entityInventory/v4/entity{query}"), 403) == "denied"
        answer = blind.get("/tmf-api/event/v4/topic/individual/event")
        assert answer.status_code == 403 or answer.json() == []
