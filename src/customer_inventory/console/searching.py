"""Search: one box that finds customers, people and organisations by name, e-mail address, city, phone number or id.

What the text is, is told from its shape unless the person says it. A text that no name holds is looked up as a city
before names that merely sound like it are offered.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from uuid import UUID

from customer_inventory.access import Access
from customer_inventory.access.access import RecordNotFound
from customer_inventory.console.asking import Search, field_of, plausible_fields, spellings
from customer_inventory.console.kinds import OTHERS, PARTIES, SEARCHED, resource_of
from customer_inventory.console.rows import Held, Row, customer_rows, other_rows, party_rows
from customer_inventory.model.filtering import Condition
from customer_inventory.repository.lists import Page, Total
from customer_inventory.repository.order import Sort, cursor_of
from customer_inventory.repository.query import Query
from customer_inventory.repository.search import fold

_IN_GROUP = 10
_ON_PAGE = 25
_PATHS = {
    "email": "contactMedium.emailAddress",
    "city": "contactMedium.city",
    "phone": "contactMedium.phoneNumber",
}
_END = "ffffffff-ffff-8fff-bfff-ffffffffffff"
"""The greatest id there can be: the page behind it is empty, and its total counts everything without showing any."""


@dataclass(frozen=True, slots=True)
class Group:
    """What was found of one kind, with the addresses of the whole list and its neighbouring pages.

    `folded` counts the customers of this page that stand beside their party in another group instead.
    """

    kind: str
    rows: tuple[Row, ...]
    folded: int
    total: Total
    all: str | None
    earlier: str | None
    later: str | None


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found, in which field it was looked for, and the other fields that are worth trying."""

    field: str
    groups: tuple[Group, ...]
    others: tuple[str, ...]

    @property
    def empty(self) -> bool:
        """Whether nothing was found."""
        return not any(group.total.number for group in self.groups)


async def find(access: Access, search: Search) -> Found:
    """Search. Raises Denied, InvalidCursor, or QueryTooCostly when it cannot be answered in time."""
    if search.kind in OTHERS:
        records, pages = await _pages(access, search, "name")
        return Found("name", await _groups(access, replace(search, field="name"), records, pages), ())
    field = search.field or field_of(search.text)
    records, pages = await _pages(access, search, field)
    if field == "name" and not search.field and not search.turned and not _held(search.text, records):
        cities, city_pages = await _pages(access, search, "city")
        if any(cities.values()):
            field, records, pages = "city", cities, city_pages
    others = tuple(other for other in plausible_fields(search.text) if other != field)
    return Found(field, await _groups(access, replace(search, field=field), records, pages), others)


async def browse(access: Access, search: Search) -> Found:
    """Return one page of all records of one kind, in the order of their names. Raises what `find` does."""
    query = Query(
        sort=_in_order(search.kind),
        limit=_ON_PAGE,
        after=search.after or None,
        before=search.before or None,
    )
    page = await access.page(resource_of(search.kind), query)
    records = {search.kind: [Held.of(search.kind, record) for record in page.records]}
    return Found("", await _groups(access, search, records, {search.kind: page}), ())


def _in_order(kind: str) -> tuple[Sort, ...]:
    """The order of a list of one kind: by name, else what was written down last comes first."""
    names = resource_of(kind).searchable
    if by_name := next((path for path in ("familyName", "name") if path in names), None):
        return (Sort(by_name),)
    return (Sort("creationDate", descending=True),) if "creationDate" in names else ()


async def count(access: Access) -> dict[str, int]:
    """Return how many records of each kind the inventory holds, showing none of them; of the others those it may read.

    Raises Denied when customers, people or organisations may not be read.
    """
    end = cursor_of((_END, 0, b"", 0), ())
    kinds = (*SEARCHED, *(kind for kind in OTHERS if access.may("read", resource_of(kind))))
    pages = await asyncio.gather(*(access.page(resource_of(kind), Query(limit=1, after=end)) for kind in kinds))
    return {kind: page.total.number for kind, page in zip(kinds, pages, strict=True)}


async def page_of(access: Access, identifier: UUID) -> str | None:
    """Return the path of the page of the record with this id, of whichever kind, or None when there is none."""

    async def held(kind: str) -> str | None:
        try:
            await access.versions(resource_of(kind), identifier, limit=1)
        except RecordNotFound:
            return None
        return f"/{kind}/{identifier}"

    readable = tuple(kind for kind in OTHERS if access.may("read", resource_of(kind)))
    for kinds in (SEARCHED, readable):
        for page in await asyncio.gather(*(held(kind) for kind in kinds)):
            if page is not None:
                return page
    return None


async def _pages(access: Access, search: Search, field: str) -> tuple[dict[str, list[Held]], dict[str, Page]]:
    kinds = (search.kind,) if search.kind else SEARCHED
    equal = () if field == "name" else (Condition(_PATHS[field], "eq", spellings(search.text, field)),)
    query = Query(
        name=search.text if field == "name" else None,
        conditions=equal,
        limit=_ON_PAGE if search.kind else _IN_GROUP,
        after=search.after or None,
        before=search.before or None,
    )
    pages = await asyncio.gather(*(access.page(resource_of(kind), query) for kind in kinds))
    found = dict(zip(kinds, pages, strict=True))
    return {kind: [Held.of(kind, record) for record in page.records] for kind, page in found.items()}, found


def _held(text: str, records: dict[str, list[Held]]) -> bool:
    """Whether any name found holds every word of the text, rather than sounding like it."""
    words = fold(text).split()
    names = (fold(record.name) for group in records.values() for record in group)
    return any(all(word in name for word in words) for name in names)


async def _groups(
    access: Access, search: Search, records: dict[str, list[Held]], pages: dict[str, Page]
) -> tuple[Group, ...]:
    parties = await party_rows(access, [party for kind in PARTIES for party in records.get(kind, [])])
    beside = {related.link for row in parties for related in row.related}
    alone = [customer for customer in records.get("customer", []) if customer.page not in beside]
    rows = parties + await customer_rows(access, alone)
    rows += await other_rows(access, [record for kind in OTHERS for record in records.get(kind, [])])
    return tuple(_group(search, kind, [row for row in rows if row.kind == kind], page) for kind, page in pages.items())


def _group(search: Search, kind: str, rows: list[Row], page: Page) -> Group:
    return Group(
        kind=kind,
        rows=tuple(_ranked(search, rows)),
        folded=len(page.records) - len(rows),
        total=page.total,
        all=None if search.kind or not page.more_after else search.address(kind=kind),
        earlier=search.address(before=page.first) if search.kind and page.more_before and page.first else None,
        later=search.address(after=page.last) if search.kind and page.more_after and page.last else None,
    )


def _ranked(search: Search, rows: list[Row]) -> list[Row]:
    """Put the rows of one page in order: names that hold the text, then its words, then those that sound like it."""
    if search.field != "name":
        return rows
    text = fold(search.text)
    words = text.split()

    def place(row: Row) -> tuple[bool, bool, str]:
        name = fold(row.name)
        return text not in name, not all(word in name for word in words), name

    return sorted(rows, key=place)
