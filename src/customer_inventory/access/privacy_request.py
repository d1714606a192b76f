"""Privacy requests: which rights people may use, the states that a request goes through, and until when it is due.

The table of steps is the whole of its life: what is not in it cannot be done. Articles are those of the GDPR.
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from customer_inventory.errors import Failure, InventoryError
from customer_inventory.ids import parse_id
from customer_inventory.model.entity import Entity, Instant, Word, says
from customer_inventory.model.resource import declare
from customer_inventory.requirements.requirement import CATALOGUE

ARTICLES: Mapping[str, str] = {
    "access": "15",
    "rectification": "16",
    "erasure": "17",
    "restriction": "18",
    "portability": "20",
    "objection": "21",
}
"""The rights, with the article of the GDPR that each is in."""

Right = Literal["access", "rectification", "erasure", "restriction", "portability", "objection"]
Status = Literal["received", "verifying", "inWork", "done", "refused", "withdrawn"]

OPEN = frozenset({"received", "verifying", "inWork"})
_SAME = {each: each for each in sorted(OPEN)}
STEPS: Mapping[str, Mapping[str, str]] = {
    "ask": {"received": "verifying", "verifying": "verifying"},
    "verify": {"received": "inWork", "verifying": "inWork"},
    "assign": _SAME,
    "extend": _SAME,
    "note": _SAME,
    "complete": {"inWork": "done"},
    "refuse": dict.fromkeys(sorted(OPEN), "refused"),
    "withdraw": dict.fromkeys(sorted(OPEN), "withdrawn"),
}
"""Where each step leads from which state."""

NEEDED: Mapping[str, str] = {"verify": "identity", "assign": "handler", "extend": "reason", "refuse": "reason"}
"""What a step cannot be taken without."""

SERVES: Mapping[str, frozenset[str]] = {
    "package": frozenset({"access", "portability"}),
    "erase": frozenset({"erasure", "objection"}),
    "restrict": frozenset({"restriction"}),
}
"""The rights that a piece of privacy work serves whole, so that it closes the request for it."""

DUE_SOON = timedelta(days=7)
_MONTHS, _EXTENDED_MONTHS = 1, 3


class RequestNotFound(InventoryError):
    """There is no such privacy request.

    `customer-inventory privacy request list` shows those that there are.
    """

    code = "privacy-request-not-found"
    failure = Failure.NOT_FOUND


def request_id(text: str) -> UUID:
    """Return the id of a privacy request. Raises RequestNotFound for what is none."""
    found = parse_id(text)
    if found is None:
        raise RequestNotFound
    return found


class WrongStep(InventoryError):
    """The privacy request does not stand where this step can be taken.

    `customer-inventory privacy request list` tells where each stands. Work begins once it is verified who asks.
    """

    code = "wrong-step"
    failure = Failure.CONFLICT


class StepIncomplete(InventoryError):
    """The step cannot be taken without what belongs to it.

    To verify takes how the identity was verified, to assign who handles it, to extend and to refuse a reason.
    """

    code = "step-incomplete"
    failure = Failure.INVALID


class NotForThis(InventoryError):
    """The privacy request is of somebody else, or nobody has verified yet who asks.

    Name the request of this person, and verify it first.
    """

    code = "not-for-this-request"
    failure = Failure.CONFLICT


class InvalidRequest(InventoryError):
    """The privacy request cannot be kept as it is.

    It came in the past or now, within the last ten years.
    """

    code = "invalid-privacy-request"
    failure = Failure.INVALID


Line = Annotated[str, Meta(min_length=1, max_length=200, pattern="^[^\x00]*$")]
Words = Annotated[str, Meta(min_length=1, max_length=1000, pattern="^[^\x00]*$")]


class PrivacyRequestEvent(Word, kw_only=True, frozen=True):
    """A step in the life of a privacy request."""

    step: Annotated[str, says("What was done, such as receive, verify or refuse.")]
    status: Annotated[str, says("The state to which it led.")]
    by: Annotated[Line, says("Who did it: a person or a client.")]
    at: Annotated[Instant, says("When.")]
    note: Annotated[Words | UnsetType, says("What was noted about it; gone once the person is erased.")] = UNSET


class PrivacyRequest(Entity, kw_only=True, frozen=True):
    """What a person asks about the data that is held of them, and what was done about it."""

    right: Annotated[Right, says("The right that is used.")]
    article: Annotated[Line, says("The article of the GDPR that the right is in.")]
    subject_id: Annotated[Line | UnsetType, says("The party that asks; none where nobody was found, or erased.")] = (
        UNSET
    )
    subject_type: Annotated[Line | UnsetType, says("What the party is, such as individual.")] = UNSET
    status: Annotated[Status, says("Where it stands.")]
    received_at: Annotated[Instant, says("When it came.")]
    due_at: Annotated[
        Instant, says("Until when it must be answered: the end of the day a month after it came, three where extended.")
    ]
    due: Annotated[Literal["later", "soon", "overdue"] | UnsetType, says("How near that is, while it is open.")] = UNSET
    extended_because: Annotated[Words | UnsetType, says("Why it takes longer; the person is told so.")] = UNSET
    identity: Annotated[Words | UnsetType, says("How it was verified who asks.")] = UNSET
    handler: Annotated[Line | UnsetType, says("Who handles it.")] = UNSET
    opened_by: Annotated[Line, says("Who entered it.")]
    closed_at: Annotated[Instant | UnsetType, says("When it was closed.")] = UNSET
    ground: Annotated[Words | UnsetType, says("Why it was refused, or what was told to the person.")] = UNSET
    wrong_attribute: Annotated[
        list[Line] | UnsetType, says("The attributes that the person says are wrong, such as individual.placeOfBirth.")
    ] = UNSET
    result: Annotated[Line | UnsetType, says("What came of it, such as the id of an erasure's receipt.")] = UNSET
    event: Annotated[list[PrivacyRequestEvent], says("How it got where it stands.")]


PRIVACY_REQUEST = declare(
    struct=PrivacyRequest,
    api=CATALOGUE,
    mandatory=("@type", "right", "status", "receivedAt", "dueAt"),
    references=(),
    searchable=(),
    label=lambda document: str(document.get("id", "")),
)


MOST_WRONG = 50
Wrong = Annotated[list[Line], Meta(min_length=1, max_length=MOST_WRONG)]


class Asked(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """What is told of a request that came: which right, of which party, when, who handles it."""

    right: Right
    subject_id: Line | None = None
    received_at: Annotated[datetime, Meta(tz=True)] | None = None
    handler: Line | None = None
    note: Words | None = None
    wrong_attribute: Wrong | None = None


class Said(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """What is said with a step. `reason` is kept, also after an erasure: it holds none of the person's data.

    `wrong_attribute` belongs to the step verify, and stands in place of what was named before.
    """

    identity: Words | None = None
    handler: Line | None = None
    reason: Words | None = None
    result: Line | None = None
    note: Words | None = None
    wrong_attribute: Wrong | None = None


def due(received_at: datetime, *, zone: tzinfo = UTC, extended: bool = False) -> datetime:
    """Return when a request must be answered: one calendar month after it came, extended three (article 12(3)).

    That is the last second of the day of that date in `zone`, in UTC; a month that has no such day ends it on its last
    one (Regulation 1182/71, article 3(2)(c)). That a Saturday, Sunday or holiday would end it on the next working day
    (article 3(4)) is not added: which days are holidays is another matter in each place, and so it is never too late.
    """
    came = received_at.astimezone(zone).date()
    months = came.month - 1 + (_EXTENDED_MONTHS if extended else _MONTHS)
    year, month = came.year + months // 12, months % 12 + 1
    day = min(came.day, calendar.monthrange(year, month)[1])
    # Where clocks show that second twice, the second one is the end of the day.
    return datetime(year, month, day, 23, 59, 59, tzinfo=zone, fold=1).astimezone(UTC)


def nearness(due_at: datetime, *, now: datetime) -> Literal["later", "soon", "overdue"]:
    """Return how near it is that an open request is due."""
    if due_at <= now:
        return "overdue"
    return "soon" if due_at <= now + DUE_SOON else "later"
