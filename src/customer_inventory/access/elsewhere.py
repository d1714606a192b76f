"""Elsewhere: people on whose role the groups of an OpenID provider decide, so that no password lets them in."""

from __future__ import annotations

from customer_inventory.errors import Failure, InventoryError
from customer_inventory.repository.people import People, Person

LOCAL = "admin"
"""The login of the first administrator, who comes in by password alone: for when the provider is gone, or lies."""

_SAID = (
    "{0} signs in at the OpenID provider, whose groups decide on the role: a password would let nobody in. Change the "
    "password there. If {0} shall come in by a password here, `customer-inventory person unlink {0}` comes first."
)


class SignsInElsewhere(InventoryError):
    """The person signs in at the OpenID provider, whose groups decide on the role: a password would let nobody in.

    Change the password at the provider. Who shall come in by a password here is unlinked first:
    `customer-inventory person unlink LOGIN`.
    """

    code = "signs-in-elsewhere"
    failure = Failure.CONFLICT


async def decided_elsewhere(people: People, person: Person, issuer: str) -> bool:
    """Return whether the groups at a provider decide on a person: who came in by it once, but for the first one.

    `issuer` is the provider whose groups decide; empty where none do.
    """
    return bool(issuer) and person.login != LOCAL and await people.identities.is_linked(person.id, issuer)


async def check_password_counts(people: People, person: Person, issuer: str) -> None:
    """Return if a person may come in by password. Raises SignsInElsewhere."""
    if await decided_elsewhere(people, person, issuer):
        raise SignsInElsewhere(_SAID.format(person.login))
