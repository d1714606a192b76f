"""What every engine promises, and the base of what goes wrong with one."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol

from customer_inventory.errors import Failure, InventoryError

OLDEST_MAJOR = 15
"""The oldest PostgreSQL the repository's SQL is written for (DESIGN 3)."""

DATABASE = "customer_inventory"
ROLE = "customer_inventory"


class EngineError(InventoryError):
    """The database engine cannot be used."""

    code = "engine"
    failure = Failure.UNAVAILABLE


class Engine(Protocol):
    """A PostgreSQL that holds the repository: embedded or run by someone else."""

    def serving(self) -> AbstractAsyncContextManager[str]:
        """Hold the engine for a server: yield a libpq connection string that is good until the end of the block.

        Raises EngineError.
        """
        ...

    def attached(self) -> AbstractAsyncContextManager[str]:
        """Use the engine for one command, beside a running server or alone: yield a libpq connection string.

        Raises EngineError.
        """
        ...

    def tools(self) -> Path:
        """Return the directory of pg_dump, pg_restore and psql that fit this engine.

        Raises EngineError when there are none.
        """
        ...
