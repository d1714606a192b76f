"""How a customer is reached: the contact media of a customer and its party, the ones to use first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

import phonenumbers

from customer_inventory.console.words import gist, medium_name, period, shown_period, spelled

_ORDER = ("current", "future", "past")
_ENVELOPE = frozenset({"id", "preferred", "contactType", "validFor"})


@dataclass(frozen=True, slots=True)
class Contact:
    """One way to reach a party: what it is and is used for, its lines, and whether it holds now."""

    medium: str
    use: str
    lines: tuple[str, ...]
    action: str | None
    preferred: bool
    state: str
    valid: str
    of: str


def contacts_of(documents: Iterable[tuple[str, dict[str, Any]]], *, now: datetime) -> tuple[Contact, ...]:
    """Return every contact medium of (whose, document) pairs: those that hold now first, preferred ones before others.

    The same medium on the customer and its party is shown once, with both named.
    """
    merged: dict[Contact, str] = {}
    for whose, document in documents:
        for medium in _media(document):
            contact = _contact(medium, now)
            known = merged.get(contact)
            merged[contact] = whose if known in (None, whose) else f"{known} and {whose}"
    named = [replace(contact, of=whose) for contact, whose in merged.items()]
    return tuple(sorted(named, key=lambda contact: (_ORDER.index(contact.state), not contact.preferred)))


def first_value(document: dict[str, Any], name: str) -> str:
    """Return the first text under `name` among a document's contact media, a preferred one before others; or ""."""
    media = sorted(_media(document), key=lambda medium: medium.get("preferred") is not True)
    return next((value for medium in media if isinstance(value := medium.get(name), str) and value), "")


def _media(document: dict[str, Any]) -> list[dict[str, Any]]:
    media = document.get("contactMedium")
    return [medium for medium in media if isinstance(medium, dict)] if isinstance(media, list) else []


def _contact(medium: dict[str, Any], now: datetime) -> Contact:
    kind, use = str(medium.get("@type") or "ContactMedium"), medium.get("contactType")
    return Contact(
        medium=medium_name(kind),
        use=spelled(use) if isinstance(use, str) else "",
        lines=_lines(medium),
        action=_action(medium),
        preferred=medium.get("preferred") is True,
        state=_state(medium, now),
        valid=shown_period(medium.get("validFor")),
        of="",
    )


def _lines(medium: dict[str, Any]) -> tuple[str, ...]:
    """An address as on an envelope; anything else value by value."""
    town = ("postCode", "city")
    order = (("street1",), ("street2",), town, ("stateOrProvince",), ("country",))
    lines = [" ".join(text for name in line if (text := gist(medium.get(name)))) for line in order]
    used = {name for line in order for name in line} | _ENVELOPE
    lines += [_line(name, value) for name, value in medium.items() if name not in used and not name.startswith("@")]
    return tuple(line for line in lines if line)


def _line(name: str, value: Any) -> str:
    """A value of a medium; a number that says its country is set in groups, as that country writes it."""
    if name in {"phoneNumber", "faxNumber"} and isinstance(value, str) and value.startswith("+"):
        try:
            number = phonenumbers.parse(value)
        except phonenumbers.NumberParseException:
            return value
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    return gist(value)


def _action(medium: dict[str, Any]) -> str | None:
    """The link that writes or calls. Only these two schemes: a document never makes a link of its own."""
    mail, phone = medium.get("emailAddress"), medium.get("phoneNumber")
    if isinstance(mail, str) and mail:
        return "mailto:" + quote(mail, safe="@")
    if isinstance(phone, str) and any(letter.isdigit() for letter in phone):
        return "tel:" + "".join(letter for letter in phone if letter in "+0123456789")
    return None


def _state(medium: dict[str, Any], now: datetime) -> str:
    since, until = period(medium.get("validFor"))
    if until is not None and until <= now:
        return "past"
    return "future" if since is not None and since > now else "current"
