"""The page of privacy requests: what people ask about their data, in the order in which it is due, and every step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import msgspec
from starlette.responses import Response

from customer_inventory.access import privacy_requesting
from customer_inventory.access.privacy_evidence import NothingDone
from customer_inventory.access.privacy_request import (
    ARTICLES,
    OPEN,
    SERVES,
    STEPS,
    Asked,
    InvalidRequest,
    RequestNotFound,
    Said,
    StepIncomplete,
    WrongStep,
    nearness,
)
from customer_inventory.access.privacy_requesting import Tracked
from customer_inventory.access.rectifying import RECTIFICATION, UnknownWrongAttribute
from customer_inventory.access.subjects import NoSubject
from customer_inventory.console.kinds import KIND_NAMES
from customer_inventory.console.visit import Visit
from customer_inventory.console.words import Shown, shown_at
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.ids import parse_id
from customer_inventory.repository.privacy_requests import RequestRow

REQUESTS_PAGE = "/privacy-requests"
MOST_SHOWN = 200
_REFUSED = (InvalidRequest, RequestNotFound, StepIncomplete, WrongStep, NothingDone, NoSubject, UnknownWrongAttribute)
_FIELD = {"verify": "identity", "assign": "handler", "extend": "reason", "refuse": "reason", "complete": "reason"}
"""What the text that is typed with a step is."""
_STEPS = {
    "ask": "The person is asked to prove who it is",
    "verify": "It is verified who asks (say how)",
    "assign": "Somebody handles it (say who)",
    "note": "Note something",
    "extend": "It takes two months more (say why)",
    "complete": "It is done (say what is told to the person)",
    "refuse": "It is refused (say why)",
    "withdraw": "The person withdrew it",
}


class FormIncomplete(InventoryError):
    """What was typed cannot be kept.

    Choose a right or a step; a text has at most 1,000 characters, who handles it at most 200.
    """

    code = "form-incomplete"
    failure = Failure.INVALID


@dataclass(frozen=True, slots=True)
class Line:
    """One request as it is shown."""

    id: str
    right: str
    article: str
    status: str
    due: Shown
    near: str
    subject: Shown | None
    party: str
    package: str
    handler: str
    names_wrong: bool
    """Whether it can be said with the next step what is wrong."""
    wrong: str
    extended: bool
    closed: Shown | None
    steps: Mapping[str, str]
    ground: str
    result: str
    events: list[tuple[str, str, Shown, str]]


async def privacy_requests(visit: Visit) -> Response:
    """Answer /privacy-requests; with a form, enter one or take a step. Raises Denied and ForeignForm."""
    problem, status = "", 200
    if visit.posted:
        form = await visit.form()
        try:
            await _do(visit, form)
            return visit.see(f"{REQUESTS_PAGE}?done")
        except (*_REFUSED, FormIncomplete) as error:
            problem, status = error.message, error.failure.status
    found = await privacy_requesting.requests(visit.access)
    waiting = [_line(each, visit) for each in found if each.row.status in OPEN]
    closed = [_line(each, visit) for each in found if each.row.status not in OPEN]
    return visit.page(
        "privacy-requests.html",
        status=status,
        waiting=waiting[:MOST_SHOWN],
        closed=closed[:MOST_SHOWN],
        cut=max(len(waiting), len(closed)) > MOST_SHOWN,
        rights=ARTICLES,
        problem=problem,
        done="Kept." if "done" in visit.query and not visit.posted else "",
    )


async def _do(visit: Visit, form: Mapping[str, str]) -> None:
    step, text = form.get("do", ""), " ".join(form.get("text", "").split()) or None
    wrong = form.get("wrong", "").replace(",", " ").split() or None
    try:
        if step == "receive":
            told = {"right": form.get("right", ""), "subjectId": form.get("subject", "").strip() or None, "note": text}
            await privacy_requesting.enter(visit.access, msgspec.convert({**told, "wrongAttribute": wrong}, Asked))
            return
        shows = " ".join(form.get("result", "").split()) or None
        told = {_FIELD.get(step, "note"): text, "result": shows if step in {"complete", "note"} else None}
        said = msgspec.convert({**told, "wrongAttribute": wrong if step == "verify" else None}, Said)
    except msgspec.ValidationError as error:
        raise FormIncomplete from error
    if step not in STEPS:
        # Who may do nothing here is told so, and not that the form is wrong.
        await visit.access.require("modify", privacy_requesting.KIND)
        raise FormIncomplete
    await privacy_requesting.take(visit.access, _named(form.get("request", "")), step, said)


def _named(text: str) -> UUID:
    identifier = parse_id(text)
    if identifier is None:
        raise RequestNotFound
    return identifier


def _line(found: Tracked, visit: Visit) -> Line:
    row = found.row
    name = KIND_NAMES.get(row.subject_kind or "", "Party")
    return Line(
        id=str(row.id),
        right=row.right.capitalize(),
        article=ARTICLES[row.right],
        status={"inWork": "in work"}.get(row.status, row.status),
        due=shown_at(row.due_at),
        near=nearness(row.due_at, now=visit.now),
        subject=Shown(name, link=f"/{row.subject_kind}/{row.subject_id}") if row.subject_id else None,
        party=str(row.subject_id or ""),
        package=_package(row),
        handler=row.handler or "",
        names_wrong=row.right == RECTIFICATION and row.subject_id is not None and row.status in STEPS["verify"],
        wrong=", ".join(row.wrong_attributes or ()),
        extended=row.extended_because is not None,
        closed=shown_at(row.closed_at) if row.closed_at else None,
        steps={each: told for each, told in _STEPS.items() if row.status in STEPS[each]},
        ground=row.ground or "",
        result=row.result or "",
        events=[(each.verb, each.by, shown_at(each.at), each.note or "") for each in found.events],
    )


def _package(row: RequestRow) -> str:
    """Return the command that makes the package for a request that one answers, once it is verified who asks."""
    if row.status != "inWork" or row.right not in SERVES["package"] or row.subject_id is None:
        return ""
    return f"customer-inventory privacy package {row.subject_id} --output package.zip --request {row.id}"
