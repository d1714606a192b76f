"""The page of restrictions: whose records are stored and no more, why and until when; restricted and lifted here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from starlette.responses import Response

from customer_inventory.access import restriction
from customer_inventory.access.privacy_request import NotForThis, RequestNotFound, request_id
from customer_inventory.access.restriction import (
    AlreadyRestricted,
    InvalidRestriction,
    RestrictionNotFound,
    Wished,
    status_of,
)
from customer_inventory.access.subjects import NoSubject
from customer_inventory.console.visit import Visit
from customer_inventory.console.words import Shown, shown_at
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.ids import parse_id
from customer_inventory.model import InvalidDocument
from customer_inventory.model.problems import read_as
from customer_inventory.repository.restrictions import Restriction

RESTRICTIONS_PAGE = "/restrictions"
MOST_SHOWN = 200
_LONGEST_REASON = 1000
_FIELDS = ("subject", "reason", "allow", "until", "request")
_DONE = {"restrict": "Restricted. It holds everywhere now.", "lift": "Lifted."}


class ReasonMissing(InventoryError):
    """A reason is missing, or longer than is kept.

    It has 1 to 1,000 characters, and none of the person's data.
    """

    code = "reason-missing"
    failure = Failure.INVALID


class NoDay(InventoryError):
    """The end is no day.

    Write it as year, month and day, such as 2027-01-31.
    """

    code = "no-day"
    failure = Failure.INVALID


class UnknownStep(InventoryError):
    """A restriction is made or lifted here, and nothing else.

    Use the buttons of the page.
    """

    code = "unknown-step"
    failure = Failure.INVALID


_REFUSED = (
    AlreadyRestricted,
    InvalidDocument,
    InvalidRestriction,
    NoDay,
    NoSubject,
    NotForThis,
    ReasonMissing,
    RequestNotFound,
    RestrictionNotFound,
    UnknownStep,
)


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
    problem, status, typed = "", 200, {name: visit.query.get(name, "") for name in _FIELDS}
    if visit.posted:
        form = await visit.form()
        try:
            return visit.see(f"{RESTRICTIONS_PAGE}?done={await _do(visit, form)}")
        except _REFUSED as error:
            problem, status = error.message, error.failure.status
            typed = {name: form.get(name, "") for name in _FIELDS}
    found = [_line(each, visit) for each in await restriction.restrictions(visit.access)]
    last = [each for each in found if each.status == "active"]
    over = [each for each in found if each.status != "active"]
    return visit.page(
        "restrictions.html",
        status=status,
        last=last[:MOST_SHOWN],
        over=over[:MOST_SHOWN],
        cut=max(len(last), len(over)) > MOST_SHOWN,
        typed=typed,
        problem=problem,
        done=_DONE.get(visit.query.get("done", ""), ""),
    )


async def _do(visit: Visit, form: Mapping[str, str]) -> str:
    """Do what a form says, and return what it was."""
    if form.get("do") == "lift":
        await visit.access.require("delete", restriction.KIND)
        identifier, reason = parse_id(form.get("restriction", "")), _reason(form)
        if identifier is None:
            raise RestrictionNotFound
        await restriction.lift(visit.access, identifier, reason=reason)
        return "lift"
    await visit.access.require("create", restriction.KIND)
    if form.get("do") != "restrict":
        raise UnknownStep
    return await _restrict(visit, form)


async def _restrict(visit: Visit, form: Mapping[str, str]) -> str:
    request = form.get("request", "").strip()
    told = {
        "subjectId": form.get("subject", "").strip(),
        "reason": _reason(form),
        "allowedPurpose": form.get("allow", "").replace(",", " ").split(),
        "until": _until(form.get("until", "").strip()),
    }
    wished = read_as({name: value for name, value in told.items() if value is not None}, Wished)
    await restriction.restrict(visit.access, wished, request=request_id(request) if request else None)
    return "restrict"


def _reason(form: Mapping[str, str]) -> str:
    reason = " ".join(form.get("reason", "").split())
    if not 0 < len(reason) <= _LONGEST_REASON:
        raise ReasonMissing
    return reason


def _until(text: str) -> datetime | None:
    """Return the end of a day in UTC, when that is typed. Raises NoDay."""
    if not text:
        return None
    try:
        return datetime.combine(date.fromisoformat(text), time(23, 59, 59), UTC)
    except ValueError as error:
        raise NoDay from error


def _line(row: Restriction, visit: Visit) -> Line:
    return Line(
        id=str(row.id),
        party=str(row.party_id or ""),
        status=status_of(row, now=visit.access.facilities.clock()),
        reason=row.ground,
        purposes=", ".join(row.purposes),
        records=row.records,
        since=shown_at(row.since),
        until=shown_at(row.until) if row.until else None,
        by=row.restricted_by,
        lifted=shown_at(row.ended_at) if row.ended_at else None,
        lifted_by=row.ended_by or "",
        lifted_because=row.ended_because or "",
    )
