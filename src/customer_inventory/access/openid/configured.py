"""Configured: the provider that the settings name."""

from __future__ import annotations

from customer_inventory.access.openid.provider import Provider
from customer_inventory.clock import Clock
from customer_inventory.settings import InvalidSetting, Settings

_LONGEST_SECRET = 4096


def provider_of(settings: Settings, *, back: str, clock: Clock) -> Provider | None:
    """Return the OpenID provider of the settings, which sends people to the path `back`; None where they name none.

    Raises InvalidSetting.
    """
    if not settings.oidc_issuer:
        return None
    return Provider(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=_secret(settings),
        back=settings.public_url.rstrip("/") + back,
        clock=clock,
    )


def _secret(settings: Settings) -> str | None:
    if settings.oidc_client_secret_file is None:
        return None
    try:
        secret = settings.oidc_client_secret_file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidSetting("--oidc-client-secret-file cannot be read as UTF-8 text.") from error
    if not 0 < len(secret) <= _LONGEST_SECRET:
        raise InvalidSetting(f"--oidc-client-secret-file has no secret of 1 to {_LONGEST_SECRET} characters.")
    return secret
