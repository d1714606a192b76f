"""Provisioning: people are given access, changed and taken out by a process that is granted that on people by name.

Nobody is ever removed: what they did stays theirs. Who is taken out is disabled, and has no session from then on.
"""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, replace
from uuid import UUID

from customer_inventory.access.access import Access
from customer_inventory.access.elsewhere import SignsInElsewhere, check_password_counts
from customer_inventory.access.guarded import PERSON
from customer_inventory.access.passwords import check_choice
from customer_inventory.access.people import LoginTaken, UnknownPerson, check_person, hash_password
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.ids import draw_bucket, new_id
from customer_inventory.repository.people import Person

ACTIVE, DISABLED = "active", "disabled"


ADMINISTRATOR = "administrator"


class LastAdministrator(InventoryError):
    """The person is the last administrator, without whom nobody could be let in any more.

    Make somebody else an administrator first.
    """

    code = "last-administrator"
    failure = Failure.CONFLICT


@dataclass(frozen=True, slots=True)
class Stated:
    """What a process states of a person; None leaves it as it is."""

    login: str | None = None
    display_name: str | None = None
    role: str | None = None
    active: bool | None = None
    password: str | None = None


async def provision(access: Access, stated: Stated) -> Person:
    """Give a person access; without a password nobody knows the one that is made.

    Raises Denied, InvalidPerson, WeakPassword or LoginTaken.
    """
    await access.require("create", PERSON)
    login, role = stated.login or "", stated.role or ""
    check_person(login=login, display_name=stated.display_name or "", role=role)
    if stated.password is not None:
        await check_choice(stated.password, login=login, breached=access.facilities.breached)
    facilities, people = access.facilities, access.facilities.repository.people
    now = facilities.clock()
    identifier = new_id(bucket=draw_bucket(facilities.randomness), at=now, randomness=facilities.randomness)
    added = await people.add_person(
        identifier=identifier,
        login=login,
        display_name=stated.display_name or login,
        password_hash=await asyncio.to_thread(hash_password, stated.password or secrets.token_urlsafe(32)),
        role=role,
        at=now,
        password_made_at=None if stated.password is None else now,
    )
    if not added:
        raise LoginTaken
    if stated.active is False:
        made = await _held(access, identifier)
        await people.change_person(replace(made, status=DISABLED), password_hash=None)
    await access.note("create", PERSON, "done", (str(identifier),))
    return await _held(access, identifier)


async def provisioned(access: Access, identifier: UUID) -> Person:
    """Return a person. Raises Denied or UnknownPerson."""
    await access.require("read", PERSON)
    found = await access.facilities.repository.people.person(identifier)
    await access.note("read", PERSON, "shown" if found else "absent", (str(identifier),))
    if found is None:
        raise UnknownPerson
    return found


async def provisioned_page(access: Access, *, login: str | None, limit: int, offset: int) -> tuple[list[Person], int]:
    """Return a page of the people, or the one with a login, and how many there are. Raises Denied."""
    await access.require("read", PERSON)
    people = access.facilities.repository.people
    if login is None:
        found, total = await people.page(limit=limit, offset=offset)
    else:
        named = await people.person_by_login(login) if "\0" not in login else None
        found, total = ([named] if named and not offset and limit else [], int(named is not None))
    await access.note("read", PERSON, "shown", tuple(str(each.id) for each in found))
    return found, total


async def change_provisioned(access: Access, identifier: UUID, stated: Stated) -> Person:
    """Change what is stated of a person; who is disabled has no session from then on.

    Raises Denied, UnknownPerson, InvalidPerson, WeakPassword, LoginTaken, or SignsInElsewhere for a password that
    would let nobody in.
    """
    await access.require("modify", PERSON)
    return await _changed(access, identifier, stated, verb="modify")


async def deprovision(access: Access, identifier: UUID) -> None:
    """Disable a person and end every session of theirs. Raises Denied or UnknownPerson."""
    await access.require("delete", PERSON)
    await _changed(access, identifier, Stated(active=False), verb="delete")


async def _changed(access: Access, identifier: UUID, stated: Stated, *, verb: str) -> Person:
    people = access.facilities.repository.people
    held = await people.person(identifier)
    if held is None:
        await access.note(verb, PERSON, "absent", (str(identifier),))
        raise UnknownPerson
    changed = _with(held, stated)
    check_person(login=changed.login, display_name=changed.display_name, role=changed.role)
    steps_down = changed.role != ADMINISTRATOR or changed.status != ACTIVE
    if _administers(held) and steps_down and not await people.other_administrators(identifier):
        await access.note(verb, PERSON, "refused", (str(identifier),))
        raise LastAdministrator
    password_hash = None
    if stated.password is not None:
        if changed.status == ACTIVE:  # taking somebody's access away is never refused for a password beside it
            await _check_password_counts(access, held, verb=verb)
        await check_choice(stated.password, login=changed.login, breached=access.facilities.breached)
        password_hash = await asyncio.to_thread(hash_password, stated.password)
        changed = replace(changed, password_made_at=access.facilities.clock())
    if not await people.change_person(changed, password_hash=password_hash):
        raise LoginTaken
    await access.note(verb, PERSON, "done", (str(identifier),))
    return changed


async def _check_password_counts(access: Access, person: Person, *, verb: str) -> None:
    """Return if a password lets this person in. Raises SignsInElsewhere."""
    facilities = access.facilities
    try:
        await check_password_counts(facilities.repository.people, person, facilities.deciding)
    except SignsInElsewhere:
        await access.note(verb, PERSON, "refused", (str(person.id),))
        raise


def _administers(person: Person) -> bool:
    return person.role == ADMINISTRATOR and person.status == ACTIVE


def _with(held: Person, stated: Stated) -> Person:
    status = held.status if stated.active is None else ACTIVE if stated.active else DISABLED
    return replace(
        held,
        login=held.login if stated.login is None else stated.login,
        display_name=held.display_name if stated.display_name is None else stated.display_name,
        role=held.role if stated.role is None else stated.role,
        status=status,
    )


async def _held(access: Access, identifier: UUID) -> Person:
    found = await access.facilities.repository.people.person(identifier)
    if found is None:
        raise UnknownPerson
    return found
