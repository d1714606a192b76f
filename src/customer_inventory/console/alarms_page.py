"""The page of alarms: what processes did that their registrations do not let expect, who answers, and what is next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.responses import Response

from customer_inventory.access import registering
from customer_inventory.access.alarming import kept_since
from customer_inventory.access.clients import INVENTORY
from customer_inventory.access.guarded import REGISTRATION
from customer_inventory.access.registering import Registered
from customer_inventory.access.registration import OwnDecision, RegistrationNotFound, WrongState
from customer_inventory.console.refusing import Refused, answered, text_of
from customer_inventory.console.visit import Place, Visit
from customer_inventory.console.words import Shown, shown_at, spelled
from customer_inventory.errors import InventoryError

ALARMS_PAGE = "/alarms"
MOST_SHOWN = 100
MOST_EACH = 20
_LONGEST_REASON = 2000
_RAISED = {
    "outside-network": "It called from elsewhere than it is registered for",
    "outside-hours": "It called outside its hours",
    "other-certificate": "Its token was used with another certificate than its own",
    "volume-near": "It was shown 80 % of what is expected a day",
    "volume-reached": "It was stopped: it was shown all that is expected a day",
    "hourly-volume-near": "It was shown 80 % of what is expected an hour",
    "hourly-volume-reached": "It was stopped: it was shown all that is expected an hour",
}
_LAPSED = {
    "warn": "Nobody vouched for it again yet",
    "lapse": "Nobody vouched for it again in time: it is suspended",
    "expire": "Its registration has expired: it is revoked",
}
"""What the inventory did by itself as time passed."""
_STATES = {"due": "to be recertified"}
_DONE = {
    "suspend": "Suspended: it is out within a second. What it was doing can be looked into now.",
    "resume": "It goes on.",
}
_WORKING = ("active", "due")


_REFUSED: Mapping[type[InventoryError], str] = {OwnDecision: "", RegistrationNotFound: "", WrongState: ""}


@dataclass(frozen=True, slots=True)
class Raised:
    """One thing that was out of the ordinary."""

    at: datetime
    what: str
    said: str

    @property
    def when(self) -> Shown:
        """When it was first noticed."""
        return shown_at(self.at)


@dataclass(frozen=True, slots=True)
class Process:
    """A process with what it did, as the page shows it."""

    client_id: str
    name: str
    state: str
    owner: str
    deputy: str
    due: Shown | None
    raised: list[Raised]
    more: int
    working: bool
    suspended: bool
    suspended_by: str
    lapsed: bool

    @property
    def has_form(self) -> bool:
        """Whether it can be suspended, or let go on."""
        return self.working or self.suspended


async def alarms(visit: Visit) -> Response:
    """Answer /alarms; with a form, suspend a process or let it go on. Raises Denied and ForeignForm."""
    refused = Refused()
    if visit.posted:
        outcome = await answered(visit, _do, _REFUSED, about="process")
        if isinstance(outcome, Response):
            return outcome
        refused = outcome
    since = kept_since(visit.access.facilities.clock())
    found = [_process(each, since) for each in await registering.registrations(visit.access)]
    found = sorted((each for each in found if each.raised), key=lambda each: each.raised[0].at, reverse=True)
    return visit.page(
        "alarms.html",
        status=refused.status,
        processes=found[:MOST_SHOWN],
        cut=len(found) > MOST_SHOWN,
        refused=refused.among({each.client_id for each in found[:MOST_SHOWN] if each.has_form}, ("reason",)),
        done=_DONE.get(visit.query.get("done", ""), "") if not visit.posted else "",
    )


async def _do(visit: Visit, form: Mapping[str, str]) -> str:
    """Do what a form says, and return where that is seen."""
    step = form.get("do", "")
    await visit.access.require("modify", REGISTRATION)
    if step not in _DONE:
        raise WrongState("A process is suspended here, or let go on.")
    reason = text_of(form, "reason", "Why", longest=_LONGEST_REASON)
    await registering.decide(visit.access, form.get("process", ""), step, said=reason)
    return f"{ALARMS_PAGE}?done={step}"


def _process(found: Registered, since: datetime) -> Process:
    row, told = found.row, found.told
    raised = sorted([*_alarms(found), *_passed(found, since)], key=lambda each: each.at, reverse=True)
    last = found.decisions[-1] if found.decisions else None
    return Process(
        client_id=row.client_id,
        name=row.name,
        state=_STATES.get(row.status, row.status.replace("_", " ")),
        owner=_text(told, "owner"),
        deputy=_text(told, "deputy"),
        due=shown_at(row.due_at) if row.due_at is not None and row.status in {*_WORKING, "suspended"} else None,
        raised=raised[:MOST_EACH],
        more=max(0, len(raised) - MOST_EACH),
        working=row.status in _WORKING,
        suspended=row.status == "suspended",
        suspended_by=last.decided_by if last is not None and last.verb == "suspend" else "",
        lapsed=last is not None and last.verb == "lapse",
    )


def _alarms(found: Registered) -> list[Raised]:
    return [
        Raised(each.at, _RAISED.get(each.code, spelled(each.code.replace("-", " "))), each.said)
        for each in found.alarms
    ]


def _passed(found: Registered, since: datetime) -> list[Raised]:
    """What time did to a registration: an alarm like the others, for who looks after it."""
    return [
        Raised(each.decided_at, _LAPSED[each.verb], "")
        for each in found.decisions
        if each.verb in _LAPSED and each.decided_by == INVENTORY and each.decided_at >= since
    ]


def _text(told: Mapping[str, Any], name: str) -> str:
    value = told.get(name)
    return value if isinstance(value, str) else ""


ALARM_PAGES = (Place(ALARMS_PAGE, alarms, takes_form=True),)
