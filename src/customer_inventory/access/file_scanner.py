"""Scanning: files that come in are shown to a program of the operator's, such as a virus scanner, before one is kept.

The program reads one file from its standard input and answers by its exit code, as `clamdscan` does: 0 it is clean, 1
it is not, anything else that it could not tell. What it could not tell of is not kept (OWASP ASVS 5.0, 5.4.3).
"""

from __future__ import annotations

import asyncio
import shlex
import shutil
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import structlog

from customer_inventory.errors import Failure, InventoryError
from customer_inventory.model import InvalidDocument, Resource
from customer_inventory.model.contents import contents_of
from customer_inventory.model.problems import Problem
from customer_inventory.settings import InvalidSetting

PATIENCE_S = 30.0
_AT_ONCE = 2
_CLEAN, _FOUND = 0, 1
_log = structlog.get_logger(__name__)


class ScannerUnavailable(InventoryError):
    """The file cannot be scanned now, so it is not kept.

    Send the record again later, or without the file. Whoever runs the inventory looks at --attachment-scanner.
    """

    code = "scanner-unavailable"
    failure = Failure.UNAVAILABLE


class FileScanner:
    """Asks a program about files, a few at once; `patience_s` is how long it may take for one, in seconds.

    Raises InvalidSetting for a command of which there is no program.
    """

    def __init__(self, command: str, *, patience_s: float = PATIENCE_S) -> None:
        try:
            self._words = shlex.split(command)
        except ValueError as error:
            raise InvalidSetting(f"--attachment-scanner cannot be read as a command: {error}.") from error
        if not self._words or shutil.which(self._words[0]) is None:
            raise InvalidSetting("--attachment-scanner names no program that is there and may be run.")
        self._patience_s = patience_s
        self._turn = asyncio.Semaphore(_AT_ONCE)

    async def check(self, resource: Resource, document: Mapping[str, Any], *, request_id: str) -> None:
        """Return if nothing is found in the files that a document carries in base64.

        Raises InvalidDocument naming those in which something is, and ScannerUnavailable.
        """
        files = await asyncio.to_thread(list, contents_of(resource, document))
        problems = [
            Problem(path, "is refused by the scanner of this inventory, and not kept")
            for path, data in files
            if not await self.is_clean(data)
        ]
        if problems:
            _log.warning("attachment.refused", resource=resource.name, request_id=request_id)
            raise InvalidDocument(problems)

    async def is_clean(self, data: bytes) -> bool:
        """Return whether the program finds nothing in a file. Raises ScannerUnavailable when it cannot tell."""
        async with self._turn:
            code = await self._asked(data)
        if code not in {_CLEAN, _FOUND}:
            _log.error("scanner.failed", exit_code=code)
            raise ScannerUnavailable
        return code == _CLEAN

    async def _asked(self, data: bytes) -> int | None:
        """Return the exit code of the program; None when it could not be run, or took too long."""
        try:
            process = await asyncio.create_subprocess_exec(
                *self._words,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
            )
        except OSError:
            return None
        try:
            async with asyncio.timeout(self._patience_s):
                # It may answer before it read to the end, and then reads no more.
                with suppress(BrokenPipeError, ConnectionResetError):
                    await process.communicate(data)
                return await process.wait()
        except TimeoutError:
            return None
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
