"""OpenID Connect: people sign in at the provider of the enterprise, and come back with its word for who they are."""

from customer_inventory.access.openid.claims import NotVouched
from customer_inventory.access.openid.configured import provider_of
from customer_inventory.access.openid.entering import Vouched, person_of
from customer_inventory.access.openid.fetching import ProviderUnavailable
from customer_inventory.access.openid.groups import GroupRoles, group_roles_of
from customer_inventory.access.openid.provider import Provider
from customer_inventory.access.openid.trip import Trip

__all__ = [
    "GroupRoles",
    "NotVouched",
    "Provider",
    "ProviderUnavailable",
    "Trip",
    "Vouched",
    "group_roles_of",
    "person_of",
    "provider_of",
]
