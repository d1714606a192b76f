"""A full customer and the person that it is: what a well-kept inventory holds of one, with no value that is wrong."""

from __future__ import annotations

from typing import Any

SINCE = {"startDateTime": "2019-04-01T00:00:00Z"}
_UNTIL = {"startDateTime": "2019-04-01T00:00:00Z", "endDateTime": "2029-03-31T00:00:00Z"}


def _pointer(kind: str, referred: str, number: int, name: str) -> dict[str, Any]:
    identifier = f"0199aa00-0000-8abc-8000-{number:012}"
    return {"@type": kind, "id": identifier, "name": name, "@referredType": referred}


_MEDIA: list[dict[str, Any]] = [
    {
        "@type": "EmailContactMedium",
        "contactType": "personal",
        "preferred": True,
        "emailAddress": "ada.byron@example.com",
        "validFor": SINCE,
    },
    {"@type": "PhoneContactMedium", "contactType": "mobile", "phoneNumber": "+4930231250123", "validFor": SINCE},
    {
        "@type": "GeographicAddressContactMedium",
        "contactType": "home",
        "street1": "Hafenstraße 12",
        "street2": "2. Hof",
        "postCode": "10115",
        "city": "Berlin",
        "stateOrProvince": "BE",
        "country": "DE",
        "validFor": SINCE,
    },
]

CUSTOMER: dict[str, Any] = {
    "@type": "Customer",
    "name": "Ada Byron",
    "description": "Moved here from another operator.",
    "role": "bill payer",
    "status": "active",
    "statusReason": "contract signed",
    "validFor": SINCE,
    "engagedParty": _pointer("PartyRef", "Individual", 1, "Ada Byron"),
    "partyRoleSpecification": _pointer("PartyRoleSpecificationRef", "PartyRoleSpecification", 2, "Residential"),
    "account": [
        _pointer("AccountRef", "BillingAccount", 3, "Home"),
        _pointer("AccountRef", "BillingAccount", 4, "Work"),
    ],
    "agreement": [
        _pointer("AgreementRef", "Agreement", 5, "Fibre 250"),
        _pointer("AgreementRef", "Agreement", 6, "Mobile"),
    ],
    "paymentMethod": [_pointer("PaymentMethodRef", "BankAccountDebit", 7, "direct debit")],
    "contactMedium": _MEDIA,
    "characteristic": [
        {"@type": "StringCharacteristic", "name": "segment", "valueType": "string", "value": "residential"},
        {"@type": "BooleanCharacteristic", "name": "paperlessBilling", "valueType": "boolean", "value": True},
    ],
    "creditProfile": [
        {
            "@type": "CreditProfile",
            "creditProfileDate": "2025-05-01T08:00:00Z",
            "creditRiskRating": 3,
            "creditScore": 640,
            "validFor": _UNTIL,
        }
    ],
    "relatedParty": [
        {
            "@type": "RelatedPartyOrPartyRole",
            "role": "legal representative",
            "partyOrPartyRole": _pointer("PartyRef", "Individual", 8, "Annabella Milbanke"),
        }
    ],
}

INDIVIDUAL: dict[str, Any] = {
    "@type": "Individual",
    "givenName": "Ada",
    "familyName": "Byron",
    "middleName": "Augusta",
    "formattedName": "Ada Augusta Byron",
    "title": "Dr",
    "gender": "female",
    "birthDate": "1985-12-10",
    "placeOfBirth": "London",
    "countryOfBirth": "GB",
    "nationality": "GB",
    "maritalStatus": "married",
    "status": "validated",
    "contactMedium": _MEDIA,
    "individualIdentification": [
        {
            "@type": "IndividualIdentification",
            "identificationId": "C01X00T47",
            "identificationType": "passport",
            "issuingAuthority": "DE",
            "issuingDate": "2021-06-01T00:00:00Z",
            "validFor": _UNTIL,
        }
    ],
    "languageAbility": [{"languageCode": "en", "languageName": "English", "isFavouriteLanguage": True}],
    "externalReference": [
        {"@type": "ExternalIdentifier", "owner": "billing", "externalIdentifierType": "customerNumber", "id": "4711"}
    ],
    "partyCharacteristic": [
        {"@type": "StringCharacteristic", "name": "segment", "valueType": "string", "value": "residential"}
    ],
    "creditRating": [
        {
            "@type": "PartyCreditProfile",
            "creditAgencyName": "Example Ratings",
            "creditAgencyType": "consumer",
            "ratingScore": 96,
            "validFor": _UNTIL,
        }
    ],
}

FULL = {"customer": CUSTOMER, "individual": INDIVIDUAL}
