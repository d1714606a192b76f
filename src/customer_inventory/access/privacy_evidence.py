"""Evidence: what shows that a privacy request was answered, which whoever closes one as done must name.

`privacy package`, `privacy erase` and `privacy restrict` close the request that they are done for, and are evidence
themselves. By hand a request is done by what can be looked up, of the party that asked and since it did; by the ground
that nothing is held, where nobody was found. Where it names what is wrong, all of that must have changed, or the ground
is told why nothing needs to. What was refused needs none: its ground is told to the person.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from customer_inventory.access.opened import Opened
from customer_inventory.access.privacy_request import Said
from customer_inventory.access.rectifying import RECTIFICATION, touches, unchanged
from customer_inventory.access.subjects import NoSubject, Subject, subject
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.ids import parse_id
from customer_inventory.repository.changes import FeedEntry
from customer_inventory.repository.privacy_requests import RequestRow
from customer_inventory.repository.restrictions import Restriction

NOTHING_HELD = "nothing held"
"""The result of a request of somebody of whom nothing was found."""
NOTHING_TO_CHANGE = "nothing to change"
"""The result of a request that names what is wrong, where it was looked into and is right."""
_ERASED = "erased"
"""How the identity of who asked stands in a request once that person is erased."""
_MOST_LOOKED_AT = 10_000
_Proof = Callable[[Opened, RequestRow, UUID], Awaitable[bool]]


class NothingDone(InventoryError):
    """The privacy request is not done: nothing shows that what was asked for came about.

    Do it for the request (`--request`), or name in its result what was done: the receipt of an erasure, a restriction,
    a change of the party's records, the withdrawal of a consent. Where nobody was found, the result is `nothing held`,
    with a reason. Else refuse it, with the ground.
    """

    code = "nothing-done"
    failure = Failure.CONFLICT


async def require_evidence(access: Opened, row: RequestRow, said: Said) -> None:
    """Return if what is said shows that a request was answered. Raises NothingDone."""
    if said.result == NOTHING_HELD:
        if row.subject_id is None and row.identity != _ERASED and said.reason:
            return
        raise NothingDone(
            "That nothing is held takes a request in which nobody was found, and a reason for the person."
        )
    if said.result == NOTHING_TO_CHANGE:
        if row.wrong_attributes and row.subject_id is not None and said.reason:
            return
        raise NothingDone(
            "That there is nothing to change takes a request that names what is wrong, and a reason for the person."
        )
    named = parse_id((said.result or "").rpartition(" ")[2])
    if named is not None:
        for proof in _PROOFS[row.right]:
            if await proof(access, row, named):
                return
    raise NothingDone(_wanted(row))


async def _is_erasure(access: Opened, row: RequestRow, named: UUID) -> bool:
    """Whether it is the receipt of an erasure that is done; the party of the request is nobody's since."""
    receipts = await access.facilities.repository.erasures.receipts(named)
    done = [each for each in receipts if each.finished_at is not None and each.finished_at >= row.received_at]
    return bool(done) and row.subject_id is None and row.identity == _ERASED


async def _is_restriction(access: Opened, row: RequestRow, named: UUID) -> bool:
    """Whether it is a restriction of the party that holds, or one made since the request came that ran its time."""
    if row.subject_id is None:
        return False
    now = access.facilities.clock()
    found = await access.facilities.repository.erasures.restrictions.all(identifier=named)
    return any(
        _holds(each, now) or (each.since >= row.received_at and _ran_out(each, now))
        for each in found
        if each.party_id == row.subject_id
    )


def _holds(row: Restriction, now: datetime) -> bool:
    return row.ended_at is None and (row.until is None or row.until > now)


def _ran_out(row: Restriction, now: datetime) -> bool:
    """Whether its own end came before anybody lifted it."""
    return row.until is not None and row.until <= (row.ended_at or now)


async def _is_change(access: Opened, row: RequestRow, named: UUID) -> bool:
    """Whether it is a change of a record of the party, made since the request came."""
    changes = access.facilities.repository.changes
    change = await changes.get(named)
    if change is None or row.subject_id is None or change.at < row.received_at:
        return False
    try:
        async with access.facilities.repository.erasing.working() as work:
            found = await subject(work, row.subject_id)
    except NoSubject:
        return False
    entries = await changes.entries(change, limit=_MOST_LOOKED_AT)
    if not any(each.record_id in found.kinds for each in entries):
        return False
    return row.right != RECTIFICATION or not row.wrong_attributes or _rectifies(row, found, entries)


def _rectifies(row: RequestRow, found: Subject, entries: Sequence[FeedEntry]) -> bool:
    """Whether a change touched what is wrong, all of which has changed since. Raises NothingDone for what has not."""
    names = row.wrong_attributes or []
    if left := unchanged(found, names, since=row.received_at):
        raise NothingDone(f"It is not done: {', '.join(left)} has not changed since it came.")
    return touches(found, names, entries)


async def _is_withdrawal(access: Opened, row: RequestRow, named: UUID) -> bool:
    """Whether it is a consent that the party withdrew, kept since the request came."""
    if row.subject_id is None:
        return False
    facts = await access.facilities.repository.register.consents.facts(row.subject_id, limit=_MOST_LOOKED_AT)
    return any(UUID(str(each.id)) == named and not each.given and each.recorded_at >= row.received_at for each in facts)


_PROOFS: Mapping[str, tuple[_Proof, ...]] = {
    "access": (),
    "portability": (),
    "erasure": (_is_erasure,),
    "restriction": (_is_restriction,),
    "rectification": (_is_change,),
    "objection": (_is_withdrawal, _is_change, _is_restriction, _is_erasure),
}


def _wanted(row: RequestRow) -> str:
    """Return what would show that a request was answered."""
    if row.right == RECTIFICATION and row.wrong_attributes:
        named = ", ".join(row.wrong_attributes)
        return (
            f"It is done once {named} has changed since it came: name the id of such a change in the result. Or the "
            f"result is `{NOTHING_TO_CHANGE}`, with a reason for the person."
        )
    return _WANTED[row.right]


_PACKAGE = "It is done by a package: make it with `privacy package --request`."
_WANTED: Mapping[str, str] = {
    "access": _PACKAGE,
    "portability": _PACKAGE,
    "erasure": "It is done by an erasure: `privacy erase --request`, or the id of its receipt as the result.",
    "restriction": "It is done by a restriction that was not lifted: `privacy restrict --request`, or its id.",
    "rectification": "It is done by a change of the party's records since it came: name its id in the result.",
    "objection": "It is done by a consent withdrawn, a change, a restriction or an erasure of the party since it came: "
    "name its id in the result.",
}
