"""What a specification does, as a client sees it: in the documents, in parallel, and to what is stored already."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import jsonschema_rs

from tests.journey.conftest import Server

CATALOG = "/tmf-api/entityCatalogManagement/v4/entitySpecification"
INVENTORY = "/tmf-api/entityInventory/v4/entity"
DOCUMENT = "/tmf-api/entityInventoryManagement/v4/openapi.json"


def specification(named: str, *characteristics: dict[str, Any]) -> dict[str, Any]:
    target = {"@type": named, "@schemaLocation": f"https://example.com/{named}.schema.json"}
    return {"name": f"{named} specification", "targetEntitySchema": target, "specCharacteristic": [*characteristics]}


def specified(api: httpx.Client, named: str, *characteristics: dict[str, Any]) -> str:
    answer = api.post(CATALOG, json=specification(named, *characteristics))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["href"])


SERIAL = {"name": "serial", "valueType": "string", "regex": "[A-Z][0-9]+", "minCardinality": 1, "isUnique": True}
PHASES = {"name": "phases", "valueType": "integer", "characteristicValueSpecification": [{"value": 1}, {"value": 3}]}


def test_the_documents_show_each_class_as_long_as_it_is_specified(server: Server) -> None:
    with server.api() as api:
        href = specified(api, "Turbine", SERIAL, PHASES)
        document = api.get(DOCUMENT).json()
        root = {"$ref": "#/components/schemas/Entity_Specified_FVO", "components": document["components"]}
        schema = jsonschema_rs.Draft202012Validator(root, validate_formats=True)
        for body in (
            {"@type": "Turbine", "serial": "T1", "phases": 3},
            {"@type": "Turbine", "characteristic": [{"name": "serial", "value": "T2"}]},
            {"@type": "Turbine", "phases": 1},
            {"@type": "Turbine", "serial": "t1"},
            {"@type": "Turbine", "serial": "T3", "phases": 2},
            {"@type": "Turbines", "serial": 7},
        ):
            answer = api.post(INVENTORY, json=body)
            assert (answer.status_code == 201) == schema.is_valid(body), (body, answer.text)
        whole = api.get("/openapi.json").json()
        assert {"Turbine", "Turbine_FVO", "Turbine_MVO"} <= whole["components"]["schemas"].keys()

        assert api.delete(f"{href}?onConflict=keep").status_code == 204
        assert "Turbine" not in api.get(DOCUMENT).json()["components"]["schemas"]


def test_of_many_requests_with_one_unique_value_one_is_granted(server: Server) -> None:
    with server.api() as api:
        specified(api, "Valve", SERIAL)
        with ThreadPoolExecutor(12) as threads:
            bodies = [{"@type": "Valve", "serial": f"V{number % 4}"} for number in range(24)]
            codes = list(threads.map(lambda body: api.post(INVENTORY, json=body).status_code, bodies))
        assert sorted(codes) == [201] * 4 + [409] * 20
        refused = api.post(INVENTORY, json={"@type": "Valve", "serial": "V1"}).json()
        assert (refused["code"], refused["status"]) == ("value-taken", "409")
        assert "V1" not in refused["message"], "the value is not repeated"


def test_what_would_break_stored_entities_is_refused_unless_it_is_wanted(server: Server) -> None:
    with server.api() as api:
        made = api.post(INVENTORY, json={"@type": "Heater", "serial": "x"}).json()
        wanted = specification("Heater", SERIAL)
        refused = api.post(CATALOG, json=wanted)
        assert (refused.status_code, refused.json()["code"]) == (409, "records-would-break")
        assert made["id"] in refused.json()["message"]
        assert api.post(f"{CATALOG}?onConflict=maybe", json=wanted).status_code == 400
        kept = api.post(f"{CATALOG}?onConflict=keep", json=wanted)
        assert kept.status_code == 201, kept.text
        assert [each["id"] for each in api.get(f"{INVENTORY}?serial=x").json()] == [made["id"]]
        assert api.patch(made["href"], json={"serial": "H1"}).status_code == 200
        used = api.delete(kept.json()["href"])
        assert (used.status_code, used.json()["code"]) == (409, "specification-in-use")
        other = api.post(CATALOG, json=specification("Heater", {**SERIAL, "regex": "[a-z]"}))
        assert (other.status_code, other.json()["code"]) == (409, "specification-contradicted")


def test_events_of_one_class_can_be_subscribed_to(server: Server) -> None:
    with server.api() as api:
        specified(api, "Crane", {"name": "height", "valueType": "number"})
        for condition in ("event.entity.@type=Crane", "event.entity.height.gt=7", "filter=$[?(@.height>7)]"):
            query = f"eventType=EntityCreateEvent&{condition}&fields=height"
            made = api.post("/tmf-api/entityInventory/v4/hub", json={"callback": "https://8.8.8.8/x", "query": query})
            assert made.status_code == 201, made.text
            assert api.delete(made.json()["href"]).status_code == 204
        for height in (7, 8):
            api.post(INVENTORY, json={"@type": "Crane", "height": height})
        events = "/tmf-api/event/v4/topic/entity/event?limit=100&event.entity.height.gt=7"
        assert [each["event"]["entity"]["height"] for each in api.get(events).json()] == [8]
