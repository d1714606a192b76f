"""Registration: what is told of a process before it may do anything, and the states that a registration goes through.

The table of steps is the whole of its life: what is not in it cannot be done.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from ipaddress import IPv6Network, ip_network
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from customer_inventory.access.hours import UnknownHours, hours_of
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.model import InvalidDocument
from customer_inventory.model.entity import Entity, Instant, Word, says
from customer_inventory.model.problems import Problem, read_as
from customer_inventory.model.resource import declare, name_label
from customer_inventory.requirements.requirement import CATALOGUE, LAWFUL_BASES, Line, Text

Status = Literal["draft", "submitted", "approved", "rejected", "active", "due", "suspended", "revoked"]
STEPS: Mapping[str, Mapping[str, str]] = {
    "submit": {"draft": "submitted"},
    "approve": {"submitted": "approved"},
    "reject": {"submitted": "rejected"},
    "recertify": {"active": "active", "due": "active", "suspended": "suspended"},
    "suspend": {"active": "suspended", "due": "suspended"},
    "resume": {"suspended": "active"},
    "revoke": dict.fromkeys(("draft", "submitted", "approved", "active", "due", "suspended"), "revoked"),
    # What the inventory does by itself: an approved process becomes a client; time passes.
    "activate": {"approved": "active"},
    "warn": {"active": "due"},
    "lapse": {"active": "suspended", "due": "suspended"},
    "expire": dict.fromkeys(("active", "due", "suspended"), "revoked"),
}
"""Where each step leads from which state. Tokens are for `active` and `due`: due for recertification."""

WARNED_BEFORE = timedelta(days=14)
_LASTS = timedelta(days=180)
_PRIVILEGED_LASTS = timedelta(days=30)
ProcessName = Annotated[str, Meta(pattern="^[A-Za-z0-9._-]*[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)]


class WrongState(InventoryError):
    """The registration is not in a state that admits this step.

    `customer-inventory registration show NAME` tells its state and how it got there.
    """

    code = "wrong-state"
    failure = Failure.CONFLICT


class OwnDecision(InventoryError):
    """Who requested a registration, or answers for it or for the process that did, cannot decide on it.

    Owners and deputies answer; another process of theirs cannot decide either. Ask somebody else who is granted
    modify:registration.
    """

    code = "own-decision"
    failure = Failure.DENIED


class RegistrationNotFound(InventoryError):
    """There is no such registration.

    `customer-inventory registration list` shows those that there are.
    """

    code = "registration-not-found"
    failure = Failure.NOT_FOUND


class RegisteredPurpose(Word, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A purpose that a process serves, and why that is lawful."""

    name: Annotated[ProcessName, says("The purpose, as calls name it in X-Purpose.")]
    lawful_basis: Annotated[
        Literal[LAWFUL_BASES] | UnsetType, says("Why data may be processed for it (article 6 GDPR).")  # type: ignore[valid-type]
    ] = UNSET


class RegistrationAlarm(Word, kw_only=True, frozen=True):
    """Something that a process did and its registration does not let expect; told once an hour or a day."""

    code: Annotated[str, says("What, such as outside-network, outside-hours, volume-near or volume-reached.")]
    at: Annotated[Instant, says("When it was noticed first.")]
    said: Annotated[Text, says("What was noticed.")]


class RegistrationDecision(Word, kw_only=True, frozen=True):
    """A step in the life of a registration."""

    step: Annotated[str, says("What was done, such as approve or lapse.")]
    status: Annotated[str, says("The state to which it led.")]
    decided_by: Annotated[Line, says("Who did it: a person, a client, or the inventory itself.")]
    decided_at: Annotated[Instant, says("When.")]
    reason: Annotated[Text | UnsetType, says("What was said about it.")] = UNSET


Purposes = Annotated[list[RegisteredPurpose], Meta(min_length=1, max_length=20)]
Grants = Annotated[list[Line], Meta(min_length=1, max_length=100)]
Networks = Annotated[list[Line], Meta(max_length=50)]
Volume = Annotated[int, Meta(ge=1, le=10**9)]


class Registration(Entity, kw_only=True, frozen=True):
    """A process that is, or asks to be, registered to use the inventory."""

    name: Annotated[ProcessName, says("The name of the process.")]
    owner: Annotated[Line, says("Who answers for the process.")]
    deputy: Annotated[Line | UnsetType, says("Who answers when the owner cannot.")] = UNSET
    purpose: Annotated[Purposes, says("What it serves.")]
    grant: Annotated[Grants, says("What it is to be granted, as VERB:RESOURCE.")]
    expected_volume: Annotated[Volume | UnsetType, says("The most records that it is shown a day.")] = UNSET
    expected_volume_per_hour: Annotated[Volume | UnsetType, says("The most records that it is shown an hour.")] = UNSET
    expected_hours: Annotated[Line | UnsetType, says("When it calls, such as Mon-Fri 06:00-22:00 Europe/Berlin.")] = (
        UNSET
    )
    network: Annotated[Networks | UnsetType, says("The networks from which it calls.")] = UNSET
    expires_at: Annotated[Instant | UnsetType, says("When it ends by itself.")] = UNSET
    status: Annotated[Status, says("Where it stands; due is due for recertification.")]
    privileged: Annotated[bool, says("Whether it may delete, download, or do something to every kind of record.")]
    requested_by: Annotated[Line, says("Who asked for it.")]
    requested_at: Annotated[Instant, says("When.")]
    approved_by: Annotated[Line | UnsetType, says("Who approved it.")] = UNSET
    recertify_before: Annotated[Instant | UnsetType, says("When it is suspended unless it is recertified.")] = UNSET
    decision: Annotated[list[RegistrationDecision], says("How it got where it stands.")]
    alarm: Annotated[list[RegistrationAlarm], says("What was out of the ordinary in the last 30 days.")]


REGISTRATION = declare(
    struct=Registration,
    api=CATALOGUE,
    mandatory=("@type", "name", "owner", "purpose", "grant", "expectedVolume"),
    references=(),
    searchable=(),
    label=name_label,
)


class Wanted(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """What is told of a process by who asks for its registration."""

    name: ProcessName
    owner: Line
    deputy: Line | UnsetType = UNSET
    purpose: Purposes
    grant: Grants
    expected_volume: Volume | UnsetType = UNSET
    expected_volume_per_hour: Volume | UnsetType = UNSET
    expected_hours: Line | UnsetType = UNSET
    network: Networks | UnsetType = UNSET
    expires_at: Instant | UnsetType = UNSET


def check_wanted(wanted: Wanted, *, now: datetime) -> None:
    """Return if all is told that an approver must know. Raises InvalidDocument, attribute by attribute."""
    problems = []
    if wanted.expected_volume is UNSET:
        problems.append(Problem("expectedVolume", "is missing: how many records it is shown a day at most"))
    if wanted.deputy == wanted.owner:
        problems.append(Problem("deputy", "is the owner: name somebody else"))
    for number, purpose in enumerate(wanted.purpose):
        if purpose.lawful_basis is UNSET:
            reason = f"is missing: one of {', '.join(LAWFUL_BASES)}"
            problems.append(Problem(f"purpose[{number}].lawfulBasis", reason))
    if len({purpose.name for purpose in wanted.purpose}) < len(wanted.purpose):
        problems.append(Problem("purpose", "names one twice"))
    problems += _unexpectable(wanted)
    if wanted.expires_at is not UNSET and wanted.expires_at <= now:
        problems.append(Problem("expiresAt", "is past"))
    if problems:
        raise InvalidDocument(problems)


_ANYBODY = {"name": "anybody", "owner": "anybody", "purpose": [{"name": "any"}], "grant": ["read"]}


def check_expected(expected: Mapping[str, Any]) -> None:
    """Return if from where, when and how much a process is to call can be held to. Raises InvalidDocument."""
    wanted = read_as({**_ANYBODY, **expected}, Wanted)
    if problems := list(_unexpectable(wanted)):
        raise InvalidDocument(problems)


def _unexpectable(wanted: Wanted) -> Iterator[Problem]:
    """Yield what is wrong with from where and when a process is to call."""
    for number, text in enumerate(wanted.network or ()):
        if (unfit := _unfit_network(text)) is not None:
            yield Problem(f"network[{number}]", unfit)
    try:
        hours_of(wanted.expected_hours or "00:00-24:00")
    except UnknownHours as error:
        yield Problem("expectedHours", str(error))


def _unfit_network(text: str) -> str | None:
    """Return why a text names no network from which calls can come."""
    try:
        network = ip_network(text)
    except ValueError:
        return "is no network such as 10.1.0.0/16"
    mapped = isinstance(network, IPv6Network) and network.network_address.ipv4_mapped is not None
    return "is a network of IPv4 written as one of IPv6: write it as 10.1.0.0/16" if mapped else None


def recertify_before(*, privileged: bool, at: datetime) -> datetime:
    """Return until when a registration that is approved or recertified at a moment holds."""
    return at + (_PRIVILEGED_LASTS if privileged else _LASTS)
