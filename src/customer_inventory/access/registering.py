"""Registering through an access: who may ask for a process to be registered, decide on it and look, by grants.

To ask takes `create:registration`, to decide `modify:registration`, to look `read:registration`. Who decides is not who
asked, nor anybody who answers for the process or for the one that asked (four eyes). Whoever acts is known by the
person's login, or by the client where a process acts for nobody.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from customer_inventory.access.alarming import kept_since
from customer_inventory.access.clients import (
    OWN_CLIENTS,
    Credentials,
    NameTaken,
    activate_client,
    hash_secret,
    new_secret,
)
from customer_inventory.access.granting import check_granted, is_privileged
from customer_inventory.access.opened import Opened
from customer_inventory.access.registration import (
    REGISTRATION,
    STEPS,
    OwnDecision,
    RegistrationNotFound,
    Wanted,
    WrongState,
    check_wanted,
    recertify_before,
)
from customer_inventory.repository.alarms import Alarm
from customer_inventory.repository.register import Register
from customer_inventory.repository.registrations import DecisionRow, RegistrationRow, Registrations, Step

KIND = REGISTRATION.kind
_APART = frozenset({"approve", "reject", "recertify", "resume"})
"""What who asked for the registration, or answers for it, cannot do."""
_WHO_MAY = (
    "Who requested a registration, or answers for it or for the process that did, cannot decide on it. "
    "Ask somebody else who is granted modify:registration."
)
_ASKING = frozenset({"request", "submit"})
_MOST_ALARMS = 1000
Volumes = Mapping[str, int]
"""Volumes as a registration tells them: expectedVolume, expectedVolumePerHour."""
DECIDING = ("approve", "reject", "recertify", "suspend", "resume", "revoke")


@dataclass(frozen=True, slots=True)
class Registered:
    """A registration with every step that was taken of it."""

    row: RegistrationRow
    decisions: Sequence[DecisionRow]
    alarms: Sequence[Alarm] = ()
    """What it did that was out of the ordinary, the latest first."""

    @property
    def told(self) -> dict[str, Any]:
        """What was told of the process by who asked."""
        document = msgspec.json.decode(self.row.document)
        return {name: document[name] for name in Wanted.__struct_encode_fields__ if name in document}


async def request(
    access: Opened, wanted: Wanted, *, keys: Sequence[str] = (), draft: bool = False, token: str | None = None
) -> tuple[Registered, Credentials]:
    """Ask for a process to be registered, or draft that; its credentials work from its approval on.

    With `token` whoever has that may manage the registration (RFC 7592). Raises Denied, InvalidDocument, InvalidGrant,
    InvalidPolicy, ImpossibleGrant or NameTaken.
    """
    await access.require("create", KIND)
    now, by = access.facilities.clock(), actor(access)
    check_wanted(wanted, now=now)
    check_granted(wanted.grant, purposes=[each.name for each in wanted.purpose], now=now)
    if wanted.name in OWN_CLIENTS:
        raise NameTaken
    credentials = Credentials(f"{wanted.name}-{secrets.token_hex(4)}", new_secret(keys))
    row = RegistrationRow(
        client_id=credentials.client_id,
        name=wanted.name,
        document=msgspec.json.encode(wanted).decode(),
        status="draft" if draft else "submitted",
        privileged=is_privileged(wanted.grant),
        requested_by=by,
        requested_at=now,
        expires_at=wanted.expires_at or None,
        token_hash=None if token is None else hash_secret(token),
    )
    if not await _register(access).registrations.add(row, credentials.kept(keys)):
        raise NameTaken(f"A process named {wanted.name!r} is registered already, or asks to be. Choose another name.")
    await access.note("create", KIND, "done", ())
    return await _found(access, row.client_id), credentials


async def submit(access: Opened, identifier: str) -> Registered:
    """Hand one's own draft in for a decision. Raises Denied, RegistrationNotFound, OwnDecision or WrongState."""
    await access.require("create", KIND)
    row = (await _found(access, identifier)).row
    if row.requested_by != actor(access):
        raise OwnDecision("Only who drafted a registration hands it in.")
    return await take_step(access, row, "submit")


async def decide(
    access: Opened, identifier: str, verb: str, *, said: str | None = None, volumes: Volumes | None = None
) -> Registered:
    """Take one of the steps `DECIDING`. Raises Denied, RegistrationNotFound, OwnDecision, WrongState or NameTaken.

    Who recertifies may give other `volumes` than those that were asked for; they hold within a second. Suspended or
    revoked, a client is out within a second on every server.
    """
    await access.require("modify", KIND)
    row = (await _found(access, identifier)).row
    if actor(access) == row.client_id or (verb in _APART and await _is_kept_apart(access, row)):
        await access.note("modify", KIND, "refused", ())
        raise OwnDecision(_WHO_MAY)
    if verb == "resume" and _is_over(access, row):
        raise WrongState(f"The registration of {row.name!r} was not recertified in time. Recertify it first.")
    taken = await take_step(access, row, verb, said=said, volumes=volumes)
    if verb != "approve":
        return taken
    await activate_client(_register(access), taken.row, at=access.facilities.clock())
    return await _found(access, row.client_id)


async def registration(access: Opened, identifier: str) -> Registered:
    """Return a registration by the id or the name of its process. Raises Denied and RegistrationNotFound."""
    await access.require("read", KIND)
    found = await _found(access, identifier)
    await access.note("read", KIND, "shown", ())
    return found


async def registrations(access: Opened) -> list[Registered]:
    """Return every registration, the oldest first. Raises Denied."""
    await access.require("read", KIND)
    store = _register(access).registrations
    rows, decisions = await store.all(), await store.decisions()
    await access.note("read", KIND, "shown", ())
    found = await _alarms(access)
    by_client: dict[str, list[DecisionRow]] = {}
    for each in decisions:
        by_client.setdefault(each.client_id, []).append(each)
    of_client: dict[str, list[Alarm]] = {}
    for alarm in found:
        of_client.setdefault(alarm.client_id, []).append(alarm)
    return [Registered(row, by_client.get(row.client_id, []), of_client.get(row.client_id, [])) for row in rows]


async def alarms(access: Opened) -> list[tuple[str, Alarm]]:
    """Return what processes did that was out of the ordinary, with their names, the latest first. Raises Denied."""
    found = [(each.row.name, alarm) for each in await registrations(access) for alarm in each.alarms]
    return sorted(found, key=lambda each: each[1].at, reverse=True)


def actor(access: Opened) -> str:
    """Return who acts: the person, or the client where a process acts for nobody."""
    return access.principal.person or access.principal.client_id


async def people_of(registrations: Registrations, client_id: str) -> set[str]:
    """Return the people of a process: who had it registered, its owner and its deputy."""
    row = await registrations.one(client_id)
    if row is None:
        return set()
    asking = {each.decided_by for each in await registrations.decisions(client_id) if each.verb in _ASKING}
    return {*asking, row.requested_by} | _answering(row)


async def answering_for(registrations: Registrations, client_id: str) -> set[str]:
    """Return who answers for a process: its owner and its deputy; nobody for one that says none."""
    row = await registrations.one(client_id)
    return set() if row is None else _answering(row)


def _answering(row: RegistrationRow) -> set[str]:
    told = msgspec.json.decode(row.document)
    return {told[each] for each in ("owner", "deputy") if told.get(each)}


async def who_decides(access: Opened) -> set[str]:
    """Return who decides: the person; of a process that acts for nobody, those who answer for it, too."""
    if access.principal.person is not None:
        return {access.principal.person}
    client_id = access.principal.client_id
    return {client_id} | await answering_for(_register(access).registrations, client_id)


def is_any_of(people: Iterable[str], others: Iterable[str]) -> bool:
    """Return whether one of some people is one of others, however their names are written."""
    return not {_plain(each) for each in people}.isdisjoint({_plain(each) for each in others})


def _plain(name: str) -> str:
    return name.strip().casefold()


async def _is_kept_apart(access: Opened, row: RegistrationRow) -> bool:
    """Whether whoever acts is kin of a registration: who asked, who answers for it, or for the process that asked.

    What one person registered at the command line, that one keeps going, too.
    """
    if row.approved_by == row.requested_by == access.principal.person:
        return False
    register = _register(access)
    kin = {row.requested_by} | await people_of(register.registrations, row.client_id)
    if row.requested_by not in OWN_CLIENTS:
        kin |= await people_of(register.registrations, row.requested_by)
        if (asking := await register.client(row.requested_by)) is not None:
            kin.add(asking.registered_by)
    return is_any_of(await who_decides(access), kin)


def _is_over(access: Opened, row: RegistrationRow) -> bool:
    return row.due_at is not None and row.due_at <= access.facilities.clock()


async def take_step(
    access: Opened, row: RegistrationRow, verb: str, *, said: str | None = None, volumes: Volumes | None = None
) -> Registered:
    """Take a step of a registration in the name of whoever acts. Raises WrongState."""
    now, by = access.facilities.clock(), actor(access)
    step = Step(
        verb=verb,
        leads=STEPS[verb],
        by=by,
        at=now,
        said="; ".join(filter(None, (said, *(f"{name} {value}" for name, value in (volumes or {}).items())))) or None,
        told=msgspec.json.encode(volumes).decode() if volumes else None,
        due_at=recertify_before(privileged=row.privileged, at=now) if verb == "recertify" else None,
        approved_by=by if verb == "approve" else None,
    )
    if await _register(access).registrations.take(row.client_id, step) is None:
        found = await _found(access, row.client_id)
        raise WrongState(f"The registration of {row.name!r} is {found.row.status}: there is no {verb} from there.")
    await access.note("modify", KIND, "done", ())
    return await _found(access, row.client_id)


async def _found(access: Opened, identifier: str) -> Registered:
    store = _register(access).registrations
    usable = identifier.isascii() and "\0" not in identifier
    row = (await store.one(identifier) or await store.named(identifier)) if usable else None
    if row is None:
        raise RegistrationNotFound
    return Registered(row, await store.decisions(row.client_id), await _alarms(access, row.client_id))


async def _alarms(access: Opened, client_id: str | None = None) -> list[Alarm]:
    after = kept_since(access.facilities.clock())
    return await _register(access).alarms.since(after, client_id=client_id, limit=_MOST_ALARMS)


def _register(access: Opened) -> Register:
    return access.facilities.repository.register
