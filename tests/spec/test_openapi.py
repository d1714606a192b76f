"""The OpenAPI documents: valid, at every base path, and of exactly what the routes answer."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

import jsonschema_rs
import pytest
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from customer_inventory.api import create_routes
from customer_inventory.api.filters import RESERVED
from customer_inventory.api.openapi import Documents
from customer_inventory.api.openapi.merging import Merged

ROUTES = create_routes(public_url="")
DOCUMENTS = Documents(ROUTES, public_url="", token_url="https://example.com/oauth2/token")
PLACES = sorted(DOCUMENTS.paths)


@cache
def document(path: str) -> Any:
    return json.loads(DOCUMENTS.at(path) or b"")


def methods(item: dict[str, Any]) -> set[str]:
    return {name.upper() for name in item if name != "parameters"}


@pytest.mark.parametrize("place", PLACES)
def test_every_document_is_valid(place: str) -> None:
    OPENAPI_31_VALIDATOR.validate(document(place))
    ids = [
        item[name]["operationId"] for item in document(place)["paths"].values() for name in item if name != "parameters"
    ]
    assert len(ids) == len(set(ids))
    for path, item in document(place)["paths"].items():
        named = [parameter["name"] for parameter in item.get("parameters", ())]
        assert re.findall(r"\{(\w+)\}", path) == named


def test_everything_that_is_answered_is_described() -> None:
    """Every template with every method, in the document at its own base path and, once, in that of the server."""
    whole = document("/openapi.json")["paths"]
    for template, endpoint in ROUTES.templates.items():
        found = re.fullmatch(r"(/.+?/v\d+)(/.*)", template)
        assert found, template
        base, rest = found.groups()
        there = document(f"{base}/openapi.json")
        assert there["servers"][0]["url"] == base
        assert methods(there["paths"][rest]) == endpoint.methods.keys() - {"HEAD"}, template
        canonical = [server["url"] + rest for server in there["servers"] if server["url"] + rest in whole]
        assert len(canonical) == 1, template
        assert methods(whole[canonical[0]]) == endpoint.methods.keys() - {"HEAD"}


def test_the_base_path_of_each_api_leads_on_to_what_it_answers() -> None:
    for place in PLACES:
        if (base := place.removesuffix("/openapi.json")) == "":
            continue
        links = document(f"{base}/")["_links"]
        assert links == document(base)["_links"]
        assert (links["self"]["href"], links["openapi"]["href"]) == (base, place)
        for name in links.keys() - {"self", "openapi"}:
            assert links[name]["method"] in ROUTES.templates[links[name]["href"]].methods
        assert len(links) - 2 == sum(len(methods(item)) for item in document(place)["paths"].values())
    assert not DOCUMENTS.describes("/tmf-api/party/v6/")
    assert not DOCUMENTS.describes("/")


@pytest.mark.parametrize("slashes", ["{}/", "/{}", "{}//", "//{}//"])
def test_empty_segments_of_a_path_count_for_nothing(slashes: str) -> None:
    def found(path: str) -> object:
        return ROUTES.find(path.split("/"))

    path = "/tmf-api/party/v4/individual"
    whole = found(f"{path}/1")
    assert whole is not None
    assert found(slashes.format(path)) == found(path) != whole
    assert found(slashes.format(f"{path}//1")) == whole
    assert found(slashes.format(f"{path}s")) is None
    assert found("//") is None


@pytest.mark.parametrize("place", PLACES)
def test_everything_that_is_described_is_answered(place: str) -> None:
    for server in document(place)["servers"]:
        for path, item in document(place)["paths"].items():
            endpoint = ROUTES.templates[server["url"].rstrip("/") + path]
            assert methods(item) == endpoint.methods.keys() - {"HEAD"}


def test_lists_have_every_parameter_that_is_read() -> None:
    item = document("/tmf-api/party/v5/openapi.json")["paths"]["/individual"]["get"]
    known = document("/tmf-api/party/v5/openapi.json")["components"]["parameters"]
    names = {known[used["$ref"].rpartition("/")[2]]["name"] for used in item["parameters"]}
    assert names >= RESERVED | {"filter"}


def test_nothing_is_named_that_is_not_there_and_nothing_is_there_unnamed() -> None:
    for place in PLACES:
        text = json.dumps(document(place))
        for kind, components in document(place)["components"].items():
            named = set(re.findall(rf'"#/components/{kind}/([^"]+)"', text))
            assert named <= components.keys(), place
            if kind == "schemas":
                assert components.keys() - named <= {"JsonPatch"}, place
                assert all(jsonschema_rs.meta.is_valid(schema) for schema in components.values())


def test_classes_of_one_name_that_differ_are_told_apart() -> None:
    word, number = {"type": "string"}, {"type": "number"}
    refers = {
        "properties": {"of": {"$ref": "#/components/schemas/Leaf"}, "self": {"$ref": "#/components/schemas/Tree"}}
    }
    merged = Merged(
        [
            ("TMF1.v5.a", {"Leaf": word, "Tree": refers}),
            ("TMF1.v5.b", {"Leaf": word, "Tree": refers}),
            ("TMF1.v4.a", {"Leaf": number, "Tree": refers}),
            ("TMF2.v4.a", {"Leaf": {"type": "null"}, "Leaf.2": word, "Tree": refers, "Tree_FVO": refers}),
        ]
    )
    assert merged.components.keys() == {
        "Leaf", "Tree", "Leaf.v4", "Tree.v4", "Leaf.TMF2.v4", "Tree.TMF2.v4", "Tree_FVO"
    }  # fmt: skip
    assert merged.name("TMF1.v5.b", "Tree") == "Tree"
    assert merged.name("TMF2.v4.a", "Leaf.2") == "Leaf"
    assert merged.components["Tree.v4"]["properties"]["self"] == {"$ref": "#/components/schemas/Tree.v4"}
    assert merged.components["Tree.v4"]["properties"]["of"] == {"$ref": "#/components/schemas/Leaf.v4"}
