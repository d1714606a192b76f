"""The load: a process of its own that keeps many HTTP/1.1 connections busy and times every answer.

It speaks to the run over its standard streams, one JSON line at a time: a `Stream` comes in, "ready" goes out once the
connections stand, "go" comes in, a `Tally` goes out. Its own processor time is nobody's business here, but it runs
on the same machine, so it does as little as a client can: a raw protocol, requests made beforehand.
"""

from __future__ import annotations

import asyncio
import sys
import time
from contextlib import suppress
from typing import cast

import msgspec
import uvloop

HOST = "127.0.0.1"


class Stream(msgspec.Struct, frozen=True, kw_only=True):
    """Requests to be sent in turn for `seconds`, `concurrency` at a time.

    Any answer whose status is none of `statuses` ends the run.
    """

    port: int
    targets: list[str]
    statuses: list[int]
    method: str = "GET"
    bodies: list[str] = []
    headers: dict[str, str] = {}
    concurrency: int = 32
    seconds: float = 1.0
    first: int = 0


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """What came back: answers, their bytes, seconds in all, and the time of one answer in seconds."""

    answers: int
    seconds: float
    received: int
    p50: float
    p99: float
    next: int
    unexpected: str = ""


class _Run:
    """What the connections of one run share."""

    def __init__(self, stream: Stream) -> None:
        self.requests = _requests(stream)
        self.expected = tuple(b"HTTP/1.1 %d " % status for status in stream.statuses)
        self.next = stream.first
        self.deadline = 0.0
        self.times: list[float] = []
        self.received = 0
        self.unexpected = ""
        self.done = asyncio.get_running_loop().create_future()
        self.busy = stream.concurrency

    def left(self) -> None:
        """One connection has no more to do."""
        self.busy -= 1
        if self.busy == 0 and not self.done.done():
            self.done.set_result(None)


class _Connection(asyncio.Protocol):
    def __init__(self, run: _Run) -> None:
        self._run = run
        self._buffer = b""
        self._missing = 0
        self._sent = 0.0
        self._working = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def send(self) -> None:
        """Send the next request, or close when the time is over."""
        run = self._run
        now = time.perf_counter()
        self._working = now < run.deadline and not run.unexpected
        if not self._working:
            self._transport.close()
            run.left()
            return
        self._sent = now
        self._transport.write(run.requests[run.next % len(run.requests)])
        run.next += 1

    def data_received(self, data: bytes) -> None:
        run = self._run
        run.received += len(data)
        if self._missing:
            self._missing -= len(data)
        else:
            self._buffer += data
            head = self._buffer.find(b"\r\n\r\n")
            if head < 0:
                return
            self._missing = head + 4 + _content_length(self._buffer[:head]) - len(self._buffer)
            if not self._buffer.startswith(run.expected):
                run.unexpected = self._buffer[:600].decode("utf-8", "replace")
            self._buffer = b""
        if self._missing <= 0:
            self._missing = 0
            run.times.append(time.perf_counter() - self._sent)
            self.send()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._working:
            self._run.unexpected = f"the connection was lost: {exc}"
            self._run.left()


def _requests(stream: Stream) -> list[bytes]:
    """Return the requests as bytes; targets and bodies are paired in turn."""
    head = "".join(f"{name}: {value}\r\n" for name, value in stream.headers.items())
    made = []
    for at in range(max(len(stream.targets), len(stream.bodies))):
        target = stream.targets[at % len(stream.targets)]
        start = f"{stream.method} {target} HTTP/1.1\r\nhost: {HOST}\r\n{head}"
        if not stream.bodies:
            made.append(f"{start}\r\n".encode())
            continue
        body = stream.bodies[at].encode()
        made.append(f"{start}content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body)
    return made


def _content_length(head: bytes) -> int:
    lower = head.lower()
    at = lower.index(b"content-length:") + 15
    end = lower.find(b"\r\n", at)
    return int(lower[at : end if end > 0 else None])


async def _drive(stream: Stream) -> Tally:
    """Open the connections, wait for "go", and keep them busy until the time is over."""
    loop = asyncio.get_running_loop()
    run = _Run(stream)
    connections = [
        (await loop.create_connection(lambda: _Connection(run), HOST, stream.port))[1]
        for _ in range(stream.concurrency)
    ]
    _say({"ready": True})
    await loop.run_in_executor(None, sys.stdin.buffer.readline)
    began = time.perf_counter()
    run.deadline = began + stream.seconds
    for connection in connections:
        connection.send()
    await run.done
    seconds = time.perf_counter() - began
    times = sorted(run.times) or [0.0]
    return Tally(
        answers=len(run.times),
        seconds=seconds,
        received=run.received,
        p50=times[len(times) // 2],
        p99=times[len(times) * 99 // 100],
        next=run.next,
        unexpected=run.unexpected,
    )


def _say(value: object) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(value) + b"\n")
    sys.stdout.buffer.flush()


def main() -> None:
    """Serve streams from standard input until it ends."""
    for line in iter(sys.stdin.buffer.readline, b""):
        _say(uvloop.run(_drive(msgspec.json.decode(line, type=Stream))))


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
