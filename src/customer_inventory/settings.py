"""Settings: each is a flag, an environment variable and a line of a TOML file, in this order of precedence.

The flag `--data` is the variable `CUSTOMER_INVENTORY_DATA` and `data` under `[customer_inventory]` in
`customer-inventory.toml` (or the file that `CUSTOMER_INVENTORY_CONFIG` names). The command line (`cli/`) reads them
into this one frozen record; nothing else looks at the environment.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from customer_inventory.errors import Failure, InventoryError

ENVIRONMENT_PREFIX = "CUSTOMER_INVENTORY_"
TOML_SECTION = "customer_inventory"
FIRST_ADMINISTRATOR = "admin"
_LONGEST_LOGIN = 100
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
    trusted_proxies
        Network of proxies, such as 10.1.0.0/16, that are believed from where a request comes; may be repeated.
    proxy_certificates
        What the certificates are that trusted proxies pass in Client-Cert (RFC 9440): none, pinned (nobody vouches for
        them, so only registered ones count) or verified (the proxy does).
    tls_certificate
        File with the certificate (and its chain) with which the server itself speaks TLS; needs --tls-key.
    tls_key
        File with the key of that certificate.
    tls_client_ca
        File with the authorities that vouch for certificates of clients, which are asked for then.
    connections
        Most connections to PostgreSQL for answering requests.
    statement_timeout
        Longest time that one query of a request may take, in milliseconds.
    reference_check
        How a reference attribute is checked, as resource.attribute=off, =warn or =strict; may be repeated.
    attachment_limit
        Most bytes that one file of a record may have, such as a scan in a document.
    attachment_scanner
        Command that scans a file on its standard input, such as "clamdscan -": exit code 0 clean, 1 refused.
    content_directory
        Directory for the large files of records; without it they are kept in the database.
    download_directory
        Directory for the files of downloads; downloads in --data when not given.
    download_threshold
        Most records that a download may have which nobody approves.
    download_keep
        How long the file of a download is kept, in hours.
    erasure_register
        File in which those who were erased are registered, for restores; erasures.ndjson in --data when not given.
    hub_allow
        Network, such as 10.1.0.0/16, in which listeners of events may be though it is not public; may be repeated.
    hub_append_path
        Whether /listener/ and the event's name are added to each callback, as the official files write it.
    hub_timeout
        Longest time that a listener may take to answer, in seconds.
    hub_retry_first
        Pause before an event that did not arrive is sent again, in seconds; doubled each time, up to an hour.
    hub_retry_days
        How long it is tried to deliver an event before it becomes a dead letter, in days.
    hub_lease
        How long after a server was killed another one goes on delivering for it, in seconds.
    purge_after
        Days after which a deleted record is purged, history and all; 0 keeps deleted records for ever.
    retention_daily
        Whether what is past its retention is erased every night, as the catalogue says where it is counted from.
    privacy_time_zone
        Time zone, such as Europe/Berlin, in whose days the time of privacy requests is reckoned.
    require_totp
        Whether administrators, owners and privacy officers need a second factor (TOTP) to use the console.
    require_totp_for_all
        Whether everybody needs a second factor (TOTP) to use the console, whatever their role.
    breached_passwords
        File with passwords that nobody may choose: lines HASH:COUNT with SHA-1 hashes, in their order.
    first_administrator
        Login of the administrator who is made with a new inventory, and who comes in by password alone ever after.
    first_password_lasts
        How many days a password that was made for somebody lets in, unless they choose their own before.
    session_idle
        After how many minutes without a request a session of the console ends; after eight hours it ends in any case.
    oidc_issuer
        Issuer of the OpenID provider at which people may sign in, such as https://login.example.org.
    oidc_client_id
        As whom this inventory is registered at the OpenID provider.
    oidc_client_secret_file
        File with the secret of that registration; without it the inventory is a public client.
    oidc_login_claim
        Claim of the provider's ID tokens that says the login here; of email only a verified one.
    oidc_groups_claim
        Claim of the provider's ID tokens with the groups that decide on somebody's role; none if empty.
    oidc_group_role
        A group of that claim and its role here, such as inventory-stewards=steward; may be repeated, the first counts.
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
    trusted_proxies: tuple[str, ...] = ()
    proxy_certificates: str = "none"
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    tls_client_ca: Path | None = None
    connections: int = 8
    statement_timeout: int = 5000
    reference_check: tuple[str, ...] = ()
    attachment_limit: int = 10 * 1024 * 1024
    attachment_scanner: str = ""
    content_directory: Path | None = None
    download_directory: Path | None = None
    download_threshold: int = 10_000
    download_keep: int = 24
    erasure_register: Path | None = None
    hub_allow: tuple[str, ...] = ()
    hub_append_path: bool = False
    hub_timeout: float = 10.0
    hub_retry_first: float = 5.0
    hub_retry_days: float = 3.0
    hub_lease: float = 10.0
    purge_after: int = 0
    retention_daily: bool = False
    privacy_time_zone: str = "UTC"
    require_totp: bool = False
    require_totp_for_all: bool = False
    breached_passwords: Path | None = None
    first_administrator: str = FIRST_ADMINISTRATOR
    first_password_lasts: int = 3
    session_idle: int = 30
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret_file: Path | None = None
    oidc_login_claim: str = "preferred_username"
    oidc_groups_claim: str = ""
    oidc_group_role: tuple[str, ...] = ()
    log_format: str = "text"
    log_level: str = "info"

    def check(self) -> None:
        """Raise InvalidSetting for a value out of bounds, naming the setting and what it may be."""
        bounds = {
            "port": (1, 65535),
            "connections": (1, 1000),
            "statement_timeout": (1, 3_600_000),
            "attachment_limit": (1, 100 * 1024 * 1024),
            "download_threshold": (0, 10**9),
            "download_keep": (1, 720),
            "purge_after": (0, 36_500),
            "first_password_lasts": (1, 90),
            "session_idle": (1, 480),
        }
        for name, (low, high) in bounds.items():
            if not low <= getattr(self, name) <= high:
                flag = name.replace("_", "-")
                raise InvalidSetting(f"--{flag} is {getattr(self, name)}; it is a whole number from {low} to {high}.")
        spans = {"hub_timeout": (0.1, 60), "hub_retry_first": (0.01, 3600), "hub_retry_days": (0, 365)}
        for name, (least, most) in {**spans, "hub_lease": (0.5, 300)}.items():
            if not least <= getattr(self, name) <= most:
                flag = name.replace("_", "-")
                raise InvalidSetting(f"--{flag} is {getattr(self, name)}; it is a number from {least} to {most}.")
        if self.public_url and not self.public_url.startswith(("http://", "https://")):
            raise InvalidSetting("--public-url is no address: it starts with http:// or https://.")
        self._check_first_administrator()
        self._check_tls()
        self._check_time_zone()
        if self.oidc_issuer and not (self.public_url and self.oidc_client_id and self.oidc_login_claim):
            raise InvalidSetting("--oidc-issuer takes --oidc-client-id, --oidc-login-claim and --public-url beside it.")
        if bool(self.oidc_groups_claim) != bool(self.oidc_group_role) or (
            self.oidc_groups_claim and not self.oidc_issuer
        ):
            raise InvalidSetting(
                "--oidc-groups-claim and --oidc-group-role go together, and take --oidc-issuer beside them."
            )

    @property
    def privacy_zone(self) -> tzinfo:
        """The time zone of privacy requests."""
        return UTC if self.privacy_time_zone == "UTC" else ZoneInfo(self.privacy_time_zone)

    def _check_first_administrator(self) -> None:
        login = self.first_administrator
        if not 0 < len(login) <= _LONGEST_LOGIN or login.strip() != login or not login.isprintable():
            raise InvalidSetting(
                "--first-administrator is no login of 1 to 100 printable characters, with no space at its ends."
            )

    def _check_time_zone(self) -> None:
        try:
            _ = self.privacy_zone
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise InvalidSetting("--privacy-time-zone is no time zone such as Europe/Berlin.") from error

    def _check_tls(self) -> None:
        if self.proxy_certificates not in {"none", "pinned", "verified"}:
            raise InvalidSetting("--proxy-certificates is none, pinned or verified.")
        if self.proxy_certificates != "none" and not self.trusted_proxies:
            raise InvalidSetting("--proxy-certificates takes --trusted-proxies beside it.")
        if (self.tls_certificate is None) != (self.tls_key is None) or (self.tls_client_ca and not self.tls_key):
            raise InvalidSetting("--tls-certificate and --tls-key go together, and --tls-client-ca with both.")
