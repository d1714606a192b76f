"""What the v4 files share: contact media, characteristics, related parties, external references, attachments.

Two versions, one record: `partyOrPartyRole` of v5 stands flat in the related party of v4, the typed contact media of v5
are a bag of attributes in v4, and the class of a v4 characteristic follows from its value.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from customer_inventory.model.earlier import EXTENSIBLE, EarlierClass, Flattened, Gathered, Object, added
from customer_inventory.model.showing import Collection, First, Said, Unless, Value, Word

_PARTIES = frozenset({"Individual", "Organization", "Party"})
_COLLECTIONS = {
    "individual": "Individual",
    "organization": "Organization",
    "customer": "Customer",
    "partyRole": "PartyRole",
}
REFERENCE_NAMES = frozenset({"id", "href", "name", "@referredType"})


def party_class(reference: Object) -> str:
    """Return the class of a party or role: the one named, else told by what is referred to, or by the address."""
    named = reference.get("@type")
    if isinstance(named, str) and named != "RelatedParty":
        return named
    referred = reference.get("@referredType") or _by_address(reference)
    return "PartyRef" if referred is None or referred in _PARTIES else "PartyRoleRef"


def _by_address(reference: Object) -> str | None:
    """Return the class of what the `href` of a reference leads to, where its collection is one of ours."""
    address = reference.get("href")
    return _COLLECTIONS.get(address.rpartition("/")[0].rpartition("/")[2]) if isinstance(address, str) else None


def referred_type(*within: str) -> Value:
    """Return what the class that a reference refers to is made from: a party carried by value, else the address."""
    return First(
        (
            Unless(Said((*within, "@type")), "Ref"),
            Word(Collection(Said((*within, "href"))), _COLLECTIONS),
        )
    )


def related_party(*required: str) -> EarlierClass:
    """Return the v4 related party: the reference itself, with a role."""
    return EarlierClass(
        "RelatedParty",
        required=required,
        flattened=Flattened("partyOrPartyRole", REFERENCE_NAMES, party_class),
        shown={"@referredType": referred_type("partyOrPartyRole")},
    )


def engaged_party(*required: str, role_too: bool = False) -> EarlierClass:
    """Return the v4 engaged party: a related party where v5 has a bare reference, to a role too or to a party only."""
    return EarlierClass(
        "RelatedParty",
        required=required,
        left_out=("partyId", "partyName"),
        added=(added("role", "What the party is to this one."),),
        shown={"@referredType": Word(Collection(Said(("href",))), _COLLECTIONS)},
        is_a=party_class if role_too else None,
    )


_MEDIA = {
    "EmailContactMedium": ("email", ("emailAddress",)),
    "PhoneContactMedium": ("phone", ("phoneNumber",)),
    "FaxContactMedium": ("fax", ("faxNumber",)),
    "SocialContactMedium": ("socialNetwork", ("socialNetworkId",)),
    "GeographicAddressContactMedium": (
        "postalAddress",
        ("street1", "street2", "postCode", "city", "stateOrProvince", "country"),
    ),
}
"""The classes of contact media in v5: the word of each in v4, and the attributes that tell it."""

_MEDIUM_WORDS = (
    ("fax", "FaxContactMedium"),
    ("post", "GeographicAddressContactMedium"),
    ("address", "GeographicAddressContactMedium"),
    ("mail", "EmailContactMedium"),
    ("phone", "PhoneContactMedium"),
    ("mobile", "PhoneContactMedium"),
    ("social", "SocialContactMedium"),
)


def medium_class(stored: Object) -> str:
    """Return the class of a contact medium: the one named if its attributes are there, else the one they tell."""
    telling = [name for name, (_, attributes) in _MEDIA.items() if any(each in stored for each in attributes)]
    named, medium = stored.get("@type"), stored.get("mediumType")
    words = medium.lower() if isinstance(medium, str) else ""
    said = next((name for word, name in _MEDIUM_WORDS if word in words), "ContactMedium")
    if not telling:
        return str(named) if named in _MEDIA else said
    if named in telling:
        return str(named)
    return said if said in telling else telling[0]


_MEDIUM_TYPE = Word(Said(("@type",)), {name: word for name, (word, _) in _MEDIA.items()})
"""The word for what kind of contact medium is shown, by its class."""


def contact_medium(*required: str) -> EarlierClass:
    """Return the v4 contact medium: a type in words, and a bag of attributes."""
    return EarlierClass(
        "ContactMedium",
        required=required,
        left_out=("id", "geographicAddress"),
        added=(added("mediumType", "What kind of way it is, such as email."),),
        gathered=Gathered(
            "characteristic",
            ("contactType", *(name for _, attributes in _MEDIA.values() for name in attributes)),
            "MediumCharacteristic",
            "The address or number itself.",
        ),
        shown={"mediumType": _MEDIUM_TYPE},
        is_a=medium_class,
    )


def _every(kind: type | tuple[type, ...]) -> Callable[[Any], bool]:
    return lambda value: (
        isinstance(value, list)
        and all(isinstance(item, kind) and (kind is bool or type(item) is not bool) for item in value)
    )


def _one(kind: type | tuple[type, ...]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, kind) and (kind is bool or type(value) is not bool)


def _whole(value: Any) -> bool:
    return type(value) is int or (type(value) is float and value.is_integer())


_CHARACTERISTICS: dict[str, Callable[[Any], bool]] = {
    "StringCharacteristic": _one(str),
    "BooleanCharacteristic": _one(bool),
    "IntegerCharacteristic": _whole,
    "NumberCharacteristic": _one((int, float)),
    "FloatCharacteristic": _one((int, float)),
    "ObjectCharacteristic": _one(dict),
    "StringArrayCharacteristic": _every(str),
    "BooleanArrayCharacteristic": _every(bool),
    "IntegerArrayCharacteristic": lambda value: isinstance(value, list) and all(map(_whole, value)),
    "NumberArrayCharacteristic": _every((int, float)),
    "FloatArrayCharacteristic": _every((int, float)),
    "ObjectArrayCharacteristic": _every(dict),
    "MapAnyCharacteristicValue": _one(dict),
}
"""The classes of characteristics in v5, and which values each takes; the first that fits is chosen."""

_BY_VALUE_TYPE = {"number": "NumberCharacteristic", "float": "FloatCharacteristic", "double": "FloatCharacteristic"}


def characteristic_class(stored: Object) -> str:
    """Return the class of a characteristic: the one named if it takes the value, else the first that does."""
    value, named, said = stored.get("value"), stored.get("@type"), stored.get("valueType")
    told = _BY_VALUE_TYPE.get(said.lower()) if isinstance(said, str) else None
    if isinstance(named, str) and named not in {"Characteristic", *_CHARACTERISTICS}:
        return named
    if "value" not in stored:
        return named or "Characteristic"
    for name in (named, told, *_CHARACTERISTICS):
        if isinstance(name, str) and name in _CHARACTERISTICS and _CHARACTERISTICS[name](value):
            return name
    return "Characteristic"


def characteristic(*required: str) -> EarlierClass:
    """Return the v4 characteristic: a name and any value."""
    return EarlierClass(
        "Characteristic",
        required=required,
        left_out=("id", "characteristicRelationship"),
        added=(added("value", "The value.", type="any"),),
        is_a=characteristic_class,
    )


def attachment_class(stored: Object) -> str:
    """Return the class of an attachment: the file itself, or a pointer to one."""
    if stored.get("@type") in {"Attachment", "AttachmentRef"}:
        return str(stored["@type"])
    carried = any(name in stored for name in ("content", "attachmentType", "mimeType"))
    return "Attachment" if carried or "id" not in stored else "AttachmentRef"


def value_specification_class(stored: Object) -> str:
    """Return the class of a value that a characteristic may take: as of the characteristic itself."""
    named = stored.get("@type")
    told = characteristic_class({**stored, "@type": str(named).removesuffix("ValueSpecification")} if named else stored)
    return f"{told}ValueSpecification"


ATTACHMENT = EarlierClass("AttachmentRefOrValue", required=(), is_a=attachment_class)
"""A file that belongs to a thing, carried or pointed to: v4 does not tell which."""

EXTERNAL_REFERENCE = EarlierClass(
    "ExternalReference",
    left_out=("owner",),
    renamed={"name": "id", "externalReferenceType": "externalIdentifierType"},
)
"""What another system calls the same thing."""

CHARACTERISTIC = characteristic("name", "value")


def extensible(name: str, **more: Any) -> EarlierClass:
    """Return a class that v4 can extend and v5 cannot."""
    return EarlierClass(name, added=EXTENSIBLE, **more)
