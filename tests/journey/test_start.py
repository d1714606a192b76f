"""Starting and stopping, as a new user meets it: one command, credentials once, and nothing left behind."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.journey.conftest import Server, command, free_port
from tests.killing import postmaster

CREDENTIALS = re.compile(r"login (\S+) +password (\S+)")


def engine_processes(data: Path) -> list[str]:
    """The processes of an engine on the directory, by its files that they work in."""
    home = (data / "postgres").resolve()
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cwd").resolve() == home:
                found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


def test_the_first_start_shows_credentials_and_the_second_does_not(new_server: Server) -> None:
    new_server.start("--demo")
    shown = CREDENTIALS.findall(new_server.output())
    assert len(shown) == 1
    assert shown[0][0] == "admin"
    assert f"{new_server.url}/" in new_server.output()
    with new_server.register().api() as api:
        customers = api.get("/tmf-api/customerManagement/v5/customer", params={"limit": "1"})
        assert int(customers.headers["x-total-count"]) > 100
    total = customers.headers["x-total-count"]
    assert new_server.stop() == 0
    new_server.start("--demo")
    assert len(CREDENTIALS.findall(new_server.output())) == 1
    with new_server.api() as api:
        customers = api.get("/tmf-api/customerManagement/v5/customer", params={"limit": "1"})
        assert customers.headers["x-total-count"] == total
    assert new_server.stop() == 0


def test_the_first_administrator_is_called_as_is_asked_for_and_nobody_is_called_admin(new_server: Server) -> None:
    new_server.start("--first-administrator", "zita")
    assert [login for login, _ in CREDENTIALS.findall(new_server.output())] == ["zita"]
    assert "person reset-password zita" in new_server.output()
    listed = command("person", "list", "--data", str(new_server.data))
    assert "zita" in listed.stdout
    assert "admin " not in listed.stdout
    with closing(new_server.signed_in("zita", new_server.password)) as browser:
        assert browser.get("/").status_code == 200
    assert new_server.stop() == 0


@pytest.mark.parametrize("login", ["", " zita", "z\ta", "z" * 101])
def test_a_first_administrator_that_is_no_login_is_explained(tmp_path: Path, login: str) -> None:
    done = command("serve", "--data", str(tmp_path / "data"), "--first-administrator", login)
    assert done.returncode == 2
    assert "--first-administrator" in done.stderr
    assert not (tmp_path / "data").exists()


def test_the_second_start_is_quick(new_server: Server) -> None:
    """The bound is wide because test machines are busy; a start that makes something anew takes longer still."""
    began = time.monotonic()
    new_server.start()
    first = time.monotonic() - began
    assert new_server.stop() == 0
    began = time.monotonic()
    new_server.start()
    assert time.monotonic() - began < max(3, first)
    assert new_server.stop() == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_everything_cleanly(new_server: Server, number: signal.Signals) -> None:
    new_server.start()
    assert engine_processes(new_server.data)
    assert new_server.stop(number) == 0
    assert engine_processes(new_server.data) == []
    assert not (new_server.data / "postgres" / "postmaster.pid").exists()
    assert "Traceback" not in new_server.output()
    log = (new_server.data / "postgres.log").read_text()
    assert "database system is shut down" in log
    new_server.start()
    again = (new_server.data / "postgres.log").read_text().removeprefix(log)
    assert "was not properly shut down" not in again
    assert new_server.stop(number) == 0


@pytest.mark.parametrize("seconds", [0.1, 0.2, 0.3, 0.5, 0.8, 1.5])
def test_ctrl_c_while_it_starts_leaves_nothing_behind(new_server: Server, seconds: float) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "customer_inventory", "--data", str(new_server.data), "--port", str(new_server.port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    time.sleep(seconds)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert process.returncode in {0, 130, -signal.SIGINT}, said
    assert "Traceback" not in said
    assert engine_processes(new_server.data) == []
    new_server.start()
    assert new_server.stop() == 0


def test_requests_under_way_are_answered_before_it_stops(new_server: Server) -> None:
    new_server.start().register()
    with new_server.api() as api, socket.create_connection(("127.0.0.1", new_server.port)) as slow:
        body = json.dumps({"@type": "Individual", "givenName": "A", "familyName": "B"}).encode()
        head = (
            f"POST /tmf-api/partyManagement/v5/individual HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
            f"authorization: {api.headers['authorization']}\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        slow.sendall(head.encode() + body[:10])
        time.sleep(0.3)
        assert new_server.process is not None
        new_server.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        slow.sendall(body[10:])
        answer = slow.makefile("rb").readline()
    assert b" 201 " in answer
    assert new_server.process.wait(timeout=60) == 0
    new_server.log.close()


def test_a_second_server_on_the_same_data_is_refused(new_server: Server) -> None:
    new_server.start()
    refused = command("--data", str(new_server.data), "--port", str(free_port()))
    assert refused.returncode == 5
    assert str(new_server.data) in refused.stderr
    assert new_server.process is not None
    assert str(new_server.process.pid) in refused.stderr
    assert "--data" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert httpx.get(f"{new_server.url}/health/ready").status_code == 200
    assert new_server.stop() == 0


def test_a_port_in_use_is_explained(new_server: Server) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        refused = command("--data", str(new_server.data), "--port", port)
    assert refused.returncode == 1
    assert port in refused.stderr
    assert "--port" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert engine_processes(new_server.data) == []


def test_the_data_belongs_to_its_owner_alone(new_server: Server) -> None:
    new_server.start()
    for name in ("postgres", "socket"):
        assert (new_server.data / name).stat().st_mode & 0o077 == 0
    for name in ("passfile", "superuser", "lock"):
        assert (new_server.data / name).stat().st_mode & 0o077 == 0
    assert new_server.stop() == 0


def test_an_unwritable_place_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a directory")
    refused = command("--data", str(tmp_path / "file"), "--port", str(free_port()))
    assert refused.returncode == 5
    assert str(tmp_path / "file") in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_killed_server_leaves_an_engine_that_ends(new_server: Server) -> None:
    new_server.start()
    pid, _ = postmaster(new_server.data)
    assert new_server.stop(signal.SIGKILL) == -signal.SIGKILL
    deadline = time.monotonic() + 30
    while engine_processes(new_server.data) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert engine_processes(new_server.data) == []
    assert not Path(f"/proc/{pid}").exists() or b"postgres" not in Path(f"/proc/{pid}/cmdline").read_bytes()
    new_server.start()
    assert new_server.stop() == 0


def test_every_door_answers(new_server: Server) -> None:
    new_server.start()
    for path, kind in (
        ("/health/live", "application/json"),
        ("/health/ready", "application/json"),
        ("/metrics", "text/plain"),
        ("/openapi.json", "application/json"),
        ("/tmf-api/party/v4/", "application/json"),
    ):
        answer = httpx.get(f"{new_server.url}{path}")
        assert answer.status_code == 200, path
        assert answer.headers["content-type"].startswith(kind)
    assert httpx.get(f"{new_server.url}/", follow_redirects=True).status_code == 200
    assert new_server.stop() == 0


@pytest.mark.parametrize("words", [("--version",), ("export", "--help"), ("client", "register", "--help")])
def test_a_command_loads_only_what_it_needs(words: tuple[str, ...]) -> None:
    """A command that opens no inventory loads no server, and one that only says its version loads next to nothing."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "customer_inventory", *words],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    unwanted = {"uvicorn", "starlette", "jinja2", "alembic", "cryptography", "customer_inventory.model.views"}
    if words == ("--version",):
        unwanted |= {"psycopg", "structlog", "customer_inventory.model"}
    assert "customer_inventory.cli.app" in loaded
    assert not loaded & unwanted
