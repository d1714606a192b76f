"""The reader of official files reads what is known to stand in them; tests that compare with them stand on it."""

from __future__ import annotations

from tests.official.description import CREATE, PATCH
from tests.official.examples import exchanges
from tests.official.files import official, official_files


def test_reads_every_file_in_either_format() -> None:
    found = official_files()
    assert {("TMF632", "v4"), ("TMF632", "v5"), ("TMF672", "v5"), ("TMF688", "v4")} <= found.keys()
    for number, version in found:
        described = official(number, version)
        assert any(operation.path.endswith("/hub") for operation in described.operations())
        assert all(forms for forms in described.resources().values())


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
