"""Deciding: whether a client or a person may do something, told to another system that asks.

The answer comes from the same grants as every access, so that it cannot say otherwise than the inventory does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from customer_inventory.access.access import Access
from customer_inventory.access.grants import VERBS, allows, grantable
from customer_inventory.access.opened import Principal
from customer_inventory.access.policy.grant import Grant
from customer_inventory.access.roles import ROLE_GRANTS, UNMASKED_ROLES
from customer_inventory.access.scoped import MASKED
from customer_inventory.access.standing import PurposeNotRegistered, PurposeRequired, standing_of, stated_purpose
from customer_inventory.access.window import ANYTHING, Masks, Window
from customer_inventory.ids import parse_id
from customer_inventory.model.tmf672 import PERMISSION
from customer_inventory.repository.kinds import KINDS
from customer_inventory.repository.query import ConsentTo
from customer_inventory.repository.restrictions import UseFor

SUBJECTS = ("client", "person")


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: may the subject do the verb to a resource, for a purpose; to one record, or to every one.

    `attributes` are those that it is about; none for whole records.
    """

    subject_type: str
    subject: str
    verb: str
    resource: str
    record: str | None = None
    attributes: tuple[str, ...] = ()
    purpose: str | None = None


class Decision(NamedTuple):
    """Whether it may, and a word for why not."""

    permits: bool
    reason: str = ""


async def decide(access: Access, questions: Sequence[Question]) -> list[Decision]:
    """Return a decision for each question. Raises Denied unless whoever asks may read permissions.

    Of one record it is told only to who may read every record of its kind: the answer tells of the record.
    """
    await access.require("read", PERMISSION.kind)
    kinds = grantable()
    for kind in dict.fromkeys(kinds.get(each.resource, "") for each in questions if each.record is not None):
        if kind in KINDS:
            await access.require_every("read", kind)
    decisions = [await _decision(access, each) for each in questions]
    await access.note("read", PERMISSION.kind, "shown", ())
    return decisions


async def _decision(access: Access, question: Question) -> Decision:
    kind = grantable().get(question.resource)
    if kind is None or question.verb not in VERBS:
        return Decision(False, "unknown-action-or-resource")
    principal, reason = await _principal(access, question)
    if principal is None:
        return Decision(False, reason)
    if not allows(principal.grants, question.verb, kind):
        return Decision(False, "not-granted")
    limits = principal.limited(question.verb, kind)
    if kind not in KINDS or (not limits and question.record is None):
        return Decision(True)
    purpose = stated_purpose(principal.purposes, question.purpose) if principal.purposes else ""
    window = Window(
        KINDS[kind], limits, await _masks(access, limits), b"", ConsentTo(purpose, access.facilities.clock())
    )
    holding = await _holding(access, window, kind, question.record)
    if isinstance(holding, Decision):
        return holding
    covered = not limits or holding.covers_all(question.attributes or (ANYTHING,))
    return Decision(True) if covered else Decision(False, "attribute-not-granted")


async def _masks(access: Access, limits: tuple[Grant, ...]) -> Masks:
    return await access.facilities.catalogue.masks() if any(grant.masked for grant in limits) else {}


async def _holding(access: Access, window: Window, kind: str, record: str | None) -> Window | Decision:
    """The window of the grants that hold for a record, or for every one; the decision where that settles it."""
    if record is None:
        whole = tuple(grant for grant in window.grants if not grant.by_record)
        return replace(window, grants=whole) if whole else Decision(False, "depends-on-record")
    identifier = parse_id(record)
    found = await access.facilities.repository.records.get(kind, identifier) if identifier is not None else None
    if found is None:
        return Decision(False, "no-such-record")
    if window.consent is not None and await _is_restricted(access, found.id, window.consent):
        return Decision(False, "restricted")
    if window.by_consent and window.consent is not None:
        purpose, at = window.consent
        consents = access.facilities.repository.register.consents
        window = window.at_hand(await consents.holding(kind, [found.id], purpose=purpose, at=at))
    holding = window.standing(found.id, found.document)
    return holding if holding.grants or not window.grants else Decision(False, "record-not-granted")


async def _is_restricted(access: Access, record: str, use: ConsentTo) -> bool:
    restrictions = access.facilities.repository.erasures.restrictions
    return not all((await restrictions.restricted([record], UseFor(*use))).values())


async def _principal(access: Access, question: Question) -> tuple[Principal | None, str]:
    """Who the subject is for the purpose, or None and why there is nobody."""
    repository, now = access.facilities.repository, access.facilities.clock()
    if question.subject_type == "person":
        person = await repository.people.person_by_login(question.subject)
        if person is None or person.status != "active" or person.role not in ROLE_GRANTS:
            return None, "unknown-subject"
        limits = {} if person.role in UNMASKED_ROLES else MASKED
        return Principal(person.login, (), ROLE_GRANTS[person.role], person.login, limits), ""
    register = repository.register
    client = await register.client(question.subject) or await register.client_named(question.subject)
    standing = standing_of(client)
    if client is None or standing is None:
        return None, "unknown-subject"
    try:
        return standing.principal(stated_purpose(client.purposes, question.purpose), now), ""
    except (PurposeRequired, PurposeNotRegistered) as error:
        return None, error.code
