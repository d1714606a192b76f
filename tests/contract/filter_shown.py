"""Filters asked in v4: records of both versions' making, and the attributes of v4 with values to ask for."""

from __future__ import annotations

from random import Random
from typing import Any

from customer_inventory.model.view import View
from customer_inventory.model.views import EARLIER, NATIVE
from tests.contract import filter_records
from tests.contract.corpus import INSTANTS, TEXTS, generated, medium, said, some
from tests.contract.filter_records import IDS, SHORT, TRUTHS, Document, Path, declared

ADDRESSES = ["https://x/tmf-api/party/v5/individual/1", "organization/2", "/customer/", "individual", "/a/b/c/d", ""]
PARTIES = ["Individual", "Organization", "Customer", "Weird", "PartyRef", "", "a"]
MEDIA = ["email", "postalAddress", "fax", "pigeon", "a"]

PATHS: dict[str, dict[str, Path]] = {
    **filter_records.PATHS,
    "customer v4": declared(
        text={
            "id": IDS,
            "description": TEXTS,
            "engagedParty.@referredType": PARTIES,
            "engagedParty.@type": ["RelatedParty", "PartyRef"],
            "contactMedium.id": ["m1", "m2"],
            "contactMedium.mediumType": MEDIA,
            "contactMedium.characteristic.city": TEXTS,
            "contactMedium.characteristic.emailAddress": TEXTS,
            "relatedParty.@type": ["RelatedParty", "RelatedPartyOrPartyRole"],
            "relatedParty.@referredType": PARTIES,
            "relatedParty.name": SHORT,
            "relatedParty.role": ["friend", "foe"],
        },
        day={
            "contactMedium.validFor.endDateTime": INSTANTS,
            "relatedParty.partyOrPartyRole.birthDate": filter_records.DAYS,
        },
        any={"characteristic.value": [*TEXTS, "1.5", "-0.5", "1e3"]},
    ),
    "individual v4": declared(
        text={
            "id": IDS,
            "fullName": SHORT,
            "status": ["deceaded", "initialized", "validated"],
            "contactMedium.mediumType": MEDIA,
        },
        day={"birthDate": filter_records.DAYS},
    ),
    "organization v4": declared(
        text={"id": IDS, "tradingName": SHORT, "name": SHORT, "nameType": SHORT, "contactMedium.mediumType": MEDIA}
    ),
    "billingAccount v4": declared(
        text={"id": IDS, "name": SHORT, "billStructure.presentationMedia.name": SHORT},
        truth={"billStructure.format.isRef": TRUTHS, "billStructure.presentationMedia.isRef": TRUTHS},
    ),
    "agreementSpecification v4": declared(
        text={
            "id": IDS,
            "specificationCharacteristic.name": SHORT,
            "specificationCharacteristic.specCharacteristicValue.valueFrom": [
                "1",
                "10",
                "9",
                "1.0",
                "01",
                "many",
                "-7",
            ],
        },
        truth={"specificationCharacteristic.specCharacteristicValue.default": TRUTHS},
    ),
}
ARRAYS = {
    **filter_records.ARRAYS,
    "customer v4": ["contactMedium", "relatedParty", "engagedParty", "characteristic"],
    "individual v4": ["contactMedium"],
    "organization v4": ["contactMedium"],
    "billingAccount v4": ["billStructure.presentationMedia", "billStructure.format"],
    "agreementSpecification v4": [
        "specificationCharacteristic",
        "specificationCharacteristic.specCharacteristicValue",
    ],
}


def view_of(asked: str) -> View:
    """The view that a name of `PATHS` stands for."""
    name, _, earlier = asked.partition(" ")
    return (EARLIER if earlier else NATIVE)[name]


def shown(view: View, content: Document) -> Document:
    """What a view shows of a stored document."""
    return view.show(content) if view.show else content


def _maybe(chance: Random, content: Document, often: float = 0.6) -> Document:
    return {name: value for name, value in content.items() if name == "@type" or chance.random() < often}


def customer(chance: Random) -> Document:
    """A customer whose parties are pointed to or carried, with and without the words that v4 demands."""
    content = generated(chance)
    content["engagedParty"] = {"@type": "PartyRef", "id": "p", **_maybe(chance, _pointer(chance))}
    content["contactMedium"] = [
        {**medium(chance), **_maybe(chance, {"id": some(chance, ["m1", "m2"]), "mediumType": some(chance, MEDIA)}, 0.3)}
        for _ in range(chance.randrange(4))
    ]
    related: list[Any] = [_related(chance) for _ in range(chance.randrange(3))]
    return {**content, "relatedParty": [*content.get("relatedParty", []), *related]}


def _pointer(chance: Random) -> Document:
    named = some(chance, [name for name in PARTIES if name])
    return {"href": some(chance, ADDRESSES), "name": some(chance, SHORT), "@referredType": named}


def _related(chance: Random) -> Document:
    content: Document = {"@type": "RelatedPartyOrPartyRole", "role": some(chance, ["friend", "foe"])}
    match chance.randrange(4):
        case 0:
            carried = _maybe(chance, {"@type": "Individual", "birthDate": some(chance, filter_records.DAYS)})
            content["partyOrPartyRole"] = {
                **carried,
                "givenName": "a",
                "familyName": "b",
                **_maybe(chance, _pointer(chance)),
            }
        case 1:
            content["partyOrPartyRole"] = {"@type": "PartyRoleRef", "id": "r", **_maybe(chance, _pointer(chance))}
        case 2:
            content["partyOrPartyRole"] = {"@type": "PartyRef", "id": "p", **_maybe(chance, _pointer(chance))}
        case _:
            pass
    return content


def individual(chance: Random) -> Document:
    """A person who may have died."""
    status = some(chance, ["deceased", "initialized", "validated"])
    return {**filter_records.individual(chance), **_maybe(chance, {"status": status, "name": some(chance, SHORT)})}


def organization(chance: Random) -> Document:
    """An organization with and without a trading name."""
    media = [medium(chance) for _ in range(chance.randrange(3))]
    optional = {"tradingName": some(chance, SHORT), "nameType": some(chance, SHORT), "contactMedium": media}
    return {"@type": "Organization", "name": said(chance, SHORT), **_maybe(chance, optional)}


def account(chance: Random) -> Document:
    """A billing account whose formats and media are pointed to or carried."""
    party = {"@type": "PartyRef", "id": "p", "name": "a", "@referredType": "Individual"}
    structure = {
        "format": _ref_or_value(chance, "BillFormat"),
        "presentationMedia": [_ref_or_value(chance, "BillPresentationMedia") for _ in range(chance.randrange(3))],
    }
    return {
        "@type": "BillingAccount",
        "name": said(chance, SHORT),
        "relatedParty": [{"@type": "RelatedPartyRefOrPartyRoleRef", "role": "payer", "partyOrPartyRole": party}],
        "billStructure": {"@type": "BillStructure", **_maybe(chance, structure)},
    }


def _ref_or_value(chance: Random, name: str) -> Document:
    kind = some(chance, [name, f"{name}Ref"])
    more = _maybe(chance, {"isRef": chance.random() < 0.5}, 0.4)
    return {"@type": kind, "id": "f", "name": some(chance, SHORT), **more}


def specification(chance: Random) -> Document:
    """A specification of agreements whose values have ranges: whole numbers, or what v4 says in words."""
    return {
        "@type": "AgreementSpecification",
        "name": "a",
        "lifecycleStatus": "active",
        "lastUpdate": "2024-02-29T12:00:00Z",
        "specificationCharacteristic": [
            {
                "@type": "CharacteristicSpecification",
                "valueType": "string",
                "name": some(chance, SHORT),
                "characteristicValueSpecification": [_range(chance) for _ in range(chance.randrange(3))],
            }
            for _ in range(chance.randrange(3))
        ],
    }


def _range(chance: Random) -> Document:
    optional = {
        "valueFrom": some(chance, [1, 10, 9, -7, 0]),
        "valueFromText": some(chance, ["many", "01", "1.0"]),
        "isDefault": chance.random() < 0.5,
    }
    return {"@type": "StringCharacteristicValueSpecification", "value": "a", **_maybe(chance, optional)}


MAKERS = {
    "customer": customer,
    "individual": individual,
    "organization": organization,
    "billingAccount": account,
    "agreementSpecification": specification,
}
