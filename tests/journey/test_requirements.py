"""One approved edit of one requirement acts at every door of every server; what was not approved changes nothing."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.journey.api_words import PERSONS, create, person, refused
from tests.journey.conftest import Server, command

REQUIREMENTS = "/inventory/v1/informationRequirement"
PROPOSALS = "/inventory/v1/informationRequirementProposal"
LANGUAGE = "individual.partyCharacteristic[preferredLanguage]"


def language(**more: Any) -> dict[str, Any]:
    """The requirement of the issue: a mandatory preferred language with a code list."""
    return {
        "resource": "individual",
        "attribute": "partyCharacteristic[preferredLanguage]",
        "name": "Preferred language",
        "meaning": "The language in which the person wants to be written to.",
        "obligation": "mandatory",
        "enforcement": "refuse",
        "valueRule": [{"code": "code-list", "codeList": ["de", "en"]}],
        **more,
    }


def speaks(code: str) -> dict[str, Any]:
    element = {"@type": "StringCharacteristic", "name": "preferredLanguage", "value": code, "valueType": "string"}
    return {"partyCharacteristic": [element]}


def propose(api: httpx.Client, requirement: dict[str, Any], **more: Any) -> dict[str, Any]:
    answer = api.post(PROPOSALS, json={"requirement": requirement, "reason": "asked for", **more})
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == answer.json()["href"]
    made: dict[str, Any] = answer.json()
    return made


def decide(api: httpx.Client, proposal: dict[str, Any], verb: str = "approve", **body: Any) -> dict[str, Any]:
    answer = api.post(f"{proposal['href']}/{verb}", json=body)
    assert answer.status_code == 200, answer.text
    decided: dict[str, Any] = answer.json()
    return decided


def within_a_second(look: Callable[[], bool]) -> None:
    began = time.monotonic()
    while not look():
        assert time.monotonic() - began < 1.0
        time.sleep(0.02)


@pytest.fixture
def second(server: Server) -> httpx.Client:
    """A second process, which decides on what the first proposed."""
    other = Server(server.data, server.port).register(f"steward-{time.monotonic_ns()}")
    return other.api()


def test_one_approved_edit_acts_at_every_door_and_ends_with_its_retirement(
    server: Server, second: httpx.Client, tmp_path: Path
) -> None:
    with server.api() as api, second:
        proposal = propose(api, language())
        assert (proposal["status"], proposal["change"], proposal["version"]) == ("proposed", "create", 1)
        assert api.post(PERSONS, json=person()).status_code == 201
        assert api.get(f"{REQUIREMENTS}/{LANGUAGE}").status_code == 404

        assert refused(api.post(f"{proposal['href']}/approve"), 403) == "second-person-needed"
        approved = decide(second, proposal, decision="as agreed")
        assert (approved["status"], approved["decision"]) == ("effective", "as agreed")

        answer = api.post(PERSONS, json=person())
        assert refused(answer, 400) == "invalid-document"
        message = answer.json()["message"]
        assert "partyCharacteristic[preferredLanguage]: is mandatory" in message
        assert f"requirement {LANGUAGE}, obligation" in message
        answer = api.post(PERSONS, json=person(**speaks("xx")))
        assert refused(answer, 400) == "invalid-document"
        assert "is none of de, en" in answer.json()["message"]
        assert "xx" not in answer.json()["message"]
        made = create(api, PERSONS, person(**speaks("de")))
        assert refused(api.patch(made["href"], json=speaks("fr")), 400) == "invalid-document"

        rows = tmp_path / "people.ndjson"
        rows.write_text(
            "\n".join(json.dumps({"id": str(n), **person(), **speaks(c)}) for n, c in enumerate(("de", "fr")))
        )
        done = command("import", str(rows), "--data", str(server.data), "--json")
        report = json.loads(done.stdout)
        assert (report["accepted"], report["rejected"]) == (1, 1), done.stdout

        ended = second.delete(f"{REQUIREMENTS}/{LANGUAGE}", headers={"x-reason": "not needed any more"})
        assert ended.status_code == 202
        assert decide(api, ended.json())["status"] == "effective"
        assert api.post(PERSONS, json=person()).status_code == 201
        versions = api.get(f"{REQUIREMENTS}/{LANGUAGE}/version").json()
        assert [each["status"] for each in versions] == ["superseded", "effective"]


def test_what_is_rejected_withdrawn_drafted_or_of_the_future_changes_nothing(
    server: Server, second: httpx.Client
) -> None:
    with server.api() as api, second:
        asked = language(attribute="partyCharacteristic[nickname]", valueRule=[])
        draft = propose(api, asked, status="draft")
        assert refused(second.post(f"{draft['href']}/approve"), 409) == "proposal-decided"
        assert refused(second.post(f"{draft['href']}/submit"), 403) == "not-the-proposer"
        submitted = decide(api, draft, "submit")
        assert submitted["status"] == "proposed"
        assert decide(second, submitted, "reject", decision="no")["status"] == "rejected"
        assert refused(second.post(f"{draft['href']}/approve"), 409) == "proposal-decided"

        withdrawn = decide(api, propose(api, asked), "withdraw")
        assert withdrawn["status"] == "withdrawn"

        later = (datetime.now(UTC) + timedelta(days=1)).isoformat()
        scheduled = decide(second, propose(api, asked), effectiveFrom=later)
        assert scheduled["status"] == "approved"
        assert api.post(PERSONS, json=person()).status_code == 201
        assert decide(api, scheduled, "withdraw")["status"] == "withdrawn"
        past = (datetime.now(UTC) - timedelta(days=1)).isoformat()
        again = propose(api, asked)
        assert refused(second.post(f"{again['href']}/approve", json={"effectiveFrom": past}), 400) == "invalid-document"
        decide(api, again, "withdraw")


def test_a_future_edit_acts_when_its_moment_comes_on_every_server(
    server: Server, second: httpx.Client, tmp_path: Path
) -> None:
    with server.api() as api, second:
        asked = language(attribute="partyCharacteristic[shoeSize]", enforcement="warn", valueRule=[])
        moment = datetime.now(UTC) + timedelta(seconds=1.5)
        decide(second, propose(api, asked), effectiveFrom=moment.isoformat())
        assert "x-requirement-warning" not in api.post(PERSONS, json=person()).headers
        time.sleep(max(0.0, (moment - datetime.now(UTC)).total_seconds()))
        within_a_second(lambda: "x-requirement-warning" in api.post(PERSONS, json=person()).headers)
        warned = api.post(PERSONS, json=person()).headers["x-requirement-warning"]
        assert warned == "individual.partyCharacteristic[shoeSize]:obligation"
        decide(
            second,
            api.delete(f"{REQUIREMENTS}/individual.partyCharacteristic[shoeSize]", headers={"x-reason": "-"}).json(),
        )


def test_what_is_asked_for_by_name_is_told_as_used(server: Server) -> None:
    with server.api() as api:
        create(api, PERSONS, person(nationality="FR", title="Dr"))

        def covered() -> dict[str, dict[str, Any]]:
            told = api.get("/inventory/v1/requirementGap/individual?days=1").json()["coverage"]
            return {each["requirementId"].removeprefix("individual."): each for each in told}

        before = covered()
        assert api.get(f"{PERSONS}?title=Dr&fields=nationality&limit=1").is_success
        assert api.get(f"{PERSONS}?limit=1").is_success
        after = covered()
        used = {name for name in after if after[name]["accessesByName"] > before[name]["accessesByName"]}
        assert used == {"nationality", "title"}
        assert not after["nationality"]["isUnused"]
        assert refused(api.get("/inventory/v1/requirementGap/individual?days=0"), 400) == "invalid-parameter"


def test_of_two_who_approve_at_once_one_is_told_of_the_other(server: Server, second: httpx.Client) -> None:
    with server.api() as api, second:
        for turn in range(6):
            asked = language(attribute=f"partyCharacteristic[race{turn}]", obligation="optional", valueRule=[])
            made = [propose(api, {**asked, "meaning": f"meaning {number}"}) for number in range(4)]

            def approved(proposal: dict[str, Any]) -> httpx.Response:
                return second.post(f"{proposal['href']}/approve")

            with ThreadPoolExecutor(4) as pool:
                answers = list(pool.map(approved, made))
            assert sorted(each.status_code for each in answers) == [200, 409, 409, 409]
            assert {refused(each, 409) for each in answers if each.status_code != 200} == {"proposal-outdated"}


def test_what_waits_for_its_date_is_not_overtaken(server: Server, second: httpx.Client) -> None:
    with server.api() as api, second:
        asked = language(attribute="partyCharacteristic[cape]", obligation="optional", valueRule=[])
        decide(second, propose(api, asked))
        later, now = propose(api, {**asked, "name": "Later"}), propose(api, {**asked, "sensitivity": "special"})
        moment = datetime.now(UTC) + timedelta(days=2)
        decide(second, later, effectiveFrom=moment.isoformat())
        answer = second.post(f"{now['href']}/approve")
        assert refused(answer, 409) == "version-waits"
        assert f"governs from {moment:%Y-%m-%d %H:%M} UTC on" in answer.json()["message"]
        answer = api.post(PROPOSALS, json={"requirement": {**asked, "name": "Again"}, "reason": "r"})
        assert refused(answer, 409) == "version-waits"
        decide(api, later, "withdraw")
        assert decide(second, now)["status"] == "effective"


def test_a_change_says_of_no_other_requirement_and_keeps_to_characters_that_can_be_kept(
    server: Server, second: httpx.Client
) -> None:
    with server.api() as api, second:
        asked = language(attribute="partyCharacteristic[km/h]", obligation="optional", valueRule=[])
        made = propose(api, asked)
        assert api.get(made["href"]).json()["id"] == made["id"]
        assert refused(second.post(f"{made['href']}/approve", json={"decision": "a\0"}), 400) == "invalid-document"
        assert refused(api.post(PROPOSALS, json={"requirement": asked, "reason": "\0"}), 400) == "invalid-document"
        decide(second, made)
        address = f"{REQUIREMENTS}/{quote('individual.partyCharacteristic[km/h]', safe='')}"
        answer = api.patch(address, json={"attribute": "gender"}, headers={"x-reason": "r"})
        assert refused(answer, 400) == "invalid-document"
        assert "attribute: says which requirement it is" in answer.json()["message"]
        decide(second, api.delete(address, headers={"x-reason": "r"}).json())


def test_what_is_asked_of_a_class_looks_at_its_attributes_and_can_be_ended_after_it(
    server: Server, second: httpx.Client
) -> None:
    with server.api() as api, second:
        phases = {"name": "phases", "valueType": "integer"}
        specified = api.post(
            "/tmf-api/entityCatalogManagement/v4/entitySpecification",
            json={
                "name": "Fuse specification",
                "targetEntitySchema": {"@type": "Fuse", "@schemaLocation": "https://example.com/fuse.json"},
                "specCharacteristic": [phases, {"name": "serial", "valueType": "string"}],
            },
        )
        assert specified.status_code == 201, specified.text
        rule = {"code": "three", "when": "$.serial == 'T'", "condition": "@.phases == 3"}
        asked = language(resource="Fuse", attribute="phases", obligation="optional", valueRule=[rule])
        decide(second, propose(api, asked))
        entities = "/tmf-api/entityInventory/v4/entity"
        assert api.post(entities, json={"@type": "Fuse", "phases": 1, "serial": "S"}).status_code == 201
        answer = api.post(entities, json={"@type": "Fuse", "phases": 1, "serial": "T"})
        assert refused(answer, 400) == "invalid-document"
        shown = api.get("/inventory/v1/requirementSpecification/Fuse").json()
        assert (shown["id"], api.get(shown["href"]).json()["id"]) == ("Fuse", "Fuse")
        gap = api.get("/inventory/v1/requirementGap/entity").json()
        assert not {"phases", "serial"} & {each["attribute"] for each in gap["notAskedFor"]}
        (covered,) = api.get("/inventory/v1/requirementGap/Fuse").json()["coverage"]
        assert (covered["requirementId"], covered["share"]) == ("Fuse.phases", 1.0)

        assert api.delete(f"{specified.json()['href']}?onConflict=keep").status_code == 204
        ended = api.delete(f"{REQUIREMENTS}/Fuse.phases", headers={"x-reason": "no such class"})
        assert ended.status_code == 202, ended.text
        decide(second, ended.json())
        assert api.get(f"{REQUIREMENTS}/Fuse.phases").status_code == 404


def test_an_import_brings_values_to_the_standards_that_are_asked_for(
    server: Server, second: httpx.Client, tmp_path: Path
) -> None:
    rows, mapping = tmp_path / "people.csv", tmp_path / "people.mapping.toml"
    rows.write_text("id,given,family,cap,shoe\n1,Ada,Byron,Top HAT,RED\n")
    mapping.write_text("""
        source_id = "id"
        [individual]
        givenName = { column = "given" }
        familyName = { column = "family" }
        title = { column = "shoe" }
        legalName = { column = "shoe", as = "text" }
        [[individual.partyCharacteristic]]
        name = "cap"
        value = { column = "cap" }
        [[individual.partyCharacteristic]]
        name = "shoe"
        value = { column = "shoe" }
        """)

    def kept(source: str) -> dict[str, Any]:
        done = command("import", str(rows), "--data", str(server.data), "--source", source, "--mapping", str(mapping))
        assert done.returncode == 0, done.stderr
        listed: list[dict[str, Any]] = api.get(f"{PERSONS}?sort=-id&limit=1").json()
        cap, shoe = (each["value"] for each in listed[0]["partyCharacteristic"])
        return {"cap": cap, "shoe": shoe, "title": listed[0]["title"], "legalName": listed[0]["legalName"]}

    with server.api() as api, second:
        assert kept("before") == {"cap": "Top HAT", "shoe": "RED", "title": "RED", "legalName": "RED"}
        for attribute in ("partyCharacteristic[cap]", "title", "legalName"):
            asked = language(attribute=attribute, obligation="optional", valueRule=[], standardisation="lower")
            decide(second, propose(api, asked))
        assert kept("after") == {"cap": "top hat", "shoe": "RED", "title": "red", "legalName": "RED"}


def test_of_two_changes_of_one_requirement_the_second_must_see_the_first(server: Server, second: httpx.Client) -> None:
    with server.api() as api, second:
        asked = language(attribute="partyCharacteristic[hat]", obligation="optional", valueRule=[])
        one, other = propose(api, asked), propose(api, {**asked, "name": "Hat size"})
        decide(second, one)
        assert refused(second.post(f"{other['href']}/approve"), 409) == "proposal-outdated"
        answer = api.post(PROPOSALS, json={"requirement": asked, "reason": "again"})
        assert refused(answer, 409) == "nothing-proposed"
        address = f"{REQUIREMENTS}/individual.partyCharacteristic[hat]"
        patched = api.patch(address, json={"name": "Hat"}, headers={"x-reason": "shorter"})
        assert patched.status_code == 202
        assert patched.json()["difference"] == [{"attribute": "name", "before": "Preferred language", "after": "Hat"}]
        decide(second, patched.json())
        assert api.get(address).json()["name"] == "Hat"
        listed = api.get(f"{REQUIREMENTS}?resource=individual&name=Hat&fields=name,version").json()
        assert [each["version"] for each in listed] == [3]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"attribute": "birthDaye"}, "Did you mean birthDate?"),
        ({"attribute": "contactMedium..x"}, "not written as one"),
        ({"resource": "individuals"}, "did you mean individual?"),
        ({"obligation": "conditional"}, "is needed where the obligation is conditional"),
        ({"valueRule": [{"code": "x", "pattern": "("}]}, "valueRule[0].pattern"),
        ({"valueRule": [{"code": "x", "condition": "@.birthDaye"}]}, "Did you mean birthDate?"),
        ({"valueRule": [{"code": "x", "codeList": []}]}, "is empty"),
        ({"valueRule": [{"code": "x", "minimum": "3", "maximum": "1"}]}, "less than minimum"),
        (
            {"valueRule": [{"code": "x", "codeList": ["de"]}, {"code": "y", "minLength": 3}]},
            "contradicts codeList of the",
        ),
        ({"valueRul": []}, "did you mean valueRule?"),
        ({"sensitivity": "secret"}, "requirement.sensitivity"),
        ({"meaning": "a\0b"}, "requirement.meaning: holds a character that cannot be kept"),
        ({"valueRule": [{"code": "x", "codeList": ["a", "\0"]}]}, "requirement.valueRule[0].codeList[1]: holds"),
        ({"attribute": "id"}, "is given by the inventory"),
        ({"attribute": "@type"}, "is given by the inventory"),
        ({"retention": {"period": "P", "trigger": "x"}}, "requirement.retention.period"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_what_is_wrong(server: Server, wrong: dict[str, Any], told: str) -> None:
    with server.api() as api:
        for status in ("proposed", "draft"):
            body = {"requirement": {**language(), **wrong}, "reason": "asked for", "status": status}
            answer = api.post(PROPOSALS, json=body)
            assert refused(answer, 400) == "invalid-document"
            assert told in answer.json()["message"]


def test_a_record_may_keep_what_was_wrong_with_it_but_not_add_to_it(server: Server, second: httpx.Client) -> None:
    with server.api() as api, second:
        old = create(api, PERSONS, person(gender="unknowable"))
        asked = language(
            attribute="gender",
            obligation="optional",
            name="Gender",
            valueRule=[{"code": "list", "codeList": ["f", "m"]}],
        )
        decide(second, propose(api, asked))
        kept = api.patch(old["href"], json={"givenName": "Augusta"})
        assert (kept.status_code, kept.headers["x-requirement-warning"]) == (200, "individual.gender:list")
        assert refused(api.post(PERSONS, json=person(gender="unknowable")), 400) == "invalid-document"
        assert api.patch(old["href"], json={"gender": "f"}).status_code == 200
        assert refused(api.patch(old["href"], json={"gender": "x"}), 400) == "invalid-document"
        decide(second, api.delete(f"{REQUIREMENTS}/individual.gender", headers={"x-reason": "-"}).json())


def test_who_is_not_granted_it_neither_looks_nor_proposes_nor_decides(server: Server) -> None:
    reader = Server(server.data, server.port).register(f"reader-{time.monotonic_ns()}", "--grant", "read:individual")
    with reader.api() as api:
        assert refused(api.get(REQUIREMENTS), 403) == "denied"
        assert refused(api.get(PROPOSALS), 403) == "denied"
        assert refused(api.post(PROPOSALS, json={"requirement": language(), "reason": "r"}), 403) == "denied"
        assert refused(api.post(f"{PROPOSALS}/{LANGUAGE}@1/approve"), 403) == "denied"
        assert refused(api.delete(f"{REQUIREMENTS}/{LANGUAGE}"), 403) == "denied"


def test_what_must_be_unique_is_at_every_door_and_what_was_there_counts(
    server: Server, second: httpx.Client, tmp_path: Path
) -> None:
    title = {"resource": "individual", "attribute": "title", "name": "Title", "meaning": "How they are addressed."}
    with server.api() as api, second:
        there = create(api, PERSONS, person(title="Held before"))
        decide(second, propose(api, {**title, "unique": True, "enforcement": "refuse"}))
        answer = api.post(PERSONS, json=person(title="Held before"))
        assert refused(answer, 409) == "value-taken"
        assert there["id"] in answer.json()["message"]
        assert "Held before" not in answer.text
        taken = create(api, PERSONS, person(title="New"))
        changed = api.patch(there["href"], json={"title": "New"})
        assert (changed.status_code, taken["id"] in changed.json()["message"]) == (409, True)
        rows = tmp_path / "people.csv"
        rows.write_text("id,given name,family name,title\n1,A,B,New\n2,A,B,Newer\n3,A,B,Newer\n")
        done = command("import", str(rows), "--data", str(server.data), "--json")
        report = json.loads(done.stdout)
        assert (report["accepted"], report["rejected"]) == (1, 2), done.stdout
        ended = second.delete(f"{REQUIREMENTS}/individual.title", headers={"x-reason": "others use this server too"})
        assert decide(api, ended.json())["status"] == "effective"
        assert api.post(PERSONS, json=person(title="New")).status_code == 201
