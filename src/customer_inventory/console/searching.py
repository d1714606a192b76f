"""Search: one box that finds customers, people and organisations by name, e-mail address, city, phone number or id.

What the text is, is told from its shape unless the person says it. A text that no name holds is looked up as a city
before names that merely sound like it are offered.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
import phonenumbers

from customer_inventory.access import Access
from customer_inventory.access.access import RecordNotFound
from customer_inventory.console.contacts import first_value
from customer_inventory.console.words import Shown, spelled
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.ids import parse_id
from customer_inventory.model import RESOURCES
from customer_inventory.repository.lists import Page, Total
from customer_inventory.repository.query import Condition, Query, Sort, cursor_of
from customer_inventory.repository.records import Record
from customer_inventory.repository.search import fold

FIELDS = ("name", "email", "city", "phone")
PARTIES = ("individual", "organization")
KINDS = (*PARTIES, "customer")
LONGEST_TEXT = 200
_IN_GROUP = 10
_ON_PAGE = 25
_MOST_RELATED = 200
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_PHONE = re.compile(r"\+?[\d\s()./-]+")
_PATHS = {
    "email": "contactMedium.emailAddress",
    "city": "contactMedium.city",
    "phone": "contactMedium.phoneNumber",
}
_SMALL_WORDS = re.compile(
    r"(?<=[\s-])(Am|An|Auf|Bei|De|Del|Della|Der|Des|Di|Du|En|Im|In|La|Le|Les|Of|On|Sur|The|Und|Upon)(?=[\s-])"
)
_END = "ffffffff-ffff-8fff-bfff-ffffffffffff"
"""The greatest id there can be: the page behind it is empty, and its total counts everything without showing any."""


class SearchTooLong(InventoryError):
    """The search text is longer than 200 characters.

    Search for fewer words.
    """

    code = "search-too-long"
    failure = Failure.INVALID


class UnknownChoice(InventoryError):
    """The address asks for a kind of record or a field that the search does not have.

    Go back to the search page and choose there.
    """

    code = "unknown-choice"
    failure = Failure.INVALID


@dataclass(frozen=True, slots=True)
class Search:
    """What is asked: a text, in which field ("" = as its shape says), of one kind ("" = all), and which page of it."""

    text: str = ""
    field: str = ""
    kind: str = ""
    after: str = ""
    before: str = ""

    @classmethod
    def of(cls, parameters: dict[str, str]) -> Search:
        """Read a search from the page's address. Raises SearchTooLong or UnknownChoice."""
        asked = cls(
            text=" ".join(parameters.get("q", "").split()),
            field=parameters.get("in", ""),
            kind=parameters.get("kind", ""),
            after=parameters.get("after", ""),
            before=parameters.get("before", ""),
        )
        if len(asked.text) > LONGEST_TEXT:
            raise SearchTooLong
        if asked.field not in {"", *FIELDS} or asked.kind not in {"", *KINDS} or (asked.after and asked.before):
            raise UnknownChoice
        return asked

    def address(self, **changed: str) -> str:
        """Return the address of the same search with other choices; the page starts over unless it is given."""
        wanted = replace(self, **{"after": "", "before": "", **changed})
        named = {
            "q": wanted.text,
            "in": wanted.field,
            "kind": wanted.kind,
            "after": wanted.after,
            "before": wanted.before,
        }
        given = {name: value for name, value in named.items() if value}
        return "/?" + urlencode(given) if given else "/"


@dataclass(frozen=True, slots=True)
class Row:
    """One record found."""

    kind: str
    name: str
    page: str
    email: str
    city: str
    status: str
    related: tuple[Shown, ...]


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
    """What a search found, and in which field it was looked for; `alternative` is another field worth trying."""

    field: str
    groups: tuple[Group, ...]
    alternative: str | None

    @property
    def empty(self) -> bool:
        """Whether nothing was found."""
        return not any(group.total.number for group in self.groups)


def id_in(text: str) -> UUID | None:
    """Return the id that the text is or, as an address of a record, ends in; or None."""
    found = _ID.findall(text.lower()) if " " not in text else []
    return parse_id(found[-1]) if found else None


def field_of(text: str) -> str:
    """Return the field that the shape of a text speaks for."""
    if "@" in text:
        return "email"
    if _PHONE.fullmatch(text) and sum(letter.isdigit() for letter in text) >= 5:
        return "phone"
    return "name"


def too_short(search: Search) -> bool:
    """Whether the text is too short to search names by: one Latin letter is in nearly all of them."""
    return len(search.text) == 1 and search.text.isascii()


async def find(access: Access, search: Search) -> Found:
    """Search. Raises Denied, InvalidCursor, or QueryTooCostly when it cannot be answered in time."""
    field = search.field or field_of(search.text)
    pages = await _pages(access, search, field)
    alternative = None
    if field == "name" and not search.field and not (search.after or search.before):
        alternative = "city"
        if not any(_holds(search.text, page, kind) for kind, page in pages.items()):
            by_city = await _pages(access, search, "city")
            if any(page.records for page in by_city.values()):
                field, pages, alternative = "city", by_city, "name"
    return Found(field, await _groups(access, replace(search, field=field), pages), alternative)


async def browse(access: Access, search: Search) -> Found:
    """Return one page of all records of one kind, in the order of their names."""
    first = {"individual": "familyName", "organization": "name", "customer": "name"}[search.kind]
    page = await access.page(
        RESOURCES[search.kind],
        Query(sort=(Sort(first),), limit=_ON_PAGE, after=search.after or None, before=search.before or None),
    )
    return Found("", await _groups(access, search, {search.kind: page}), None)


async def count(access: Access) -> dict[str, int]:
    """Return how many records of each kind the inventory holds, showing none of them."""
    end = cursor_of((_END, 0, b"", 0), ())
    pages = await asyncio.gather(*(access.page(RESOURCES[kind], Query(limit=1, after=end)) for kind in KINDS))
    return {kind: page.total.number for kind, page in zip(KINDS, pages, strict=True)}


async def _pages(access: Access, search: Search, field: str) -> dict[str, Page]:
    kinds = (search.kind,) if search.kind else KINDS
    query = Query(
        name=search.text if field == "name" else None,
        conditions=() if field == "name" else (Condition(_PATHS[field], "eq", _spellings(search.text, field)),),
        limit=_ON_PAGE if search.kind else _IN_GROUP,
        after=search.after or None,
        before=search.before or None,
    )
    pages = await asyncio.gather(*(access.page(RESOURCES[kind], query) for kind in kinds))
    return dict(zip(kinds, pages, strict=True))


def _holds(text: str, page: Page, kind: str) -> bool:
    words = fold(text).split()
    return any(all(word in label for word in words) for label in _labels(page, kind))


def _labels(page: Page, kind: str) -> Iterable[str]:
    return (fold(RESOURCES[kind].label(_decoded(record))) for record in page.records)


def _spellings(text: str, field: str) -> tuple[str, ...]:
    """The spellings under which a value may be kept: equality is exact, people are not."""
    match field:
        case "email":
            spellings = [text, text.lower()]
        case "city":
            titled = text.title()
            spellings = [text, titled, _SMALL_WORDS.sub(lambda word: word[0].lower(), titled), text.upper()]
        case _:
            spellings = [text, text.replace(" ", ""), *_international(text)]
    return tuple(dict.fromkeys(spellings))


@cache
def _regions() -> tuple[str, ...]:
    # One region for each calling code: a number is written alike in all that share it.
    return tuple(regions[0] for regions in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.values() if regions[0] != "001")


def _international(text: str) -> list[str]:
    """The E.164 forms of a number, as an import keeps them: of one that lacks its country, in every country it fits."""
    if text.startswith("00"):
        text = "+" + text[2:]
    found = []
    for region in ("ZZ",) if text.startswith("+") else _regions():
        try:
            number = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_possible_number(number):
            found.append(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    return found


async def _groups(access: Access, search: Search, pages: dict[str, Page]) -> tuple[Group, ...]:
    parties = [record.id for kind in PARTIES if kind in pages for record in pages[kind].records]
    customers = await _customers_of(access, parties)
    groups = []
    for kind, page in pages.items():
        rows = [_row(kind, record, customers) for record in page.records]
        if kind == "customer" and not search.kind:
            # They stand beside their party already.
            beside = {link.link for related in customers.values() for link in related}
            rows = [row for row in rows if row.page not in beside]
        groups.append(_group(search, kind, rows, page))
    return tuple(groups)


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


async def _customers_of(access: Access, parties: list[str]) -> dict[str, tuple[Shown, ...]]:
    """The customers of all these parties, in one query."""
    if not parties:
        return {}
    query = Query(conditions=(Condition("engagedParty.id", "eq", tuple(parties)),), limit=_MOST_RELATED)
    page = await access.page(RESOURCES["customer"], query)
    found: dict[str, tuple[Shown, ...]] = {}
    for record in page.records:
        document = _decoded(record)
        party = document["engagedParty"]["id"]
        found[party] = (*found.get(party, ()), Shown(label("customer", document), link=f"/customer/{record.id}"))
    if page.more_after:
        # Whose customers were cut off is not known; every party's own page shows them all.
        return {party: (*found.get(party, ()), Shown("… and perhaps more")) for party in parties}
    return found


def _row(kind: str, record: Record, customers: dict[str, tuple[Shown, ...]]) -> Row:
    document = _decoded(record)
    status = document.get("status")
    return Row(
        kind=kind,
        name=label(kind, document),
        page=f"/{kind}/{record.id}",
        email=first_value(document, "emailAddress"),
        city=first_value(document, "city"),
        status=spelled(status) if isinstance(status, str) else "",
        related=customers.get(record.id, ()) if kind in PARTIES else _party(document),
    )


def _party(document: dict[str, Any]) -> tuple[Shown, ...]:
    party = document.get("engagedParty")
    name = party.get("name") if isinstance(party, dict) else None
    return (Shown(name),) if isinstance(name, str) and name else ()


def label(kind: str, document: dict[str, Any]) -> str:
    """Return what a record is called on a page."""
    return RESOURCES[kind].label(document) or "(no name)"


def _decoded(record: Record) -> dict[str, Any]:
    return msgspec.json.decode(record.document, type=dict[str, Any])


async def page_of(access: Access, identifier: UUID) -> str | None:
    """Return the path of the page of the record with this id, of whichever kind, or None when there is none."""

    async def held(kind: str) -> str | None:
        try:
            await access.versions(RESOURCES[kind], identifier, limit=1)
        except RecordNotFound:
            return None
        return f"/{kind}/{identifier}"

    pages = await asyncio.gather(*(held(kind) for kind in KINDS))
    return next((page for page in pages if page is not None), None)
