"""The reader of official files reads what is known to stand in them; tests that compare with them stand on it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from customer_inventory.model.views import REGISTER_VIEWS, VIEWS
from tests.official.description import CREATE, PATCH, Description
from tests.official.examples import exchanges
from tests.official.files import chosen, named, official, official_files
from tests.official.folders import bodies, paired

SERVED = {(view.api.number, view.api.version) for view in (*VIEWS, *REGISTER_VIEWS)} | {("TMF688", "v4")}


def test_reads_every_file_in_either_format() -> None:
    """Those of what we serve in every respect; of others, which may lie there too, that they are descriptions."""
    found = official_files()
    assert found.keys() >= SERVED
    for number, version in found:
        described = official(number, version)
        assert list(described.operations()) or number not in {number for number, _ in SERVED}
        if (number, version) in SERVED:
            assert any(operation.path.endswith("/hub") for operation in described.operations())
            assert all(forms for forms in described.resources().values())


@pytest.mark.parametrize(
    ("name", "release"),
    [
        ("TMF632_Party_v5.0.0.oas.yaml", (5, 0, 0)),
        ("TMF629-Customer-v5.0.1.oas.yaml", (5, 0, 1)),
        ("TMF629-Customer_Management-v5.0.1.oas.yml", (5, 0, 1)),
        ("TMF632_Party_Management_API_v4.0.0_swagger.json", (4, 0, 0)),
        ("TMF651-Agreement-4.1.swagger.json", (4, 1, 0)),
        ("tmf632-Party-v4.0.0.regular.swagger.JSON", (4, 0, 0)),
    ],
)
def test_knows_a_file_by_its_name(name: str, release: tuple[int, ...]) -> None:
    assert named(name) == (name[:6].upper(), release)


@pytest.mark.parametrize("name", ["README.md", "SUMMARY.md", "Customer_Management.admin.swagger.json", "TMF632.json"])
def test_passes_over_what_is_no_description(name: str) -> None:
    assert named(name) is None


def test_takes_the_release_that_is_served() -> None:
    first, second, third = (Path(f"{number}.yaml") for number in range(3))
    assert chosen(("TMF672", "v5"), {(5, 0, 0): first, (5, 1, 0): second}) == first
    assert chosen(("TMF629", "v5"), {(5, 0, 0): first, (5, 0, 1): second, (5, 1, 0): third}) == second
    assert chosen(("TMF651", "v4"), {(4, 0, 1): first, (4, 1, 0): second}) == second


def test_reads_a_description_without_hub_operations_or_schemas() -> None:
    bare = Description({"openapi": "3.1.0", "info": {}})
    assert (list(bare.operations()), bare.resources(), list(exchanges(bare))) == ([], {}, [])
    plain = Description({"swagger": "2.0", "paths": {"/thing/{thingId}": {"get": {}}}, "definitions": {}})
    assert plain.resources() == {"/thing": {}}


def test_reads_a_folder_of_examples(tmp_path: Path) -> None:
    patch = [{"op": "add", "path": "/note?id=1", "value": {}}]
    for name, body in {
        "Thing_create_example_request": {"@type": "Thing", "name": "N"},
        "Thing_create_example_response": {"@type": "Thing", "id": "1", "name": "N"},
        "Thing_update_example_JSON_Patch_Query_request": patch,
        "Thing_update_example_JSON_Patch_Query_response": {"@type": "Thing", "id": "1"},
        "Thing_list_example_response": [{"@type": "Thing", "id": "1"}],
        "ThingCreateEvent_request": {"eventType": "ThingCreateEvent", "event": {}},
    }.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(body))
    found = {one.name: one for one in paired(bodies(tmp_path))}
    assert {name: (one.method, one.path, one.media_type) for name, one in found.items()} == {
        "Thing_create_example": ("POST", "/thing", "application/json"),
        "Thing_update_example_JSON_Patch_Query": ("PATCH", "/thing/{id}", "application/json-patch-query+json"),
        "Thing_list_example": ("GET", "/thing", ""),
    }
    assert found["Thing_update_example_JSON_Patch_Query"].request == patch


def test_resolves_inheritance_forms_and_alternatives() -> None:
    party = official("TMF632", "v5")
    create = party.class_of("Individual", CREATE)
    assert {"@type", "givenName", "familyName"} == create.mandatory
    assert "href" in party.class_of("Individual").attributes
    media = create.attributes["contactMedium"]
    assert media.many
    assert {"EmailContactMedium", "PhoneContactMedium"} < media.classes
    assert "emailAddress" in party.reached("Individual", PATCH)["EmailContactMedium"].attributes
    assert create.attributes["birthDate"].formats == ("date-time",)
    older = official("TMF632", "v4").class_of("Organization", CREATE)
    assert older.mandatory == {"tradingName"}
    assert older.attributes["status"].enum == {"initialized", "validated", "closed"}


def test_reads_operations() -> None:
    operations = {(one.method, one.path): one for one in official("TMF669", "v5").operations()}
    patch = operations["PATCH", "/partyRole/{id}"]
    assert "application/json-patch-query+json" in patch.media_types
    assert (patch.body, patch.answer) == ("PartyRole_MVO", "PartyRole")
    assert {"200", "501", "503"} <= patch.statuses
    assert ("query", "limit") in operations["GET", "/partyRole"].parameters
    assert operations["GET", "/partyRole"].answer == "PartyRole"


def test_pairs_requests_with_their_answers() -> None:
    found = [one for one in exchanges(official("TMF629", "v5")) if one.method == "PATCH" and one.request]
    assert len(found) == 4
    assert {one.media_type for one in found} == {
        "application/json",
        "application/merge-patch+json",
        "application/json-patch+json",
        "application/json-patch-query+json",
    }
