"""Requests as bytes on a socket: what a client library would never send, and the answer as it came."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

CONNECTIONS = 6
PATIENCE_S = 30


@dataclass(frozen=True, slots=True)
class Case:
    """One bad request, and the statuses with which it must be refused; `fresh` when it spoils its connection."""

    label: str
    raw: bytes
    statuses: frozenset[int]
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status is 0 when the server hung up without a word."""

    status: int
    headers: dict[bytes, bytes]
    body: bytes


def case(
    label: str,
    method: str,
    target: bytes | str,
    *statuses: int,
    headers: Iterable[tuple[str, str | bytes]] = (),
    body: bytes | None = None,
) -> Case:
    """Return the case of a well-formed HTTP request whose content must be refused."""
    lines = [
        f"{method} ".encode() + (target if isinstance(target, bytes) else target.encode()) + b" HTTP/1.1",
        b"host: x",
    ]
    lines += [
        name.encode() + b": " + (value if isinstance(value, bytes) else value.encode()) for name, value in headers
    ]
    if body is not None:
        lines.append(b"content-length: %d" % len(body))
    return Case(label, b"\r\n".join(lines) + b"\r\n\r\n" + (body or b""), frozenset(statuses))


async def send_all(port: int, cases: Sequence[Case]) -> list[Answer]:
    """Send every case over a few connections; return the answers in the order of the cases."""
    answers: list[Answer | None] = [None] * len(cases)
    left = iter(range(len(cases)))

    async def work() -> None:
        connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        for index in left:
            if connection is None or cases[index].fresh:
                _close(connection)
                connection = await asyncio.open_connection("127.0.0.1", port)
            answers[index] = await asyncio.wait_for(_exchange(*connection, cases[index].raw), PATIENCE_S)
            if cases[index].fresh or _closing(answers[index]):
                _close(connection)
                connection = None
        _close(connection)

    await asyncio.gather(*(work() for _ in range(CONNECTIONS)))
    return [answer for answer in answers if answer is not None]


async def _exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, raw: bytes) -> Answer:
    try:
        writer.write(raw)
        await writer.drain()
    except ConnectionError:
        pass  # refused before all of it was sent: the answer is there to be read all the same
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head[:-4].split(b"\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines)}
        body = await reader.readexactly(int(headers.get(b"content-length", b"0")))
    except (asyncio.IncompleteReadError, ConnectionError):
        return Answer(0, {b"connection": b"close"}, b"")
    return Answer(int(first.split(b" ")[1]), headers, body)


def _closing(answer: Answer | None) -> bool:
    return answer is None or answer.headers.get(b"connection", b"").lower() == b"close"


def _close(connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None) -> None:
    if connection is not None:
        connection[1].close()
