"""The documents that the server makes are those of the Open APIs: operation by operation, attribute by attribute.

Each served API is held against its official file in each version. Where we differ, we differ on purpose: `differences/`
lists each place with its reason, and is itself held to the files, so that an entry which no longer holds fails too.
"""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

import pytest

from customer_inventory.api import create_routes
from customer_inventory.api.openapi import Documents
from tests.official.comparison import Difference, differences
from tests.official.description import Description
from tests.official.files import official

LISTS = Path(__file__).with_name("differences")

SERVED = {
    ("TMF629", "v5"): "/tmf-api/customerManagement/v5",
    ("TMF632", "v5"): "/tmf-api/partyManagement/v5",
    ("TMF644", "v5"): "/tmf-api/privacyManagement/v5",
    ("TMF651", "v5"): "/tmf-api/agreementManagement/v5",
    ("TMF666", "v5"): "/tmf-api/accountManagement/v5",
    ("TMF669", "v5"): "/tmf-api/partyRoleManagement/v5",
    ("TMF672", "v5"): "/tmf-api/rolesAndPermissionsManagement/v5",
    ("TMF683", "v5"): "/tmf-api/partyInteractionManagement/v5",
    ("TMF629", "v4"): "/tmf-api/customerManagement/v4",
    ("TMF632", "v4"): "/tmf-api/party/v4",
    ("TMF644", "v4"): "/tmf-api/privacyManagement/v4",
    ("TMF651", "v4"): "/tmf-api/agreementManagement/v4",
    ("TMF662", "v4"): "/tmf-api/entityCatalogManagement/v4",
    ("TMF666", "v4"): "/tmf-api/accountManagement/v4",
    ("TMF667", "v4"): "/tmf-api/document/v4",
    ("TMF669", "v4"): "/tmf-api/partyRoleManagement/v4",
    ("TMF672", "v4"): "/tmf-api/userRolePermissionManagement/v4",
    ("TMF681", "v4"): "/tmf-api/communicationManagement/v4",
    ("TMF683", "v4"): "/tmf-api/partyInteraction/v4",
    ("TMF688", "v4"): "/tmf-api/event/v4",
    ("TMF703", "v4"): "/tmf-api/entityInventory/v4",
}
"""Every API that has an official file, by number and version, and where it is served."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A kind of difference that is deliberate: patterns of what it looks like, and why."""

    reason: str
    where: str = "*"
    what: str = "*"
    ours: str = ""
    official: str = ""
    version: str = "*"

    def covers(self, difference: Difference, version: str) -> bool:
        patterns = (self.where, self.what, self.ours, self.official, self.version)
        said = (difference.where, difference.what, difference.ours, difference.official, version)
        return all(fnmatchcase(value, pattern) for value, pattern in zip(said, patterns, strict=True))


def listed(name: str) -> list[Rule]:
    """Return the rules of one list; an API without differences of its own has none."""
    path = LISTS / f"{name}.toml"
    if not path.exists():
        return []
    return [Rule(**rule) for rule in tomllib.loads(path.read_text("utf-8"))["rule"]]


@cache
def documents() -> Documents:
    return Documents(create_routes(public_url=""), public_url="", token_url="https://example.com/oauth2/token")


@cache
def found(number: str, version: str) -> frozenset[Difference]:
    """Return every difference of one API; an API that is not served at all fails."""
    document = documents().at(f"{SERVED[number, version]}/openapi.json")
    assert document is not None, f"{number} {version} is not served at {SERVED[number, version]}"
    return frozenset(differences(Description(json.loads(document)), official(number, version)))


@pytest.mark.parametrize(("number", "version"), sorted(SERVED))
def test_every_difference_from_the_official_file_is_deliberate(number: str, version: str) -> None:
    rules = [*listed("rules"), *listed(f"{number}_{version}")]
    undecided = [one for one in found(number, version) if not any(rule.covers(one, version) for rule in rules)]
    assert not undecided, "\n" + "\n".join(map(str, sorted(undecided)))


@pytest.mark.parametrize(("number", "version"), sorted(SERVED))
def test_every_difference_that_is_listed_exists(number: str, version: str) -> None:
    gone = [
        rule
        for rule in listed(f"{number}_{version}")
        if not any(rule.covers(one, version) for one in found(number, version))
    ]
    assert not gone


def test_every_rule_is_needed() -> None:
    """Every rule covers something, every list is that of an API, and every reason is a sentence."""
    every = [(one, version) for number, version in SERVED for one in found(number, version)]
    assert [rule for rule in listed("rules") if not any(rule.covers(*one) for one in every)] == []
    lists = {path.stem for path in LISTS.glob("*.toml")}
    assert lists - {f"{number}_{version}" for number, version in SERVED} == {"rules"}
    for name in lists:
        assert all(rule.reason.endswith(".") and len(rule.reason) > 20 for rule in listed(name)), name


def test_the_comparison_sees_what_differs() -> None:
    """The official file against itself has no difference; with anything changed it has that one."""
    ours = official("TMF632", "v4")
    assert differences(ours, ours) == set()
    changed = json.loads(json.dumps(ours.document))
    individual = changed["definitions"]["Individual_Create"]
    individual["properties"]["gender"] = {"type": "integer"}
    individual["required"].remove("givenName")
    del individual["properties"]["title"]
    changed["definitions"]["TimePeriod"]["properties"]["startDateTime"]["format"] = "date"
    changed["definitions"]["Individual"]["properties"]["disability"] = {"$ref": "#/definitions/Disability"}
    told = changed["definitions"]["IndividualCreateEvent"]["properties"]
    told["payload"] = told.pop("event")
    told["eventTime"] = {"type": "string"}
    del told["priority"]
    carried = changed["definitions"]["IndividualDeleteEventPayload"]["properties"]
    carried["person"] = carried.pop("individual")
    carried = changed["definitions"]["IndividualStateChangeEventPayload"]["properties"]
    carried["individual"] = {"$ref": "#/definitions/Organization"}
    del changed["definitions"]["OrganizationDeleteEvent"]
    del changed["paths"]["/individual"]["get"]["responses"]["405"]
    del changed["paths"]["/individual/{id}"]["delete"]
    assert {str(one) for one in differences(Description(changed), ours)} == {
        "Individual.gender | type | integer | string",
        "Individual.givenName | mandatory | - | yes",
        "Individual.title | create attribute | - | yes",
        "TimePeriod.startDateTime | type | string date | string date-time",
        "Individual.disability | cardinality | one | many",
        "IndividualCreateEvent | wrapper | payload | event",
        "IndividualCreateEvent.eventTime | type | string | string date-time",
        "IndividualCreateEvent.priority | event attribute | - | yes",
        "IndividualDeleteEvent | key person | yes | -",
        "IndividualDeleteEvent | key individual | - | yes",
        "IndividualStateChangeEvent.individual | class | Organization | Individual",
        "OrganizationDeleteEvent | event | - | yes",
        "GET /individual | status 405 | - | yes",
        "DELETE /individual/{} | operation | - | served",
    }
