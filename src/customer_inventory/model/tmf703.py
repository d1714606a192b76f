"""TMF703 Entity Inventory v4.0.0: Entity, a record of any class that an EntitySpecification describes.

An entity has what a managed entity has, and the attributes that the specification of its class adds.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, UnsetType

from customer_inventory.model.entity import Entity as Thing
from customer_inventory.model.entity import (
    EntityRef,
    Extensible,
    Instant,
    TimePeriod,
    Word,
    says,
)
from customer_inventory.model.references import PARTIES_AND_ROLES, owning, reference
from customer_inventory.model.resource import Api, EventNames, declare, name_label
from customer_inventory.model.version4 import (
    AssociationSpecificationRef,
    AttachmentRefOrValue,
    Characteristic,
    RelatedParty,
)


class EntitySpecificationRef(EntityRef, frozen=True):
    """A pointer to what the kind of entity is made of."""

    version: Annotated[str | UnsetType, says("The version of the specification.")] = UNSET


class EntityRelationship(Extensible, kw_only=True, frozen=True):
    """How one entity bears on another."""

    relationship_type: Annotated[str, says("How it bears on it, such as contains.")]
    role: Annotated[str | UnsetType, says("The part that the other entity plays.")] = UNSET
    association_spec: Annotated[
        AssociationSpecificationRef | UnsetType, says("What the association between the two demands.")
    ] = UNSET
    entity: Annotated[EntityRef, says("The other entity.")]
    valid_for: Annotated[TimePeriod | UnsetType, says("When the relation holds.")] = UNSET


class Note(Word, frozen=True):
    """What somebody wrote about a thing."""

    id: Annotated[str | UnsetType, says("The identifier of the note.")] = UNSET
    author: Annotated[str | UnsetType, says("Who wrote it.")] = UNSET
    date: Annotated[Instant | UnsetType, says("When it was written.")] = UNSET
    text: Annotated[str | UnsetType, says("What was written.")] = UNSET


class Entity(Thing, frozen=True):
    """A record of any class."""

    name: Annotated[str | UnsetType, says("What the entity is called.")] = UNSET
    description: Annotated[str | UnsetType, says("The entity in words.")] = UNSET
    context: Annotated[str | UnsetType, says("In which surroundings it is used.")] = UNSET
    start_date: Annotated[Instant | UnsetType, says("From when it is in use.")] = UNSET
    end_date: Annotated[Instant | UnsetType, says("Until when it is in use.")] = UNSET
    is_bundle: Annotated[bool | UnsetType, says("Whether it is made of other entities.")] = UNSET
    is_external: Annotated[bool | UnsetType, says("Whether somebody else keeps it.")] = UNSET
    status: Annotated[str | UnsetType, says("Where it stands in its life.")] = UNSET
    status_change_date: Annotated[Instant | UnsetType, says("Since when it stands there.")] = UNSET
    version: Annotated[str | UnsetType, says("Its version.")] = UNSET
    attachment: Annotated[list[AttachmentRefOrValue] | UnsetType, says("Files that belong to it.")] = UNSET
    characteristic: Annotated[list[Characteristic] | UnsetType, says("Named values.")] = UNSET
    entity_relationship: Annotated[list[EntityRelationship] | UnsetType, says("How it bears on others.")] = UNSET
    entity_specification: Annotated[EntitySpecificationRef | UnsetType, says("What its kind is made of.")] = UNSET
    note: Annotated[list[Note] | UnsetType, says("What people wrote about it.")] = UNSET
    related_party: Annotated[list[RelatedParty] | UnsetType, says("Whose it is, and who else bears on it.")] = UNSET


ENTITY_INVENTORY = Api(
    number="TMF703",
    title="Entity Inventory",
    version="v4",
    paths=("/tmf-api/entityInventory/v4", "/tmf-api/entityInventoryManagement/v4"),
    events=EventNames(changed="ChangeEvent", state=None),
)


ENTITY = declare(
    struct=Entity,
    api=ENTITY_INVENTORY,
    mandatory=("@type",),
    references=(
        owning(reference("relatedParty", targets=PARTIES_AND_ROLES, role="role")),
        reference("entitySpecification", targets={"EntitySpecification": "entity_specification"}),
        reference("entityRelationship", "entity", targets={"Entity": "entity"}, role="relationshipType"),
    ),
    searchable=("name", "status"),
    label=name_label,
)
