"""Settings: each is a flag, an environment variable and a line of a TOML file, in this order of precedence.

The flag `--data` is the variable `CUSTOMER_INVENTORY_DATA` and `data` under `[customer_inventory]` in
`customer-inventory.toml` (or the file that `CUSTOMER_INVENTORY_CONFIG` names). The command line (`cli/`) reads them
into this one frozen record; nothing else looks at the environment.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from customer_inventory.errors import Failure, InventoryError

ENVIRONMENT_PREFIX = "CUSTOMER_INVENTORY_"
TOML_SECTION = "customer_inventory"
DEFAULT_CONFIG = Path("customer-inventory.toml")


class InvalidSetting(InventoryError):
    """A setting has a value that it cannot have."""

    code = "invalid-setting"
    failure = Failure.USAGE


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How this inventory is set up.

    Attributes
    ----------
    data
        Directory of the embedded PostgreSQL and of what the product keeps beside it.
    dsn
        Connection string of a PostgreSQL of your own (15 or newer); empty for the embedded one.
    engine_binaries
        Directory with the PostgreSQL programs for the embedded engine; found by itself when not given.
    host
        Address to listen on.
    port
        Port to listen on.
    public_url
        Address under which clients reach the server, put before every href; empty for hrefs without a host.
    connections
        Most connections to PostgreSQL for answering requests.
    statement_timeout
        Longest time that one query of a request may take, in milliseconds.
    reference_check
        How a reference attribute is checked, as resource.attribute=off, =warn or =strict; may be repeated.
    attachment_limit
        Most bytes that one file of a record may have, such as a scan in a document.
    content_directory
        Directory for the large files of records; without it they are kept in the database.
    log_format
        How log lines are written: text for people, json for collectors.
    log_level
        Least severe log lines to write: debug, info, warning or error.
    """

    data: Path = Path("data")
    dsn: str = ""
    engine_binaries: Path | None = None
    host: str = "127.0.0.1"
    port: int = 8080
    public_url: str = ""
    connections: int = 8
    statement_timeout: int = 5000
    reference_check: tuple[str, ...] = ()
    attachment_limit: int = 10 * 1024 * 1024
    content_directory: Path | None = None
    log_format: str = "text"
    log_level: str = "info"

    def check(self) -> None:
        """Raise InvalidSetting for a value out of bounds, naming the setting and what it may be."""
        bounds = {
            "port": (1, 65535),
            "connections": (1, 1000),
            "statement_timeout": (1, 3_600_000),
            "attachment_limit": (1, 100 * 1024 * 1024),
        }
        for name, (low, high) in bounds.items():
            if not low <= getattr(self, name) <= high:
                flag = name.replace("_", "-")
                raise InvalidSetting(f"--{flag} is {getattr(self, name)}; it is a whole number from {low} to {high}.")
        if self.public_url and not self.public_url.startswith(("http://", "https://")):
            raise InvalidSetting("--public-url is no address: it starts with http:// or https://.")
