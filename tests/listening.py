"""A listener of events: an HTTP server of the test's own, which can fail at random, and remembers what it was sent."""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec

Content = dict[str, Any]


class Received(NamedTuple):
    """One request as it came: its event, whether it was answered with success, and the request itself."""

    event: Content
    taken: bool
    headers: dict[str, str]
    body: bytes
    path: str

    @property
    def resource(self) -> Content:
        """The resource in the event's payload."""
        return next(iter(self.event["event"].values()))

    @property
    def digest(self) -> bytes:
        """A hash of the body."""
        return hashlib.sha256(self.body).digest()


@dataclass
class Listener:
    """A listener: `answer` says what each request gets, a status code, 0 to hang up, or -1 to say nothing at all.

    `ids` are the ids of the events that were taken.
    """

    answer: Callable[[Content], int] = lambda _: 201
    received: list[Received] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    headers: str = ""
    port: int = 0
    url: str = ""

    @property
    def taken(self) -> list[Received]:
        """What was answered with success."""
        return [received for received in self.received if received.taken]

    async def until(self, met: Callable[[Listener], bool], *, seconds: float = 20) -> None:
        """Wait until something holds."""
        async with asyncio.timeout(seconds):
            while not met(self):
                await asyncio.sleep(0.02)

    async def until_taken(self, number: int, *, seconds: float = 20) -> list[Received]:
        """Wait until so many events were taken; return them."""
        with suppress(TimeoutError):
            await self.until(lambda listener: len(listener.taken) >= number, seconds=seconds)
        assert len(self.taken) >= number, [received.event["eventType"] for received in self.received]
        return self.taken

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer requests of one connection until it ends."""
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while await self._one(reader, writer):
                pass
        writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        body = await reader.readexactly(int(headers["content-length"]))
        event = msgspec.json.decode(body)
        status = self.answer(event)
        self.received.append(Received(event, 200 <= status < 300, headers, body, head[0].split()[1]))
        if 200 <= status < 300:
            self.ids.add(event["eventId"])
        if status == -1:
            await reader.read()  # until the other side gives up
        if status <= 0:
            return False
        writer.write(f"HTTP/1.1 {status} So\r\n{self.headers}content-length: 0\r\n\r\n".encode())
        await writer.drain()
        return True


@asynccontextmanager
async def listening(answer: Callable[[Content], int] = lambda _: 201, *, headers: str = "") -> AsyncIterator[Listener]:
    """Run a listener on a free port of this machine."""
    listener = Listener(answer, headers=headers)
    server = await asyncio.start_server(listener.serve, "127.0.0.1", 0)
    listener.port = server.sockets[0].getsockname()[1]
    listener.url = f"http://127.0.0.1:{listener.port}/events"
    try:
        yield listener
    finally:
        server.close()


def failing(share: float, *, seed: int) -> Callable[[Content], int]:
    """Return answers of which a share are failures: errors, hanging up, and now and then silence."""
    chance = random.Random(seed)

    def answer(event: Content) -> int:
        if chance.random() >= share:
            return chance.choice((200, 201, 204))
        return chance.choices((500, 503, 0, -1), (10, 5, 13, 2))[0]

    return answer
