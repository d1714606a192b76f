"""An inventory opened for one command: engine, schema, repository and desk, put together from the settings."""

from __future__ import annotations

import getpass
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from customer_inventory.access import Access, Desk
from customer_inventory.access.breached import BreachedPasswords
from customer_inventory.access.clients import register_own_clients
from customer_inventory.access.download_rules import DownloadRules
from customer_inventory.access.elsewhere import Deciding
from customer_inventory.access.file_scanner import FileScanner
from customer_inventory.access.references import ReferenceChecks
from customer_inventory.access.tokens import ISSUER
from customer_inventory.clock import system_clock
from customer_inventory.repository import Repository, migrate
from customer_inventory.repository.engines import EmbeddedEngine, Engine, ExternalEngine
from customer_inventory.settings import Settings


def engine_of(settings: Settings) -> Engine:
    """Return the engine that the settings name: the external one of `--dsn`, else the embedded one in `--data`."""
    if settings.dsn:
        return ExternalEngine(settings.dsn)
    return EmbeddedEngine(settings.data, binaries=settings.engine_binaries)


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Desk]:
    """Open the inventory for one command, beside a running server or without one.

    Raises InvalidReferenceCheck, EngineError, SchemaNewer or MigrationBlocked.
    """
    checks = ReferenceChecks.parse(settings.reference_check)
    async with engine_of(settings).attached() as conninfo, _desk(conninfo, settings, checks) as desk:
        yield desk


@asynccontextmanager
async def acting(
    settings: Settings, doing: str, *, purpose: str | None = None, privacy: bool = False
) -> AsyncIterator[Access]:
    """Open the inventory in the name of whoever runs a command; the trail knows the request by what it is `doing`.

    Raises what `opened` and `Desk.open_at_command_line` raise.
    """
    async with opened(settings) as desk:
        yield await desk.open_at_command_line(
            person=operator(), purpose=purpose, request_id=f"{doing}-{secrets.token_hex(8)}", privacy=privacy
        )


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[Desk]:
    """Open the inventory for a server, which holds the engine for itself. Raises what `opened` raises."""
    checks = ReferenceChecks.parse(settings.reference_check)
    async with engine_of(settings).serving() as conninfo, _desk(conninfo, settings, checks) as desk:
        await desk.tokens.start()
        yield desk


@asynccontextmanager
async def _desk(conninfo: str, settings: Settings, checks: ReferenceChecks) -> AsyncIterator[Desk]:
    """Open the desk on a running engine, bringing its schema up to date first."""
    from customer_inventory.access.erasing import finish_erasures  # noqa: PLC0415  loads cryptography, help needs none

    breached = BreachedPasswords(settings.breached_passwords) if settings.breached_passwords else None
    await migrate(conninfo)
    repository = Repository(
        conninfo,
        connections=settings.connections,
        statement_timeout_ms=settings.statement_timeout,
        content_directory=settings.content_directory,
    )
    try:
        await register_own_clients(repository.register, clock=system_clock)
        desk = Desk(
            repository,
            clock=system_clock,
            randomness=secrets.randbits,
            reference_checks=checks,
            attachment_limit=settings.attachment_limit,
            purge_after=timedelta(days=settings.purge_after) if settings.purge_after else None,
            issuer=settings.public_url or ISSUER,
            downloads=downloads_of(settings),
            privacy_zone=settings.privacy_zone,
            breached=breached,
            scanner=FileScanner(settings.attachment_scanner) if settings.attachment_scanner else None,
            deciding=deciding_of(settings),
        )
        async with desk:
            await finish_erasures(desk, register=register_of(settings))
            yield desk
    finally:
        await repository.close()


def deciding_of(settings: Settings) -> Deciding:
    """Return the provider whose groups decide on roles, if any do."""
    return Deciding(settings.oidc_issuer if settings.oidc_groups_claim else "", settings.first_administrator)


def register_of(settings: Settings) -> Path:
    """Return the file in which erasures are registered."""
    return settings.erasure_register or settings.data / "erasures.ndjson"


def downloads_of(settings: Settings) -> DownloadRules:
    """Return what holds for downloads."""
    directory = settings.download_directory or settings.data / "downloads"
    return DownloadRules(directory, settings.download_threshold, timedelta(hours=settings.download_keep))


def in_utc(moment: datetime | None) -> datetime | None:
    """Return a moment as it was given, in UTC where no time zone was."""
    return moment and (moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def operator() -> str:
    """Return the name under which changes and trail know whoever runs a command: their operating system login."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"
