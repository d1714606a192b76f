"""A class that is named in other capitals is the class: stored as it is spelled, and found by that."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from customer_inventory.model.views import EARLIER, NATIVE
from tests.journey.api_words import PERSONS, create, person, refused
from tests.journey.conftest import Server, command
from tests.journey.test_entities_specified import INVENTORY, SERIAL, specified

MERGE = {"content-type": "application/merge-patch+json"}


@pytest.fixture(scope="module")
def api(server: Server) -> Iterator[httpx.Client]:
    with server.api() as client:
        yield client


@pytest.mark.parametrize("named", ["individual", "INDIVIDUAL", "Individual"])
@pytest.mark.parametrize("path", [PERSONS, EARLIER["individual"].collection])
def test_a_record_is_of_the_class_as_it_is_spelled(api: httpx.Client, path: str, named: str) -> None:
    made = create(api, path, {**person(f"Of{named}"), "@type": named})
    assert (made["@type"], "@baseType" in made) == ("Individual", False)
    assert api.get(made["href"]).json()["@type"] == "Individual"
    found = api.get(path, params={"@type": "Individual", "givenName": f"Of{named}"}).json()
    assert made["id"] in {each["id"] for each in found}


def test_a_change_may_name_the_class_as_the_client_spells_it(api: httpx.Client) -> None:
    href = create(api, PERSONS, person())["href"]
    changed = api.patch(href, json={"@type": "individual", "title": "Countess"}, headers=MERGE)
    assert (changed.status_code, changed.json()["@type"]) == (200, "Individual")
    assert refused(api.patch(href, json={"@type": "Organization"}, headers=MERGE), 400) == "immutable-attribute"
    document = create(api, NATIVE["document"].collection, {"@type": "document", "name": "Contract"})
    assert document["@type"] == "Document"


def test_a_whole_record_may_name_the_class_as_the_client_spells_it(api: httpx.Client) -> None:
    view = NATIVE["document"]
    assert view.api.replaces
    href = create(api, view.collection, {"@type": "document", "name": "Contract"})["href"]
    replaced = api.put(href, json={"@type": "DOCUMENT", "name": "Anew"})
    assert (replaced.status_code, replaced.json()["@type"]) == (200, "Document")


def test_a_class_of_the_clients_own_stays_as_it_is(api: httpx.Client) -> None:
    made = create(api, PERSONS, {**person(), "@type": "individualOfNote", "@baseType": "Individual"})
    assert made["@type"] == "individualOfNote"


def test_an_entity_does_not_escape_its_specification_by_capitals(api: httpx.Client) -> None:
    specified(api, "Hoist", SERIAL)
    assert refused(api.post(INVENTORY, json={"@type": "hoist", "serial": "wrong"}), 400) == "invalid-document"
    assert create(api, INVENTORY, {"@type": "hoist", "serial": "C1"})["@type"] == "Hoist"
    assert create(api, INVENTORY, {"@type": "hoists"})["@type"] == "hoists"


def test_a_class_within_a_record_is_spelled_as_it_is_or_is_told(
    api: httpx.Client, server: Server, tmp_path: Path
) -> None:
    """Else it would be a class of the client's own, of which no requirement asks anything."""
    medium = {"@type": "emailcontactmedium", "contactType": "email"}
    answer = api.post(PERSONS, json=person(contactMedium=[medium]))
    assert refused(answer, 400) == "invalid-document"
    assert "contactMedium[0].@type: differs from EmailContactMedium by capitals alone" in answer.json()["message"]
    made = create(api, PERSONS, person())
    assert refused(api.patch(made["href"], json={"contactMedium": [medium]}), 400) == "invalid-document"
    own = {"@type": "CarrierPigeonContactMedium", "@baseType": "ContactMedium", "contactType": "pigeon"}
    assert api.patch(made["href"], json={"contactMedium": [own]}).status_code == 200
    rows = tmp_path / "people.ndjson"
    rows.write_text(json.dumps({"id": "1", **person(contactMedium=[medium])}))
    done = command("import", str(rows), "--data", str(server.data), "--json")
    assert (json.loads(done.stdout)["accepted"], json.loads(done.stdout)["rejected"]) == (0, 1), done.stdout
