"""OpenID Connect: people sign in at the provider of the enterprise, and come back with its word for who they are."""

from customer_inventory.access.openid.claims import NotVouched
from customer_inventory.access.openid.configured import provider_of
from customer_inventory.access.openid.entering import Vouched, person_of
from customer_inventory.access.openid.fetching import ProviderUnavailable
from customer_inventory.access.openid.provider import Provider
from customer_inventory.access.openid.trip import Trip

__all__ = ["NotVouched", "Provider", "ProviderUnavailable", "Trip", "Vouched", "person_of", "provider_of"]
