"""Bad query strings: filters, sorts, pages, moments and cursors."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from random import Random
from urllib.parse import quote

from tests.journey.hostile_documents import SECRET
from tests.journey.hostile_ground import BASES, Ground
from tests.journey.hostile_sending import Case, case


def bad_filters(random: Random, ground: Ground) -> Iterator[Case]:
    """Yield lists by attributes that do not exist, or values that they cannot have."""
    while True:
        name, value = random.choice(_NAMES), random.choice(_VALUES)
        attribute, values = random.choice(_TYPED)
        operator = random.choice(["", ".gt", ".gte", ".lt", ".lte", ".eq", "%3E", "%3C%3D"])
        typed = f"{attribute}{operator}{'' if operator[:1] == '%' else '='}{random.choice(values)}"
        for query in (f"{name}={value}", typed, random.choice(_QUERIES)):
            kept = random.choice(["", "familyName=x&", "limit=5&", "fields=none&", "sort=familyName&"])
            wanted = query if query.startswith(("limit", "sort", "offset")) else kept + query
            yield case(
                f"filter {wanted[:60]}",
                "GET",
                f"{random.choice(BASES['individual'])}?{wanted}",
                400,
                headers=[ground.auth],
            )


_NAMES = [
    *("unknown", "familyNam", "FamilyName", "family_name", "contactMedium.unknown", "contactMedium..emailAddress"),
    *("contactMedium[0].emailAddress", "$.familyName", "familyName.regexp", "familyName.like", "doc"),
    *(
        "%00",
        "familyName%00",
        "%FF",
        "%C3%28",
        "a" * 2000,
        ".",
        "..",
        "-",
        "%20",
        "'",
        "%22",
        "--",
        "familyName%27",
        "%F0%9F%92%A9",
    ),
    *("(select%201)", "familyName)%20or%20(1=1", "id%3B", "limit.eq", "filter", "regex", "@type.x", "@"),
    *("contactMedium.validFor.startDateTime.unknown", "relatedParty.partyOrPartyRole.relatedParty.partyOrPartyRole.id"),
]
_VALUES = ["x", "5", "", "%27", "1%3B%20drop%20table%20customer", SECRET, "a,b", "%25"]
_BAD_INSTANTS = [
    *("x", "", "5", "now", "today", "infinity", "-infinity", "epoch", "2026", "2026-02-30", "2026-13-01", "2026-1-1"),
    *("0000-01-01", "0000-01-01T00:00:00Z", "300000-01-01T00:00:00Z", "10000-01-01", "-0044-03-15", "0044-03-15%20BC"),
    *(
        "2026-01-01T00:00:00",
        "2026-01-01T24:00:01Z",
        "2026-01-01T00:00:00%2B99:00",
        "2026-01-01T00:00:00%20Europe/Paris",
    ),
    *("%D9%A2%D9%A0%D9%A2%D9%A6-01-01", "2026-01-01;x", "%27", "9" * 400),
]
_BAD_NUMBERS = [
    *(
        "x",
        "",
        "NaN",
        "nan",
        "Infinity",
        "-Infinity",
        "inf",
        "1e400",
        "-1e400",
        "0x10",
        "1_000",
        "01",
        "%2B1",
        ".5",
        "5.",
    ),
    *("1e", "--1", "1%202", "%D9%A3", "9" * 401, "1e99999999", "null", "true", "%27", "1/0"),
]
_BAD_TRUTHS = ["x", "", "1", "0", "yes", "True", "TRUE", "null", "t", "%27"]
_TYPED = [
    ("birthDate", _BAD_INSTANTS),
    ("deathDate", _BAD_INSTANTS),
    ("contactMedium.validFor.startDateTime", [value for value in _BAD_INSTANTS if value != "2026-01-01"]),
    ("individualIdentification.issuingDate", _BAD_INSTANTS),
    ("creditRating.ratingScore", [*_BAD_NUMBERS, "1.5", "5e-1"]),
    ("individualIdentification.attachment.size.amount", _BAD_NUMBERS),
    ("contactMedium.preferred", _BAD_TRUTHS),
    ("languageAbility.isFavouriteLanguage", _BAD_TRUTHS),
    ("status", ["x", "", "VALIDATED", "closed", SECRET]),
    *((group, ["x", "", "5"]) for group in ("contactMedium", "relatedParty", "contactMedium.validFor", "creditRating")),
]
_BAD_PATHS = [
    *("", "$.", "[", "]", "$[", "$[?", "$[?(", "$[?()]", "$[?(@)", "x", "5", "'x'", "$.unknown", "%27", "%25"),
    *(
        "$[?(@.familyName==)]",
        "$[?(@.familyName=='x']",
        "$[?(@.familyName=='x)]",
        "$[?(@.familyName=~/x/]",
        "$[?(@.x==1)]",
    ),
    *("$[?(@.familyName=~/(/)]", "$[?(@.familyName=~/x**/)]", "$[?(@.familyName=~/(?=x)/)]", "$[?(@.familyName>true)]"),
    *(
        "$[?(" * 200,
        "$[?(" + "!" * 500 + "@.familyName)]",
        "$[?(" + "(" * 300,
        "$[?(@.familyName)" + "&&@.familyName" * 200 + ")]",
    ),
    *(
        "$[?(@.familyName&&)]",
        "$[?(||@.familyName)]",
        "$[?(familyName=='x')]",
        "$[?(@.givenName.length())]",
        f"$[?({SECRET})]",
    ),
    *(
        "$[?(@.familyName=='%00')]",
        "$[?(@.familyName=='\\ud800')]",
        "%FF",
        "$[?(@.familyName.min()=='x')]",
        "$[99999999999]",
    ),
    *("$[?(@.familyName==1e999)]", "$.contactMedium[x]", "$.contactMedium[1", "$['familyName'", "$[?(@['x']==1)]"),
]
_QUERIES = [
    *(f"filter={quote(path, safe='%')}" for path in _BAD_PATHS),
    *(
        "familyName.regex=(",
        "familyName.regex=x**",
        "familyName%3D~[",
        "familyName*=x{1,999}",
        "familyName.regex=" + "x" * 300,
    ),
    *(
        "birthDate.between=2000-01-01",
        "birthDate.between=x,y",
        "familyName.isnull=x",
        "familyName.gt>=x",
        "href.regex=x",
    ),
    *(
        "fields=contactMedium[?(",
        "fields=contactMedium[?(@.x==1)]",
        "contactMedium.regex=x",
        "limit=1;2",
    ),
    *(
        "familyName=%FF",
        "familyName=%C3",
        "familyName=%C0%AF",
        "familyName=%ED%A0%80",
        "familyName=%F5%80%80%80",
        "familyName=%00",
    ),
    *(
        "familyName=a%00b",
        "familyName",
        "%3D",
        "=",
        "=x",
        "&=&",
        "familyName&familyName=x",
        "familyName~x",
        f"familyName%3D{SECRET}",
    ),
    "familyName=" + "x" * 9000,
    "&".join(["familyName=x"] * 250),
    "familyName=" + "," * 300,
    "familyName.gt=" + "," * 300,
    *(
        f"limit={value}"
        for value in (
            "-1",
            "x",
            "",
            "1.5",
            "1e3",
            "0x10",
            "%D9%A3",
            "9" * 11,
            "9" * 400,
            "%00",
            "null",
            "%2B1",
            "1&limit=1",
        )
    ),
    *(f"offset={value}" for value in ("-1", "x", "", "1.5", "1000000001", "9" * 30, "%00", "1&offset=1", "0&after=x")),
    *(
        f"sort={value}"
        for value in (
            "x",
            "--familyName",
            "%2B-familyName",
            "contactMedium",
            "contactMedium.emailAddres",
            "relatedParty.partyOrPartyRole",
        )
    ),
    *(
        f"sort={value}"
        for value in (
            "familyName,x",
            "a,b,c,d",
            "familyName,givenName,birthDate,title",
            "%00",
            "%FF",
            "href",
            "1",
            "familyName%20desc",
        )
    ),
    *(
        f"sort={value}"
        for value in ("familyName;drop", "(select%201)", "familyName&sort=givenName", "partyCharacteristic.valu")
    ),
    *(
        f"asOf={value}"
        for value in ("", "x", "now", "infinity", "0", "2026-01-01", "2026-01-01T00:00:00", "2026-02-30T00:00:00Z")
    ),
    *(
        f"asOf={value}"
        for value in ("0000-01-01T00:00:00Z", "300000-01-01T00:00:00Z", "0001-01-01T00:00:00%2B02:00", "%00", "%FF")
    ),
    *("after=x&before=x", "after=&before=", "fields=a&fields=b", "asOf=2026-01-01T00:00:00Z&asOf=2026-01-01T00:00:00Z"),
]


def bad_cursors(random: Random, ground: Ground) -> Iterator[Case]:
    """Yield lists whose cursor was damaged, forged, or belongs to another sort."""
    raw = base64.urlsafe_b64decode(ground.cursor + "=" * (-len(ground.cursor) % 4))
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    while True:
        at = random.randrange(len(ground.cursor))
        other = random.choice([letter for letter in letters if letter != ground.cursor[at]])
        flipped = bytearray(raw)
        flipped[random.randrange(len(raw))] ^= 1 << random.randrange(8)
        forged = random.choice(_CURSOR_PLACES)
        tampered = [
            ground.cursor[:at] + other + ground.cursor[at + 1 :],
            ground.cursor[:at],
            ground.cursor + random.choice(["A", "=", "==", "%00", "%20", "!", ground.cursor]),
            _cursor(bytes(flipped)),
            _cursor(forged.encode()),
            _cursor(hashlib.blake2b(forged.encode(), digest_size=6).digest() + forged.encode()),
            random.choice(["", "x", "%00", "%FF", "null", "0", "-1", "W10", "eyJ9", "é", "A" * 5000]),
        ]
        for cursor in tampered:
            side = random.choice(["after", "before"])
            target = f"{random.choice(BASES['individual'])}?sort={ground.sort}&{side}={quote(cursor, safe='%')}"
            yield case(f"cursor {cursor[:50]}", "GET", target, 400, headers=[ground.auth])
        wrong = random.choice(["", "-familyName", "givenName", "familyName,givenName"])
        yield case(
            "cursor of another sort",
            "GET",
            f"{BASES['individual'][0]}?sort={wrong}&after={ground.cursor}",
            400,
            headers=[ground.auth],
        )


_ID = "0199aa00-0000-8abc-8000-000000000001"
_CURSOR_PLACES = [
    *("[]", "{}", "null", "1", '"x"', '["familyName"]', '["familyName",1,2]', '["familyName",null,"x"]', "[" * 2000),
    *(
        '["familyName","x","y"]',
        f'["familyName","{_ID}"]',
        f'["familyName","{_ID}","a","b"]',
        f'["","{_ID}"]',
        '["familyName',
    ),
    f'["familyName","{_ID.upper()}","a"]',
    f'["familyName","{_ID}","a\\u0000"]',
    f'["birthDate","{_ID}","infinity"]',
    f'["familyName","{_ID}",1e400]',
    f'["familyName; drop","{_ID}","a"]',
]


def _cursor(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
