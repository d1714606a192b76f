"""A real server in a process of its own, as a new user starts it."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from tests.people_making import own_password, signed_in_browser


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def command(*words: str, **options: object) -> subprocess.CompletedProcess[str]:
    """Run `customer-inventory` with these words to its end."""
    return subprocess.run(
        [sys.executable, "-m", "customer_inventory", *words],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        **options,
    )


@dataclass
class Server:
    """A running server and what a user needs to use it."""

    data: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[str] | None = None
    password: str = ""
    client_id: str = ""
    client_secret: str = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, *flags: str) -> Server:
        """Start the server and wait until it is ready."""
        self.log = (self.data.parent / f"{self.data.name}.log").open("a+")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "customer_inventory", "--data", str(self.data), "--port", str(self.port), *flags],
            stdout=self.log,
            stderr=self.log,
            text=True,
        )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended with {self.process.returncode}: {self.output()}")
            try:
                if httpx.get(f"{self.url}/health/ready", timeout=2).status_code == 200:
                    break
            except httpx.TransportError:
                pass
            time.sleep(0.02)
        else:
            raise RuntimeError(f"the server did not get ready: {self.output()}")
        found = re.search(r"login (\S+) +password (\S+)", self.output())
        if found:
            self.password = own_password(*found.groups())
            signed_in_browser(self.url, *found.groups()).close()
        return self

    def output(self) -> str:
        """Return everything the server has printed."""
        return (self.data.parent / f"{self.data.name}.log").read_text()

    def stop(self, number: int = signal.SIGINT) -> int:
        """Stop the server by a signal; return its exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        code = self.process.wait(timeout=60)
        self.log.close()
        return code

    def register(self, name: str = "tester", *flags: str) -> Server:
        """Register a client by the command line, beside the running server."""
        grants = flags or ("--grant", "all")
        done = command("client", "register", name, *grants, "--json", "--data", str(self.data))
        assert done.returncode == 0, done.stderr
        credentials = json.loads(done.stdout)
        self.client_id, self.client_secret = credentials["client_id"], credentials["client_secret"]
        return self

    def token(self) -> str:
        """Return an access token of the registered client."""
        answer = httpx.post(
            f"{self.url}/oauth2/token",
            data={"grant_type": "client_credentials"},
            auth=(self.client_id, self.client_secret),
        )
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def api(self, **options: object) -> httpx.Client:
        """Return a client that is authenticated."""
        headers = {"authorization": f"Bearer {self.token()}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=30, **options)

    def own_password(self, login: str, told: str) -> str:
        """Return the password that somebody chose, of whom a command told the one that was made."""
        found = re.search(r"password\s+(\S+)", told)
        assert found, told
        self.signed_in(login, found[1]).close()
        return own_password(login, found[1])

    def signed_in(self, login: str = "admin", password: str | None = None) -> httpx.Client:
        """Return a browser in which somebody is signed in at the console."""
        return signed_in_browser(self.url, login, self.password if password is None else password)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for the session, with a client that is granted everything."""
    started = Server(tmp_path_factory.mktemp("server") / "data").start().register()
    yield started
    if started.process is not None and started.process.poll() is None:
        assert started.stop() == 0, started.output()


@pytest.fixture
def new_server(tmp_path: Path) -> Iterator[Server]:
    """A server of the test's own, not started yet."""
    made = Server(tmp_path / "data")
    yield made
    if made.process is not None and made.process.poll() is None:
        made.stop(signal.SIGKILL)


os.environ.setdefault("NO_COLOR", "1")
