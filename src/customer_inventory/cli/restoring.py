"""Restores and erasures: a register lies beside the backups, and whom it names is erased again after a restore."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from customer_inventory.cli.inventory import engine_of, opened, register_of
from customer_inventory.clock import system_clock
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.repository.engines import EmbeddedEngine
from customer_inventory.repository.erasures import (
    Erasure,
    add_to_register,
    read_register,
    registered_in,
    together,
)
from customer_inventory.repository.scrubbing import scrub
from customer_inventory.settings import Settings

BESIDE = "erasures.ndjson"
"""The name of the register that lies beside backups."""


class NoErasureRegister(InventoryError):
    """There is no register of erasures, and the backup may hold who was erased since it was made.

    Name the register with --erasures (`customer-inventory privacy register` exports it), or say --no-erasures.
    """

    code = "no-erasure-register"
    failure = Failure.CONFLICT


async def registered_beside(directory: Path, conninfo: str) -> None:
    """Bring the register that lies beside a new backup up to date. Raises RegisterUnusable."""
    await add_to_register(_beside(directory), await registered_in(conninfo))


async def to_be_erased_again(directory: Path, named: tuple[Path, ...], settings: Settings) -> list[Erasure]:
    """Return who was erased by all that is known: registers that are named, lie beside the backup, or are our own.

    Raises NoErasureRegister and RegisterUnusable.
    """
    found = _found(directory, settings)
    if not named and not found:
        raise NoErasureRegister(
            f"No register of erasures lies beside {directory}, and it may hold who was erased since. Name the register "
            "with --erasures (`customer-inventory privacy register` exports it), or say --no-erasures."
        )
    return together(*[await read_register(each) for each in (*named, *found)])


def known_until(directory: Path, named: tuple[Path, ...], settings: Settings) -> str:
    """Return how new the newest register is, and what to do: whoever was erased later is in the inventory again."""
    registers = [*named, *_found(directory, settings)]
    written, newest = max((each.stat().st_mtime, each) for each in registers)
    return (
        f"Erasures are known until {datetime.fromtimestamp(written, UTC):%Y-%m-%d %H:%M} UTC, when {newest} was last "
        "written. Whoever was erased later is in this inventory: where that may be, drop it, write the register of the "
        "other one with `customer-inventory privacy register --output FILE`, and restore with --erasures FILE."
    )


def _found(directory: Path, settings: Settings) -> list[Path]:
    return [each for each in (_beside(directory), register_of(settings)) if each.exists()]


async def erased_again(conninfo: str, settings: Settings) -> None:
    """Erase again who was erased, and clean the files, before anybody gets in; say how much it was."""
    async with opened(settings) as desk:  # finishes it before it opens
        again = await desk.repository.erasures.registered()
    engine = engine_of(settings)
    superuser = engine.superuser(conninfo) if isinstance(engine, EmbeddedEngine) else None
    scrubbed = await scrub(conninfo, superuser=superuser, at=system_clock())
    told = f"who is in the register of erasures ({len(again)}) is erased again"
    print(f"  proven: {told}; {len(scrubbed.tables)} tables were written anew")
    if scrubbed.left:
        print(f"  not clean: {', '.join(scrubbed.left)}; run `customer-inventory privacy scrub`")


def _beside(directory: Path) -> Path:
    return directory.absolute().parent / BESIDE
