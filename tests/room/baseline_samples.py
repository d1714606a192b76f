"""What the value rules of the baseline accept and refuse: a table that was read line by line.

A key is the end of a rule's name: `postCode/latvia` is the rule latvia of every postCode, `customer.status/code-list`
that of one. A sample is a value of the attribute, or the object that has it where a rule looks at what stands beside.
Nobody in here exists; the numbers are made up or those that authorities print on specimens.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


class Samples(NamedTuple):
    """Samples of one rule."""

    accepted: list[Any]
    refused: list[Any]


def _email(*addresses: str) -> list[dict[str, str]]:
    return [{"@type": "EmailContactMedium", "emailAddress": address} for address in addresses]


def _phone(*numbers: str) -> list[dict[str, str]]:
    return [{"@type": "PhoneContactMedium", "phoneNumber": number} for number in numbers]


def _fax(*numbers: str) -> list[dict[str, str]]:
    return [{"@type": "FaxContactMedium", "faxNumber": number} for number in numbers]


def _region(country: str, *codes: str) -> list[dict[str, str]]:
    return [{"country": country, "stateOrProvince": code} for code in codes]


def _period(start: str | None, end: str | None) -> dict[str, str]:
    said = {"startDateTime": start, "endDateTime": end}
    return {name: moment for name, moment in said.items() if moment}


def _life(birth: str | None, death: str) -> dict[str, str]:
    return {**({"birthDate": birth} if birth else {}), "deathDate": death}


_PAST = Samples(["2026-11-30T11:00:00Z", "2026-12-01T02:00:00+14:00", "1970-01-01T00:00:00Z"], ["2026-12-03T00:00:00Z"])
_PRINTABLE = Samples(
    ["Ada", "Ọlá-Ìbùkún", "D'Arcy-Łęcki", "毛泽东", "O\u2019Neill"], ["Ada\tByron", "Ada\nByron", "A\x7f"]
)
_COUNTRY = Samples(["DE", "US", "SS", "TW"], ["Germany", "USA", "de", "XX", "UK", "AN"])
_NO_NUMBER = Samples(
    ["direct debit", "Card ending 4242", "SEPA 2026-11", "x" * 50], ["4111111111111111", "DE89370400440532013000"]
)

GENERAL: dict[str, Samples] = {
    # ---------------------------------------------------------- names and texts
    "length": Samples(["Ada"], ["x" * 100_001]),
    "printable": _PRINTABLE,
    "givenName/letters": Samples(["Ada", "Jean-Luc", "O\u2019Brien"], ["Ada2", "ada@example.org"]),
    "familyName/letters": Samples(["Byron", "van der Berg"], ["Byron 3", "b@example.org"]),
    "name/plain": Samples(["scan 1.pdf", "Vertrag (2).docx"], ["../passwd", "C:\\scan.pdf", "a\nb.pdf"]),
    "name/no-number": _NO_NUMBER,
    # ---------------------------------------------------------- a person
    "birthDate/past": Samples(["2026-12-01", "1815-12-10", "1967-09-26T05:00:00.246Z"], ["2026-12-02", "2062-01-01"]),
    "birthDate/age": Samples(["1901-11-30", "2000-02-29"], ["1901-11-29", "1815-12-10", "0001-01-01"]),
    "deathDate/past": Samples(["2026-12-01", "1852-11-27"], ["2026-12-02", "2099-12-31"]),
    "deathDate/after-birth": Samples(
        [
            _life("1950-05-02", "1950-05-02"),
            _life("1950-05-02", "2020-01-01T08:00:00Z"),
            _life("1950-05-02T09:30:00+02:00", "2020-01-01T08:00:00Z"),
            _life(None, "2020-01-01"),
        ],
        [_life("1950-05-02", "1950-05-01"), _life("1950-05-02T09:30:00Z", "1950-05-02T09:29:59Z")],
    ),
    "gender/code-list": Samples(["female", "male", "non-binary", "undisclosed"], ["F", "weiblich", "Female"]),
    "maritalStatus/code-list": Samples(["married", "divorced", "widow"], ["verheiratet", "M"]),
    "individual.status/code-list": Samples(["initialized", "validated", "deceased"], ["dead", "active"]),
    "status/death": Samples(
        [{"status": "deceased", "deathDate": "2020-01-01"}], [{"status": "validated", "deathDate": "2020-01-01"}]
    ),
    "countryOfBirth/code-list": _COUNTRY,
    "nationality/code-list": _COUNTRY,
    "languageCode/format": Samples(["de", "fr-CA", "zh-Hant-TW", "es-419"], ["german", "d", "de_DE"]),
    # ---------------------------------------------------------- ways to reach somebody
    "emailAddress/format": Samples(
        _email("ada.byron@example.org", "a+b@mail.example.co.uk", "jürgen@bücher.example"),
        _email("ada.byron", "ada@localhost", "a b@example.org", "ada@@example.org", ".ada@example.org"),
    ),
    "phoneNumber/format": Samples(_phone("+4930231250", "+16502530000"), _phone("030 231250", "+0301", "0049302312")),
    "faxNumber/format": Samples(_fax("+4930231250"), _fax("030/231250", "+49 30 231250")),
    "country/code-list": _COUNTRY,
    "city/words": Samples(["Köln", "Y", "\u2019s-Hertogenbosch", "10. Bezirk", "東京"], ["12345", "--", "0"]),
    "stateOrProvince/united-states": Samples(_region("US", "NJ", "PR", "AE"), _region("US", "New Jersey", "XX", "nj")),
    "stateOrProvince/canada": Samples(_region("CA", "QC", "NU"), _region("CA", "Quebec", "PQ")),
    "stateOrProvince/australia": Samples(_region("AU", "NSW", "ACT"), _region("AU", "New South Wales", "SYD")),
    "receiver.email/format": Samples(["ada@example.org"], ["ada", "Ada <ada@example.org>"]),
    "sender.email/format": Samples(["bills@example.org"], ["bills at example.org"]),
    "receiver.phoneNumber/format": Samples(["+4915112345678"], ["0151 12345678"]),
    "sender.phoneNumber/format": Samples(["+4915112345678", "22044", "MyTelco"], ["+", "My Telco Bills and More"]),
    "ip/format": Samples(["192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1"], ["localhost", "192.0.2", "1.2.3.4.5"]),
    # ---------------------------------------------------------- moments and periods
    "endDateTime/order": Samples(
        [
            _period("2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z"),
            _period("2020-01-01T01:00:00+01:00", "2020-01-01T00:00:00Z"),
            _period(None, "2020-01-01T00:00:00Z"),
            _period("2020-01-01T00:00:00Z", "9999-12-31T23:59:59Z"),
        ],
        [_period("2021-01-01T00:00:00Z", "2020-12-31T23:59:59.999Z")],
    ),
    "startDateTime/plausible": Samples(
        ["2020-01-01T00:00:00Z", "1600-01-01T00:00:00Z"], ["0001-01-01T00:00:00Z", "9999-12-31T00:00:00Z"]
    ),
    "interactionDate.startDateTime/plausible": Samples(
        ["2020-01-01T00:00:00Z"], ["1900-01-01T00:00:00Z", "2999-01-01T00:00:00Z"]
    ),
    "existsDuring.startDateTime/past": Samples(
        ["1288-06-16T00:00:00Z", "2027-06-01T00:00:00Z"], ["2030-01-01T00:00:00Z"]
    ),
    "creationDate/past": _PAST,
    "creditProfileDate/past": _PAST,
    "date/past": _PAST,
    "initialDate/past": _PAST,
    "issuingDate/past": _PAST,
    "sendTime/past": _PAST,
    "scheduledSendTime/plausible": Samples(["2027-01-01T08:00:00Z"], ["1900-01-01T00:00:00Z", "2999-01-01T00:00:00Z"]),
    "sendTimeComplete/order": Samples(
        [
            {"sendTime": "2026-01-01T08:00:00Z", "sendTimeComplete": "2026-01-01T08:00:00Z"},
            {"sendTimeComplete": "2026-01-01T08:00:00Z"},
        ],
        [{"sendTime": "2026-01-01T08:00:00Z", "sendTimeComplete": "2026-01-01T07:59:59Z"}],
    ),
    # ---------------------------------------------------------- numbers and money
    "size.amount/range": Samples([0, 1, 2.5, 321321], [-1, -0.001]),
    "creditRiskRating/range": Samples([0, 5, 1000], [-1, 1001]),
    "creditScore/range": Samples([0, 720, 1000], [-1, 1001]),
    "ratingScore/range": Samples([0, 680, 10000], [-1, 10001]),
    "numberOfPayments/range": Samples([1, 12, 1000], [0, -1, 1001]),
    "paymentPlan.priority/range": Samples([0, 1, 1000], [-1, 1001]),
    "tryTimes/range": Samples([0, 3, 1000], [-1, 1001]),
    "priority/number": Samples(["1", "10"], ["high", "-1", "1000"]),
    "unit/format": Samples(["EUR", "JPY"], ["eur", "€", "EURO"]),
    "unit/code-list": Samples(["EUR", "USD", "CHF", "PLN"], ["EUX", "XXX", "DEM"]),
    # ---------------------------------------------------------- files
    "mimeType/format": Samples(["application/pdf", "image/svg+xml"], ["pdf", "application", "text/plain; charset=x"]),
    "url/format": Samples(["https://example.org/a.pdf", "urn:isbn:0451450523"], ["a.pdf", "https://example.org/a b"]),
    "checksum/format": Samples(["sha256:" + "0a" * 32], ["0a" * 32, "sha256:" + "0A" * 32, "md5:" + "0a" * 16]),
    "units/code-list": Samples(["KB", "bytes", "MiB"], ["kilobytes", "Mb"]),
    # ---------------------------------------------------------- where things stand
    "customer.status/code-list": Samples(["prospect", "Created", "active", "former"], ["ok", "ACTIVE", "1"]),
    "partyRole.status/code-list": Samples(["validated", "validationInProgress", "active"], ["ok", "Validated"]),
    "organization.status/code-list": Samples(["initialized", "validated", "closed"], ["deceased", "bankrupt"]),
    "partyInteraction.status/code-list": Samples(["open", "opened", "ongoing", "completed"], ["done", "Completed"]),
    "agreement.status/code-list": Samples(["initialized", "in process", "approved"], ["signed", "Approved"]),
    "status/period": Samples(
        [{"status": "approved", "agreementPeriod": {"startDateTime": "2020-01-01T00:00:00Z"}}], [{"status": "active"}]
    ),
    "partyPrivacyAgreement.status/code-list": Samples(["approved", "withdrawn", "pendingUpdate"], ["yes", "opted-in"]),
    "partyPrivacyProfile.status/code-list": Samples(["created", "agreed", "terminated"], ["yes", "approved"]),
    "lifecycleState/code-list": Samples(["draft", "approved", "archived"], ["final", "v2"]),
    "communicationMessage.state/code-list": Samples(["initial", "inProgress", "completed"], ["sent", "Completed"]),
    "state/code-list": Samples(["active", "Active", "closed", "suspended"], ["open", "ACTIVE"]),
    "agreementAuthorization.state/code-list": Samples(["approved", "in process", "rejected"], ["yes", "signed"]),
    "signatureRepresentation/code-list": Samples(["physical", "digital", "qualified electronic"], ["wet", "Digital"]),
    "paymentStatus/code-list": Samples(["due", "paid", "inArrears"], ["late", "Paid"]),
    "paymentPlan.status/code-list": Samples(["effective", "ineffective"], ["active", "yes"]),
    "paymentFrequency/code-list": Samples(["monthly", "bimonthly", "yearly"], ["m", "every month"]),
    "ratingType/code-list": Samples(["prepaid", "postpaid"], ["contract", "PREPAID"]),
    "direction/code-list": Samples(["inbound", "outbound"], ["in", "inbounds"]),
    "messageType/code-list": Samples(["SMS", "Email", "Mobile app push notification"], ["sms", "E-Mail"]),
    "relationshipType/code-list": Samples(["juridical", "functional"], ["legal", "owns"]),
    # ---------------------------------------------------------- identifications
    "issuingAuthority/country": Samples(["DE", "US"], ["US Government", "Germany", "de"]),
    "individualIdentification.identificationType/code-list": Samples(
        ["passport", "national identity card", "drivers license"], ["Passport", "ID"]
    ),
    "organizationIdentification.identificationType/code-list": Samples(
        ["commercial register", "commercialRegistration", "VAT number", "LEI"], ["VAT", "HRB"]
    ),
}


def _numbers() -> Iterator[tuple[str, Samples]]:
    """The postal codes and numbers of identifications, from the table beside."""
    for place, rules in tomllib.loads(Path(__file__).with_name("baseline_numbers.toml").read_text("utf-8")).items():
        key = "postCode" if place == "postCode" else f"{place}Identification.identificationId"
        for code, said in rules.items():
            both = ([_held(place, said.get("kind"), each) for each in said[way]] for way in Samples._fields)
            yield f"{key}/{code}", Samples(*both)


def _held(place: str, kind: str | None, sample: str) -> dict[str, Any]:
    country, _, value = sample.partition(" ")
    if place == "postCode":
        return {"country": country, "postCode": value}
    authority = {} if country == "-" else {"issuingAuthority": country}
    return {"identificationType": kind, **authority, "identificationId": value}


SAMPLES: dict[str, Samples] = {**GENERAL, **dict(_numbers())}


def samples_of(rule: str) -> Samples:
    """Return the samples of a rule, such as customer.contactMedium.postCode/latvia: those of the longest key."""
    place, _, code = rule.rpartition("/")
    names = place.split(".")
    keys = [f"{'.'.join(names[at:])}/{code}" for at in range(len(names))] + [code]
    return next(SAMPLES[key] for key in keys if key in SAMPLES)
