"""The verbs of privacy requests: enter what people ask, take the steps in time, and hand out receipts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Annotated, TypeVar

import msgspec
from cyclopts import App, Parameter

from customer_inventory.access import privacy_requesting
from customer_inventory.access.privacy_request import ARTICLES, OPEN, Asked, Right, Said, nearness, request_id
from customer_inventory.access.privacy_requesting import Tracked, receipt
from customer_inventory.cli.app import Configured, run
from customer_inventory.cli.inventory import acting
from customer_inventory.model.problems import read_as
from customer_inventory.settings import Settings

request = App(name="request", help="Answer what people ask about their data, in time (GDPR article 12).")

Told = TypeVar("Told", Asked, Said)
_DEFAULTS = Settings()
_SAID_WITH_A_STEP = """

    Parameters
    ----------
    identifier
        The request's id.
    identity
        How it was verified who asks, such as "identity card shown"; goes when the person is erased.
    handler
        Who handles it.
    reason
        Why; the person is told it and it is kept in the receipt, so write none of the person's data into it.
    result
        What came of it, such as the id of an erasure's receipt; kept.
    note
        What is worth to be noted; it goes when the person is erased.
    wrong
        An attribute that is wrong, such as individual.placeOfBirth, with verify of a rectification; may be repeated.
    settings
        How the inventory is set up.
    """
_MOMENT = "%Y-%m-%d %H:%M UTC"


@request.command(name="open")
def open_request(
    right: Right,
    *,
    subject: str | None = None,
    received: datetime | None = None,
    handler: str | None = None,
    note: str | None = None,
    wrong: Annotated[tuple[str, ...], Parameter(negative=())] = (),
    settings: Configured = _DEFAULTS,
) -> int:
    """Enter what a person asks, and print the receipt for them: it is due a month after it came.

    Parameters
    ----------
    right
        The right that is used: articles 15 to 21 of the GDPR.
    subject
        The id of the party, or of a role that it plays; without it nobody was found.
    received
        When it came, such as 2026-11-02, in --privacy-time-zone; now when not given.
    handler
        Who handles it.
    note
        What is worth to be noted; it goes when the person is erased.
    wrong
        An attribute that is wrong, such as individual.placeOfBirth, of a rectification; may be repeated.
    settings
        How the inventory is set up.
    """
    told = {"right": right, "subjectId": subject, "handler": handler, "note": note, "wrongAttribute": wrong or None}
    return run(_open(told, received, settings), settings)


async def _open(told: Mapping[str, object], received: datetime | None, settings: Settings) -> None:
    received_at = received and (received if received.tzinfo else received.replace(tzinfo=settings.privacy_zone))
    asked = _read({**told, "receivedAt": received_at}, Asked)
    async with acting(settings, "privacy-request") as access:
        _print_receipt(await privacy_requesting.enter(access, asked))


def _verb(verb: str, summary: str) -> Callable[..., int]:
    def take(
        identifier: str,
        *,
        identity: str | None = None,
        handler: str | None = None,
        reason: str | None = None,
        result: str | None = None,
        note: str | None = None,
        wrong: Annotated[tuple[str, ...], Parameter(negative=())] = (),
        settings: Configured = _DEFAULTS,
    ) -> int:
        told = {"identity": identity, "handler": handler, "reason": reason, "result": result, "note": note}
        return run(_take(identifier, verb, {**told, "wrongAttribute": wrong or None}, settings), settings)

    take.__name__ = verb
    take.__doc__ = summary + _SAID_WITH_A_STEP
    return take


for _name, _summary in {
    "ask": "Note that the person is asked to prove who it is.",
    "verify": "Note how it was verified who asks; then work begins.",
    "assign": "Say who handles a request.",
    "extend": "Take two months more, once, for a reason that the person is told (article 12(3)).",
    "note": "Note something about an open request.",
    "complete": "Close a request as done, and print the receipt.",
    "refuse": "Close a request as refused, for a reason that the person is told (article 12(4)); print the receipt.",
    "withdraw": "Close a request that the person withdrew, and print the receipt.",
}.items():
    request.command(_verb(_name, _summary), name=_name)


async def _take(identifier: str, verb: str, told: Mapping[str, object], settings: Settings) -> None:
    said, named = _read(told, Said), request_id(identifier)
    async with acting(settings, "privacy-request") as access:
        found = await privacy_requesting.take(access, named, verb, said)
    if found.row.status in OPEN:
        print(_line(found))
    else:
        _print_receipt(found)


@request.command(name="list")
def list_requests(*, closed: Annotated[bool, Parameter(negative=())] = False, settings: Configured = _DEFAULTS) -> int:
    """List the open requests, those that are overdue or due next first.

    Parameters
    ----------
    closed
        List those that were closed too, the last one first.
    settings
        How the inventory is set up.
    """
    return run(_list(settings, closed=closed), settings)


async def _list(settings: Settings, *, closed: bool) -> None:
    async with acting(settings, "privacy-request") as access:
        for each in await privacy_requesting.requests(access):
            if closed or each.row.status in OPEN:
                print(_line(each, now=access.facilities.clock()))


@request.command
def show(identifier: str, *, settings: Configured = _DEFAULTS) -> int:
    """Show a request: whose it is, where it stands, and every step that was taken.

    Parameters
    ----------
    identifier
        The request's id.
    settings
        How the inventory is set up.
    """
    return run(_show(identifier, settings), settings)


async def _show(identifier: str, settings: Settings) -> None:
    async with acting(settings, "privacy-request") as access:
        found = await privacy_requesting.request(access, request_id(identifier))
    print(_line(found, now=access.facilities.clock()))
    row = found.row
    told = {
        "subject": row.subject_id,
        "identity": row.identity,
        "extended": row.extended_because,
        "wrong": row.wrong_attributes and ", ".join(row.wrong_attributes),
        "ground": row.ground,
        "result": row.result,
    }
    for name, value in told.items():
        if value is not None:
            print(f"  {name:<9} {value}")
    for each in found.events:
        noted = f": {each.note}" if each.note else ""
        print(f"  {each.at.astimezone(UTC):{_MOMENT}}  {each.verb} by {each.by}{noted}")


@request.command(name="receipt")
def show_receipt(identifier: str, *, settings: Configured = _DEFAULTS) -> int:
    """Print the receipt of a request for the person, as JSON: what was asked, until when it is due, what came of it.

    Parameters
    ----------
    identifier
        The request's id.
    settings
        How the inventory is set up.
    """
    return run(_receipt(identifier, settings), settings)


async def _receipt(identifier: str, settings: Settings) -> None:
    async with acting(settings, "privacy-request") as access:
        _print_receipt(await privacy_requesting.request(access, request_id(identifier)))


def _print_receipt(found: Tracked) -> None:
    print(msgspec.json.format(msgspec.json.encode(receipt(found.row)), indent=2).decode())


def _line(found: Tracked, *, now: datetime | None = None) -> str:
    row = found.row
    parts = [str(row.id), f"{row.right} (article {ARTICLES[row.right]})", row.status]
    if row.status in OPEN:
        near = nearness(row.due_at, now=now) if now else "later"
        parts.append(f"due {row.due_at.astimezone(UTC):{_MOMENT}}" + ("" if near == "later" else f" — {near.upper()}"))
        parts.append(f"handled by {row.handler}" if row.handler else "handled by nobody")
    elif row.closed_at is not None:
        parts.append(f"closed {row.closed_at.astimezone(UTC):{_MOMENT}}")
    return "  ".join(parts)


def _read(told: Mapping[str, object], kind: type[Told]) -> Told:
    return read_as({name: value for name, value in told.items() if value is not None}, kind)
