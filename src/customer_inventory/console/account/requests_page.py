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
    MOST_WRONG,
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
from customer_inventory.console.refusing import Refused, WrongField, answered, text_of
from customer_inventory.console.visit import Visit
from customer_inventory.console.words import Shown, shown_at
from customer_inventory.errors import InventoryError
from customer_inventory.ids import parse_id
from customer_inventory.repository.privacy_requests import RequestRow

REQUESTS_PAGE = "/privacy-requests"
MOST_SHOWN = 200
_LONGEST, _LONGEST_LINE = 1000, 200
_REFUSED: Mapping[type[InventoryError], str] = {
    InvalidRequest: "",
    NoSubject: "subject",
    NothingDone: "result",
    RequestNotFound: "",
    StepIncomplete: "text",
    UnknownWrongAttribute: "wrong",
    WrongStep: "do",
}
"""What is told beside the form, with the field that it is about."""
_TEXTS = ("text", "result", "wrong")
_FIELD = {"verify": "identity", "assign": "handler", "extend": "reason", "refuse": "reason", "complete": "reason"}
"""What the text that is typed with a step is."""
_NEEDED = {
    "verify": "How it was verified who asks",
    "assign": "Who handles it",
    "extend": "Why it takes longer",
    "refuse": "Why it is refused",
}
"""What has to be said in words with a step."""
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
_TAKEN = {
    "receive": "Entered",
    "ask": "Asked to prove who it is",
    "verify": "Verified",
    "assign": "Assigned",
    "note": "Noted",
    "extend": "Extended",
    "complete": "Done",
    "refuse": "Refused",
    "withdraw": "Withdrawn",
}
"""What a step is called once it was taken."""


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
    refused = Refused()
    if visit.posted:
        outcome = await answered(visit, _do, _REFUSED, about="request")
        if isinstance(outcome, Response):
            return outcome
        refused = outcome
    found = await privacy_requesting.requests(visit.access)
    waiting = [_line(each, visit) for each in found if each.row.status in OPEN]
    closed = [_line(each, visit) for each in found if each.row.status not in OPEN]
    return visit.page(
        "privacy-requests.html",
        status=refused.status,
        waiting=waiting[:MOST_SHOWN],
        closed=closed[:MOST_SHOWN],
        cut=max(len(waiting), len(closed)) > MOST_SHOWN,
        rights={right: f"{right.capitalize()} (article {article})" for right, article in ARTICLES.items()},
        refused=refused.among({"", *(each.id for each in waiting[:MOST_SHOWN])}, _TEXTS),
        done="Kept." if "done" in visit.query and not visit.posted else "",
    )


async def _do(visit: Visit, form: Mapping[str, str]) -> str:
    """Do what a form says, and return where that is seen."""
    step, wrong = form.get("do", ""), form.get("wrong", "").replace(",", " ").split() or None
    if step == "receive":
        await _enter(visit, form, wrong)
    else:
        # Who may do nothing here is told so, and not that the form is wrong.
        await visit.access.require("modify", privacy_requesting.KIND)
        if step not in STEPS:
            raise WrongField("do", "Choose what is next.")
        said = _said(form, step, _checked(wrong) if step == "verify" else None)
        await privacy_requesting.take(visit.access, _named(form.get("request", "")), step, said)
    return f"{REQUESTS_PAGE}?done"


async def _enter(visit: Visit, form: Mapping[str, str], wrong: list[str] | None) -> None:
    await visit.access.require("create", privacy_requesting.KIND)
    if form.get("right") not in ARTICLES:
        raise WrongField("right", "Choose the right that the person uses.")
    told = {
        "right": form["right"],
        "subjectId": text_of(form, "subject", "The id of the party", longest=_LONGEST_LINE, needed=False) or None,
        "note": text_of(form, "text", "The note", longest=_LONGEST, needed=False) or None,
        "wrongAttribute": _checked(wrong),
    }
    await privacy_requesting.enter(visit.access, msgspec.convert(told, Asked))


def _said(form: Mapping[str, str], step: str, wrong: list[str] | None) -> Said:
    """Return what is said with a step. Raises WrongField."""
    longest = _LONGEST_LINE if step == "assign" else _LONGEST
    text = text_of(form, "text", _NEEDED.get(step, "What you say in words"), longest=longest, needed=step in _NEEDED)
    shows = text_of(form, "result", "What shows that it is done", longest=_LONGEST_LINE, needed=False)
    told = {_FIELD.get(step, "note"): text or None, "wrongAttribute": wrong}
    return msgspec.convert({**told, "result": shows or None if step in {"complete", "note"} else None}, Said)


def _checked(wrong: list[str] | None) -> list[str] | None:
    """Return the attributes that are wrong, as they are named. Raises WrongField."""
    if wrong and (len(wrong) > MOST_WRONG or any(len(each) > _LONGEST_LINE or "\0" in each for each in wrong)):
        raise WrongField("wrong", f"Name at most {MOST_WRONG} attributes that are wrong, such as placeOfBirth.")
    return wrong


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
        events=[
            (_TAKEN.get(each.verb, each.verb), each.by, shown_at(each.at), each.note or "") for each in found.events
        ],
    )


def _package(row: RequestRow) -> str:
    """Return the command that makes the package for a request that one answers, once it is verified who asks."""
    if row.status != "inWork" or row.right not in SERVES["package"] or row.subject_id is None:
        return ""
    return f"customer-inventory privacy package {row.subject_id} --output package.zip --request {row.id}"
