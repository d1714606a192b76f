"""Credentials follow each other without a failed call, and keys take the place of secrets."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psycopg
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from customer_inventory.access.compact import head_of
from tests.journey.api_words import PERSONS, refused
from tests.journey.conftest import Server, command

KIND = {"grant_type": "client_credentials"}


def rotated(server: Server, name: str, *flags: str) -> tuple[str, str]:
    done = command("client", "rotate", name, "--json", "--data", str(server.data), *flags)
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    return made["client_id"], made["client_secret"]


def test_a_rotation_fails_no_call(new_server: Server) -> None:
    new_server.start().register("busy")
    old = (new_server.client_id, new_server.client_secret)
    current, statuses, done = [old], [], threading.Event()

    def call() -> None:
        with httpx.Client(base_url=new_server.url, timeout=30) as client:
            while not done.is_set():
                answer = client.post("/oauth2/token", data=KIND, auth=current[0])
                statuses.append(answer.status_code)
                token = {"authorization": f"Bearer {answer.json().get('access_token')}"}
                statuses.append(client.get(PERSONS, headers=token).status_code)

    callers = [threading.Thread(target=call) for _ in range(4)]
    for each in callers:
        each.start()
    time.sleep(0.3)
    new = rotated(new_server, "busy", "--overlap", "4s")
    ends = time.monotonic() + 4
    time.sleep(0.5)
    current[0] = new  # within the overlap, as a process takes up its new secret
    time.sleep(max(0.0, ends - time.monotonic()) + 0.5)
    done.set()
    for each in callers:
        each.join()
    assert len(statuses) > 50
    assert set(statuses) == {200}
    assert refused(httpx.post(f"{new_server.url}/oauth2/token", data=KIND, auth=old), 401) == "invalid_client"


def test_a_client_with_keys_proves_itself_by_assertions(server: Server, tmp_path: Path) -> None:
    key = ECKey.generate_key("P-256", {"kid": "k1"})
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({"keys": [key.as_dict(private=False)]}))
    name = f"signer-{time.time_ns()}"
    done = command(
        "client", "register", name, "--grant", "read", "--jwks", str(keys), "--json", "--data", str(server.data)
    )
    made = json.loads(done.stdout)
    assert made.keys() == {"client_id"}
    now = int(time.time())
    claims = {"iss": made["client_id"], "sub": made["client_id"], "aud": server.url, "exp": now + 60, "jti": name}
    form = {
        **KIND,
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": jwt.encode({"alg": "ES256", "kid": "k1"}, claims, key),
    }

    def asked(**other: str | None) -> httpx.Response:
        sent = {name: value for name, value in {**form, **other}.items() if value is not None}
        return httpx.post(f"{server.url}/oauth2/token", data=sent)

    assert refused(asked(client_id="somebody"), 401) == "invalid_client"
    claims["jti"] += "-2"
    form["client_assertion"] = jwt.encode({"alg": "ES256", "kid": "k1"}, claims, key)
    assert refused(asked(client_secret="x"), 400) == "invalid_request"
    assert refused(asked(client_assertion_type=None), 400) == "invalid_request"
    answer = asked(client_id=made["client_id"])
    assert answer.status_code == 200, answer.text
    token = {"authorization": f"Bearer {answer.json()['access_token']}"}
    assert httpx.get(f"{server.url}{PERSONS}", params={"limit": 0}, headers=token).is_success
    assert refused(asked(), 401) == "invalid_client"  # taken once


def test_what_cannot_be_rotated_is_told(server: Server, tmp_path: Path) -> None:
    data = ("--data", str(server.data))
    for code, words in (
        (4, ["nobody"]),
        (4, ["console"]),
        (3, ["tester", "--overlap", "91d"]),
        (2, ["tester", "--overlap", "soon"]),
        (2, ["tester", "--jwks", str(tmp_path / "absent.json")]),
    ):
        done = command("client", "rotate", *words, *data)
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
    assert server.token()


@pytest.fixture
def servers(new_server: Server, tmp_path: Path) -> Iterator[tuple[Server, Server]]:
    """Two servers on the database of the first."""
    first = new_server.start().register("busy")
    place = first.data.resolve()
    address = f"host={place / 'socket'} dbname=customer_inventory user=customer_inventory passfile={place / 'passfile'}"
    second = Server(tmp_path / "second").start("--dsn", address)
    second.client_id, second.client_secret = first.client_id, first.client_secret
    yield first, second
    assert second.stop() == 0, second.output()


def key_ids(server: Server) -> list[str]:
    return [each["kid"] for each in httpx.get(f"{server.url}/oauth2/jwks").json()["keys"]]


def test_the_key_of_tokens_is_rotated_and_no_call_fails_on_any_server(servers: tuple[Server, Server]) -> None:
    """Each client asks one server for a token and calls the other with it, all along."""
    statuses, algorithms, done = [], set(), threading.Event()
    data = ("--data", str(servers[0].data))

    def call(asked: Server, called: Server) -> None:
        with httpx.Client(base_url=called.url, timeout=30) as client:
            while not done.is_set():
                token = asked.token()
                algorithms.add(head_of(token)["alg"])
                answer = client.get(PERSONS, headers={"authorization": f"Bearer {token}"})
                statuses.append(answer.status_code)

    kept = servers[0].token()
    pairs = [servers, servers[::-1]] * 2
    callers = [threading.Thread(target=call, args=pair) for pair in pairs]
    for each in callers:
        each.start()
    preview = command("key", "rotate", "tokens", "--algorithm", "Ed25519", *data)
    assert (preview.returncode, "say --yes" in preview.stdout) == (0, True), preview.stderr
    assert len(key_ids(servers[1])) == 1
    for algorithm in ("Ed25519", "ES256", "Ed25519"):
        rotated_key = command("key", "rotate", "tokens", "--algorithm", algorithm, "--yes", *data)
        assert rotated_key.returncode == 0, rotated_key.stderr
    time.sleep(1)
    done.set()
    for each in callers:
        each.join()
    assert (len(statuses) > 50, set(statuses), algorithms) == (True, {200}, {"ES256", "Ed25519"})
    for server in servers:
        assert len(key_ids(server)) == 4
        assert head_of(server.token())["alg"] == "Ed25519"
        answer = httpx.get(f"{server.url}{PERSONS}", headers={"authorization": f"Bearer {kept}"})
        assert answer.status_code == 200
    listed = command("key", "list", "--json", *data)
    rows = [json.loads(line) for line in listed.stdout.splitlines() if '"tokens"' in line]
    assert [row["retired_at"] is None for row in rows] == [False, False, False, True]
    assert not any(secret in listed.stdout for secret in ('"d"', "private"))


def test_the_trail_is_proved_over_a_rotation_of_its_key(new_server: Server, tmp_path: Path) -> None:
    new_server.start().register()
    data, first, export = ("--data", str(new_server.data)), tmp_path / "first.json", tmp_path / "trail.ndjson"

    def verified(*words: str) -> dict[str, object]:
        done = command("trail", "verify", "--json", *words, *data)
        found: dict[str, object] = json.loads(done.stdout)
        return found

    with new_server.api() as api:
        api.get(PERSONS)
        within_20_s(lambda: command("trail", "key", *data).returncode == 0)
        first.write_text(command("trail", "key", *data).stdout)
        assert "vouches" in command("key", "rotate", "seals", *data).stdout
        assert command("key", "rotate", "seals", "--algorithm", "Ed25519", "--yes", *data).returncode == 0
        before = verified()["last"]
        api.get(PERSONS)
        within_20_s(lambda: verified()["last"] != before)
    assert command("trail", "export", "--output", str(export), *data).returncode == 0
    found = verified(str(export), "--key", str(first))
    assert (found["findings"], len(export.read_text().splitlines()) > 3) == ([], True)
    assert len(command("trail", "key", *data).stdout.splitlines()) == 2


def test_a_scrub_takes_secrets_of_replaced_keys_out_of_the_files(new_server: Server) -> None:
    new_server.start().register()
    data, place = ("--data", str(new_server.data)), new_server.data.resolve()
    with new_server.api() as api:
        api.get(PERSONS)
        within_20_s(lambda: command("trail", "key", *data).returncode == 0)
    address = f"host={place / 'socket'} dbname=customer_inventory user=customer_inventory passfile={place / 'passfile'}"
    with psycopg.connect(address) as connection:
        rows = connection.execute(
            "select private_key ->> 'd' from signing_key union all select private_key::json ->> 'd' from seal_key"
        ).fetchall()
    secrets = [row[0].encode() for row in rows]

    def held() -> set[bytes]:
        files = [path.read_bytes() for path in place.rglob("*") if path.is_file()]
        return {secret for secret in secrets if any(secret in file for file in files)}

    for of in ("tokens", "seals"):
        assert command("key", "rotate", of, "--yes", *data).returncode == 0
    assert (len(secrets), held()) == (2, {*secrets})
    scrubbed = command("privacy", "scrub", *data)
    assert (scrubbed.returncode, held()) == (0, set()), scrubbed.stdout + scrubbed.stderr


def test_keys_that_cannot_be_rotated_are_told(server: Server) -> None:
    data = ("--data", str(server.data))
    for code, words in (
        (2, ["passwords"]),
        (3, ["tokens", "--algorithm", "none"]),
        (3, ["tokens", "--purpose", "study"]),
        (3, ["pseudonyms"]),
        (4, ["pseudonyms", "--purpose", "nobody's"]),
        (3, ["tokens", "--overlap", "1d"]),
        (3, ["seals", "--overlap", "1m", "--yes"]),
    ):
        done = command("key", "rotate", *words, *data)
        assert (done.returncode, "Traceback" in done.stderr) == (code, False), done.stderr


def within_20_s(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.2)
