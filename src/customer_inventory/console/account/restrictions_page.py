"""The page of restrictions: whose records are stored and no more, why and until when; restricted and lifted here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from starlette.responses import Response

from customer_inventory.access import restriction
from customer_inventory.access.privacy_request import NotForThis, RequestNotFound, request_id
from customer_inventory.access.restriction import (
    MOST_PURPOSES,
    PURPOSE_PATTERN,
    AlreadyRestricted,
    InvalidRestriction,
    RestrictionNotFound,
    Wished,
    status_of,
)
from customer_inventory.access.subjects import NoSubject
from customer_inventory.console.refusing import Refused, WrongField, answered, text_of
from customer_inventory.console.visit import Visit
from customer_inventory.console.words import Shown, purpose_name, shown_at
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.ids import parse_id
from customer_inventory.repository.restrictions import Restriction

RESTRICTIONS_PAGE = "/restrictions"
MOST_SHOWN = 200
_LONGEST_REASON, _LONGEST_ID = 1000, 200
_FIELDS = ("subject", "reason", "allow", "until", "request")
_DONE = {"restrict": "Restricted. It holds everywhere now.", "lift": "Lifted."}


class UnknownStep(InventoryError):
    """A restriction is made or lifted here, and nothing else.

    Use the buttons of the page.
    """

    code = "unknown-step"
    failure = Failure.INVALID


_REFUSED: Mapping[type[InventoryError], str] = {
    AlreadyRestricted: "subject",
    InvalidRestriction: "until",
    NoSubject: "subject",
    NotForThis: "request",
    RequestNotFound: "request",
    RestrictionNotFound: "",
    UnknownStep: "",
}
"""What is told beside the form, with the field that it is about."""


@dataclass(frozen=True, slots=True)
class Line:
    """One restriction as it is shown."""

    id: str
    party: str
    status: str
    reason: str
    purposes: str
    records: int
    since: Shown
    until: Shown | None
    by: str
    lifted: Shown | None
    lifted_by: str
    lifted_because: str


async def restrictions(visit: Visit) -> Response:
    """Answer /restrictions; with a form, restrict the use of a party's records or lift that.

    Raises Denied and ForeignForm.
    """
    refused = Refused({name: visit.query.get(name, "") for name in _FIELDS})
    if visit.posted:
        outcome = await answered(visit, _do, _REFUSED, about="restriction")
        if isinstance(outcome, Response):
            return outcome
        refused = outcome
    found = [_line(each, visit) for each in await restriction.restrictions(visit.access)]
    last = [each for each in found if each.status == "active"]
    over = [each for each in found if each.status != "active"]
    return visit.page(
        "restrictions.html",
        status=refused.status,
        last=last[:MOST_SHOWN],
        over=over[:MOST_SHOWN],
        cut=max(len(last), len(over)) > MOST_SHOWN,
        refused=refused.among({"", *(each.id for each in last[:MOST_SHOWN])}, ("reason",)),
        done=_DONE.get(visit.query.get("done", ""), "") if not visit.posted else "",
    )


async def _do(visit: Visit, form: Mapping[str, str]) -> str:
    """Do what a form says, and return where that is seen."""
    if form.get("do") == "lift":
        await visit.access.require("delete", restriction.KIND)
        identifier = parse_id(form.get("restriction", ""))
        reason = text_of(form, "reason", "Why", longest=_LONGEST_REASON)
        if identifier is None:
            raise RestrictionNotFound
        await restriction.lift(visit.access, identifier, reason=reason)
        return f"{RESTRICTIONS_PAGE}?done=lift"
    await visit.access.require("create", restriction.KIND)
    if form.get("do") != "restrict":
        raise UnknownStep
    request = form.get("request", "").strip()
    wished = Wished(
        subject_id=text_of(form, "subject", "The id of the party", longest=_LONGEST_ID),
        reason=text_of(form, "reason", "Why", longest=_LONGEST_REASON),
        allowed_purpose=_purposes(form.get("allow", "")),
        until=_until(form.get("until", "").strip(), now=visit.access.facilities.clock()),
    )
    await restriction.restrict(visit.access, wished, request=request_id(request) if request else None)
    return f"{RESTRICTIONS_PAGE}?done=restrict"


def _purposes(text: str) -> list[str]:
    """Return the purposes that are typed, with blanks or commas between them. Raises WrongField."""
    found = text.replace(",", " ").split()
    if len(found) > MOST_PURPOSES:
        raise WrongField("allow", f"These are {len(found)} purposes; {MOST_PURPOSES} may be named.")
    if wrong := [each for each in found if not re.fullmatch(PURPOSE_PATTERN, each)]:
        raise WrongField(
            "allow",
            f"“{wrong[0][:40]}” is no purpose: one is written with letters, digits, dots, hyphens and underscores.",
        )
    return found


def _until(text: str, *, now: datetime) -> datetime | None:
    """Return the end of a day in UTC, when that is typed. Raises WrongField."""
    if not text:
        return None
    try:
        until = datetime.combine(date.fromisoformat(text), time(23, 59, 59), UTC)
    except ValueError as error:
        raise WrongField("until", "The end is no day: write year, month and day, such as 2027-01-31.") from error
    if until <= now:
        raise WrongField("until", "The end is past: name a day that is to come, or none.")
    return until


def _line(row: Restriction, visit: Visit) -> Line:
    return Line(
        id=str(row.id),
        party=str(row.party_id or ""),
        status=status_of(row, now=visit.access.facilities.clock()),
        reason=row.ground,
        purposes=", ".join(map(purpose_name, row.purposes)),
        records=row.records,
        since=shown_at(row.since),
        until=shown_at(row.until) if row.until else None,
        by=row.restricted_by,
        lifted=shown_at(row.ended_at) if row.ended_at else None,
        lifted_by=row.ended_by or "",
        lifted_because=row.ended_because or "",
    )
