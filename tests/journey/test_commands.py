"""The command line, as a user meets it: credentials as JSON, exit codes, settings, and a backup that comes back."""

from __future__ import annotations

import getpass
import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.journey.conftest import Server, command, free_port

INDIVIDUALS = "/tmf-api/partyManagement/v5/individual"
PERSON = {"@type": "Individual", "givenName": "Ada", "familyName": "Lovelace"}


@pytest.fixture(scope="module")
def idle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data directory of an inventory that no server runs on."""
    data = tmp_path_factory.mktemp("idle") / "data"
    done = command("migrate", "--data", str(data))
    assert done.returncode == 0, done.stderr
    return data


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of this module's own."""
    server = Server(tmp_path_factory.mktemp("running") / "data").start()
    yield server
    assert server.stop() == 0, server.output()


def at(data: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command on a data directory."""
    return command(*words, "--data", str(data), env={**os.environ, **environment})


# ---------------------------------------------------------------- clients and people


@pytest.mark.parametrize("beside", [True, False])
def test_a_registered_client_is_one_line_of_json_and_nothing_else(beside: bool, running: Server, idle: Path) -> None:
    data = running.data if beside else idle
    done = at(data, "client", "register", "crm", "--grant", "all", "--json")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 1
    credentials = json.loads(done.stdout)
    assert credentials.keys() == {"client_id", "client_secret"}
    assert credentials["client_secret"] not in done.stderr
    listed = at(data, "client", "list")
    assert f"crm  {credentials['client_id']}  active" in listed.stdout
    assert credentials["client_secret"] not in listed.stdout


def test_a_client_registered_beside_a_server_can_ask_for_a_token_at_once(running: Server) -> None:
    running.register("beside", "--grant", "read:individual,create:individual")
    with running.api() as api:
        assert api.get(INDIVIDUALS).status_code == 200
        assert api.get("/tmf-api/customerManagement/v5/customer").status_code == 403
    assert at(running.data, "client", "revoke", "beside").returncode == 0
    refused = httpx.post(
        f"{running.url}/oauth2/token",
        data={"grant_type": "client_credentials"},
        auth=(running.client_id, running.client_secret),
    )
    assert refused.status_code == 401


def test_a_person_is_added_with_a_password_shown_once(idle: Path) -> None:
    added = at(idle, "person", "add", "grace", "--role", "auditor", "--name", "Grace H.")
    assert added.returncode == 0, added.stderr
    assert "password" in added.stdout
    assert re.search(
        r"^until     \d{4}-\d\d-\d\d \d\d:\d\d UTC; the console asks for one of their own$", added.stdout, re.MULTILINE
    )
    reset = at(idle, "person", "reset-password", "grace")
    assert reset.returncode == 0
    assert reset.stdout != added.stdout
    assert "grace  Grace H.  auditor  active" in at(idle, "person", "list").stdout


# ---------------------------------------------------------------- exit codes (DESIGN 9)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (0, ["--help"]),
        (0, ["--version"]),
        (2, ["nonsense"]),
        (2, ["client", "nonsense"]),
        (2, ["--nonsense"]),
        (2, ["--port", "many"]),
        (2, ["client", "register"]),
        (2, ["--log-format", "xml"]),
        (2, ["--log-level", "loud"]),
        (3, ["client", "register", "a b", "--grant", "all"]),
        (3, ["client", "register", "x", "--grant", "everything"]),
        (3, ["person", "add", "x", "--role", "king"]),
        (4, ["client", "revoke", "nobody"]),
        (4, ["person", "reset-password", "nobody"]),
        (5, ["migrate", "--dsn", "host=127.0.0.1 port=1 dbname=x user=x connect_timeout=1"]),
        (3, ["migrate", "--dsn", "nonsense=1"]),
        (4, ["verify", "/nonexistent/backup"]),
    ],
)
def test_exit_codes_say_what_kind_of_failure_it_was(code: int, words: list[str], idle: Path) -> None:
    own_data = [] if words[0].startswith("--h") or words[0] == "--version" else ["--data", str(idle)]
    done = command(*words, *own_data)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    if code:
        assert done.stderr.strip() or done.stdout.strip()
        assert "client_secret" not in done.stdout


def test_a_name_that_is_taken_is_refused(idle: Path) -> None:
    words = ("client", "register", "taken", "--grant", "read", "--json")
    assert at(idle, *words).returncode == 0
    again = at(idle, *words)
    assert (again.returncode, again.stdout) == (3, "")
    assert "taken" in again.stderr


@pytest.mark.parametrize(("flags", "owner"), [(("--owner", "olga"), "olga"), ((), getpass.getuser())])
def test_who_owns_a_client_is_said_or_is_who_registers_it(idle: Path, flags: tuple[str, ...], owner: str) -> None:
    name = f"owned-{len(flags)}"
    assert at(idle, "client", "register", name, "--grant", "read", *flags).returncode == 0
    (client_id,) = re.findall(rf"{name}-[0-9a-f]{{8}}", at(idle, "client", "list").stdout)
    assert f"owner {owner} " in at(idle, "registration", "show", client_id).stdout


def test_an_owner_without_a_name_is_refused(idle: Path) -> None:
    refused = at(idle, "client", "register", "owned", "--grant", "read", "--owner", "")
    assert refused.returncode == 3
    assert "owner" in refused.stderr


# ---------------------------------------------------------------- settings


def settings_file(folder: Path, **settings: Any) -> Path:
    path = folder / "customer-inventory.toml"
    lines = ["[customer_inventory]", *(f"{name} = {json.dumps(value)}" for name, value in settings.items())]
    path.write_text("\n".join(lines))
    return path


def test_a_flag_beats_the_environment_which_beats_the_file(idle: Path, tmp_path: Path) -> None:
    """Each place names another log format that is none, and the refusal says which one was heard."""
    settings_file(tmp_path, log_format="by-file", data=str(idle))
    heard = {}
    for said, flags, environment in (
        ("by-flag", ["--log-format", "by-flag"], {"CUSTOMER_INVENTORY_LOG_FORMAT": "by-environment"}),
        ("by-environment", [], {"CUSTOMER_INVENTORY_LOG_FORMAT": "by-environment"}),
        ("by-file", [], {}),
    ):
        done = command("client", "list", *flags, cwd=tmp_path, env={**os.environ, **environment})
        assert done.returncode == 2
        heard[said] = said in done.stderr
    assert heard == {"by-flag": True, "by-environment": True, "by-file": True}


def test_the_file_alone_is_enough(idle: Path, tmp_path: Path) -> None:
    path = settings_file(tmp_path, data=str(idle), log_level="error")
    here = command("client", "list", cwd=tmp_path)
    assert here.returncode == 0, here.stderr
    assert "command-line" in here.stdout
    elsewhere = command("client", "list", env={**os.environ, "CUSTOMER_INVENTORY_CONFIG": str(path)})
    assert elsewhere.stdout == here.stdout
    by_environment = at(idle, "client", "list", CUSTOMER_INVENTORY_LOG_LEVEL="error")
    assert by_environment.stdout == here.stdout


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[customer_inventory]\nprot = 8081\n", "prot"),
        ("[customer_inventory]\nport = \n", "customer-inventory.toml"),
        ("port = 8081\n", "[customer_inventory]"),
        ("[customer-inventory]\nport = 8081\n", "[customer_inventory]"),
    ],
)
def test_a_settings_file_that_is_misspelt_is_refused(text: str, said: str, idle: Path, tmp_path: Path) -> None:
    (tmp_path / "customer-inventory.toml").write_text(text)
    done = command("client", "list", "--data", str(idle), cwd=tmp_path)
    assert done.returncode == 2, done.stdout + done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_settings_file_that_is_named_and_not_there_is_refused(idle: Path) -> None:
    done = at(idle, "client", "list", CUSTOMER_INVENTORY_CONFIG="/nonexistent.toml")
    assert done.returncode == 2
    assert "/nonexistent.toml" in done.stderr


def test_help_shows_each_setting_with_its_variable(idle: Path) -> None:
    said = command("--help", env={**os.environ, "COLUMNS": "200"}).stdout
    for name in ("data", "dsn", "host", "port", "public-url", "connections", "statement-timeout", "log-format"):
        assert f"--{name}" in said
        assert f"CUSTOMER_INVENTORY_{name.replace('-', '_').upper()}" in said


# ---------------------------------------------------------------- backup


def test_a_backup_taken_beside_a_server_comes_back_elsewhere(running: Server, tmp_path: Path) -> None:
    running.register("keeper", "--grant", "all")
    with running.api() as api:
        kept = [api.post(INDIVIDUALS, json={**PERSON, "familyName": f"F{n}"}).json() for n in range(20)]
        patched = api.patch(
            kept[0]["href"], json={"title": "Dr"}, headers={"content-type": "application/merge-patch+json"}
        ).json()
        assert api.delete(kept[1]["href"]).status_code == 204
    copy = tmp_path / "backup"
    done = at(running.data, "backup", str(copy))
    assert done.returncode == 0, done.stderr
    assert "20" not in done.stderr
    verified = at(running.data, "verify", str(copy))
    assert verified.returncode == 0, verified.stderr
    assert "proven" in verified.stdout
    assert at(running.data, "backup", str(copy)).returncode == 3
    refused = at(running.data, "restore", str(copy))
    assert refused.returncode == 3
    assert "already holds data" in refused.stderr
    restored = Server(tmp_path / "elsewhere", client_id=running.client_id, client_secret=running.client_secret)
    done = at(restored.data, "restore", str(copy))
    assert done.returncode == 0, done.stderr
    restored.port = free_port()
    restored.start()
    try:
        assert "First administrator" not in restored.output()
        with restored.api() as api:
            assert api.get(kept[0]["href"]).json() == patched
            assert api.get(kept[1]["href"]).status_code == 404
            for one in kept[2:]:
                assert api.get(one["href"]).json() == one
            made = api.post(INDIVIDUALS, json=PERSON)
            assert made.status_code == 201
            everybody = api.get(INDIVIDUALS, params={"limit": "1"})
            with running.api() as original:
                before = original.get(INDIVIDUALS, params={"limit": "1"})
            assert int(everybody.headers["x-total-count"]) == int(before.headers["x-total-count"]) + 1
    finally:
        assert restored.stop() == 0, restored.output()


def test_a_damaged_backup_is_refused_and_leaves_nothing(running: Server, tmp_path: Path) -> None:
    copy = tmp_path / "backup"
    assert at(running.data, "backup", str(copy)).returncode == 0
    largest = max((copy / "dump").iterdir(), key=lambda path: path.stat().st_size)
    content = bytearray(largest.read_bytes())
    content[len(content) // 2] ^= 1
    largest.write_bytes(content)
    for verb in ("verify", "restore"):
        done = at(tmp_path / "empty", verb, str(copy))
        assert done.returncode == 3, done.stderr
        assert largest.name in done.stderr
        assert "Traceback" not in done.stderr
    assert at(tmp_path / "empty", "restore", str(tmp_path / "nowhere")).returncode == 4
    assert not (tmp_path / "empty").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("--port", "0"),
        ("--port", "99999"),
        ("--connections", "0"),
        ("--statement-timeout", "-5"),
        ("--public-url", "ftp:/x"),
        ("--reference-check", "customer.engagedParty=perhaps"),
    ],
)
def test_a_value_that_a_setting_cannot_have_is_refused(words: tuple[str, ...], idle: Path) -> None:
    done = command("client", "list", "--data", str(idle), *words)
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("customer-inventory: ")
