"""Bad HTTP: what is no request at all, and bodies without measure."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from tests.journey.hostile_ground import BASES, Ground
from tests.journey.hostile_sending import Case


def malformed_http(random: Random, ground: Ground) -> Iterator[Case]:
    """Yield what is no HTTP request, or none with a beginning that ends."""
    path = BASES["individual"][0].encode()
    auth = f"authorization: Bearer {ground.token}\r\n".encode()
    post = b"POST " + path + b" HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n" + auth
    chunked = post + b"transfer-encoding: chunked\r\n\r\n"
    while True:
        label, raw, status = random.choice(
            [
                ("no method", b"\0\1\2\3\r\n\r\n", 400),
                ("unknown method", b"FROB " + path + b" HTTP/1.1\r\nhost: x\r\n\r\n", 400),
                (
                    "tls hello",
                    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(random.randrange(256) for _ in range(64)),
                    400,
                ),
                ("http/2 preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
                ("http/9.9", b"GET " + path + b" HTTP/9.9\r\nhost: x\r\n\r\n", 400),
                (
                    "raw bytes in the path",
                    b"GET " + path + bytes([47, random.randrange(128, 256)]) + b" HTTP/1.1\r\nhost: x\r\n\r\n",
                    400,
                ),
                ("a space in the path", b"GET " + path + b"?familyName=a b HTTP/1.1\r\nhost: x\r\n\r\n", 400),
                ("NUL in a header", b"GET " + path + b" HTTP/1.1\r\nhost: x\r\nx-reason: a\0b\r\n\r\n", 400),
                ("a header without a colon", b"GET " + path + b" HTTP/1.1\r\nhost x\r\n\r\n", 400),
                ("a folded header", b"GET " + path + b" HTTP/1.1\r\n folded: x\r\n\r\n", 400),
                ("a space before the colon", b"GET " + path + b" HTTP/1.1\r\nhost : x\r\n\r\n", 400),
                ("bare line feeds", b"GET " + path + b" HTTP/1.1\nhost: x\n\n", 400),
                ("two lengths", post + b"content-length: 2\r\ncontent-length: 3\r\n\r\n{}", 400),
                ("length and chunks", post + b"content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", 400),
                ("a negative length", post + b"content-length: -1\r\n\r\n{}", 400),
                ("a length of letters", post + b"content-length: two\r\n\r\n{}", 400),
                ("a length too long", post + b"content-length: " + b"9" * 40 + b"\r\n\r\n{}", 400),
                ("an unknown transfer coding", post + b"transfer-encoding: gzip\r\n\r\n{}", 400),
                ("a chunk of letters", chunked + b"ZZ\r\n{}\r\n0\r\n\r\n", 400),
                ("a chunk longer than said", chunked + b"1\r\n{}\r\n0\r\n\r\n", 400),
                ("a chunk size too long", chunked + b"f" * 40 + b"\r\n{}", 400),
                (
                    "a header too long",
                    b"GET " + path + b" HTTP/1.1\r\nhost: x\r\n" + auth + b"x: " + b"y" * 70_000 + b"\r\n\r\n",
                    431,
                ),
                ("headers without end", b"GET " + path + b" HTTP/1.1\r\nhost: x\r\n" + b"x: y\r\n" * 12_000, 431),
                ("an address too long", b"GET " + path + b"?" + b"y" * 70_000 + b" HTTP/1.1\r\nhost: x\r\n\r\n", 431),
            ]
        )
        yield Case(label, raw, frozenset({status}), fresh=True)


_LARGE = 16 * 1024 * 1024


def oversized_bodies(random: Random, ground: Ground) -> Iterator[Case]:
    """Yield bodies larger than a record with the largest file may have, said beforehand or in chunks."""
    auth = f"authorization: Bearer {ground.token}\r\n".encode()
    while True:
        name = random.choice(list(BASES))
        target, method = random.choice([(BASES[name][0], b"POST"), (ground.one(random, name), b"PATCH")])
        head = method + b" " + target.encode() + b" HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n" + auth
        body = b'{"x":"' + b"x" * _LARGE + b'"}'
        yield Case(
            "a body said to be huge", head + b"content-length: 99999999999\r\n\r\n{}", frozenset({413}), fresh=True
        )
        yield Case(
            "a body too large", head + b"content-length: %d\r\n\r\n" % len(body) + body, frozenset({413}), fresh=True
        )
        chunks = b"".join(b"10000\r\n" + b"x" * 65536 + b"\r\n" for _ in range(_LARGE // 65536 + 1)) + b"0\r\n\r\n"
        yield Case(
            "chunks too large", head + b"transfer-encoding: chunked\r\n\r\n" + chunks, frozenset({413}), fresh=True
        )
