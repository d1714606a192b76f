"""Flattening: a record as one row of a table, with a fixed set of columns for each kind.

The headings of individuals, organisations and customers are words that an import's suggestion understands, so a table
that went out can come in elsewhere. Other kinds have a column for every attribute of a single value, headed by its
path. What has no column stays behind: NDJSON is the format that keeps everything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from customer_inventory.model import Resource
from customer_inventory.model.attributes import Attribute
from customer_inventory.model.viewing import native_view

Column = Callable[[Mapping[str, Any]], Any]

_LEFT_OUT = frozenset({"@type", "@baseType", "@schemaLocation", "href"})
"""What a table does without: it says how a document is built, not what it says."""


def headings(resource: Resource, specified: Sequence[str] = ()) -> Sequence[str]:
    """Return the columns of a table, in order; at the end those that its classes add, which were `specified`."""
    return [*_columns(resource), *specified]


def flatten(resource: Resource, document: Mapping[str, Any], specified: Sequence[str] = ()) -> list[str]:
    """Return a record's row: texts as they are, numbers and truths as JSON writes them, nothing for what is absent."""
    row = [_cell(column(document)) for column in _columns(resource).values()]
    return row + [_cell(document.get(name)) for name in specified]


def at(*path: str) -> Callable[[Mapping[str, Any]], str]:
    """Return what makes a cell of the attribute at a path."""
    column = _at(*path)
    return lambda document: _cell(column(document))


def specified_columns(resource: Resource, attributes: Mapping[str, Attribute]) -> list[str]:
    """Return the attributes of a single value that classes which were specified at run time add to a resource."""
    own = native_view(resource).attributes
    return sorted(
        path
        for path, each in attributes.items()
        if path not in own and "." not in path and each.scalar and not each.many
    )


@cache
def _columns(resource: Resource) -> dict[str, Column]:
    """The columns of a resource's table: those laid down for it, else one for each attribute of a single value."""
    single = [
        path
        for path, attribute in native_view(resource).attributes.items()
        if attribute.scalar and not attribute.many
        if path == "@type" or path.rpartition(".")[2] not in _LEFT_OUT
    ]
    return _COLUMNS.get(resource.name) or {"id": _at("id"), **{path: _at(*path.split(".")) for path in single}}


def _cell(value: Any) -> str:
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
    return ""


def _at(*path: str) -> Column:
    def column(document: Mapping[str, Any]) -> Any:
        value: Any = document
        for step in path:
            value = value.get(step) if isinstance(value, dict) else None
        return value

    return column


def _medium(class_name: str, attribute: str, *, place: int = 0, mobile: bool | None = None) -> Column:
    """The attribute of a contact medium of a class; of telephones, mobile ones and others are told apart."""

    def column(document: Mapping[str, Any]) -> Any:
        media = document.get("contactMedium")
        found = [
            medium
            for medium in (media if isinstance(media, list) else ())
            if isinstance(medium, dict) and medium.get("@type") == class_name
            if mobile is None or (str(medium.get("contactType", "")).casefold() == "mobile") is mobile
        ]
        return found[place].get(attribute) if place < len(found) else None

    return column


_ADDRESS = "GeographicAddressContactMedium"
_CONTACTS: dict[str, Column] = {
    "email": _medium("EmailContactMedium", "emailAddress"),
    "email_2": _medium("EmailContactMedium", "emailAddress", place=1),
    "phone": _medium("PhoneContactMedium", "phoneNumber", mobile=False),
    "mobile": _medium("PhoneContactMedium", "phoneNumber", mobile=True),
    "fax": _medium("FaxContactMedium", "faxNumber"),
    "street": _medium(_ADDRESS, "street1"),
    "address_line_2": _medium(_ADDRESS, "street2"),
    "postcode": _medium(_ADDRESS, "postCode"),
    "city": _medium(_ADDRESS, "city"),
    "state": _medium(_ADDRESS, "stateOrProvince"),
    "country": _medium(_ADDRESS, "country"),
}
_COLUMNS: dict[str, dict[str, Column]] = {
    "individual": {
        "id": _at("id"),
        "title": _at("title"),
        "given_name": _at("givenName"),
        "middle_name": _at("middleName"),
        "family_name": _at("familyName"),
        "birth_date": _at("birthDate"),
        "gender": _at("gender"),
        "nationality": _at("nationality"),
        **_CONTACTS,
    },
    "organization": {
        "id": _at("id"),
        "organization_name": _at("name"),
        "trading_name": _at("tradingName"),
        "organization_type": _at("organizationType"),
        **_CONTACTS,
    },
    "customer": {
        "id": _at("id"),
        "customer_name": _at("name"),
        "status": _at("status"),
        "status_reason": _at("statusReason"),
        "valid_from": _at("validFor", "startDateTime"),
        "valid_to": _at("validFor", "endDateTime"),
        "party_id": _at("engagedParty", "id"),
        "party_type": _at("engagedParty", "@referredType"),
        "party_name": _at("engagedParty", "name"),
        **_CONTACTS,
    },
}
