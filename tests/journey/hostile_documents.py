"""Bad documents: bytes that are no JSON, values of the wrong type, and what is beyond every bound."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from hashlib import sha256
from random import Random
from typing import Any

SECRET = "Zyxomma"
"""A family name that no answer may repeat and no log may hold."""

PERSON: dict[str, Any] = {
    "@type": "Individual",
    "givenName": f"{SECRET}-given",
    "familyName": f"{SECRET}-family",
    "birthDate": "1980-02-29",
    "status": "validated",
    "contactMedium": [
        {"@type": "EmailContactMedium", "emailAddress": f"{SECRET}@example.org", "preferred": True},
        {
            "@type": "GeographicAddressContactMedium",
            "city": f"{SECRET}ville",
            "validFor": {"startDateTime": "2020-01-01T00:00:00Z"},
        },
    ],
    "partyCharacteristic": [
        {"@type": "StringCharacteristic", "name": "segment", "value": SECRET},
        {"@type": "NumberCharacteristic", "name": "score", "value": 1.5},
        {"@type": "BooleanCharacteristic", "name": "vip", "value": True},
        {"@type": "IntegerArrayCharacteristic", "name": "years", "value": [1999, 2001]},
    ],
    "creditRating": [{"@type": "PartyCreditProfile", "creditAgencyName": SECRET, "ratingScore": 7}],
    "languageAbility": [{"languageCode": "de", "isFavouriteLanguage": True}],
    "externalReference": [{"@type": "ExternalIdentifier", "id": SECRET, "owner": "crm"}],
    "individualIdentification": [
        {
            "@type": "IndividualIdentification",
            "identificationId": SECRET,
            "issuingDate": "2019-05-05T00:00:00Z",
            "attachment": {
                "@type": "Attachment",
                "attachmentType": "copy",
                "mimeType": "application/pdf",
                "content": "JVBERi0xLjcKJSVFT0YK",
                "size": {"amount": 5, "units": "KB"},
            },
        }
    ],
}
COMPANY: dict[str, Any] = {
    "@type": "Organization",
    "name": f"{SECRET} Ltd",
    "isLegalEntity": True,
    "existsDuring": {"startDateTime": "1990-01-01T00:00:00+01:00"},
    "otherName": [{"@type": "OtherNameOrganization", "name": SECRET}],
}
BUYER: dict[str, Any] = {
    "@type": "Customer",
    "name": f"{SECRET} buys",
    "status": "active",
    "validFor": {"startDateTime": "2024-01-01T00:00:00Z"},
    "engagedParty": {"@type": "PartyRef", "id": SECRET, "@referredType": "Individual"},
    "relatedParty": [
        {
            "@type": "RelatedPartyRefOrPartyRoleRef",
            "role": "owner",
            "partyOrPartyRole": {"@type": "PartyRef", "id": SECRET, "name": SECRET},
        }
    ],
    "creditProfile": [{"@type": "CreditProfile", "creditScore": 3, "creditProfileDate": "2024-01-01T00:00:00Z"}],
    "account": [{"@type": "AccountRef", "id": SECRET}],
}
DOCUMENTS = {"individual": PERSON, "organization": COMPANY, "customer": BUYER}
MANDATORY = {
    "individual": ("@type", "givenName", "familyName"),
    "organization": ("@type", "name"),
    "customer": ("@type", "name", "engagedParty"),
}

# What an attribute of each type refuses (RFC 8259, RFC 3339, RFC 4648, and the enums of TMF632 v5).
_TEXT: list[Any] = [5, -1.5, True, False, [], {}, [SECRET], {"value": SECRET}]
_TRUTH: list[Any] = ["true", 0, 1, [], {}, "", [True]]
_NUMBER: list[Any] = ["5", "", True, [], {}, [5]]
_OBJECT: list[Any] = [SECRET, 5, True, [], [{}], ""]
_ARRAY: list[Any] = [SECRET, 5, True, {}, "", {"0": {}}]
_INSTANT: list[Any] = [
    *(5, True, [], {}, "", "yesterday", "now", "infinity", "-infinity", "epoch", SECRET),
    *("2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-10T00:00:00Z", "0000-01-01T00:00:00Z"),
    *("2026-01-01T00:00:00", "2026-01-01T25:00:00Z", "2026-01-01T00:61:00Z", "300000-01-01T00:00:00Z"),
    *("2026-01-01T00:00:00+99:00", "44-03-15 BC", "0044-03-15T00:00:00Z BC", "2026-01-01T00:00:00Z; drop table x"),
]
_INT32: list[Any] = [*_NUMBER, 1.5, 2**31, -(2**31) - 1, 10**30]

WRONG: dict[str, list[tuple[tuple[str | int, ...], list[Any]]]] = {
    "individual": [
        *(((name,), _TEXT) for name in ("gender", "placeOfBirth", "countryOfBirth", "nationality", "maritalStatus")),
        *(((name,), _TEXT) for name in ("title", "aristocraticTitle", "generation", "preferredGivenName", "location")),
        *(((name,), _TEXT) for name in ("familyNamePrefix", "legalName", "middleName", "name", "formattedName")),
        *(((name,), [*_TEXT, None]) for name in ("givenName", "familyName")),
        *(((name,), _INSTANT) for name in ("birthDate", "deathDate")),
        (("status",), [*_TEXT, "", "VALIDATED", "closed", SECRET]),
        *(((name,), _ARRAY) for name in ("contactMedium", "partyCharacteristic", "creditRating", "languageAbility")),
        *(((name,), _ARRAY) for name in ("externalReference", "taxExemptionCertificate", "relatedParty", "otherName")),
        *(((name,), _ARRAY) for name in ("individualIdentification", "disability", "skill")),
        (("contactMedium", 0), [SECRET, 5, [], None]),
        (("contactMedium", 0, "emailAddress"), [*_TEXT, None]),
        (("contactMedium", 0, "preferred"), _TRUTH),
        (("contactMedium", 1, "validFor"), _OBJECT),
        (("contactMedium", 1, "validFor", "startDateTime"), _INSTANT),
        (("partyCharacteristic", 0, "value"), [*_TEXT, None]),
        (("partyCharacteristic", 1, "value"), _NUMBER),
        (("partyCharacteristic", 2, "value"), _TRUTH),
        (("partyCharacteristic", 3, "value"), [*_ARRAY, ["1"], [1.5], [True], [None]]),
        (("creditRating", 0, "ratingScore"), _INT32),
        (("languageAbility", 0, "isFavouriteLanguage"), _TRUTH),
        (("individualIdentification", 0, "issuingDate"), _INSTANT),
        (("individualIdentification", 0, "attachment"), _OBJECT),
        (("individualIdentification", 0, "attachment", "content"), [*_TEXT, "no base64!", "a"]),
        (("individualIdentification", 0, "attachment", "size"), _OBJECT),
        (("individualIdentification", 0, "attachment", "size", "amount"), _NUMBER),
    ],
    "organization": [
        *(((name,), _TRUTH) for name in ("isLegalEntity", "isHeadOffice")),
        *(((name,), _TEXT) for name in ("organizationType", "nameType", "tradingName")),
        (("name",), [*_TEXT, None]),
        (("status",), [*_TEXT, "", "deceased", SECRET]),
        (("existsDuring",), _OBJECT),
        (("existsDuring", "startDateTime"), _INSTANT),
        (("organizationParentRelationship",), _OBJECT),
        *(((name,), _ARRAY) for name in ("otherName", "organizationIdentification", "organizationChildRelationship")),
        (("otherName", 0, "name"), _TEXT),
    ],
    "customer": [
        *(((name,), _TEXT) for name in ("description", "role", "status", "statusReason")),
        (("name",), [*_TEXT, None]),
        (("engagedParty",), [*_OBJECT, None]),
        (("engagedParty", "id"), [*_TEXT, None]),
        (("engagedParty", "@referredType"), _TEXT),
        *(((name,), _OBJECT) for name in ("validFor", "partyRoleSpecification")),
        (("validFor", "startDateTime"), _INSTANT),
        *(((name,), _ARRAY) for name in ("characteristic", "account", "agreement", "contactMedium", "relatedParty")),
        *(((name,), _ARRAY) for name in ("paymentMethod", "creditProfile")),
        (("relatedParty", 0, "role"), [*_TEXT, None]),
        (("relatedParty", 0, "partyOrPartyRole"), _OBJECT),
        (("creditProfile", 0, "creditScore"), [*_NUMBER, 1.5]),
        (("creditProfile", 0, "creditProfileDate"), _INSTANT),
        (("account", 0, "id"), [*_TEXT, None]),
    ],
}


def wrong_documents(random: Random, name: str) -> Iterator[tuple[str, bytes]]:
    """Yield well-formed documents with one value that its attribute cannot have, for ever."""
    while True:
        path, values = random.choice(WRONG[name])
        document = copy.deepcopy(DOCUMENTS[name])
        value = random.choice(values)
        _put(document, path, value)
        yield f"{'.'.join(map(str, path))} = {json.dumps(value)[:30]}", _spelled(random, document)


def wrong_patches(random: Random, name: str) -> Iterator[tuple[str, bytes]]:
    """Yield merge patches that would leave such a document; null is left out, for it removes."""
    while True:
        path, values = random.choice([(path, values) for path, values in WRONG[name] if len(path) == 1])
        value = random.choice([value for value in values if value is not None])
        yield f"patch {path[0]} = {json.dumps(value)[:30]}", _spelled(random, {path[0]: value})


def broken_json(random: Random, name: str) -> Iterator[tuple[str, bytes]]:
    """Yield bytes that are no JSON object, for ever: a document damaged in a way that nothing forgives."""
    breaks: list[Callable[[bytes, Random], bytes]] = [
        lambda raw, r: raw[: r.randrange(len(raw))],
        lambda raw, r: raw + r.choice([b"}", b",", b"{}", b"x", b"\0", b"//", b"\xff"]),
        lambda raw, _: b"\xef\xbb\xbf" + raw,
        lambda raw, r: raw.decode().encode(r.choice(["utf-16", "utf-16-le", "utf-16-be", "utf-32"])),
        lambda raw, r: raw.replace(SECRET.encode(), r.choice(_BROKEN_TEXT), 1),
        lambda raw, r: raw.replace(b'"@type"', r.choice([b"@type", b"'@type'", b'"@type', b"1", b"null"]), 1),
        lambda raw, r: b'{"x":' + r.choice(_BROKEN_VALUE) + b"," + raw[1:],
        lambda raw, r: r.choice([b"[%b]", b"[%b,%b]", b'"%b"', b"%b%b", b"/* c */%b", b"%b // c"]).replace(b"%b", raw),
        lambda _, r: r.choice([b"", b" ", b"null", b"true", b"5", b'"x"', b"[]", b"[[]]", b"{", b"{]", b"\0", b"NaN"]),
        lambda _, r: r.choice([b"[", b'{"a":', b'[{"a":']) * r.choice([1000, 10_000, 100_000]),
        lambda _, r: b"[" * (depth := r.choice([1100, 10_000, 200_000])) + b"]" * depth,
        lambda raw, r: bytes([b for b in raw if b != ord(r.choice("{}:"))]),
        lambda _, r: bytes(r.randrange(128, 256) for _ in range(r.randrange(1, 200))),
    ]
    raw = json.dumps(DOCUMENTS[name]).encode()
    while True:
        at = random.randrange(len(breaks))
        yield f"broken json {at}", breaks[at](raw, random)


_BROKEN_TEXT = [
    *(b"\\ud800", b"\\udfff", b"\\ud800\\ud800", b"\\u12", b"\\x41", b"\\", b"\n", b"\0", b"\x1f"),
    *(b"\xff", b"\xc3", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\xf4\x90\x80\x80", b'"'),
]
_BROKEN_VALUE = [
    *(b"NaN", b"Infinity", b"-Infinity", b"nan", b"undefined", b"None", b"True", b"'x'", b"1e400", b"-1e400"),
    *(b"01", b"+1", b".5", b"5.", b"0x10", b"1_000", b"1e", b"--1", b"[1,]", b'{"a":1,}', b"", b"9" * 5000),
]


def unbounded_documents(random: Random, name: str) -> Iterator[tuple[str, bytes]]:
    """Yield well-formed documents with something in an extension attribute that no record may hold, for ever."""
    while True:
        label, value, key = random.choice(_UNBOUNDED)()
        key = _INDEXED[name] if key == "(indexed)" else key
        yield f"beyond bounds: {label}", json.dumps({**DOCUMENTS[name], key: value}).encode()


_INDEXED = {"individual": "familyName", "organization": "name"}


_UNBOUNDED: list[Callable[[], tuple[str, Any, str]]] = [
    lambda: ("40 objects deep", _nested(40, "object"), "extra"),
    lambda: ("33 arrays deep", _nested(33, "array"), "extra"),
    lambda: ("500 arrays deep", _nested(500, "array"), "extra"),
    lambda: ("950 objects deep", _nested(900, "object"), "extra"),
    lambda: ("a name too long to index", "".join(sha256(b"%d" % at).hexdigest() for at in range(400)), "(indexed)"),
    lambda: ("NUL in a value", "a\0b", "extra"),
    lambda: ("NUL in a name", 1, "ex\0tra"),
    lambda: ("NUL far inside", [{"a": {"b": ["\0"]}}], "extra"),
    lambda: ("a long name", 1, "e" * 257),
    lambda: ("a long text", "x" * (256 * 1024 + 1), "extra"),
    lambda: ("a huge number", 10**309, "extra"),
    lambda: ("400 digits", -(10**399), "extra"),
    lambda: ("30,000 values", [0] * 30_000, "extra"),
    lambda: ("21,000 names", {f"k{at}": 0 for at in range(21_000)}, "extra"),
    lambda: (
        "5,000 search terms",
        [{"@type": "ExternalIdentifier", "id": str(at)} for at in range(5000)],
        "externalReference",
    ),
]


def incomplete_documents(random: Random, name: str) -> Iterator[tuple[str, bytes]]:
    """Yield documents without something that is mandatory, or of a class that this is not, for ever."""
    while True:
        missing = random.choice(MANDATORY[name])
        without = {key: value for key, value in DOCUMENTS[name].items() if key != missing}
        yield f"without {missing}", _spelled(random, without)
        yield f"{missing} null", _spelled(random, {**without, missing: None})
        other = random.choice(["", "Thing", "Individuals", SECRET, "Product", "INDIVIDUAL_"])
        yield f"of class {other}", _spelled(random, {**DOCUMENTS[name], "@type": other})
        yield "empty", b"{}"


def _nested(depth: int, kind: str) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value] if kind == "array" else {"deeper": value}
    return value


def _put(document: Any, path: tuple[str | int, ...], value: Any) -> None:
    for step in path[:-1]:
        document = document[step]
    document[path[-1]] = value


def _spelled(random: Random, document: dict[str, Any]) -> bytes:
    """Return the document as JSON, its attributes in any order and spacing, for parsers mind neither."""
    items = list(document.items())
    random.shuffle(items)
    return json.dumps(dict(items), indent=random.choice([None, None, 1]), ensure_ascii=random.random() < 0.5).encode()
