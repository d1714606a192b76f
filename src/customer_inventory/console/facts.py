"""A document as a page lays it out: single values, then a section for every list and group. Nothing is left out.

Attributes that the model does not know (extensions) are laid out by the same rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from customer_inventory.console.headings import SPELLED_OUT, Headings
from customer_inventory.console.words import Shown, gist, shown, shown_period

_CHARACTERISTICS = frozenset({"characteristic", "partyCharacteristic"})
_TITLES = {
    "relatedParty": "Related parties",
    "characteristic": "Characteristics",
    "partyCharacteristic": "Characteristics",
    "externalReference": "External identifiers",
    "account": "Accounts",
    "agreement": "Agreements",
    "paymentMethod": "Payment methods",
    "creditProfile": "Credit profiles",
    "creditRating": "Credit ratings",
    "otherName": "Other names",
    "individualIdentification": "Identity documents",
    "organizationIdentification": "Registrations",
    "languageAbility": "Languages",
    "skill": "Skills",
    "disability": "Disabilities",
    "taxExemptionCertificate": "Tax exemptions",
    "organizationChildRelationship": "Subsidiaries",
    "organizationParentRelationship": "Parent organisation",
}
_FIRST = (
    "status",
    "statusReason",
    "title",
    "givenName",
    "middleName",
    "familyNamePrefix",
    "familyName",
    "birthDate",
    "tradingName",
    "organizationType",
    "role",
    "description",
)
_TITLED_BY = ("name", "languageName", "skillName", "disabilityName", "identificationType", "creditAgencyName")
_LAST = ("@type", "@baseType", "@schemaLocation")


@dataclass(frozen=True, slots=True)
class Fact:
    """A value under its name."""

    label: str
    value: Shown


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a section: what it is called, if anything, and its values."""

    title: Shown | None
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A list or group of a document under its title; a `plain` one has single values only."""

    title: str
    items: tuple[Item, ...]

    @property
    def plain(self) -> bool:
        """Whether every item is one value under its name, so that the section reads as one list."""
        return all(item.title is None and len(item.facts) == 1 for item in self.items)


Pages = Mapping[str, str]
"""Where the records that a document refers to have their pages: id to path."""


@dataclass(frozen=True, slots=True)
class Laying:
    """How a document is laid out: where what it refers to has its page, and what its attributes are called."""

    pages: Pages
    headings: Headings

    def facts(self, path: str, value: Any) -> list[Fact]:
        """Return the value at a path as a fact, unless it is empty."""
        label = self.headings.of(path)
        if isinstance(value, dict | list):
            text = shown_period(value) or gist(value)
            return [Fact(label, Shown(text, link=_page_of(value, self.pages)))] if text else []
        return [] if value is None or value == "" else [Fact(label, shown(value))]


def facts_of(
    document: dict[str, Any], *, headings: Headings = SPELLED_OUT, leave_out: frozenset[str] = frozenset()
) -> tuple[Fact, ...]:
    """Return the single values of a document, the telling ones first and its class last."""
    laying = Laying({}, headings)
    names = [name for name, value in document.items() if name not in leave_out and _single(name, value)]
    names.sort(key=_place)
    return tuple(fact for name in names for fact in laying.facts(name, document[name]))


def sections_of(
    document: dict[str, Any],
    *,
    pages: Pages,
    headings: Headings = SPELLED_OUT,
    leave_out: frozenset[str] = frozenset(),
) -> tuple[Section, ...]:
    """Return the lists and groups of a document as sections, those that hold anything."""
    laying = Laying(pages, headings)
    sections = (
        Section(headings.of(name, _TITLES.get(name, "")), _items(name, value, laying))
        for name, value in document.items()
        if name not in leave_out and not _single(name, value)
    )
    ordered = sorted(sections, key=lambda section: _title_place(section.title))
    return tuple(section for section in ordered if section.items)


def _single(name: str, value: Any) -> bool:
    # A period reads as one value: "since 12 Jun 2018".
    return not isinstance(value, dict | list) or (name != "contactMedium" and bool(shown_period(value)))


def _items(name: str, value: Any, laying: Laying) -> tuple[Item, ...]:
    entries = value if isinstance(value, list) else [value]
    if name in _CHARACTERISTICS:
        return tuple(_characteristic(name, entry, laying) for entry in entries)
    if name == "externalReference":
        return tuple(_external(entry, laying) for entry in entries)
    return tuple(item for entry in entries if (item := _item(name, entry, laying)) is not None)


def _characteristic(path: str, entry: Any, laying: Laying) -> Item:
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str) or "value" not in entry:
        return _item(path, entry, laying) or Item(Shown(gist(entry)), ())
    value = entry["value"]
    label = laying.headings.of(f"{path}[{entry['name']}]", entry["name"])
    return Item(None, (Fact(label, shown(value) if value not in ([], {}, "") else Shown("(empty)")),))


def _external(entry: Any, laying: Laying) -> Item:
    """An identifier elsewhere: the system and the kind of identifier name it."""
    if isinstance(entry, dict) and isinstance(identifier := entry.get("id"), str):
        label = " ".join(str(part) for part in (entry.get("owner"), entry.get("externalIdentifierType")) if part)
        return Item(None, (Fact(label or "Id", Shown(identifier)),))
    return _item("externalReference", entry, laying) or Item(Shown(gist(entry)), ())


def _item(path: str, entry: Any, laying: Laying) -> Item | None:
    if not isinstance(entry, dict):
        return Item(None, (Fact(laying.headings.of(path), shown(entry)),))
    reference = next((value for key, value in entry.items() if key == "partyOrPartyRole"), entry)
    title = _title(reference, laying.pages) if isinstance(reference, dict) else None
    used = {"name", "href"} if reference is entry else {"partyOrPartyRole"}
    if title is not None and (title.link is not None or title.text == reference.get("id")):
        used.add("id")
    if title is None:
        naming = next((key for key in _TITLED_BY if isinstance(entry.get(key), str) and entry[key]), None)
        title, used = (Shown(entry[naming]), {naming}) if naming else (None, set())
    facts = tuple(
        fact
        for key, value in entry.items()
        if key not in used and not key.startswith("@")
        for fact in laying.facts(f"{path}.{key}", value)
    )
    return Item(title, facts) if title or facts else None


def _title(reference: dict[str, Any], pages: Pages) -> Shown | None:
    """What a reference names, leading to its page when the record is one of ours."""
    identifier, name = reference.get("id"), reference.get("name")
    page = pages.get(identifier) if isinstance(identifier, str) else None
    text = name if isinstance(name, str) and name else identifier
    if not isinstance(text, str) or (page is None and "@referredType" not in reference):
        return None
    return Shown(text, link=page)


def _page_of(value: Any, pages: Pages) -> str | None:
    identifier = value.get("id") if isinstance(value, dict) else None
    return pages.get(identifier) if isinstance(identifier, str) else None


def _place(name: str) -> tuple[int, int]:
    if name in _FIRST:
        return 0, _FIRST.index(name)
    return (2, _LAST.index(name)) if name in _LAST else (1, 0)


def _title_place(title: str) -> int:
    known = list(_TITLES.values())
    return known.index(title) if title in known else len(known)
