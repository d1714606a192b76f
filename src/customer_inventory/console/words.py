"""Words and times as people read them: attribute names spelled out, instants readable with the exact one beside.

Everything here takes what a document holds, whatever that is: extensions may hold any JSON at any place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

_SPELLED = {
    "@type": "Class",
    "@baseType": "Base class",
    "@referredType": "Refers to",
    "@schemaLocation": "Schema",
    "birthDate": "Born",
    "contactMedium": "Contact",
    "deathDate": "Died",
    "emailAddress": "E-mail address",
    "engagedParty": "Party",
    "externalReference": "External identifier",
    "faxNumber": "Fax number",
    "href": "Address in the API",
    "id": "Id",
    "organizationType": "Type of organisation",
    "organizationIdentification": "Identification of the organisation",
    "partyCharacteristic": "Characteristic",
    "partyOrPartyRole": "Party",
    "postCode": "Postal code",
    "street1": "Street",
    "street2": "Street, second line",
    "url": "Web address",
    "validFor": "Valid",
}
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z])(?=[0-9])|[_\-.]+")
_TIME = re.compile(r"\d{4}-\d\d-\d\d([Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:\d\d))?")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LONGEST = 2000
_MEDIA = {
    "EmailContactMedium": "E-mail",
    "PhoneContactMedium": "Phone",
    "GeographicAddressContactMedium": "Address",
    "FaxContactMedium": "Fax",
    "SocialContactMedium": "Social network",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A value as a page shows it: its text, for a time the exact instant, and where it leads, if anywhere."""

    text: str
    instant: str | None = None
    link: str | None = None


def spelled(name: str) -> str:
    """Return an attribute's name as words: "familyName" as "Family name"."""
    if name in _SPELLED:
        return _SPELLED[name]
    words = [word for word in _HUMP.split(name.lstrip("@")) if word]
    if words[:1] == ["is"] and len(words) > 1:
        # "Legal entity: yes" reads better than "Is legal entity: yes".
        words = words[1:]
    lowered = " ".join(word if word.isupper() and len(word) > 1 else word.lower() for word in words)
    return lowered[:1].upper() + lowered[1:] if lowered else name


def purpose_name(code: str) -> str:
    """Return a purpose as words: "legal-claims" is legal claims."""
    return " ".join(re.split(r"[-_.]+", code)).strip() or code


def medium_name(kind: str) -> str:
    """Return what a class of contact medium is called: "PhoneContactMedium" is a phone."""
    return _MEDIA.get(kind) or spelled(kind.removesuffix("ContactMedium") or "contact")


def shown(value: Any) -> Shown:
    """Return a value of a document, of whatever type, as a page shows it."""
    match value:
        case bool():
            return Shown("yes" if value else "no")
        case str():
            return _text(value)
        case None:
            return Shown("(null)")
        case int() | float():
            return Shown(str(value))
        case _:
            return Shown(gist(value))


def shown_at(at: datetime) -> Shown:
    """Return an instant in UTC, to the minute."""
    utc = at.astimezone(UTC)
    return Shown(f"{_day(utc)}, {utc:%H:%M} UTC", instant=utc.isoformat().replace("+00:00", "Z"))


def parsed_time(value: Any) -> datetime | None:
    """Return the instant that a document's value spells, or None when it spells none; a plain date is its midnight."""
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        return None
    try:
        parsed = datetime.fromisoformat(value.upper())
    except ValueError:
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def gist(value: Any) -> str:
    """Return a structured value in one line: its scalars, in their order, without classes and empty ones."""
    return " · ".join(_scalars(value))[:_LONGEST]


def period(value: Any) -> tuple[datetime | None, datetime | None]:
    """Return the ends of a TimePeriod of a document; an end that is open or unreadable is None."""
    if not isinstance(value, dict):
        return None, None
    return parsed_time(value.get("startDateTime")), parsed_time(value.get("endDateTime"))


def shown_period(value: Any) -> str:
    """Return a TimePeriod in words: "since 12 Jun 2018", "12 Jun 2018 to 1 Jan 2019", or nothing."""
    since, until = period(value)
    match since, until:
        case None, None:
            return ""
        case _, None:
            return f"since {_moment(since)}" if since else ""
        case None, _:
            return f"until {_moment(until)}" if until else ""
        case _:
            return f"{_moment(since)} to {_moment(until)}" if since and until else ""


def _text(value: str) -> Shown:
    moment = parsed_time(value)
    if moment is None:
        return Shown(value if len(value) <= _LONGEST else value[:_LONGEST] + " …")
    return Shown(_day(date.fromisoformat(value)) if len(value) == 10 else _moment(moment), instant=value)


def _moment(at: datetime) -> str:
    """An instant in the zone it was given in; midnight is left out, because it means a day."""
    if (at.hour, at.minute, at.second) == (0, 0, 0):
        return _day(at)
    zone = "UTC" if not at.utcoffset() else at.strftime("%z")
    return f"{_day(at)}, {at:%H:%M} {zone}"


def _day(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _scalars(value: Any) -> list[str]:
    if isinstance(value, dict):
        if value.keys() & {"startDateTime", "endDateTime"}:
            return [shown_period(value)] if shown_period(value) else []
        return [part for name, inner in value.items() if not name.startswith("@") for part in _scalars(inner)]
    if isinstance(value, list):
        return [part for inner in value for part in _scalars(inner)]
    if value is None or value == "":
        return []
    return [shown(value).text]
