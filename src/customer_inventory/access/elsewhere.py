"""Elsewhere: people on whose role the groups of an OpenID provider decide, so that no password lets them in."""

from __future__ import annotations

from typing import NamedTuple

from customer_inventory.errors import Failure, InventoryError
from customer_inventory.repository.people import People, Person
from customer_inventory.settings import FIRST_ADMINISTRATOR

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


class Deciding(NamedTuple):
    """The OpenID provider whose groups decide on roles, empty where none do, and on whose role they never do.

    That is the first administrator, who comes in by password alone: for when the provider is gone, or lies.
    """

    issuer: str = ""
    local: str = FIRST_ADMINISTRATOR


NOBODY = Deciding()


async def decided_elsewhere(people: People, person: Person, deciding: Deciding) -> bool:
    """Return whether the groups at a provider decide on a person: who came in by it once, but for the first one."""
    issuer, local = deciding
    return bool(issuer) and person.login != local and await people.identities.is_linked(person.id, issuer)


async def check_password_counts(people: People, person: Person, deciding: Deciding) -> None:
    """Return if a person may come in by password. Raises SignsInElsewhere."""
    if await decided_elsewhere(people, person, deciding):
        raise SignsInElsewhere(_SAID.format(person.login))
