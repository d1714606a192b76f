"""By what a process is to prove who it is, as a command is told: keys, a certificate, or a name in certificates."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from customer_inventory.access.assertions import public_keys
from customer_inventory.access.certificates import named, pinned
from customer_inventory.errors import Failure, InventoryError


class UnreadableKeys(InventoryError):
    """The file with the keys, or the certificate, cannot be read."""

    code = "unreadable-keys"
    failure = Failure.USAGE


class SeveralProofs(InventoryError):
    """A process proves who it is in one way.

    Give keys, a certificate, or a name in certificates, and only one of them.
    """

    code = "several-proofs"
    failure = Failure.USAGE


@dataclass(frozen=True, kw_only=True)
class Proofs:
    """What was given of them; nothing for a process that gets a secret.

    Attributes
    ----------
    jwks
        A JSON Web Key Set with the public keys by which it proves itself (private_key_jwt); then it gets no secret.
    certificate
        A certificate (PEM) by which it proves itself (self_signed_tls_client_auth), whoever issued it; then no secret.
    certificate_name
        A name in certificates by which it proves itself (tls_client_auth), such as san_dns=till.example.org.
    """

    jwks: Path | None = None
    certificate: Path | None = None
    certificate_name: str | None = None

    def read(self) -> list[str]:
        """Return what is kept, each as JSON.

        Raises SeveralProofs, UnreadableKeys, InvalidKeys or InvalidCertificate.
        """
        if sum(each is not None for each in (self.jwks, self.certificate, self.certificate_name)) > 1:
            raise SeveralProofs
        if self.certificate_name is not None:
            return [named(self.certificate_name)]
        if self.certificate is not None:
            return [pinned(_bytes(self.certificate))]
        return public_keys(_bytes(self.jwks)) if self.jwks is not None else []


Proving = Annotated[Proofs, Parameter(name="*")]
"""The type of a verb's parameter: each of them becomes a flag of the verb."""


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise UnreadableKeys(f"{file} cannot be read: {error.strerror}.") from error
