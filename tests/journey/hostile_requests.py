"""Bad requests for the right things: addresses, headers and methods."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from random import Random

from tests.journey.hostile_documents import DOCUMENTS, SECRET, broken_json, wrong_patches
from tests.journey.hostile_ground import BASES, BODY, JSON, MERGE, Ground
from tests.journey.hostile_sending import Case, case


def bad_ids(random: Random, ground: Ground) -> Iterator[Case]:
    """Yield requests for records whose ids cannot be, or are not there, and for paths that lead nowhere."""
    while True:
        name = random.choice(list(BASES))
        good = ground.ids[name]
        wrong = random.choice(
            [
                *(
                    good.upper(),
                    good.replace("-", ""),
                    good[:-1],
                    good + "0",
                    "{" + good + "}",
                    good[:14] + "4" + good[15:],
                ),
                *(
                    good[:-1] + "%00",
                    good + "%00",
                    "%00",
                    "%FF",
                    "%20" + good,
                    good + "%20",
                    "%C3%A9",
                    "null",
                    "0",
                    "-1",
                    "1e400",
                ),
                *(
                    "9" * 5000,
                    "..%2F..%2Fetc%2Fpasswd",
                    "%2e%2e",
                    good + "/x",
                    good + "%2Fx",
                    good[:-12] + "%EF%BC%90" * 12,
                    "'%20or%20'1'='1",
                ),
                *(
                    f"{random.getrandbits(48):012x}"[:8] + "-0000-8abc-9000-" + f"{random.getrandbits(48):012x}",
                    "%25",
                    "%",
                    "%zz",
                    "*",
                ),
            ]
        )
        headers = [ground.auth]
        yield case(f"id {wrong[:40]}", "GET", f"{BASES[name][0]}/{wrong}", 404, headers=headers)
        yield case(f"delete id {wrong[:40]}", "DELETE", f"{BASES[name][1]}/{wrong}", 404, headers=headers)
        yield case(
            f"patch id {wrong[:40]}", "PATCH", f"{BASES[name][0]}/{wrong}", 404, headers=[*headers, JSON], body=b"{}"
        )
        path = random.choice(_NOWHERE)
        yield case(f"path {path[:40]}", random.choice(["GET", "POST", "DELETE", "PATCH"]), path, 404, headers=headers)


_NOWHERE = [
    *(
        "/tmf-api",
        "/tmf-api/",
        "/tmf-api//",
        "/tmf-api/party/v3/individual",
        "/tmf-api/party/v5/customer",
    ),
    *(
        "/tmf-api/party/v5/Individual",
        "/tmf-api/party/v5/individual%00",
        "/tmf-api/party/v5/%FF",
        "/tmf-api/../metrics",
        "/inventory/v1/x",
    ),
    *(
        "/oauth2",
        "/oauth2/",
        "/oauth2/authorize",
        "/oauth2/token/",
        "/health",
        "/health/x",
        "/tmf-api/" + "x/" * 3000,
        "/tmf-api/%E2%80%AE",
    ),
]


def bad_headers(random: Random, ground: Ground) -> Iterator[Case]:
    """Yield valid requests with one header that must be refused."""
    alias = random.choice(BASES["individual"])
    while True:
        one = ground.one(random, "individual")
        name, value, status = random.choice(_HEADERS)
        yield case(
            f"{name}: {value[:30]!r}", "POST", alias, status, headers=[ground.auth, JSON, (name, value)], body=BODY
        )
        yield case(
            f"patch {name}: {value[:30]!r}",
            "PATCH",
            one,
            status,
            headers=[ground.auth, MERGE, (name, value)],
            body=b'{"title":"x"}',
        )
        tag, refused = random.choice(_TAGS)
        yield case(
            f"if-match {tag[:30]!r}",
            "PATCH",
            one,
            refused,
            headers=[ground.auth, MERGE, ("if-match", tag)],
            body=b'{"title":"x"}',
        )
        yield case(f"delete if-match {tag[:30]!r}", "DELETE", one, refused, headers=[ground.auth, ("if-match", tag)])
        none = random.choice([tag for tag, status in _TAGS if status == 400])
        yield case(f"if-none-match {none[:30]!r}", "GET", one, 400, headers=[ground.auth, ("if-none-match", none)])
        media = random.choice(_MEDIA)
        yield case(f"media {media}", "POST", alias, 415, headers=[ground.auth, ("content-type", media)], body=BODY)
        yield case(
            f"patch media {media}", "PATCH", one, 415, headers=[ground.auth, ("content-type", media)], body=b"[]"
        )
        yield case("no media type", "POST", alias, 415, headers=[ground.auth], body=BODY)
        coding = random.choice(["gzip", "deflate", "br", "zstd", "x", "gzip, gzip", "identity, gzip", ""])
        packed = gzip.compress(BODY) if "gzip" in coding else BODY
        if coding:
            yield case(
                f"coding {coding}",
                "POST",
                alias,
                415,
                headers=[ground.auth, JSON, ("content-encoding", coding)],
                body=packed,
            )


_HEADERS: list[tuple[str, bytes, int]] = [
    *(
        ("idempotency-key", value, 400)
        for value in (b"", b" ", b"\xff", "schlüssel".encode(), b"k" * 256, b"a\tb", b"k" * 5000)
    ),
    *(("x-reason", value, 400) for value in (b"", b"\xff", "weil er möchte".encode(), b"r" * 256, b"a\tb")),
    *(
        ("x-purpose", value, 403)
        for value in (
            b"",
            b"marketing",
            b"*",
            b"\xff",
            b"p" * 5000,
            b"inventory-management, x",
            b"INVENTORY-MANAGEMENT",
        )
    ),
]
_TAGS: list[tuple[bytes, int]] = [
    *(
        (tag, 400)
        for tag in (b"", b"1", b'"1', b'1"', b'"', b"'1'", b'"1",', b'w/"1"', b"x" * 2000, b'"1" "2"', b"**", b"\xff")
    ),
    *(
        (tag, 412)
        for tag in (
            b'"999"',
            b'"0"',
            b'"-1"',
            b'"x"',
            b'W/"1"',
            b'"01x"',
            b'"' + b"9" * 30 + b'"',
            b'"1.0"',
            b'"\xb2"',
            b'""',
        )
    ),
]
_MEDIA = [
    *(
        "text/plain",
        "text/json",
        "application/xml",
        "application/jsonx",
        "json",
        "*/*",
        "",
        "application/json-patch-merge+json",
        "multipart/form-data",
    ),
    *(
        "application/x-www-form-urlencoded",
        "application/octet-stream",
        "application/vnd.api+json",
        "application/json, application/json",
        "é",
    ),
]


def bad_methods(random: Random, ground: Ground) -> Iterator[Case]:
    """Yield methods that a path does not have, parameters where none belong, and what nobody may change."""
    while True:
        name = random.choice(list(BASES))
        base, one = random.choice(BASES[name]), ground.one(random, name)
        yield case(
            "method on a list",
            random.choice(["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "MKCOL", "PURGE"]),
            base,
            405,
            headers=[ground.auth],
        )
        yield case(
            "method on one",
            random.choice(["PUT", "POST", "OPTIONS", "TRACE", "LOCK", "REPORT", "SEARCH"]),
            one,
            405,
            headers=[ground.auth],
            body=b"{}",
        )
        own = random.choice(["/health/live", "/health/ready", "/metrics", "/openapi.json"])
        yield case(
            f"method on {own}",
            random.choice(["POST", "PUT", "DELETE", "PATCH"]),
            own,
            405,
            headers=[ground.auth],
            body=b"",
        )
        query = random.choice(
            [
                "limit=1",
                "offset=0",
                "sort=@type",
                "id=x",
                "after=x",
                "before=",
                "asOf=2026-01-01T00:00:00Z",
                "x=y",
                "fields",
            ]
        )
        body = json.dumps(DOCUMENTS[name]).encode()
        yield case(f"post with {query}", "POST", f"{base}?{query}", 400, headers=[ground.auth, JSON], body=body)
        yield case(f"patch with {query}", "PATCH", f"{one}?{query}", 400, headers=[ground.auth, MERGE], body=b"{}")
        yield case(f"delete with {query}", "DELETE", f"{one}?{query}", 400, headers=[ground.auth])
        fixed = random.choice(["id", "href", "@type", "@baseType", "@schemaLocation"])
        value = random.choice(["x", "", 5, {}, [], SECRET, True])
        yield case(
            f"patch {fixed}", "PATCH", one, 400, headers=[ground.auth, MERGE], body=json.dumps({fixed: value}).encode()
        )
        label, patch = next(random.choice([broken_json, wrong_patches])(random, name))
        yield case(label, "PATCH", one, 400, headers=[ground.auth, random.choice([JSON, MERGE])], body=patch)
