"""The impact of a proposal: counted over everything that is stored, told to who may see it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from customer_inventory.access import Access, Desk
from customer_inventory.access.governing import approve, propose
from customer_inventory.access.grants import Denied
from customer_inventory.access.impact import impact
from customer_inventory.access.restriction import Wished, restrict
from customer_inventory.model import RESOURCES
from customer_inventory.requirements.governance import Proposed
from customer_inventory.requirements.reading import requirement_from

INDIVIDUAL = RESOURCES["individual"]


def asked(*codes: str, **more: Any) -> Proposed:
    rule = {"code": "code-list", "codeList": list(codes), "message": "is no title"}
    said = {"resource": "individual", "attribute": "title", "name": "Title", "meaning": "How a person is addressed."}
    return Proposed(requirement_from({**said, "valueRule": [rule], **more}), "for a test")


async def kept(access: Access, *titles: str) -> list[str]:
    documents = [{"@type": "Individual", "givenName": "A", "familyName": "B", "title": title} for title in titles]
    return [(await access.create(INDIVIDUAL, document)).record.id for document in documents]


async def test_records_that_would_break_it_are_counted_beside_those_that_do(desk: Desk, access: Access) -> None:
    other = await desk.open_at_command_line(person="another", purpose=None, request_id="r", source="billing")
    await kept(access, "Dr", "Mx")
    billed = await kept(other, "Sir")
    first = await propose(access, asked("Dr", "Mx"))
    found = await impact(other, first.version.id, first.version.version)
    (rule,) = found.rules
    assert (found.examined, rule.code, rule.broken, rule.broken_now) == (3, "code-list", 1, 0)
    assert (dict(rule.by_source), list(rule.samples)) == ({"billing": 1}, billed)
    assert (found.index_seconds, found.readers, found.users) == (None, ("command-line", "console"), ())
    assert (found.losing, found.gaining) == ((), ())
    await approve(other, first.version.id, first.version.version, said=None, effective_from=None)

    second = await propose(access, asked("Dr", searchable=True))
    found = await impact(access, second.version.id, second.version.version)
    (rule,) = found.rules
    assert (rule.broken, rule.broken_now) == (2, 1)
    assert found.index_seconds is not None
    assert found.index_seconds >= 0


async def test_what_is_restricted_is_not_counted(desk: Desk, access: Access) -> None:
    ids = await kept(access, "Dr", "Mx", "Mx", "Mx")
    await restrict(access, Wished(subject_id=ids[1], reason="x"))
    again = await desk.open_at_command_line(person="x", purpose=None, request_id="again")
    made = await propose(access, asked("Dr", unique=True))
    found = await impact(again, made.version.id, made.version.version)
    assert (found.examined, {each.code: each.broken for each in found.rules}) == (3, {"code-list": 2, "unique": 2})


async def test_who_uses_the_attribute_and_to_whom_it_would_be_masked_is_told(desk: Desk, access: Access) -> None:
    other = await desk.open_at_command_line(person="another", purpose=None, request_id="r")
    (made,) = await kept(access, "Dr")
    await access.naming(("title",)).read(INDIVIDUAL, UUID(made))
    await access.naming(("gender",)).read(INDIVIDUAL, UUID(made))
    first = await propose(access, asked("Dr", sensitivity="special", masking="hash"))
    found = await impact(access, first.version.id, first.version.version)
    assert (found.users, found.losing, found.gaining) == (("command-line",), ("auditor", "privacy-officer"), ())
    await approve(other, first.version.id, first.version.version, said=None, effective_from=None)
    second = await propose(access, asked("Dr", sensitivity="personal"))
    found = await impact(access, second.version.id, second.version.version)
    assert (found.losing, found.gaining) == ((), ("auditor", "privacy-officer"))


async def test_who_may_not_read_the_catalogue_is_told_nothing(desk: Desk, access: Access) -> None:
    made = await propose(access, asked("Dr"))
    blind = await desk.open_for_housekeeping(request_id="r")
    with pytest.raises(Denied):
        await impact(blind, made.version.id, made.version.version)
