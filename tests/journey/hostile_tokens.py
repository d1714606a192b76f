"""Bad credentials: requests for tokens, and tokens that we did not sign, or not so."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from random import Random
from typing import Any
from urllib.parse import quote

from joserfc import jwt
from joserfc.jwk import ECKey

from tests.journey.hostile_documents import DOCUMENTS, SECRET
from tests.journey.hostile_ground import BASES, JSON, Ground
from tests.journey.hostile_sending import Case, case


def bad_token_requests(random: Random, ground: Ground) -> Iterator[Case]:
    """Yield requests for tokens that are malformed, or whose client is not who it says."""
    form = ("content-type", "application/x-www-form-urlencoded")
    right = base64.b64encode(f"{ground.client_id}:{ground.secret}".encode()).decode()
    while True:
        body, status = random.choice(_FORMS)
        yield case(
            f"form {body[:40]!r}",
            "POST",
            "/oauth2/token",
            status,
            headers=[form, ("authorization", f"Basic {right}")],
            body=body,
        )
        at = random.randrange(len(ground.secret))
        wrong = random.choice(
            [ground.secret[:at], ground.secret + "x", "", "\0", SECRET, ground.secret.swapcase(), "x" * 5000]
        )
        pair = random.choice(
            [
                f"{ground.client_id}:{wrong}",
                f"x:{ground.secret}",
                f"{ground.client_id}\0:{ground.secret}",
                ground.client_id,
                ":",
                "console:",
                "command-line:",
            ]
        )
        basic = random.choice([base64.b64encode(pair.encode()).decode(), "x", "=", "é", right + "x", right[:-2]])
        yield case(
            "wrong basic",
            "POST",
            "/oauth2/token",
            401,
            headers=[form, ("authorization", f"Basic {basic}")],
            body=b"grant_type=client_credentials",
        )
        named = quote(random.choice([ground.client_id, "x", SECRET]))
        fields = f"grant_type=client_credentials&client_id={named}&client_secret={quote(wrong)}"
        yield case("wrong form", "POST", "/oauth2/token", 401, headers=[form], body=fields.encode())
        media = random.choice(["application/json", "text/plain", "multipart/form-data; boundary=x"])
        yield case("token media", "POST", "/oauth2/token", 400, headers=[("content-type", media)], body=b"{}")
        yield case("token method", random.choice(["GET", "PUT", "DELETE", "PATCH"]), "/oauth2/token", 405)


_FORMS = [
    *(
        (body, 400)
        for body in (
            b"",
            b"&",
            b"x",
            b"grant_type",
            b"grant_type=",
            b"grant_type=password",
            b"grant_type=authorization_code",
        )
    ),
    *(
        (body, 400)
        for body in (
            b"grant_type=client_credentials&grant_type=client_credentials",
            b"grant_type=CLIENT_CREDENTIALS",
            b"\xff\xfe",
        )
    ),
    *(
        (body, 400)
        for body in (
            b"grant_type=client_credentials" + b"&a=b" * 50,
            b"grant_type=%FF",
            b"grant_type=client_credentials%00",
        )
    ),
]


def bad_tokens(random: Random, ground: Ground) -> Iterator[Case]:
    """Yield requests with tokens that we did not sign, or not so: every confusion that JSON Web Tokens invite."""
    head, claims, signature = (
        json.loads(_unpacked(part)) if at < 2 else part for at, part in enumerate(ground.token.split("."))
    )
    key = ECKey.generate_key("P-256", {"kid": head["kid"]})
    while True:
        at = random.randrange(len(ground.token) - 1)
        if ground.token[at + 1 : at + 2] in {".", ""} or ground.token[at] == ".":
            continue
        mutated = ground.token[:at] + random.choice("AZaz09-_.=! ") + ground.token[at + 1 :]
        odd_head = {**head, **random.choice(_HEADS)}
        odd_claims = {**claims, **random.choice(_CLAIMS)}
        candidates = [
            *([mutated] if mutated != ground.token else []),
            f"{_packed(odd_head)}.{_packed(claims)}.{signature}",
            f"{_packed(odd_head)}.{_packed(claims)}.",
            f"{_packed(head)}.{_packed(odd_claims)}.{signature}",
            jwt.encode(head, odd_claims, key, algorithms=["ES256"]),
            _with_hmac(
                {**head, "alg": random.choice(["HS256", "HS384", "hs256"])},
                odd_claims,
                random.choice([b"", b"secret", key.as_pem(private=False)]),
            ),
            ".".join(random.sample(ground.token.split("."), 3)) + ".x",
            random.choice(_GARBAGE),
        ]
        scheme = random.choice(["Bearer", "bearer", "BEARER"])
        for token in candidates:
            yield _with_authorization(random, ground, f"{scheme} {token}")
        yield _with_authorization(
            random,
            ground,
            random.choice(
                [
                    ground.token,
                    f"Basic {ground.token}",
                    f"Bearer {ground.token}, Bearer {ground.token}",
                    "Bearer",
                    "",
                    f"Bearer{ground.token}",
                    f"DPoP {ground.token}",
                ]
            ),
        )


_HEADS: list[dict[str, Any]] = [
    *(
        {"alg": alg}
        for alg in ("none", "None", "NONE", "HS256", "RS256", "ES384", "EdDSA", "", None, 5, [], {}, "ES256 ", "dir")
    ),
    *({"kid": kid} for kid in ("", "x", "../../dev/null", None, 5, [], {}, ["x"], "' or 1=1", "k" * 1000)),
    *({"typ": typ} for typ in ("JWT", "at+JWS", None, 5, [])),
    *({"crit": crit} for crit in (["x"], [], "x", None, 5, ["alg"], [[]])),
    *({"b64": False}, {"b64": False, "crit": ["b64"]}, {"zip": "DEF"}, {"enc": "A128GCM"}, {"cty": "JWT"}),
    *(
        {"jku": "http://127.0.0.1:1/keys"},
        {"x5u": "http://127.0.0.1:1/x"},
        {"jwk": {"kty": "oct", "k": "AA"}},
        {"jwk": []},
        {"x5c": ["AA"]},
    ),
]
_CLAIMS: list[dict[str, Any]] = [
    *({"exp": exp} for exp in (0, -1, 1, 10**30, 10**400, "x", None, [], {}, True, 1e300)),
    *({"client_id": client} for client in ("console", "command-line", "", None, 5, [], {}, "' or 1=1", "a\0b", SECRET)),
    *({"iss": "x"}, {"aud": "x"}, {"aud": []}, {"iss": None}, {"sub": "admin"}, {"nbf": 10**12}, {"iat": 10**12}),
]
_GARBAGE = [
    *(
        "x",
        ".",
        "..",
        "...",
        "....",
        "a.b.c",
        "a.b.c.d.e",
        "null",
        "e30.e30.",
        "e30.e30.e30",
        "%00",
        "é.é.é",
        "=.=.=",
        "W10.W10.W10",
        "MQ.MQ.MQ",
    ),
    *("x" * 4096, "x" * 4097, "x" * 60_000, "." * 4000, "bnVsbA.bnVsbA.bnVsbA"),
]


def _with_authorization(random: Random, ground: Ground, value: str) -> Case:
    name = random.choice(list(BASES))
    target, method = random.choice(
        [
            (BASES[name][0], "GET"),
            (BASES[name][1], "POST"),
            (ground.one(random, name), "GET"),
            (ground.one(random, name), "DELETE"),
        ]
    )
    headers: list[tuple[str, str | bytes]] = [("authorization", value.encode())]
    body = json.dumps(DOCUMENTS[name]).encode() if method == "POST" else None
    return case(f"token {value[:60]}", method, target, 401, headers=[*headers, JSON] if body else headers, body=body)


def _packed(value: Any) -> str:
    depth = json.dumps(value)
    return base64.urlsafe_b64encode(depth.encode()).decode().rstrip("=")


def _unpacked(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _with_hmac(head: dict[str, Any], claims: dict[str, Any], secret: bytes) -> str:
    signed = f"{_packed(head)}.{_packed(claims)}"
    digest = hmac.new(secret, signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


def deep_tokens(random: Random, ground: Ground) -> Iterator[Case]:
    """Yield tokens whose head or claims are nested so deep that a parser gives up."""
    while True:
        deep = random.choice([b"[", b'{"a":']) * random.randrange(300, 500)
        packed = (
            base64.urlsafe_b64encode(random.choice([deep, b'{"kid":' + b"[" * 1400 + b"]" * 1400 + b"}", b"[" * 1450]))
            .decode()
            .rstrip("=")
        )
        rest = ground.token.partition(".")[2]
        yield _with_authorization(random, ground, f"Bearer {packed}.{rest}")
