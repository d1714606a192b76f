"""A server that speaks TLS itself: clients prove who they are by certificates, and their tokens are bound to them."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.certificate_making import Made, make
from tests.journey.conftest import Server, command

AUTHORITY = make("authority", authority=True)
INDIVIDUALS = "/tmf-api/party/v5/individual"


class TlsServer(Server):
    """A server at an address of https."""

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("tls")
    AUTHORITY.write(made, "authority")
    make("127.0.0.1", by=AUTHORITY).write(made, "server")
    return made


@pytest.fixture(scope="module")
def tls_server(folder: Path) -> Iterator[Server]:
    made = TlsServer(folder / "data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(folder / "authority.pem"))
        made.start(
            "--tls-certificate", str(folder / "server.pem"), "--tls-key", str(folder / "server.key"),
            "--tls-client-ca", str(folder / "authority.pem"),
        )  # fmt: skip
        yield made
    assert made.stop() == 0, made.output()


def connected(server: Server, folder: Path, made: Made | None = None) -> httpx.Client:
    """A client that trusts the authority, with a certificate or without one."""
    context = ssl.create_default_context(cafile=folder / "authority.pem")
    if made is not None:
        context.load_cert_chain(*made.write(folder, "client"))
    return httpx.Client(base_url=server.url, verify=context, timeout=30)


def test_a_client_proves_itself_by_its_certificate_alone(tls_server: Server, folder: Path) -> None:
    done = command(
        "client", "register", "till", "--grant", "read:individual", "--certificate-name", "san_dns=till.example.org",
        "--json", "--data", str(tls_server.data),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (client_id,) = json.loads(done.stdout).values()
    form = {"grant_type": "client_credentials", "client_id": client_id}
    with connected(tls_server, folder, make("till.example.org", by=AUTHORITY)) as till:
        metadata = till.get("/.well-known/oauth-authorization-server").json()
        assert metadata["token_endpoint"] == f"{tls_server.url}/oauth2/token"
        assert "tls_client_auth" in metadata["token_endpoint_auth_methods_supported"]
        bearer = {"authorization": f"Bearer {till.post('/oauth2/token', data=form).json()['access_token']}"}
        for _ in range(2):
            assert till.get(INDIVIDUALS, headers=bearer).status_code == 200
    with connected(tls_server, folder) as nobody:
        assert nobody.post("/oauth2/token", data=form).status_code == 401
        assert nobody.get(INDIVIDUALS, headers=bearer).status_code == 401
        assert list(nobody.get("/sign-in", headers={"accept": "text/html"}).cookies) == ["__Host-inventory-visit"]
    with connected(tls_server, folder, make("shop.example.org", by=AUTHORITY)) as other:
        assert other.post("/oauth2/token", data=form).status_code == 401
        assert other.get(INDIVIDUALS, headers=bearer).status_code == 401
        # A header that only a proxy may write changes nothing.
        passed = {"client-cert": ":AAAA:", "x-forwarded-for": "10.0.0.1"}
        assert other.post("/oauth2/token", data=form, headers=passed).status_code == 401
    shown = command("registration", "show", "till", "--data", str(tls_server.data)).stdout
    assert "alarm other-certificate: a call from 127.0.0.1" in shown


def test_a_certificate_for_which_nobody_vouches_does_not_even_connect(tls_server: Server, folder: Path) -> None:
    with connected(tls_server, folder, make("till.example.org")) as forged, pytest.raises(httpx.TransportError):
        forged.get("/health/live")


def test_files_that_do_not_fit_are_no_setting(folder: Path) -> None:
    make("other").write(folder, "other")
    done = command(
        "serve", "--data", str(folder / "never"), "--tls-certificate", str(folder / "server.pem"),
        "--tls-key", str(folder / "other.key"),
    )  # fmt: skip
    assert done.returncode == 2
    assert "--tls-certificate" in done.stderr
    assert "Traceback" not in done.stderr
