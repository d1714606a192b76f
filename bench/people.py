"""Sample customers for measuring: plausible, drawn by number from a fixed seed, no two alike and none real.

Addresses of e-mail lie at example.com and telephone numbers between 555-0100 and 555-0199, which belong to nobody.
"""

from __future__ import annotations

import csv
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from faker.providers.person.en_US import Provider as Names

SEED = 1316
TOWNSPEOPLE = 100
"""How many of all customers live in one town, on the average: what a filter by town finds."""

_HEADINGS = (
    *("customer_id", "given_name", "family_name", "date_of_birth", "email", "phone"),
    *("street", "city", "postcode", "country"),
)
_AREAS = (201, 202, 203, 205, 206, 207, 208, 209, 210, 212, 213, 214, 215, 216, 217, 218, 219, 224, 225, 228, 229)
_GIVEN = tuple(Names.first_names)
_FAMILY = tuple(Names.last_names)
_STREETS = ("Mill Lane", "Station Road", "Church Street", "Harbour View", "Elm Avenue", "Kings Road", "Park Terrace")


@dataclass(frozen=True, slots=True)
class Person:
    """One sample customer."""

    number: int
    given: str
    family: str
    born: str
    email: str
    phone: str
    street: str
    city: str
    post_code: str


def towns(customers: int) -> int:
    """Return in how many towns so many customers live."""
    return max(1, customers // TOWNSPEOPLE)


def person(number: int, *, of: int) -> Person:
    """Return the sample customer of this number among `of`, always the same."""
    draw = random.Random(SEED << 32 | number)
    given, family = draw.choice(_GIVEN), draw.choice(_FAMILY)
    return Person(
        number=number,
        given=given,
        family=family,
        born=f"{draw.randint(1930, 2007)}-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}",
        email=f"{given}.{family}.{number}@example.com".lower(),
        phone=f"+1{draw.choice(_AREAS)}555{draw.randint(100, 199):04}",
        street=f"{draw.randint(1, 240)} {draw.choice(_STREETS)}",
        city=city(draw.randrange(towns(of))),
        post_code=f"{draw.randint(10000, 99999)}",
    )


def city(number: int) -> str:
    """Return the name of a town."""
    return f"{_FAMILY[number % len(_FAMILY)]}ton {number // len(_FAMILY) or ''}".strip()


def write_csv(path: Path, *, first: int, count: int, of: int) -> None:
    """Write customers of consecutive numbers as a CSV file whose headings a mapping is suggested from."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_HEADINGS)
        for number in range(first, first + count):
            one = person(number, of=of)
            reached = (one.email, one.phone, one.street, one.city, one.post_code, "US")
            writer.writerow((f"C{number:08}", one.given, one.family, one.born, *reached))


def individual(number: int, *, of: int) -> dict[str, Any]:
    """Return a customer's person as TMF632 v5 writes it."""
    one = person(number, of=of)
    return {
        "@type": "Individual",
        "givenName": one.given,
        "familyName": one.family,
        "birthDate": one.born,
        "contactMedium": _contacts(one),
        "externalReference": [
            {"@type": "ExternalIdentifier", "owner": "bench", "externalIdentifierType": "customer", "id": f"C{number}"}
        ],
    }


def customer(number: int, *, of: int, party: str) -> dict[str, Any]:
    """Return a customer as TMF629 v5 writes it, played by the individual with the id `party`."""
    one = person(number, of=of)
    return {
        "@type": "Customer",
        "name": f"{one.given} {one.family}",
        "status": "active",
        "engagedParty": {"@type": "PartyRef", "@referredType": "Individual", "id": party, "name": one.family},
        "contactMedium": _contacts(one),
    }


def _contacts(one: Person) -> list[dict[str, Any]]:
    return [
        {"@type": "EmailContactMedium", "preferred": True, "contactType": "email", "emailAddress": one.email},
        {"@type": "PhoneContactMedium", "contactType": "mobile", "phoneNumber": one.phone},
        {
            "@type": "GeographicAddressContactMedium",
            "contactType": "home",
            "street1": one.street,
            "city": one.city,
            "postCode": one.post_code,
            "country": "US",
        },
    ]
