"""Serving: what the verb `serve` does."""

from __future__ import annotations

import gc
import shlex
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from customer_inventory.access import Desk
from customer_inventory.access.attending import attending_daily
from customer_inventory.access.people import FirstPassword, add_person
from customer_inventory.access.purging import purging_hourly
from customer_inventory.access.recertifying import recertifying
from customer_inventory.access.sweeping import sweeping_hourly
from customer_inventory.cli.inventory import register_of, serving
from customer_inventory.clock import system_clock
from customer_inventory.server import Application, listen, own_url, tls_of
from customer_inventory.server import run as run_server
from customer_inventory.settings import Settings

_COLLECT_AFTER = (10_000, 20, 50)
"""Objects, and collections of the generation before, after which the garbage collector looks at a generation."""
_log = structlog.get_logger(__name__)


async def serve_until_stopped(*, demo: bool, settings: Settings) -> int:
    """Serve the inventory until a signal says to stop; return the exit code."""
    async with serving(settings) as desk:
        tls, listening = tls_of(settings), listen(settings)
        if demo:
            # Imported here: what makes sample customers is large, and a start without them need not load it.
            from customer_inventory.capture.demo import load_demo  # noqa: PLC0415

            await load_demo(desk)
        # Only now that nothing can fail any more: the password is shown once.
        _announce(settings, await _first_administrator(desk, settings.first_administrator))
        application = Application(desk, settings)
        async with (
            application.telling(),
            application.indexing(),
            application.sealing(),
            application.downloads(),
            sweeping_hourly(desk),
            purging_hourly(desk),
            recertifying(desk),
            attending_daily(desk),
            _retaining(desk, settings),
        ):
            _spare_the_collector()
            await run_server(application, listening, tls=tls)
        _log.info("server.stopped")
    return 0


def _spare_the_collector() -> None:
    """Let the garbage collector look seldom, and never at what lives as long as the server.

    A request leaves a hundred objects and next to no cycles, yet each seven hundred set it off, and now and then it
    walked through every module: two to four percent of the server's time, and half of the slowest answers'.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)


@asynccontextmanager
async def _retaining(desk: Desk, settings: Settings) -> AsyncIterator[None]:
    """Carry the retention out every night, if that is asked for."""
    if not settings.retention_daily:
        yield
        return
    # Imported here: it erases, which loads cryptography, and most servers do not do it by themselves.
    from customer_inventory.access.retaining import retaining_nightly  # noqa: PLC0415

    async with retaining_nightly(desk, register=register_of(settings)):
        yield


async def _first_administrator(desk: Desk, login: str) -> FirstPassword | None:
    """Make the first administrator of a new inventory; None when there is anybody already. Raises InvalidPerson."""
    people = desk.repository.people
    if await people.people():
        return None
    return await add_person(people, login=login, display_name="Administrator", role="administrator", clock=system_clock)


def _announce(settings: Settings, first: FirstPassword | None) -> None:
    """Say on standard output where the console is, and once only the first administrator's credentials."""
    lines = ["", f"  Customer Inventory   {settings.public_url or own_url(settings)}/"]
    if first is not None:
        days, login = settings.first_password_lasts, shlex.quote(first.login)
        lines += [
            f"  First administrator  login {first.login}   password {first.password}",
            f"                       shown only now, for {days} days: the console asks for your own",
            f"                       `customer-inventory person reset-password {login}` makes a new one",
        ]
    print("\n".join([*lines, "  Ctrl-C stops it.", ""]), flush=True)
