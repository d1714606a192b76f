"""The rows of a result list, with what stands beside them: a party's customers, a customer's party.

What stands beside is fetched for a whole list at once, never row by row.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

import msgspec

from customer_inventory.access import Access
from customer_inventory.access.pointing import kinds_told
from customer_inventory.console.contacts import first_value
from customer_inventory.console.kinds import PARTIES, resource_of
from customer_inventory.console.words import Shown, spelled
from customer_inventory.model import RESOURCES, Link
from customer_inventory.model.filtering import Condition
from customer_inventory.model.relations import named, pointers
from customer_inventory.repository.query import Query
from customer_inventory.repository.records import Record

_MOST_CUSTOMERS = 200
_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Row:
    """One record found: what it is called, how it is reached, and who stands beside it."""

    kind: str
    name: str
    page: str
    email: str
    city: str
    status: str
    related: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """A record of a list, decoded once."""

    kind: str
    id: str
    document: dict[str, Any]

    @classmethod
    def of(cls, kind: str, record: Record) -> Held:
        """Decode a record."""
        return cls(kind, record.id, msgspec.json.decode(record.document, type=dict[str, Any]))

    @property
    def name(self) -> str:
        """What the record is called."""
        return label(self.kind, self.document)

    @property
    def page(self) -> str:
        """The path of the record's page."""
        return f"/{self.kind}/{self.id}"

    @property
    def status(self) -> str:
        """The status in words, or "" when it has none."""
        status = self.document.get(resource_of(self.kind).state or "")
        return spelled(status) if isinstance(status, str) else ""


def label(kind: str, document: Mapping[str, Any]) -> str:
    """Return what a record is called on a page."""
    return resource_of(kind).label(document) or "(no name)"


async def party_rows(access: Access, parties: list[Held]) -> list[Row]:
    """Return the rows of parties, each with its customers. Raises Denied."""
    beside = await _customers_of(access, [party.id for party in parties])
    return [_row(party, (party,), beside.get(party.id, ())) for party in parties]


async def customer_rows(access: Access, customers: list[Held]) -> list[Row]:
    """Return the rows of customers, each with its party, by which it is mostly reached. Raises Denied."""
    found = await named_by(access, customers)
    ids = {customer.id: _party_of(found[customer.id]) for customer in customers}
    parties = await _parties(access, (party for party in ids.values() if party is not None))
    rows = []
    for customer in customers:
        reference = ids[customer.id]
        party = parties.get(reference[1]) if reference else None
        beside = (Shown(party.name, link=party.page),) if party else _named_party(customer)
        rows.append(_row(customer, (customer, party) if party else (customer,), beside))
    return rows


async def other_rows(access: Access, records: list[Held]) -> list[Row]:
    """Return the rows of records of other kinds, each with the parties and roles that it names."""
    found = await named_by(access, records)
    return [_row(record, (), _named(record, found[record.id])) for record in records]


async def named_by(access: Access, records: Iterable[Held]) -> dict[str, list[Link]]:
    """Return by id what records refer to, as far as whoever asks may know of which kind it is; in one query at most."""
    found = {record.id: pointers(resource_of(record.kind), record.document) for record in records}
    kinds = await kinds_told(access, chain.from_iterable(found.values()))
    return {key: [each for each in named(of_one, kinds) if isinstance(each, Link)] for key, of_one in found.items()}


async def by_id(access: Access, kind: str, identifiers: Iterable[str]) -> list[Held]:
    """Return those of the records that there are, in one query. Raises Denied."""
    wanted = tuple(dict.fromkeys(identifiers))
    if not wanted:
        return []
    page = await access.page(resource_of(kind), Query(conditions=(Condition("id", "eq", wanted),), limit=len(wanted)))
    return [Held.of(kind, record) for record in page.records]


async def _customers_of(access: Access, parties: list[str]) -> dict[str, tuple[Shown, ...]]:
    if not parties:
        return {}
    query = Query(conditions=(Condition("engagedParty.id", "eq", tuple(parties)),), limit=_MOST_CUSTOMERS)
    page = await access.page(RESOURCES["customer"], query)
    found: dict[str, tuple[Shown, ...]] = {}
    for customer in (Held.of("customer", record) for record in page.records):
        party = customer.document["engagedParty"]["id"]
        found[party] = (*found.get(party, ()), Shown(customer.name, link=customer.page))
    if page.more_after:
        # Whose customers were cut off is not known; every party's own page shows them.
        return {party: (*found.get(party, ()), Shown("… and perhaps more")) for party in parties}
    return found


async def _parties(access: Access, references: Iterable[tuple[str, str]]) -> dict[str, Held]:
    wanted: dict[str, list[str]] = {}
    for kind, identifier in references:
        wanted.setdefault(kind, []).append(identifier)
    found = await asyncio.gather(*(by_id(access, kind, identifiers) for kind, identifiers in wanted.items()))
    return {party.id: party for group in found for party in group}


def _party_of(found: Iterable[Link]) -> tuple[str, str] | None:
    engaged = (link for link in found if link.attribute == "engagedParty" and link.target_kind in PARTIES)
    return next(((link.target_kind, str(link.target_id)) for link in engaged), None)


def _named(record: Held, found: Iterable[Link]) -> tuple[Shown, ...]:
    """The parties and roles that a record names, each leading to its page where the inventory keeps it."""
    pages = {str(link.target_id): f"/{link.target_kind}/{link.target_id}" for link in found}
    related, engaged = record.document.get("relatedParty"), record.document.get("engagedParty")
    entries = [*_objects(engaged), *(inner for entry in _objects(related) for inner in _party_in(entry))]
    named = [(entry.get("name"), entry.get("id")) for entry in entries]
    shown = [
        Shown(name, link=pages.get(str(identifier))) for name, identifier in named if isinstance(name, str) and name
    ]
    return tuple(dict.fromkeys(shown))[:_MOST_NAMED]


def _party_in(entry: dict[str, Any]) -> list[dict[str, Any]]:
    return _objects(entry.get("partyOrPartyRole")) or [entry]


def _objects(value: Any) -> list[dict[str, Any]]:
    return [entry for entry in (value if isinstance(value, list) else [value]) if isinstance(entry, dict)]


def _named_party(customer: Held) -> tuple[Shown, ...]:
    party = customer.document.get("engagedParty")
    name = party.get("name") if isinstance(party, dict) else None
    return (Shown(name),) if isinstance(name, str) and name else ()


def _row(record: Held, reached_by: tuple[Held, ...], related: tuple[Shown, ...]) -> Row:
    def reached(name: str) -> str:
        return next((value for held in reached_by if (value := first_value(held.document, name))), "")

    return Row(
        kind=record.kind,
        name=record.name,
        page=record.page,
        email=reached("emailAddress"),
        city=reached("city"),
        status=record.status,
        related=related,
    )
