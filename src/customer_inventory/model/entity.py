"""The words every resource is built from: things with a class, references, periods, amounts, attachments.

Shared by TMF632 v5.0.0 and TMF629 v5.0.1, whose files declare them alike. Every class below `Extensible` is named by
its `@type`, which msgspec holds as the tag of the Struct; a position that admits several classes is a union whose
first member is the base that an unknown `@type` falls back to. An attribute that is left out is `UNSET`; null is not
an official value of any attribute.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType, field


def says(description: str) -> Meta:
    """Return the annotation that carries what an attribute means."""
    return Meta(description=description)


Instant = Annotated[datetime, Meta(tz=True)]
"""A point in time: RFC 3339 with a zone."""


class DayOrInstant:
    """A day of someone's life: an RFC 3339 date-time as the official files say, or a plain date.

    Nobody knows the hour and zone of most births, and a made-up midnight moves the day in other zones.
    """


class Word(Struct, kw_only=True, frozen=True, rename="camel", gc=False):
    """A group of attributes without a class of its own."""


class Extensible(Word, tag_field="@type", tag=True, frozen=True):
    """Anything that names its class and may be extended by another (TMF630 part 2)."""

    base_type: Annotated[str | UnsetType, says("The class that the class in @type extends.")] = field(
        default=UNSET, name="@baseType"
    )
    schema_location: Annotated[
        str | UnsetType, says("Where the JSON Schema of the extra attributes can be read (URI).")
    ] = field(default=UNSET, name="@schemaLocation")


class Addressable(Extensible, frozen=True):
    """Anything that can be asked for by its own address."""

    id: Annotated[str | UnsetType, says("The identifier, given by the system that keeps the thing.")] = UNSET
    href: Annotated[str | UnsetType, says("The address under which the thing can be read (URI).")] = UNSET


class Entity(Addressable, frozen=True):
    """A thing with a class, an identifier and an address."""


class EntityRef(Addressable, kw_only=True, frozen=True):
    """A pointer to a thing that is kept elsewhere, or in another resource here."""

    id: Annotated[str, says("The identifier of the thing pointed to.")]
    name: Annotated[str | UnsetType, says("What the thing pointed to is called, for people who read this.")] = UNSET
    referred_type: Annotated[str | UnsetType, says("The class of the thing pointed to.")] = field(
        default=UNSET, name="@referredType"
    )


class TimePeriod(Word, frozen=True):
    """From when until when; an end that is left out is open."""

    start_date_time: Annotated[Instant | UnsetType, says("When the period begins.")] = UNSET
    end_date_time: Annotated[Instant | UnsetType, says("When the period ends.")] = UNSET


class Quantity(Word, frozen=True):
    """How much of a unit."""

    amount: Annotated[float | UnsetType, says("How many of the unit.")] = UNSET
    units: Annotated[str | UnsetType, says("The unit that is counted.")] = UNSET


class Attachment(Entity, kw_only=True, frozen=True):
    """A file that belongs to a thing: carried along, or fetched from an address."""

    name: Annotated[str | UnsetType, says("The name of the file.")] = UNSET
    description: Annotated[str | UnsetType, says("What the file shows.")] = UNSET
    url: Annotated[str | UnsetType, says("Where the file can be fetched (URL).")] = UNSET
    content: Annotated[bytes | UnsetType, says("The file itself, in base64.")] = UNSET
    checksum: Annotated[str | UnsetType, says("The SHA-256 of a file that the inventory keeps, as sha256:….")] = UNSET
    size: Annotated[Quantity | UnsetType, says("How large the file is.")] = UNSET
    valid_for: Annotated[TimePeriod | UnsetType, says("When the file may be relied upon.")] = UNSET
    attachment_type: Annotated[str, says("What kind of file it is, such as a passport copy.")]
    mime_type: Annotated[str, says("The media type of the file, such as application/pdf.")]


class AttachmentRef(EntityRef, frozen=True):
    """A pointer to a file kept elsewhere."""

    description: Annotated[str | UnsetType, says("What the file shows.")] = UNSET
    url: Annotated[str | UnsetType, says("Where the file can be fetched (URL).")] = UNSET


AttachmentRefOrValue = Entity | Attachment | AttachmentRef


class ExternalIdentifier(Extensible, frozen=True):
    """The identifier that another system gave to the same thing."""

    owner: Annotated[str | UnsetType, says("The system that gave the identifier.")] = UNSET
    external_identifier_type: Annotated[str | UnsetType, says("What kind of identifier it is there.")] = UNSET
    id: Annotated[str | UnsetType, says("The identifier in the other system.")] = UNSET
