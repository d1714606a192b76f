"""A new kind of record, through the API alone: specified, created, found, changed and told of like any other."""

from __future__ import annotations

import httpx

from tests.journey.conftest import Server

CATALOG = "/tmf-api/entityCatalogManagement/v4/entitySpecification"
INVENTORY = "/tmf-api/entityInventory/v4/entity"
METER = {
    "name": "Electricity meter",
    "targetEntitySchema": {"@schemaLocation": "https://example.com/Meter.schema.json", "@type": "SmartMeter"},
    "specCharacteristic": [
        {"name": "serialNumber", "valueType": "string", "minCardinality": 1, "regex": "[A-Z]{2}[0-9]+"},
        {"name": "phases", "valueType": "integer", "characteristicValueSpecification": [{"value": 1}, {"value": 3}]},
        {"name": "installed", "valueType": "date-time"},
        {"name": "tag", "valueType": "string", "maxCardinality": 5},
    ],
}


def found(api: httpx.Client, query: str) -> list[str]:
    answer = api.get(f"{INVENTORY}?@type=SmartMeter&{query}")
    assert answer.status_code == 200, answer.text
    return [entity["serialNumber"] for entity in answer.json()]


def test_a_new_kind_of_record_needs_no_code(server: Server) -> None:
    with server.api() as api:
        _try_everything(api)


def _try_everything(api: httpx.Client) -> None:
    specified = api.post(CATALOG, json=METER)
    assert specified.status_code == 201, specified.text
    assert specified.json()["@type"] == "EntitySpecification"

    refused = api.post(INVENTORY, json={"@type": "SmartMeter", "serialNumber": "7", "phases": 2})
    assert refused.status_code == 400
    assert "serialNumber" in refused.json()["message"]
    assert "phases" in refused.json()["message"]

    nameless = api.post(INVENTORY, json={"serialNumber": "SM7", "phases": 1})
    assert nameless.status_code == 400, "the class decides what is mandatory, so nothing is made of an unnamed one"
    assert nameless.json()["message"] == "@type: is mandatory"

    made = {}
    for number, installed in (
        (1, "2026-01-01T00:00:00Z"),
        (2, "2026-02-01T01:00:00+01:00"),
        (3, "2026-03-01T00:00:00Z"),
    ):
        document = {
            "@type": "SmartMeter",
            "serialNumber": f"SM{number}",
            "phases": 1 if number < 3 else 3,
            "installed": installed,
            "tag": ["all", f"t{number}"],
        }
        answer = api.post(INVENTORY, json=document)
        assert answer.status_code == 201, answer.text
        made[number] = answer.json()["href"]

    assert found(api, "serialNumber=SM2") == ["SM2"]
    assert found(api, "installed=2026-02-01T00:00:00Z") == ["SM2"], "instants are equal in any zone"
    assert found(api, "phases.gte=3") == ["SM3"]
    assert found(api, "sort=-installed&tag=all") == ["SM3", "SM2", "SM1"]
    assert found(api, "filter=$[?(@.phases==1 %26%26 @.serialNumber=='SM1')]") == ["SM1"]
    assert found(api, "tag=t1,t3&sort=serialNumber&fields=serialNumber") == ["SM1", "SM3"]
    unknown = api.get(f"{INVENTORY}?serialNumbr=SM1")
    assert unknown.status_code == 400
    assert "serialNumber" in unknown.json()["message"]

    patch = {"content-type": "application/merge-patch+json"}
    assert api.patch(made[1], json={"phases": 2}, headers=patch).status_code == 400
    changed = api.patch(made[1], json={"phases": 3}, headers=patch)
    assert changed.json()["phases"] == 3
    assert len(api.get(f"{made[1]}/history").json()) == 2
    assert api.delete(made[1]).status_code == 204
    assert api.get(made[1]).status_code == 404
    assert found(api, "serialNumber=SM1") == []
