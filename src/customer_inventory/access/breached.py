"""Breached passwords: a list of those that became known elsewhere, looked up where it lies (OWASP ASVS 5.0, 6.2.12).

The list is in the format in which such lists are published: a line `HASH:COUNT` for each, with the SHA-1 of it in
hexadecimal digits, in order of the hashes. It may be as large as a disk: about forty reads find a line.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from pathlib import Path
from typing import BinaryIO

from customer_inventory.errors import Failure, InventoryError
from customer_inventory.settings import InvalidSetting

_LINE = re.compile(rb"([0-9A-Fa-f]{40}):[0-9]{1,15}\r?\n?")
_LONGEST_LINE = 64
_TRIED = 64


class BreachedListUnusable(InventoryError):
    """The list of breached passwords cannot be read, so no password can be chosen.

    Whoever runs the inventory looks at the file of --breached-passwords.
    """

    code = "breached-list-unusable"
    failure = Failure.UNAVAILABLE


class BreachedPasswords:
    """The passwords of a list. Raises InvalidSetting for a file that is none, as far as a look here and there tells."""

    def __init__(self, file: Path) -> None:
        self._file = file
        try:
            with file.open("rb") as lines:
                size = lines.seek(0, 2)
                found = [_line_at(lines, size * part // _TRIED) for part in range(_TRIED)]
        except (OSError, BreachedListUnusable) as error:
            raise InvalidSetting(f"--breached-passwords: {file} has no lines HASH:COUNT with SHA-1 hashes.") from error
        hashes = [key for _, key, _ in found if key]
        if not hashes or hashes != sorted(hashes):
            raise InvalidSetting(f"--breached-passwords: {file} is not in order of its hashes.")

    async def holds(self, password: str) -> bool:
        """Return whether a password is in the list. Raises BreachedListUnusable."""
        return await asyncio.to_thread(self._holds, password)

    def _holds(self, password: str) -> bool:
        # SHA-1 is what the lists are of; nothing is kept or guarded by it.
        digest = hashlib.sha1(password.encode("utf-8", "surrogatepass"), usedforsecurity=False)
        wanted = digest.hexdigest().upper().encode()
        try:
            with self._file.open("rb") as lines:
                low, high = 0, lines.seek(0, 2)
                while low < high:
                    middle = (low + high) // 2
                    begins, key, ends = _line_at(lines, middle)
                    if not key or begins >= high or key > wanted:
                        high = middle
                    elif key == wanted:
                        return True
                    else:
                        low = ends
        except OSError as error:
            raise BreachedListUnusable from error
        return False


def _line_at(lines: BinaryIO, place: int) -> tuple[int, bytes, int]:
    """Return where the first line begins that begins at a place or behind, its hash, and where it ends.

    The hash is empty behind the last line. Raises BreachedListUnusable for a line that is none.
    """
    begins = place
    if place:
        lines.seek(place - 1)
        begins = place - 1 + len(lines.readline(_LONGEST_LINE))
    lines.seek(begins)
    line = lines.readline(_LONGEST_LINE)
    if not line:
        return begins, b"", begins
    found = _LINE.fullmatch(line)
    if found is None:
        raise BreachedListUnusable
    return begins, found[1].upper(), begins + len(line)
