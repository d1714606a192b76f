"""Records made of awkward values for filters: customers and individuals, with arrays in arrays and foreign classes."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from tests.contract.corpus import INSTANTS, STATUSES, TEXTS, WHOLE, characteristic, medium, said, some

Document = dict[str, Any]
SHORT = [
    "",
    "a",
    "A",
    "b",
    "ab",
    "a b",
    "a,b",
    "a;b",
    "%",
    "'",
    '"',
    "\\",
    "é",
    "É",
    "日本",
    "1",
    "10",
    "9",
    "x" * 201,
    "\t",
]
DAYS = ["2000-01-01", "2000-01-02", "2000-01-01T00:00:00Z", "2000-01-01T23:00:00Z", "1999-12-31T23:00:00-01:00"]
SCORES = ["0", "1", "-1", "9", "10", "1e1", "10.0", "99"]
AMOUNTS = ["0", "7", "7.5", "-0.5", "70"]
TRUTHS = ["true", "false"]
IDS = ["0", "019b", "8", "f", "nobody", "-8"]


@dataclass(frozen=True)
class Path:
    """An attribute as the test knows it: its type, and values to ask for."""

    type: str
    pool: tuple[str, ...]


def declared(**kinds: dict[str, list[str]]) -> dict[str, Path]:
    """The attributes of one kind, by their types."""
    types = {"text": "string", "day": "date-time", "number": "number", "truth": "boolean", "any": "any"}
    return {path: Path(types[kind], tuple(pool)) for kind, paths in kinds.items() for path, pool in paths.items()}


PATHS: dict[str, dict[str, Path]] = {
    "customer": declared(
        text={
            "id": IDS,
            "name": TEXTS,
            "description": TEXTS,
            "status": STATUSES,
            "@type": ["Customer", "Consumer"],
            "engagedParty.name": TEXTS,
            "contactMedium.@type": ["EmailContactMedium", "CarrierPigeon", "ContactMedium"],
            "contactMedium.emailAddress": TEXTS,
            "contactMedium.city": TEXTS,
            "characteristic.name": TEXTS,
            "relatedParty.role": ["friend", "foe"],
        },
        day={
            "validFor.startDateTime": INSTANTS,
            "contactMedium.validFor.endDateTime": INSTANTS,
            "creditProfile.creditProfileDate": INSTANTS,
            "relatedParty.partyOrPartyRole.birthDate": DAYS,
        },
        number={"creditProfile.creditScore": [str(number) for number in WHOLE]},
        truth={"contactMedium.preferred": TRUTHS},
        any={"characteristic.value": [*TEXTS, "1.5", "-0.5", "1e3"]},
    ),
    "individual": declared(
        text={
            "id": IDS,
            "familyName": SHORT,
            "givenName": SHORT,
            "title": SHORT,
            "languageAbility.languageCode": SHORT,
            "taxExemptionCertificate.certificateNumber": SHORT,
            "taxExemptionCertificate.taxDefinition.name": SHORT,
            "contactMedium.emailAddress": TEXTS,
            "partyCharacteristic.name": TEXTS,
        },
        day={"birthDate": DAYS, "creditRating.validFor.startDateTime": INSTANTS},
        number={"creditRating.ratingScore": SCORES, "taxExemptionCertificate.attachment.size.amount": AMOUNTS},
        truth={"languageAbility.isFavouriteLanguage": TRUTHS},
        any={"partyCharacteristic.value": [*TEXTS, "1.5", "-0.5"]},
    ),
}
ARRAYS = {
    "customer": ["contactMedium", "creditProfile", "characteristic", "relatedParty"],
    "individual": [
        "languageAbility",
        "creditRating",
        "taxExemptionCertificate",
        "taxExemptionCertificate.taxDefinition",
        "contactMedium",
        "partyCharacteristic",
    ],
}


def individual(chance: random.Random) -> Document:
    """A person with each attribute there or not, and values from the pools."""
    content: Document = {"@type": "Individual", "givenName": said(chance, SHORT), "familyName": said(chance, SHORT)}
    optional: Document = {
        "title": some(chance, SHORT),
        "birthDate": some(chance, DAYS),
        "languageAbility": [_language(chance) for _ in range(chance.randrange(3))],
        "creditRating": [_rating(chance) for _ in range(chance.randrange(4))],
        "taxExemptionCertificate": [_certificate(chance) for _ in range(chance.randrange(3))],
        "contactMedium": [medium(chance) for _ in range(chance.randrange(3))],
        "partyCharacteristic": [characteristic(chance) for _ in range(chance.randrange(3))],
    }
    content.update({name: value for name, value in optional.items() if chance.random() < 0.7})
    return content


def _maybe(chance: random.Random, content: Document) -> Document:
    return {name: value for name, value in content.items() if name == "@type" or chance.random() < 0.8}


def _language(chance: random.Random) -> Document:
    return _maybe(chance, {"languageCode": some(chance, SHORT), "isFavouriteLanguage": chance.random() < 0.5})


def _rating(chance: random.Random) -> Document:
    score = chance.choice([0, 1, -1, 9, 10, 99])
    period = {"startDateTime": some(chance, INSTANTS)}
    return _maybe(chance, {"@type": "PartyCreditProfile", "ratingScore": score, "validFor": period})


def _certificate(chance: random.Random) -> Document:
    amount = chance.choice([7, 7.5, -0.5, 0, "seven", "7", None, {"is": 7}, True, [7, 70]])
    return _maybe(
        chance,
        {
            "@type": "TaxExemptionCertificate",
            "certificateNumber": some(chance, SHORT),
            "taxDefinition": [
                _maybe(chance, {"@type": "TaxDefinition", "name": some(chance, SHORT)})
                for _ in range(chance.randrange(3))
            ],
            "attachment": {"@type": "Photo", "size": {"amount": amount}},
        },
    )
