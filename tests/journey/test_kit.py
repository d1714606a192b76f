"""What the official conformance kits do, done for every resource in every version, from the official files.

The kits of one generation share a scheme: create with the mandatory attributes, list, get, filter by each attribute
with the value it has, select each attribute, patch, delete, and ask for what is not there. Those of version 5 hold each
answer against the schema besides, and what is read against what was answered when it was written.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
import jsonschema_rs
import pytest

from customer_inventory.model.view import View
from customer_inventory.model.views import VIEWS
from tests.journey.conftest import Server
from tests.official.bodies import least, singles
from tests.official.description import ANSWER, CREATE, Description
from tests.official.files import official

WRITTEN = [view for view in VIEWS if (view.api.number, view.resource.path) != ("TMF703", "entity")]
PEOPLE = {view.collection.removesuffix("/individual"): view for view in WRITTEN if view.resource.path == "individual"}
NAMES = [f"{view.api.number}-{view.api.version}-{view.resource.path}" for view in WRITTEN]


@pytest.fixture(scope="module")
def api(server: Server) -> Iterator[httpx.Client]:
    with server.api() as client:
        yield client


def described(view: View) -> tuple[Description, str]:
    """Return the official file of a view, and the class that it creates."""
    file = official(view.api.number, view.api.version)
    return file, file.resources()[f"/{view.resource.path}"][CREATE]


def schema_of(file: Description, name: str) -> jsonschema_rs.Validator:
    """Return what checks an answer against a schema of an official file, alternatives by plain `oneOf`."""
    swagger = "definitions" in file.document
    place = "definitions" if swagger else "components/schemas"
    kept = {"definitions": file.schemas} if swagger else {"components": {"schemas": file.schemas}}
    return jsonschema_rs.validator_for({"$ref": f"#/{place}/{name}", **kept})


def wrong(schema: jsonschema_rs.Validator, answer: dict[str, Any]) -> set[str]:
    return {error.message for error in schema.iter_errors(answer)}


def created(api: httpx.Client, view: View, body: dict[str, Any]) -> dict[str, Any]:
    answer = api.post(view.collection, json=body)
    assert answer.status_code == 201, (body, answer.text)
    record: dict[str, Any] = answer.json()
    assert answer.headers["location"] == record["href"]
    return record


@pytest.mark.parametrize("view", WRITTEN, ids=NAMES)
def test_a_record_of_mandatory_attributes_lives_its_life(api: httpx.Client, view: View) -> None:
    file, name = described(view)
    mandatory = file.class_of(name, CREATE).mandatory | {"id", "href", "@type"}
    record = created(api, view, least(file, name))
    assert record.keys() >= mandatory
    address = f"{view.collection}/{record['id']}"
    assert record["href"].endswith(address)
    assert api.get(address).json() == record
    listed = api.get(view.collection)
    assert listed.status_code in {200, 206}
    assert all(one.keys() >= {"id", "href", "@type"} for one in listed.json())
    found = api.get(view.collection, params={"id": record["id"]})
    assert (found.status_code, found.json()) == (200, [record])
    patched = api.patch(address, json={**least(file, name)})
    assert patched.status_code == 200, patched.text
    assert patched.json().keys() >= mandatory
    assert api.delete(address).status_code == 204
    assert api.get(address).status_code == 404
    assert api.get(f"{view.collection}/{uuid4()}").status_code == 404


@pytest.mark.parametrize("view", WRITTEN, ids=NAMES)
def test_every_attribute_filters_and_can_be_selected(api: httpx.Client, view: View) -> None:
    file, name = described(view)
    body = {**singles(file, name), **least(file, name)}
    record = created(api, view, body)
    for attribute, value in record.items():
        if isinstance(value, dict | list) or attribute.startswith("@"):
            continue
        wanted = str(value).lower() if isinstance(value, bool) else str(value)
        found = api.get(f"{view.collection}?id={record['id']}&{quote(attribute)}={quote(wanted, safe='')}")
        assert (found.status_code, found.json()) == (200, [record]), attribute
    for attribute in record.keys() - {"id", "href", "@type"}:
        wanted = {key: record[key] for key in ("id", "href", "@type", attribute)}
        assert api.get(f"{view.collection}/{record['id']}?fields={attribute}").json() == wanted
        assert api.get(f"{view.collection}?id={record['id']}&fields={attribute}").json() == [wanted]


@pytest.mark.parametrize("view", WRITTEN, ids=NAMES)
def test_every_answer_is_valid_by_the_official_schema(api: httpx.Client, view: View) -> None:
    """Created, read, listed, patched, in parts: whatever is answered is what the description says is answered."""
    file, name = described(view)
    schema = schema_of(file, file.resources()[f"/{view.resource.path}"][ANSWER])
    body = {**singles(file, name), **least(file, name)}
    record = created(api, view, body)
    address = f"{view.collection}/{record['id']}"
    patched = api.patch(address, json={key: value for key, value in body.items() if key not in {"id", "href"}}).json()
    assert api.get(address).json() == patched
    # What v4 answers may leave out nothing that is mandatory, says its schema, though `fields` does just that.
    parts = [api.get(f"{address}?fields={attribute}").json() for attribute in record] if name.endswith("_FVO") else []
    for answer in (record, patched, *api.get(f"{view.collection}?id={record['id']}").json(), *parts):
        # Plain `oneOf` takes a pointer for two classes at once, in what was sent as well.
        assert wrong(schema, answer) <= wrong(schema, {**body, "id": record["id"], "href": record["href"]})


@pytest.mark.parametrize("base", ["/tmf-api/partyManagement/v5", "/tmf-api/party/v4"])
def test_an_element_joins_the_array_that_a_patch_names_and_leaves_it(api: httpx.Client, base: str) -> None:
    record = created(api, PEOPLE[base], {"@type": "Individual", "givenName": "Ada", "familyName": "Byron"})

    def patched(media_type: str, operation: dict[str, Any]) -> list[str] | None:
        headers = {"content-type": f"application/{media_type}+json"}
        answer = api.patch(f"{base}/individual/{record['id']}", json=operation, headers=headers)
        assert answer.status_code == 200, answer.text
        found = answer.json().get("languageAbility")
        return None if found is None else [one["languageCode"] for one in found]

    def ability(code: str) -> dict[str, Any]:
        return {"op": "add", "path": "/languageAbility", "value": {"@type": "LanguageAbility", "languageCode": code}}

    def gone(code: str) -> dict[str, Any]:
        return {"op": "remove", "path": f"/languageAbility?/languageAbility.languageCode={code}"}

    assert patched("json-patch", ability("en")) == ["en"]
    assert patched("json-patch-query", ability("fr")) == ["en", "fr"]
    assert patched("json-patch", {**ability("it"), "value": [ability("it")["value"]]}) == ["it"]
    assert patched("json-patch", ability("en")) == ["it", "en"]
    assert patched("json-patch-query", gone("it")) == ["en"]
    assert patched("json-patch", gone("en")) is None


@pytest.mark.parametrize("view", WRITTEN, ids=NAMES)
def test_a_listener_is_registered_and_taken_off(api: httpx.Client, view: View) -> None:
    hub = f"{view.api.paths[0]}/hub"
    sent = {"callback": "http://in.listener.com", "query": f"eventType = {view.resource.name}CreateEvent"}
    answer = api.post(hub, json=sent)
    assert answer.status_code == 201, answer.text
    assert answer.json().items() >= sent.items()
    assert answer.headers["location"] == answer.json()["href"]
    place = f"{hub}/{answer.json()['id']}"
    assert [api.delete(place).status_code, api.delete(place).status_code] == [204, 404]


@pytest.mark.parametrize("view", WRITTEN, ids=NAMES)
def test_a_record_without_a_mandatory_attribute_is_refused(api: httpx.Client, view: View) -> None:
    file, name = described(view)
    body = least(file, name)
    demanded = file.class_of(name, CREATE).mandatory & set(view.mandatory)
    for attribute in demanded:
        answer = api.post(view.collection, json={key: value for key, value in body.items() if key != attribute})
        assert answer.status_code == 400, attribute
        assert attribute in answer.json()["message"]


@pytest.mark.parametrize("view", WRITTEN, ids=NAMES)
def test_a_mandatory_attribute_is_not_blank(api: httpx.Client, view: View) -> None:
    """The conformance profiles: "must not be blank or null", and of an array at least one element."""
    body = least(*described(view))
    made = api.post(view.collection, json=body)
    for attribute in set(view.mandatory) - {"@type", *view.resource.stamps.all_names}:
        blank: list[Any] = {str: ["", " "], list: [[]]}.get(type(body.get(attribute)), [])
        for value in blank:
            answer = api.post(view.collection, json={**body, attribute: value})
            assert answer.status_code == 400, attribute
            assert f"{attribute}: is mandatory" in answer.json()["message"]
            changed = api.patch(made.json()["href"], json={attribute: value})
            assert changed.status_code == 400, attribute
            assert changed.json()["code"] == "immutable-attribute" or "is mandatory" in changed.json()["message"]
