"""Certificates: a client proves who it is by the certificate of its connection, and its tokens are bound to that.

RFC 8705. What is registered is one certificate, by its SHA-256, whoever issued it; or a name, which counts only in a
certificate for which an authority vouches that the server, or its proxy, trusts.
"""

from __future__ import annotations

import hashlib
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from customer_inventory.access.clients import InvalidClient, active_client
from customer_inventory.access.tokens import InvalidToken
from customer_inventory.clock import Clock
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.repository.register import Client, Register

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

KIND = "x509"
"""In place of a key type, where a certificate is registered and no key."""
NAMES = ("san_dns", "san_uri", "san_ip", "san_email", "subject_dn")
_LONGEST_NAME = 1000
_LARGEST = 64 * 1024


class InvalidCertificate(InventoryError):
    """The certificate, or the name in one, cannot be registered.

    Give a file with one certificate as PEM, or a name such as san_dns=till.example.org or subject_dn=CN=till,O=Shop.
    """

    code = "invalid-certificate"
    failure = Failure.INVALID


class OtherCertificate(InvalidToken):
    """The access token is bound to a certificate that the connection does not have.

    Call by the certificate with which the token was asked for.
    """

    alarm = "other-certificate"


@dataclass(frozen=True, slots=True)
class Presented:
    """The certificate of a connection, as DER; `verified` is whether an authority that is trusted vouches for it."""

    der: bytes
    verified: bool

    @property
    def thumbprint(self) -> str:
        """Its SHA-256, as tokens name it (RFC 8705 section 3.1)."""
        return _thumbprint(self.der)


def presented_in(header: str, *, verified: bool) -> Presented | None:
    """Return the certificate of the header Client-Cert (RFC 9440), None where it is none."""
    if not 2 < len(header) <= _LARGEST or header[0] != ":" or header[-1] != ":":
        return None
    try:
        return Presented(b64decode(header[1:-1], validate=True), verified)
    except ValueError:
        return None


def pinned(pem: bytes) -> str:
    """Return what is kept of one certificate: its SHA-256, as JSON. Raises InvalidCertificate."""
    from cryptography import x509  # noqa: PLC0415  most commands need none of it
    from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415

    try:
        (found,) = x509.load_pem_x509_certificates(pem[:_LARGEST])
    except ValueError as error:
        raise InvalidCertificate from error
    thumbprint = _thumbprint(found.public_bytes(Encoding.DER))
    return _kept({"kid": thumbprint, "x5t#S256": thumbprint})


def named(text: str) -> str:
    """Return what is kept of a name that a certificate must have, as JSON. Raises InvalidCertificate."""
    name, _, value = text.partition("=")
    if name not in NAMES or not 0 < len(value) <= _LONGEST_NAME or not value.isprintable():
        raise InvalidCertificate
    if name == "subject_dn":
        from cryptography import x509  # noqa: PLC0415  as above

        try:
            x509.Name.from_rfc4514_string(value)
        except ValueError as error:
            raise InvalidCertificate from error
    return _kept({"kid": text, name: value})


async def client_of_certificate(register: Register, client_id: str, presented: Presented, *, clock: Clock) -> Client:
    """Return the active client that a connection is of, by its certificate.

    Raises InvalidClient and RegistrationNotActive.
    """
    if "\0" in client_id or not client_id.isascii():
        raise InvalidClient
    now = clock()
    valid = await register.credentials.valid(client_id, at=now)
    kept = [msgspec.json.decode(each.public_key) for each in valid if each.public_key is not None]
    certificate = _read(presented.der)
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise InvalidClient("The certificate of the connection is not valid at this moment.")
    if not _fits(presented, certificate, (each for each in kept if is_certificate(each))):
        raise InvalidClient("The certificate of the connection is none that is registered for the client.")
    return await active_client(register, client_id)


def is_certificate(key: Mapping[str, object]) -> bool:
    """Return whether what is registered is a certificate, and no key."""
    return key.get("kty") == KIND


def _fits(presented: Presented, certificate: Certificate, kept: Iterable[Mapping[str, str]]) -> bool:
    return any(
        each["x5t#S256"] == presented.thumbprint
        if "x5t#S256" in each
        else presented.verified and any(_says(certificate, name, each[name]) for name in NAMES if name in each)
        for each in kept
    )


def _says(certificate: Certificate, name: str, value: str) -> bool:
    """Whether a certificate has a name (RFC 8705 section 2.1.2)."""
    from cryptography import x509  # noqa: PLC0415  as above

    if name == "subject_dn":
        return certificate.subject == x509.Name.from_rfc4514_string(value)
    kinds: dict[str, type[x509.GeneralName]] = {
        "san_dns": x509.DNSName,
        "san_uri": x509.UniformResourceIdentifier,
        "san_ip": x509.IPAddress,
        "san_email": x509.RFC822Name,
    }
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return False
    said = [str(each.value) for each in names if isinstance(each, kinds[name])]
    return value.lower() in map(str.lower, said) if name == "san_dns" else value in said


def _read(der: bytes) -> Certificate:
    from cryptography import x509  # noqa: PLC0415  as above

    try:
        return x509.load_der_x509_certificate(der)
    except ValueError as error:
        raise InvalidClient("The certificate of the connection cannot be read.") from error


def _kept(values: Mapping[str, str]) -> str:
    return msgspec.json.encode({"kty": KIND, **values}).decode()


@lru_cache(maxsize=1024)
def _thumbprint(der: bytes) -> str:
    return urlsafe_b64encode(hashlib.sha256(der).digest()).rstrip(b"=").decode()
