"""The examples of the pages are run, in the order in which they stand, against a real server.

A `bash` block is run; a `text` or `json` block directly behind it is what it prints, where `…` stands for anything on a
line and, alone on a line, for any lines. A block that starts the inventory (`./run …`) stands for a first terminal: the
server goes on in the background. All other blocks of a page share one shell, so variables live on. The session has what
a reader has: a checkout's directory with `./run`, `.venv`, and nothing else on the path. Ports are moved to free ones.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import RunningEngine, missing
from tests.docs.pages import PAGES, Block, name_of, runnable
from tests.journey.conftest import Server, free_port

TRIED = [page for page in PAGES if runnable(page)]
_DONE = "-- the block is done --"
_PORT = re.compile(r"(?<=127\.0\.0\.1:)(80\d\d)|(?<=--port )(80\d\d)")


class Session:
    """One reader at work on one page: a shell, and the servers that were started."""

    def __init__(self, directory: Path, variables: dict[str, str]) -> None:
        self.directory = directory
        self.servers: list[Server] = []
        self._ports: dict[str, int] = {}
        programs = directory.parent / "programs"
        self._program(programs / "customer-inventory")
        self._program(directory / "run")
        (directory / ".venv" / "bin").mkdir(parents=True)
        (directory / ".venv" / "bin" / "activate").write_text("")
        path = f"{programs}:{Path(sys.executable).parent}:{os.environ['PATH']}"
        self._shell = subprocess.Popen(
            ["bash"],
            cwd=directory,
            env={**os.environ, **variables, "PATH": path, "NO_COLOR": "1", "COLUMNS": "120"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.run("set -eu -o pipefail")

    def _program(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m customer_inventory "$@"\n')
        path.chmod(0o755)

    def port(self, shown: str) -> int:
        """The free port that stands in for the one a page shows."""
        return self._ports.setdefault(shown, free_port())

    def run(self, text: str) -> str:
        """Run a block to its end; return what it printed, with the ports that the page shows."""
        if text.startswith("./run") and "\n" not in text.strip():
            return self._start(shlex.split(text)[1:])
        assert self._shell.stdin
        assert self._shell.stdout
        moved = _PORT.sub(lambda found: str(self.port(found[0])), text)
        self._shell.stdin.write(f"{moved}\nprintf '\\n%s\\n' '{_DONE}'\n")
        self._shell.stdin.flush()
        lines: list[str] = []
        for line in self._shell.stdout:
            if line.rstrip("\n") == _DONE:
                return self._as_shown("".join(lines))
            lines.append(line)
        raise AssertionError(f"the shell ended with {self._shell.wait()} in:\n{text}\n{''.join(lines)}")

    def _start(self, flags: list[str]) -> str:
        shown, data, rest = "8080", "data", []
        words = iter(flags)
        for word in words:
            if word == "--port":
                shown = next(words)
            elif word == "--data":
                data = next(words)
            else:
                rest.append(word)
        server = Server(self.directory / data, port=self.port(shown))
        self.servers.append(server)
        return self._as_shown(server.start(*rest).output())

    def _as_shown(self, text: str) -> str:
        for shown, port in self._ports.items():
            text = text.replace(f":{port}", f":{shown}").replace(str(self.directory), "/checkout")
        return text

    def close(self) -> None:
        """End the shell and the servers, which must stop cleanly."""
        assert self._shell.stdin
        assert self._shell.stdout
        self._shell.stdin.close()
        self._shell.stdout.close()
        self._shell.wait(timeout=60)
        running = [server for server in self.servers if server.process and server.process.poll() is None]
        codes = [server.stop(signal.SIGINT) for server in running]
        assert len(running) == len(self.servers)
        assert codes == [0] * len(codes), [server.output() for server in self.servers]


def as_expected(shown: str, printed: str) -> bool:
    """Whether what was printed is what the page shows."""
    parts = []
    for line in shown.strip("\n").splitlines():
        if line.strip() == "…":
            parts.append(r"(?:[^\n]*\n)*?")
        else:
            parts.append(r"[^\n]*?".join(map(re.escape, line.rstrip().split("…"))) + "\n")
    text = "\n".join(line.rstrip() for line in printed.strip("\n").splitlines()) + "\n"
    return re.fullmatch("".join(parts), text) is not None


@pytest.fixture
def session(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Session]:
    if shutil.which("curl") is None:
        missing("no curl is installed")
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    begun = Session(checkout, {})
    yield begun
    begun.close()


@pytest.mark.parametrize("page", TRIED, ids=name_of)
async def test_the_examples_of_a_page_do_what_it_says(page: Path, session: Session, engine: RunningEngine) -> None:
    async with engine.database(template="template0") as dsn:
        session.run(f"export DSN={shlex.quote(dsn)}")
        for block, shown in runnable(page):
            printed = session.run(_unwrapped(block))
            if shown is not None:
                assert as_expected(shown.text, printed), f"{name_of(page)}:{shown.line} printed:\n{printed}"


def _unwrapped(block: Block) -> str:
    return block.text.strip("\n")


def test_the_pages_that_must_be_tried_are() -> None:
    assert {"README.md", "first-hour.md", "back-up-and-restore.md", "register-a-client.md"} <= {p.name for p in TRIED}
    assert sum(shown is not None for page in TRIED for _, shown in runnable(page)) > 15


def test_a_difference_is_noticed() -> None:
    assert as_expected("a … c\n…\nlast\n", "a b c\nx\ny\nlast\n")
    assert as_expected("one\n…\n", "one\n")
    assert not as_expected("a … c\n", "a b d\n")
    assert not as_expected("one\n", "one\ntwo\n")
    assert not as_expected("one\ntwo\n", "one\n")
