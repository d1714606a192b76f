"""Credentials follow each other without a failed call, and keys take the place of secrets."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey

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
