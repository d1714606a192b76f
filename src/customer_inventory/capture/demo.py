"""The demo: believable telecom customers to look around with. Nobody in it exists.

Names and streets are made by Faker from one seed, so every demo is the same. E-mail addresses are at domains reserved
for examples (RFC 2606); telephone numbers come from the ranges that regulators keep for fiction (Ofcom,
Bundesnetzagentur, Arcep, PTS), and where a country has none, the customer has no number.
"""

from __future__ import annotations

import random
import re
import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from faker import Faker

from customer_inventory.access import Access, Desk
from customer_inventory.access.loading import loading, strictly_checked
from customer_inventory.capture.demo_belongings import belongings
from customer_inventory.capture.drafting import Document, draft, engage
from customer_inventory.capture.preparing import new_ids
from customer_inventory.model import RESOURCES
from customer_inventory.repository.bulk_rows import BulkRow
from customer_inventory.repository.query import Query

SOURCE = "demo"
_SEED = 1316
_MOST_RECORDS = 5
"""How many records a customer of the demo is at most: party, customer, account, agreement, interaction."""
_ORGANIZATIONS = 0.2
_DOMAINS = ("example.com", "example.org", "example.net")


@dataclass(frozen=True, slots=True)
class _Country:
    """A country of the demo: Faker's locale, and its telephone numbers for fiction with X for a free digit."""

    locale: str
    code: str
    numbers: tuple[str, ...]
    name_type: str
    register: str


_COUNTRIES = (
    _Country("de_DE", "DE", ("+4930231250XX", "+4917139200XX"), "GmbH", "Handelsregister"),
    _Country("fr_FR", "FR", ("+331990000XX", "+336399800XX"), "SAS", "Registre du commerce"),
    _Country("en_GB", "GB", ("+442079460XXX", "+447700900XXX"), "Ltd", "Companies House"),
    _Country("it_IT", "IT", (), "S.r.l.", "Registro delle imprese"),
    _Country("pl_PL", "PL", (), "sp. z o.o.", "KRS"),
    _Country("sv_SE", "SE", ("+4684650040X", "+4670174062X"), "AB", "Bolagsverket"),
)
_CHANGES = (
    ("Moved within the same town; told us by telephone.", "move"),
    ("Chose another tariff segment after a consultation.", "segment"),
    ("Asked for paper bills to stop; prefers e-mail.", "prefer"),
    ("Two bills unpaid for 60 days.", "suspend"),
    ("Paid; barring lifted.", "reactivate"),
)


async def load_demo(desk: Desk, *, customers: int = 300) -> int:
    """Load `customers` sample customers into an inventory that is empty; return how many, 0 when it is not empty.

    Raises what a load through the desk raises.
    """
    access = await _access(desk, "demo-import", "Sample customers to look around with")
    if not await _empty(access):
        return 0
    maker = _Maker(now=desk.clock())
    rows = [maker.row(number, strictly_checked(access)) for number in range(1, customers + 1)]
    async with loading(
        access, kinds=[resource.kind for resource in RESOURCES.values()], source=SOURCE, file_name=SOURCE, connections=1
    ) as load:
        loaded = await load.load(rows)
    await _live_on(desk, rows, maker.random)
    return loaded.created


async def _access(desk: Desk, person: str, reason: str) -> Access:
    access = await desk.open_at_command_line(
        person=person, purpose=None, request_id=f"demo-{secrets.token_hex(8)}", source=SOURCE
    )
    return access.because(reason)


async def _empty(access: Access) -> bool:
    for resource in RESOURCES.values():
        if (await access.page(resource, Query(limit=1))).records:
            return False
    return True


async def _live_on(desk: Desk, rows: Sequence[BulkRow], chance: random.Random) -> None:
    """Let a few customers change, each for a reason, so that their histories have something to tell."""
    chosen = chance.sample(rows, k=min(len(rows), max(1, len(rows) // 25)))
    for at, row in enumerate(chosen):
        reason, what = _CHANGES[at % len(_CHANGES)]
        access = await _access(desk, "demo-steward" if at % 2 else "demo-agent", reason)
        party, customer = row.entries[:2]
        if what in {"move", "prefer"}:
            await access.modify(RESOURCES[party.kind], UUID(party.id), _CHANGE[what])
        else:
            await access.modify(RESOURCES["customer"], UUID(customer.id), _CHANGE[what])


def _moved(document: Document) -> Document:
    for medium in document["contactMedium"]:
        if "street1" in medium:
            street = re.sub(r"\d+", "", medium["street1"]).strip(" ,")
            medium["street1"] = f"{street} 7" if street else "7"
    return document


def _prefers_email(document: Document) -> Document:
    for medium in document["contactMedium"]:
        medium["preferred"] = "emailAddress" in medium
    return document


def _segment(document: Document) -> Document:
    for characteristic in document["characteristic"]:
        if characteristic["name"] == "segment":
            characteristic["value"] = "family"
    return document


def _suspended(document: Document) -> Document:
    return {**document, "status": "suspended", "statusReason": "payment overdue"}


def _reactivated(document: Document) -> Document:
    return {**document, "status": "active", "statusReason": "payment received"}


_CHANGE = {
    "move": _moved,
    "prefer": _prefers_email,
    "segment": _segment,
    "suspend": _suspended,
    "reactivate": _reactivated,
}


@dataclass(slots=True)
class _Maker:
    """Makes customers, always the same ones."""

    now: datetime
    random: random.Random = field(default_factory=lambda: random.Random(_SEED))  # noqa: S311  a demo keeps no secret
    _fakers: dict[str, Faker] = field(default_factory=dict)

    def row(self, number: int, strict: Any) -> BulkRow:
        """Return one customer, with its party and what it has, as a row to load."""
        country = self.random.choice(_COUNTRIES)
        organized = self.random.random() < _ORGANIZATIONS
        name = "organization" if organized else "individual"
        party = (self._organization if organized else self._individual)(country)
        customer = self._customer(organized=organized)
        (ids,) = new_ids(1, _MOST_RECORDS, randomness=secrets.randbits, at=int(self.now.timestamp() * 1000))
        engage(customer, RESOURCES[name], party, ids[0])
        records = [(RESOURCES[name], party), (RESOURCES["customer"], customer)]
        records += belongings(number, customer, ids[1], today=self.now.date())
        ids = ids[: len(records)]
        return draft(number, records, ids, f"D{number:05d}", strict=strict, now=self.now)

    def _individual(self, country: _Country) -> Document:
        faker = self._faker(country)
        given, family = faker.first_name(), faker.last_name()
        born = self.now.date() - timedelta(days=self.random.randint(18 * 365, 88 * 365))
        return {
            "@type": "Individual",
            "givenName": given,
            "familyName": family,
            "birthDate": born.isoformat(),
            "nationality": country.code,
            "status": "validated" if self.random.random() < 0.8 else "initialized",
            "contactMedium": self._media(country, f"{given}.{family}", street="home"),
        }

    def _organization(self, country: _Country) -> Document:
        faker = self._faker(country)
        trading = (
            f"{faker.last_name()} {self.random.choice(('Logistik', 'Design', 'Energy', 'Foods', 'Media', 'Tools'))}"
        )
        return {
            "@type": "Organization",
            "name": f"{trading} {country.name_type}",
            "nameType": country.name_type,
            "tradingName": trading,
            "organizationType": self.random.choice(("company", "association", "public body")),
            "isLegalEntity": True,
            "status": "validated",
            "organizationIdentification": [
                {
                    "@type": "OrganizationIdentification",
                    "identificationType": "commercial register",
                    "issuingAuthority": country.register,
                    "identificationId": f"{country.code}{self.random.randint(100000, 999999)}",
                }
            ],
            "contactMedium": self._media(country, f"office.{trading}", street="office"),
        }

    def _customer(self, *, organized: bool) -> Document:
        since = self.now.date() - timedelta(days=self.random.randint(5, 4000))
        segment = self.random.choice(
            ("small business", "enterprise") if organized else ("residential", "youth", "senior")
        )
        return {
            "@type": "Customer",
            "status": self.random.choices(("active", "prospect", "suspended", "former"), (80, 10, 5, 5))[0],
            "validFor": {"startDateTime": datetime(since.year, since.month, since.day).isoformat() + "Z"},  # noqa: DTZ001
            "characteristic": [
                {"@type": "StringCharacteristic", "name": "segment", "valueType": "string", "value": segment},
                {
                    "@type": "IntegerCharacteristic",
                    "name": "contracts",
                    "valueType": "integer",
                    "value": self.random.randint(1, 4),
                },
            ],
        }

    def _media(self, country: _Country, mailbox: str, *, street: str) -> list[Document]:
        faker = self._faker(country)
        media: list[Document] = [
            {
                "@type": "EmailContactMedium",
                "preferred": True,
                "emailAddress": f"{_plain(mailbox)}{self.random.randint(1, 99)}@{self.random.choice(_DOMAINS)}",
            }
        ]
        media += [
            {
                "@type": "PhoneContactMedium",
                "contactType": kind,
                "phoneNumber": re.sub("X", lambda _: str(self.random.randint(0, 9)), number),
            }
            for kind, number in zip((street, "mobile"), country.numbers, strict=False)
        ]
        address = {
            "@type": "GeographicAddressContactMedium",
            "contactType": street,
            "street1": " ".join(faker.street_address().split()),
            "city": faker.city(),
            "postCode": faker.postcode(),
            "country": country.code,
        }
        return [*media, address]

    def _faker(self, country: _Country) -> Faker:
        if country.locale not in self._fakers:
            faker = self._fakers[country.locale] = Faker(country.locale)
            faker.seed_instance(_SEED)
        return self._fakers[country.locale]


def _plain(mailbox: str) -> str:
    """The name as a mailbox: letters of ASCII and single dots."""
    folded = unicodedata.normalize("NFKD", mailbox.lower().replace("ß", "ss").replace("ł", "l"))
    return re.sub(r"[^a-z]+", ".", "".join(c for c in folded if not unicodedata.combining(c))).strip(".")
