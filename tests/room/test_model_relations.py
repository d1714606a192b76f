"""What a document points at, and what the OpenAPI document says of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import jsonschema_rs
import pytest

from customer_inventory.model import (
    RESOURCES,
    InvalidDocument,
    Link,
    Resource,
    json_schema,
    links,
    unresolved,
    validate,
)
from customer_inventory.model.relations import Bare, named, owner, pointers
from customer_inventory.model.shapes import Position
from customer_inventory.model.view import native

INDIVIDUAL, ORGANIZATION, CUSTOMER = (RESOURCES[name] for name in ("individual", "organization", "customer"))
ONE = UUID("0199d6b5-2c00-8abc-9def-0123456789ab")
TWO = UUID("0199d6b5-2c00-8abc-9def-0123456789ac")
VERSION_4 = "2f0a1f2e-6c55-4b0e-9d5e-1f5f5d1c2b3a"


def pointer(identifier: object, **said: str) -> dict[str, str]:
    return {
        "@type": "PartyRef",
        "id": str(identifier),
        **{name.replace("at_", "@"): text for name, text in said.items()},
    }


def related(*parties: dict[str, Any]) -> dict[str, Any]:
    return {"relatedParty": [{"role": f"role {index}", "partyOrPartyRole": each} for index, each in enumerate(parties)]}


def test_a_link_says_attribute_target_and_role() -> None:
    document = {
        "engagedParty": pointer(ONE, at_referredType="Individual"),
        **related(pointer(TWO, at_referredType="Organization"), pointer(ONE, at_referredType="Customer")),
    }
    assert links(CUSTOMER, document) == [
        Link("engagedParty", "individual", ONE, None),
        Link("relatedParty.partyOrPartyRole", "organization", TWO, "role 0"),
        Link("relatedParty.partyOrPartyRole", "customer", ONE, "role 1"),
    ]
    assert unresolved(CUSTOMER, document) == []


def test_organisations_are_linked_up_and_down() -> None:
    def relationship(target: UUID) -> dict[str, Any]:
        reference = {"@type": "OrganizationRef", "id": str(target), "@referredType": "Organization"}
        return {"relationshipType": "juridical", "organization": reference}

    document = {
        "organizationParentRelationship": relationship(ONE),
        "organizationChildRelationship": [relationship(TWO), relationship(TWO)],
    }
    assert links(ORGANIZATION, document) == [
        Link("organizationParentRelationship.organization", "organization", ONE, "juridical"),
        Link("organizationChildRelationship.organization", "organization", TWO, "juridical"),
    ]


@pytest.mark.parametrize(
    ("reference", "kind"),
    [
        (pointer(ONE, at_referredType="Individual"), "individual"),
        (pointer(ONE, href=f"https://host/tmf-api/party/v5/organization/{ONE}"), "organization"),
        (pointer(ONE, at_referredType="Party", href=f"/individual/{ONE}"), "individual"),
        ({"@type": "Individual", "id": str(ONE)}, "individual"),
        (pointer(ONE, at_referredType="Supplier"), "party_role"),
        (pointer(ONE, href=f"/tmf-api/partyRoleManagement/v5/partyRole/{ONE}"), "party_role"),
        (pointer(ONE, at_referredType="Visitor"), None),
        (pointer(ONE, href=f"/supplier/{ONE}"), None),
        (pointer(ONE), None),
        (pointer(VERSION_4, at_referredType="Individual"), None),
        (pointer("42", at_referredType="Individual"), None),
        ({"@referredType": "Individual"}, None),
        ({"@referredType": ["Individual"], "id": 5, "href": 5}, None),
    ],
)
def test_the_target_is_told_by_class_or_address(reference: dict[str, Any], kind: str | None) -> None:
    assert [link.target_kind for link in links(CUSTOMER, related(reference))] == ([kind] if kind else [])


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        (pointer("42", at_referredType="Individual"), True),
        (pointer(VERSION_4, href=f"/individual/{VERSION_4}"), True),
        (pointer(ONE), False),
        ({"id": str(ONE)}, False),
        (pointer("42"), True),
        ({"id": VERSION_4}, True),
        (pointer(ONE, at_referredType="Individual"), False),
        (pointer("42", at_referredType="Visitor"), False),
        (pointer("42", href="/visitor/42"), False),
        ({"@type": "Individual", "givenName": "Ada"}, False),
        ({"@type": "Supplier", "name": "Ada"}, False),
    ],
)
def test_a_pointer_that_names_nothing_here_is_unresolved(reference: dict[str, Any], expected: bool) -> None:
    assert unresolved(CUSTOMER, related(reference)) == (["relatedParty.partyOrPartyRole"] if expected else [])


def test_a_bare_pointer_is_named_by_whoever_knows_its_kind() -> None:
    document = {
        "engagedParty": pointer(ONE),
        **related(pointer(TWO), pointer(ONE, at_referredType="Individual"), pointer("42")),
    }
    parties, attribute = ("individual", "organization"), "relatedParty.partyOrPartyRole"
    engaged = Bare("engagedParty", parties, ONE, None)
    further = Bare(attribute, (*parties, "party_role", "customer"), TWO, "role 0")
    spouse = Link(attribute, "individual", ONE, "role 1")
    found = pointers(CUSTOMER, document)
    assert found == [engaged, further, spouse]
    assert links(CUSTOMER, document) == [spouse]
    assert named(found, {}) == found
    known = {ONE: ["customer", "organization"], TWO: ["billing_account"]}
    assert named(found, known) == [Link("engagedParty", "organization", ONE, None), further, spouse]
    assert owner(CUSTOMER, found) == ONE


def test_a_customer_owns_before_a_bare_pointer() -> None:
    document = {"engagedParty": [pointer(ONE), pointer(TWO, at_referredType="Customer")]}
    assert owner(RESOURCES["agreement"], pointers(RESOURCES["agreement"], document)) == TWO


def test_references_stand_where_the_declaration_has_pointers() -> None:
    for resource in RESOURCES.values():
        for reference in resource.references:
            shape = resource.shape
            for name in reference.path:
                content = shape.fields[name].content
                assert isinstance(content, Position)
                holder, shape = shape, next(iter(content.choices.values()))
            assert reference.role is None or reference.role in {*holder.fields, *shape.fields}
            assert ".".join(reference.path) == reference.attribute
            assert set(reference.targets.values()) <= {kept.kind for kept in RESOURCES.values()}


def documented(resource: Resource, suffix: str) -> Any:
    root = {
        "$ref": f"#/components/schemas/{resource.shape.name}{suffix}",
        "components": {"schemas": json_schema(native(resource))},
    }
    return jsonschema_rs.Draft202012Validator(root, validate_formats=True)


def test_every_schema_that_is_named_is_there() -> None:
    for resource in RESOURCES.values():
        schemas = json_schema(native(resource))
        named = {f"#/components/schemas/{name}" for name in schemas}
        assert references(schemas) <= named
        assert {resource.shape.name + suffix for suffix in ("", "_FVO", "_MVO")} <= schemas.keys()
        assert all(schemas.values())


def references(value: Any) -> set[str]:
    """Every schema that is referred to, by reference or in a discriminator."""
    if isinstance(value, list):
        return {found for item in value for found in references(item)}
    if not isinstance(value, dict):
        return set()
    own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
    own |= set(value.get("discriminator", {}).get("mapping", {}).values()) if "discriminator" in value else set()
    return own.union(*(references(item) for item in value.values()))


def test_an_answer_may_leave_out_all_but_what_identifies_it() -> None:
    answer = {"id": str(ONE), "href": f"/customer/{ONE}", "@type": "Customer"}
    assert documented(CUSTOMER, "").is_valid(answer)
    for name in answer:
        assert not documented(CUSTOMER, "").is_valid({key: text for key, text in answer.items() if key != name})


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"@type": "Individual"}, True),
        ({"@type": "Individual", "@baseType": "Party"}, True),
        ({"@type": "Individual", "@baseType": "Individual"}, True),
        ({"@type": "Patient", "@baseType": "Individual"}, True),
        ({"@type": "Patient", "@baseType": "Party"}, False),
        ({"@type": "Patient"}, False),
        ({"@baseType": "Individual"}, False),
    ],
)
def test_a_new_record_is_of_the_class_or_of_one_that_extends_it(said: dict[str, str], expected: bool) -> None:
    document = {"givenName": "Ada", "familyName": "Byron", **said}
    assert documented(INDIVIDUAL, "_FVO").is_valid(document) is expected
    assert accepts(INDIVIDUAL, document) is expected


def accepts(resource: Resource, document: dict[str, Any]) -> bool:
    try:
        validate(resource, document)
    except InvalidDocument:
        return False
    return True


@pytest.mark.parametrize(
    ("patch", "expected"),
    [
        ({}, True),
        ({"status": None}, True),
        ({"name": None}, False),
        ({"engagedParty": None}, False),
        ({"engagedParty": {"name": "Ada"}}, True),
        ({"engagedParty": {"name": None}}, True),
        ({"engagedParty": {"id": None}}, False),
        ({"validFor": {"endDateTime": None}}, True),
        ({"validFor": {"endDateTime": "tomorrow"}}, False),
        ({"contactMedium": [{"@type": "EmailContactMedium", "emailAddress": None}]}, False),
        ({"contactMedium": None}, True),
        ({"description": 5}, False),
    ],
)
def test_a_merge_patch_may_remove_what_is_not_mandatory(patch: dict[str, Any], expected: bool) -> None:
    assert documented(CUSTOMER, "_MVO").is_valid(patch) is expected
