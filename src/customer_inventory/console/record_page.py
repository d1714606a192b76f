"""The page of one record: what it is, how it is reached, to whom it is related, and what happened to it.

A customer's page holds its party too: whoever looks up a customer wants the person's address and the person's history.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from customer_inventory.access import Access
from customer_inventory.access.access import RecordNotFound
from customer_inventory.access.asked import broken_by
from customer_inventory.access.pointing import pointing
from customer_inventory.console.contacts import Contact, contacts_of
from customer_inventory.console.facts import Fact, Section, facts_of, sections_of
from customer_inventory.console.headings import Headings, headings_of
from customer_inventory.console.kinds import KIND_NAMES, resource_of
from customer_inventory.console.rows import by_id, label
from customer_inventory.console.timeline import Timeline, timeline
from customer_inventory.console.words import Shown, shown_at, spelled
from customer_inventory.ids import parse_id
from customer_inventory.model import Link
from customer_inventory.repository.records import Version

_MOST_REFERRING = 100
"""What `Access.linked_from` returns at most."""

_APART = frozenset({"contactMedium", "engagedParty"})
_IN_HEADING = frozenset({"name"})


@dataclass(frozen=True, slots=True)
class History:
    """A record with its history: what it holds now, or held when it was deleted, what that is called and names."""

    kind: str
    id: str
    document: dict[str, Any]
    versions: list[Version]
    headings: Headings
    named: tuple[Link, ...]

    @property
    def deleted(self) -> bool:
        """Whether the record is there no more."""
        return self.versions[0].document is None

    @property
    def page(self) -> str:
        """The path of the record's page."""
        return f"/{self.kind}/{self.id}"

    @property
    def name(self) -> str:
        """What the record is called."""
        return label(self.kind, self.document)


@dataclass(frozen=True, slots=True)
class Party:
    """The party of a customer: its name, its page when the inventory holds it, and what it is."""

    kind: str
    name: Shown
    facts: tuple[Fact, ...]
    sections: tuple[Section, ...]
    remark: str


@dataclass(frozen=True, slots=True)
class Referring:
    """A record that refers to the one shown: what it is called, as what it names it ("": its party), and its status."""

    kind: str
    name: Shown
    role: str
    status: str


@dataclass(frozen=True, slots=True)
class RecordPage:
    """Everything that the page of one record shows."""

    kind: str
    id: str
    name: str
    status: str
    deleted: bool
    version: int
    changed: Shown
    facts: tuple[Fact, ...]
    sections: tuple[Section, ...]
    contacts: tuple[Contact, ...]
    party: Party | None
    referring: tuple[Referring, ...]
    referring_cut: bool
    history: Timeline
    broken: tuple[str, ...]
    stored: str


async def record_page(access: Access, kind: str, identifier: UUID, *, now: datetime, limit: int) -> RecordPage:
    """Return what the page of a record shows, with at most `limit` entries of history of it and of its party.

    Raises Denied or RecordNotFound.
    """
    held, found = await asyncio.gather(_held(access, kind, identifier, limit), _referring(access, kind, identifier))
    party = await _party(access, held, limit) if kind == "customer" else None
    shown = [held, party] if isinstance(party, History) else [held]
    status = held.document.get(resource_of(kind).state or "")
    pages = _pages(held)
    return RecordPage(
        kind=kind,
        id=held.id,
        name=held.name,
        status=spelled(status) if isinstance(status, str) else "",
        deleted=held.deleted,
        version=held.versions[0].version,
        changed=shown_at(held.versions[0].since),
        facts=facts_of(
            held.document, headings=held.headings, leave_out=_APART | _IN_HEADING | _stated(kind) | _plain_class(held)
        ),
        sections=sections_of(held.document, pages=pages, headings=held.headings, leave_out=_APART),
        contacts=contacts_of([(_name(record.kind), record.document) for record in shown], now=now),
        party=_shown_party(held, party, pages) if kind == "customer" else None,
        referring=found,
        referring_cut=len(found) >= _MOST_REFERRING,
        history=timeline([(_name(each.kind), each.versions, each.headings) for each in shown], limit=limit),
        broken=() if held.deleted else await _broken(access, held),
        stored=_stored(held.document),
    )


async def _broken(access: Access, record: History) -> tuple[str, ...]:
    """What the record does not say as it is asked to, in words, never with the value."""
    found = await broken_by(access, resource_of(record.kind), record.document)
    return tuple(dict.fromkeys(f"{record.headings.of(str(each.rule.place))} {each.rule.reason}" for each in found))


def _stated(kind: str) -> frozenset[str]:
    """The attribute whose value the heading shows as the status."""
    return frozenset({resource_of(kind).state or "status"})


def _plain_class(record: History) -> frozenset[str]:
    """The attributes that say the class of a record, when it is the usual one, which the heading says."""
    usual = record.document.get("@type") == resource_of(record.kind).struct.__name__
    return frozenset({"@type", "@baseType"} if usual else ())


def _name(kind: str) -> str:
    return KIND_NAMES[kind].lower()


async def _held(access: Access, kind: str, identifier: UUID, limit: int) -> History:
    # The newest version is the record as it is: one access for both, and a deleted record still has its page.
    versions = await access.versions(resource_of(kind), identifier, limit=limit + 1)
    last = next((version.document for version in versions if version.document is not None), b"{}")
    document = msgspec.json.decode(last, type=dict[str, Any])
    headings, pointed = await asyncio.gather(
        headings_of(access, resource_of(kind)), pointing(access, resource_of(kind), document)
    )
    named = tuple(each for each in pointed.told if isinstance(each, Link))
    return History(kind, str(identifier), document, versions, headings, named)


async def _party(access: Access, customer: History, limit: int) -> History | None:
    """The party that a customer engages, when it is one that the inventory holds or held."""
    engaged = customer.document.get("engagedParty")
    identifier = engaged.get("id") if isinstance(engaged, dict) else None
    target = next(
        (link for link in customer.named if link.attribute == "engagedParty" and str(link.target_id) == identifier),
        None,
    )
    if target is None:
        return None
    try:
        return await _held(access, target.target_kind, target.target_id, limit)
    except RecordNotFound:
        return None


def _shown_party(customer: History, party: History | None, pages: Mapping[str, str]) -> Party:
    if party is not None:
        return Party(
            kind=party.kind,
            name=Shown(party.name, link=party.page),
            facts=facts_of(party.document, headings=party.headings, leave_out=_APART | {"name"} | _plain_class(party)),
            sections=sections_of(party.document, pages=_pages(party), headings=party.headings, leave_out=_APART),
            remark="This record was deleted." if party.deleted else "",
        )
    engaged = customer.document.get("engagedParty")
    named = engaged if isinstance(engaged, dict) else {}
    name = named.get("name") or named.get("id")
    kept = isinstance(named.get("id"), str) and named["id"] in pages
    remark = "The inventory holds no such record." if kept else "This record is kept in another system."
    return Party("", Shown(name if isinstance(name, str) else "(not named)"), facts_of(named), (), remark)


def _pages(record: History) -> dict[str, str]:
    """Where the records that this one refers to have their pages, by id."""
    return {str(link.target_id): f"/{link.target_kind}/{link.target_id}" for link in record.named}


async def _referring(access: Access, kind: str, identifier: UUID) -> tuple[Referring, ...]:
    """The records that refer to this one, in one query a kind: its customers first."""
    found = await access.linked_from(resource_of(kind), identifier)
    wanted: dict[str, list[str]] = {}
    for source_kind, source_id, _, _ in found:
        wanted.setdefault(source_kind, []).append(source_id)
    groups = await asyncio.gather(*(by_id(access, source_kind, ids) for source_kind, ids in wanted.items()))
    records = {record.id: record for group in groups for record in group}
    referring = [
        Referring(
            source_kind, Shown(record.name, link=record.page), _as_what(source_kind, attribute, role), record.status
        )
        for source_kind, source_id, attribute, role in found
        if (record := records.get(source_id)) is not None
    ]
    return tuple(sorted(referring, key=lambda other: bool(other.role)))


def _as_what(kind: str, attribute: str, role: str) -> str:
    """As what a record names the one shown: the role it gives, else the attribute; "" for the party that plays it."""
    played = attribute == "engagedParty" and kind in {"customer", "party_role"}
    return role or ("" if played else spelled(attribute))


def _stored(document: dict[str, Any]) -> str:
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode()


def identifier_of(text: str) -> UUID:
    """Return the id that a page's address names. Raises RecordNotFound when it cannot be one of ours."""
    identifier = parse_id(text)
    if identifier is None:
        raise RecordNotFound("The inventory holds no record of this id.")
    return identifier
