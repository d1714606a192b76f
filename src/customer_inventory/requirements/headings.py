"""Headings: what the heading of a column most likely means, and which attribute of a resource keeps that.

An import's suggestion and a profile's proposals read headings by this one list of words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from customer_inventory.model import Resource

_SYNONYMS: dict[str, str] = {
    "source_id": (
        "id, unique id, uniqueid, uid, customer id, customer number, customer no, cust id, cust no, customerid, "
        "record id, recordid, rec id, account number, account no, account id, client id, client number, person "
        "id, provider number, ref, reference, external id, source id, key, number, no"
    ),
    "givenName": (
        "first name, firstname, given name, givenname, forename, first names, given names, fname, vorname, prenom"
    ),
    "middleName": "middle name, middlename, middle names, second name, middle initial",
    "familyName": "surname, last name, lastname, family name, familyname, lname, second surname, nachname, nom",
    "title": "title, salutation, honorific, name title",
    "gender": "gender, sex",
    "birthDate": "date of birth, dob, birth date, birthdate, birthday, born, date birth",
    "deathDate": "date of death, death date, died",
    "nationality": "nationality, citizenship",
    "placeOfBirth": "place of birth, birth place, birthplace",
    "maritalStatus": "marital status",
    "preferredGivenName": "preferred name, nickname, known as, preferred first name",
    "fullName": "full name, fullname, name, customer name, display name, person name",
    "organizationName": (
        "company, company name, organisation, organization, organisation name, organization name, business name, "
        "legal name, firm, hospital name, employer name, account name"
    ),
    "tradingName": "trading name, trades as, trading as, brand, doing business as, dba",
    "organizationType": "organisation type, organization type, company type, hospital type, legal form, industry",
    "email": "email, e mail, mail, email address, e mail address, emailaddress, email 1, primary email",
    "email2": "email 2, second email, secondary email, other email, alternative email",
    "phone": (
        "phone, telephone, tel, phone number, telephone number, phonenumber, home phone, landline, phone 1, "
        "contact number"
    ),
    "mobile": "mobile, mobile phone, mobile number, cell, cell phone, cellphone, msisdn, handy, phone 2, gsm",
    "fax": "fax, fax number, telefax",
    "street1": (
        "street, address, address 1, address line 1, street address, street 1, address1, addr, addr1, line 1, "
        "address line"
    ),
    "street2": "address 2, address line 2, street 2, address2, addr2, line 2, flat, apartment, unit",
    "city": "city, town, city town, town city, locality, place, municipality, suburb, post town",
    "stateOrProvince": "state, province, county, region, canton, county name, state or province, stateorprovince",
    "postCode": "postcode, post code, zip, zip code, zipcode, postal code, postalcode, plz",
    "country": "country, country code, country name, countrycode, nation",
    "status": "status, customer status, account status",
    "currency": "currency, currency code",
    "language": "language, preferred language, language code, lang",
}
_MEANINGS = {word.strip(): meaning for meaning, words in _SYNONYMS.items() for word in words.split(",")}


def meaning_of(heading: str) -> str | None:
    """Return what a heading most likely means, or None."""
    plain = words_of(heading)
    return _MEANINGS.get(plain) or _MEANINGS.get(plain.replace(" ", ""))


def words_of(heading: str) -> str:
    """Return the words of a heading in small letters, whether it is written with spaces, with marks or in CamelCase."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", heading)
    return " ".join(re.sub(r"[^0-9a-z]+", " ", words.lower()).split())


def attribute_of(heading: str, resource: Resource) -> str | None:
    """Return the attribute of a resource that a column of this heading goes to, as a place; None for none of its own.

    The heading may be the attribute itself, its words, or a word that means it.
    """
    known = resource.attributes
    if heading.endswith("]") and f"{heading.partition('[')[0]}.name" in known:
        return heading  # a characteristic, as a place
    for path in (heading, _camel(heading), _PLACES.get(meaning_of(heading) or "", "")):
        if path in known and known[path].scalar and path not in _HOW_KEPT:
            return path
    name = "name" if meaning_of(heading) in _NAMES and "name" in known else None
    return name if name is None or resource.name != "individual" or meaning_of(heading) == "fullName" else None


def resource_of(headings: Iterable[str]) -> str:
    """Return the name of the resource whose records rows with these headings most likely are."""
    meanings = {meaning_of(heading) or heading for heading in headings}
    if meanings & {"givenName", "familyName", "birthDate"}:
        return "individual"
    return "organization" if meanings & {"organizationName", "tradingName", "organizationType"} else "customer"


def own_attribute(heading: str, resource: Resource, *, number: int) -> tuple[str, bool]:
    """Return the attribute that an enterprise adds for a column, and whether the resource must be told its type.

    It is a characteristic where the resource keeps some, else an attribute of the enterprise's own. `number` is that of
    the column, for headings without a letter.
    """
    for holder in ("partyCharacteristic", "characteristic"):
        if f"{holder}.name" in resource.attributes:
            named = " ".join(re.sub(r'[\[\]"\\\x00-\x1f]', " ", heading).split())[:100]
            return f"{holder}[{named or f'column {number}'}]", False
    name = re.sub(r"[^A-Za-z0-9]", "", _camel(heading)).lstrip("0123456789")[:60]
    return name or f"column{number}", True


def class_of_medium(attribute: str) -> str | None:
    """Return the class of contact medium that has an attribute such as contactMedium.emailAddress."""
    holder, _, name = attribute.rpartition(".")
    return _MEDIA.get(name) if holder == "contactMedium" else None


def _camel(heading: str) -> str:
    first, *rest = words_of(heading).split() or [""]
    return first + "".join(word.capitalize() for word in rest)


_HOW_KEPT = frozenset(("id", "href", "@type", "@baseType", "@schemaLocation", "@referredType"))
"""What the inventory says of a record; the id of a source is another."""
_ADDRESS = "GeographicAddressContactMedium"
_MEDIA: Mapping[str, str] = {
    "emailAddress": "EmailContactMedium",
    "phoneNumber": "PhoneContactMedium",
    "faxNumber": "FaxContactMedium",
    **dict.fromkeys(("street1", "street2", "city", "postCode", "stateOrProvince", "country"), _ADDRESS),
}
_PLACES: Mapping[str, str] = {
    "source_id": "externalReference.id",
    "email": "contactMedium.emailAddress",
    "email2": "contactMedium.emailAddress",
    "phone": "contactMedium.phoneNumber",
    "mobile": "contactMedium.phoneNumber",
    "fax": "contactMedium.faxNumber",
    **{name: f"contactMedium.{name}" for name, medium in _MEDIA.items() if medium == _ADDRESS},
    **{
        name: name
        for name in (
            "givenName", "middleName", "familyName", "title", "gender", "birthDate", "deathDate", "nationality",
            "placeOfBirth", "maritalStatus", "preferredGivenName", "tradingName", "organizationType", "status",
        )
    },
}  # fmt: skip
"""Where the resources of TMF632 and TMF629 keep what a heading means."""
_NAMES = ("organizationName", "fullName")
