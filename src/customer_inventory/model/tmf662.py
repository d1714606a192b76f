"""TMF662 Entity Catalog v4.0.0: EntitySpecification, which says what a kind of entity is made of.

An entity is governed by the specification whose `targetEntitySchema` names its class (see `entity_classes`): so a new
kind of record needs no code.
"""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import UNSET, UnsetType, field

from customer_inventory.model.entity import (
    Entity,
    EntityRef,
    Extensible,
    Instant,
    TimePeriod,
    Word,
    says,
)
from customer_inventory.model.entity_classes import specification_problems
from customer_inventory.model.references import PARTIES, reference
from customer_inventory.model.resource import Api, declare, name_label
from customer_inventory.model.version4 import AssociationSpecificationRef, AttachmentRefOrValue, RelatedParty


class ConstraintRef(EntityRef, frozen=True):
    """A pointer to a rule that applies."""

    version: Annotated[str | UnsetType, says("The version of the rule.")] = UNSET


class EntitySpecificationRelationship(Extensible, kw_only=True, frozen=True):
    """How one specification bears on another."""

    id: Annotated[str | UnsetType, says("The identifier of the other specification.")] = UNSET
    href: Annotated[str | UnsetType, says("The address of the other specification (URI).")] = UNSET
    name: Annotated[str | UnsetType, says("What the other specification is called.")] = UNSET
    relationship_type: Annotated[str, says("How it bears on it, such as dependency or exclusivity.")]
    role: Annotated[str | UnsetType, says("The part that the other specification plays.")] = UNSET
    association_spec: Annotated[
        AssociationSpecificationRef | UnsetType, says("What the association between the two demands.")
    ] = UNSET
    valid_for: Annotated[TimePeriod | UnsetType, says("When the relation holds.")] = UNSET
    referred_type: Annotated[str | UnsetType, says("The class of the other specification.")] = field(
        default=UNSET, name="@referredType"
    )


class CharacteristicSpecificationRelationship(Extensible, frozen=True):
    """How one characteristic bears on another, perhaps of another specification."""

    characteristic_specification_id: Annotated[str | UnsetType, says("The other characteristic.")] = UNSET
    name: Annotated[str | UnsetType, says("What the other characteristic is called.")] = UNSET
    parent_specification_href: Annotated[
        str | UnsetType, says("Where the specification of the other can be read (URI).")
    ] = UNSET
    parent_specification_id: Annotated[str | UnsetType, says("The specification of the other.")] = UNSET
    relationship_type: Annotated[str | UnsetType, says("How it bears on it, such as aggregation.")] = UNSET
    valid_for: Annotated[TimePeriod | UnsetType, says("When the relation holds.")] = UNSET


class CharacteristicValueSpecification(Extensible, frozen=True):
    """One value, or range of values, that a characteristic may take."""

    is_default: Annotated[bool | UnsetType, says("Whether it is taken when nothing is said.")] = UNSET
    range_interval: Annotated[
        str | UnsetType, says("Whether the ends of the range belong to it: open, closed, closedBottom or closedTop.")
    ] = UNSET
    regex: Annotated[str | UnsetType, says("The pattern that a value follows.")] = UNSET
    unit_of_measure: Annotated[str | UnsetType, says("What the value is counted in.")] = UNSET
    value_from: Annotated[int | UnsetType, says("The least value of the range.")] = UNSET
    value_to: Annotated[int | UnsetType, says("The greatest value of the range.")] = UNSET
    value_type: Annotated[str | UnsetType, says("The type of the value.")] = UNSET
    valid_for: Annotated[TimePeriod | UnsetType, says("When the value may be taken.")] = UNSET
    value: Annotated[Any | UnsetType, says("The value itself.")] = UNSET


class CharacteristicSpecification(Extensible, frozen=True):
    """One attribute of a kind of entity: its name, type and how often it occurs."""

    id: Annotated[str | UnsetType, says("The identifier of the characteristic.")] = UNSET
    configurable: Annotated[bool | UnsetType, says("Whether its value can be set.")] = UNSET
    description: Annotated[str | UnsetType, says("What it means.")] = UNSET
    extensible: Annotated[bool | UnsetType, says("Whether values may be added when used.")] = UNSET
    is_unique: Annotated[bool | UnsetType, says("Whether no two entities have the same value.")] = UNSET
    max_cardinality: Annotated[int | UnsetType, says("How many values it has at most.")] = UNSET
    min_cardinality: Annotated[int | UnsetType, says("How many values it has at least; from 1 on it is mandatory.")] = (
        UNSET
    )
    name: Annotated[str | UnsetType, says("What the attribute is called.")] = UNSET
    regex: Annotated[str | UnsetType, says("The pattern that its text follows.")] = UNSET
    value_type: Annotated[str | UnsetType, says("The type of its value, such as string or date-time.")] = UNSET
    char_spec_relationship: Annotated[
        list[CharacteristicSpecificationRelationship] | UnsetType, says("How it bears on other characteristics.")
    ] = UNSET
    characteristic_value_specification: Annotated[
        list[CharacteristicValueSpecification] | UnsetType, says("The values it may take.")
    ] = UNSET
    valid_for: Annotated[TimePeriod | UnsetType, says("When it is asked for.")] = UNSET
    value_schema_location: Annotated[
        str | UnsetType, says("Where the JSON Schema of a complex value can be read (URI).")
    ] = field(default=UNSET, name="@valueSchemaLocation")


class TargetEntitySchema(Word, kw_only=True, frozen=True):
    """The class of entity that a specification describes."""

    schema_location: Annotated[str, says("Where the JSON Schema of the class can be read (URI).")] = field(
        name="@schemaLocation"
    )
    type: Annotated[str, says("The name of the class, as entities give it in @type.")] = field(name="@type")


class EntitySpecification(Entity, kw_only=True, frozen=True):
    """What a kind of entity is made of."""

    name: Annotated[str, says("What the kind of entity is called.")]
    description: Annotated[str | UnsetType, says("The kind of entity in words.")] = UNSET
    is_bundle: Annotated[bool | UnsetType, says("Whether it is made of other specifications.")] = UNSET
    last_update: Annotated[Instant | UnsetType, says("When it last changed.")] = UNSET
    lifecycle_status: Annotated[str | UnsetType, says("Where it stands in its life, such as active or retired.")] = (
        UNSET
    )
    version: Annotated[str | UnsetType, says("Its version.")] = UNSET
    attachment: Annotated[list[AttachmentRefOrValue] | UnsetType, says("Files that belong to it.")] = UNSET
    constraint: Annotated[list[ConstraintRef] | UnsetType, says("Rules that apply to it.")] = UNSET
    entity_spec_relationship: Annotated[
        list[EntitySpecificationRelationship] | UnsetType, says("How it bears on other specifications.")
    ] = UNSET
    related_party: Annotated[list[RelatedParty] | UnsetType, says("Who bears on it, such as its owner.")] = UNSET
    spec_characteristic: Annotated[
        list[CharacteristicSpecification] | UnsetType, says("The attributes of the kind of entity.")
    ] = UNSET
    target_entity_schema: Annotated[TargetEntitySchema | UnsetType, says("The class that it governs.")] = UNSET
    valid_for: Annotated[TimePeriod | UnsetType, says("When it is offered.")] = UNSET


ENTITY_CATALOG = Api(
    number="TMF662",
    title="Entity Catalog",
    version="v4",
    paths=("/tmf-api/entityCatalogManagement/v4", "/tmf-api/entityCatalog/v4"),
)


ENTITY_SPECIFICATION = declare(
    struct=EntitySpecification,
    api=ENTITY_CATALOG,
    mandatory=("name",),
    references=(
        reference("relatedParty", targets=PARTIES, role="role"),
        reference(
            "entitySpecRelationship",
            targets={"EntitySpecification": "entity_specification"},
            role="relationshipType",
        ),
    ),
    searchable=("name", "lastUpdate"),
    label=name_label,
    state="lifecycleStatus",
    rules=specification_problems,
)
