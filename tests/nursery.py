"""A nursery of servers: a process that has loaded the product and forks one server after the other.

To load the program takes longer than to start the server. A test that kills a thousand servers would spend its time on
that; what is born here is the same program in a process of its own, by the same command line.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import httpx

_MOTHER = """
import os, signal, sys
from customer_inventory.__main__ import main
import customer_inventory.cli
import customer_inventory.cli.serving
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        sys.stdin.close()
        sys.argv = line.rstrip("\\n").split("\\t")
        main()
    print(child, flush=True)
"""


class Nursery:
    """Starts servers with one command line, one at a time, and kills them. Use it as a context."""

    def __init__(self, *words: str, url: str, log: Path) -> None:
        self._words = words
        self._url = url
        self._log = log
        self.pid = 0

    def __enter__(self) -> Nursery:
        with self._log.open("a") as log:
            self._mother = subprocess.Popen(
                [sys.executable, "-c", _MOTHER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
            )
        return self

    def __exit__(self, *problem: object) -> None:
        self.kill()
        assert self._mother.stdin
        assert self._mother.stdout
        self._mother.stdin.close()
        self._mother.wait(timeout=30)
        self._mother.stdout.close()

    def start(self, *, ready: bool = True) -> None:
        """Start a server, and wait until it is ready if that is wanted."""
        assert self._mother.stdin
        assert self._mother.stdout
        self._mother.stdin.write("\t".join(("customer-inventory", *self._words)) + "\n")
        self._mother.stdin.flush()
        # What a server says of itself goes the same way: the number of its process is the only line of digits.
        while not (line := self._mother.stdout.readline()).strip().isdigit():
            assert line, self._log.read_text()[-3000:]
        self.pid = int(line)
        if ready:
            self.until_ready()

    def until_ready(self) -> None:
        """Wait until the server says that it is ready."""
        deadline = time.monotonic() + 60
        with httpx.Client() as client:
            while time.monotonic() < deadline:
                assert self.alive, self._log.read_text()[-3000:]
                with suppress(httpx.TransportError):
                    if client.get(f"{self._url}/health/ready", timeout=5).status_code == 200:
                        return
                time.sleep(0.01)
        raise AssertionError(self._log.read_text()[-3000:])

    @property
    def alive(self) -> bool:
        """Whether the server runs."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, 0)
            return True
        return False

    def kill(self) -> None:
        """Kill -9 the server, and wait until it is gone."""
        if not self.pid:
            return
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        while self.alive:
            time.sleep(0.002)
        self.pid = 0
