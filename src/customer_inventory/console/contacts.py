"""How a customer is reached: the contact media of a customer and its party, the ones to use first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from customer_inventory.console.words import gist, period, shown_period, spelled

_MEDIA = {
    "EmailContactMedium": "E-mail",
    "PhoneContactMedium": "Phone",
    "GeographicAddressContactMedium": "Address",
    "FaxContactMedium": "Fax",
    "SocialContactMedium": "Social network",
}
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
    named = [_of(contact, whose) for contact, whose in merged.items()]
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
        medium=_MEDIA.get(kind) or spelled(kind.removesuffix("ContactMedium") or "contact"),
        use=spelled(use) if isinstance(use, str) else "",
        lines=_lines(medium),
        action=_action(medium),
        preferred=medium.get("preferred") is True,
        state=_state(medium, now),
        valid=shown_period(medium.get("validFor")),
        of="",
    )


def _of(contact: Contact, whose: str) -> Contact:
    return Contact(
        contact.medium,
        contact.use,
        contact.lines,
        contact.action,
        contact.preferred,
        contact.state,
        contact.valid,
        whose,
    )


def _lines(medium: dict[str, Any]) -> tuple[str, ...]:
    """An address as on an envelope; anything else value by value."""
    town = ("postCode", "city")
    order = (("street1",), ("street2",), town, ("stateOrProvince",), ("country",))
    lines = [" ".join(text for name in line if (text := gist(medium.get(name)))) for line in order]
    used = {name for line in order for name in line} | _ENVELOPE
    lines += [gist(value) for name, value in medium.items() if name not in used and not name.startswith("@")]
    return tuple(line for line in lines if line)


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
