"""How a party is reached: one class per kind of contact medium (TMF632 v5.0.0, TMF629 v5.0.1)."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, UnsetType

from customer_inventory.model.entity import EntityRef, Extensible, TimePeriod, says


class GeographicAddressRef(EntityRef, frozen=True):
    """A pointer to an address in an address register."""


class ContactMedium(Extensible, frozen=True):
    """A way to reach a party."""

    id: Annotated[str | UnsetType, says("The identifier of this way, among those of the party.")] = UNSET
    preferred: Annotated[bool | UnsetType, says("Whether the party would rather be reached this way.")] = UNSET
    contact_type: Annotated[str | UnsetType, says("What the party uses it for, such as home or office.")] = UNSET
    valid_for: Annotated[TimePeriod | UnsetType, says("When the party can be reached this way.")] = UNSET


class EmailContactMedium(ContactMedium, frozen=True):
    """Reached by e-mail."""

    email_address: Annotated[str | UnsetType, says("The e-mail address.")] = UNSET


class FaxContactMedium(ContactMedium, frozen=True):
    """Reached by fax."""

    fax_number: Annotated[str | UnsetType, says("The fax number.")] = UNSET


class PhoneContactMedium(ContactMedium, frozen=True):
    """Reached by telephone."""

    phone_number: Annotated[str | UnsetType, says("The telephone number.")] = UNSET


class SocialContactMedium(ContactMedium, frozen=True):
    """Reached on a social network."""

    social_network_id: Annotated[str | UnsetType, says("The party's name on the social network.")] = UNSET


class GeographicAddressContactMedium(ContactMedium, frozen=True):
    """Reached at a place."""

    city: Annotated[str | UnsetType, says("The town or city.")] = UNSET
    country: Annotated[str | UnsetType, says("The country.")] = UNSET
    post_code: Annotated[str | UnsetType, says("The postal code.")] = UNSET
    state_or_province: Annotated[str | UnsetType, says("The state, province or canton.")] = UNSET
    street1: Annotated[str | UnsetType, says("Street and house number.")] = UNSET
    street2: Annotated[str | UnsetType, says("What else it takes to find the door: building, floor.")] = UNSET
    geographic_address: Annotated[
        GeographicAddressRef | UnsetType, says("The same address in an address register.")
    ] = UNSET


AnyContactMedium = (
    ContactMedium
    | EmailContactMedium
    | FaxContactMedium
    | GeographicAddressContactMedium
    | PhoneContactMedium
    | SocialContactMedium
)
