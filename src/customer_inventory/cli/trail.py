"""The trail's verbs: its newest seal, the keys, an export, and the proof that nothing of one was changed."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import App, Parameter

from customer_inventory.access.sealing import (
    Anchor,
    NothingSealed,
    Verdict,
    anchor_of,
    is_public_key,
    trail_lines,
    verify,
)
from customer_inventory.access.sealing.verifying import LONGEST_LINE
from customer_inventory.capture.exports import UnwritableOutput, whole_file
from customer_inventory.cli.app import Configured, run
from customer_inventory.cli.inventory import opened, operator
from customer_inventory.cli.progress import say
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.settings import Settings

trail = App(name="trail", help="Export the access trail, and prove that nothing of it was changed.")

_DEFAULTS = Settings()
_LONGEST_FILE = 1 << 20


class UnusableFile(InventoryError):
    """A file of keys or anchors cannot be used.

    `customer-inventory trail key` writes keys, `customer-inventory trail anchor` anchors, one to a line.
    """

    code = "unusable-file"
    failure = Failure.USAGE


@trail.command
def anchor(*, settings: Configured = _DEFAULTS) -> int:
    """Print the newest seal as one line of JSON, to be kept where nobody who runs the inventory can change it."""
    return run(_anchor(settings), settings)


async def _anchor(settings: Settings) -> None:
    async with opened(settings) as desk:
        last = await desk.repository.seals.last()
    if last is None:
        raise NothingSealed
    print(msgspec.json.encode(anchor_of(last)).decode())
    say(f"Block {last.number} was sealed at {last.at:%Y-%m-%d %H:%M:%S} UTC.")


@trail.command
def key(*, settings: Configured = _DEFAULTS) -> int:
    """Print the public keys by which seals are signed, one JSON Web Key to a line, the oldest first."""
    return run(_key(settings), settings)


async def _key(settings: Settings) -> None:
    async with opened(settings) as desk:
        keys = await desk.repository.seals.keys()
    if not keys:
        raise NothingSealed
    for each in keys:
        print(each.public_key.decode())


@trail.command
def export(
    *,
    output: Annotated[str, Parameter(allow_leading_hyphen=True)],
    since: datetime | None = None,
    purpose: str | None = None,
    settings: Configured = _DEFAULTS,
) -> int:
    """Export what is sealed of the trail, in lines of JSON that prove themselves.

    Parameters
    ----------
    output
        The file to write, or - for standard output. It appears when it is whole.
    since
        Only blocks that were sealed from then on, such as 2026-11-01; in UTC.
    purpose
        Purpose of this export, one that the command line is registered for.
    settings
        How the inventory is set up.
    """
    return run(_export(output, since, purpose, settings), settings)


async def _export(output: str, since: datetime | None, purpose: str | None, settings: Settings) -> None:
    number = 0
    try:
        async with _exported(since, purpose, settings) as lines:
            with whole_file(output) as file:
                async for line in lines:
                    file.write(line)
                    number += 1
    except OSError as error:
        raise UnwritableOutput(f"{output} cannot be written: {error.strerror or error}.") from None
    say(f"Exported {number:,} lines of the trail to {'standard output' if output == '-' else output}.")


@trail.command(name="verify")
def verify_(
    file: Path | None = None,
    *,
    key: Path | None = None,
    anchor: Path | None = None,
    json: Annotated[bool, Parameter(name="--json", negative=())] = False,
    settings: Configured = _DEFAULTS,
) -> int:
    """Prove that the trail is as it was sealed: an export, without any inventory, or what is stored.

    Parameters
    ----------
    file
        An export of the trail; what is stored where none is named.
    key
        A file with the public keys that must have signed it, the oldest first; else its own are taken.
    anchor
        A file with anchors: blocks that it must contain as they were written down.
    json
        Print what was found as JSON.
    settings
        How the inventory is set up.
    """
    return run(_verify(file, key, anchor, settings, as_json=json), settings)


async def _verify(
    file: Path | None, key_file: Path | None, anchor_file: Path | None, settings: Settings, *, as_json: bool
) -> int:
    keys = [_key_of(line, key_file) for line in _lines_of(key_file)]
    anchors = [_anchor_of(line, anchor_file) for line in _lines_of(anchor_file)]
    if file is not None:
        found = await verify(_read(file), keys=keys, anchors=anchors)
    else:
        async with _exported(None, None, settings) as lines:
            found = await verify(lines, keys=keys, anchors=anchors)
    if as_json:
        print(msgspec.json.encode(found).decode())
    else:
        _tell(found, pinned=bool(keys), anchored=len(anchors))
    return 1 if found.findings else 0


def _tell(found: Verdict, *, pinned: bool, anchored: int) -> None:
    for finding in found.findings:
        print(finding)
    blocks = f"{found.blocks:,} blocks, {found.first} to {found.last}" if found.blocks else "No block"
    say(f"{blocks}, with {found.entries:,} entries, sealed until {found.sealed_until or 'never'}.")
    if found.erased:
        say(f"{found.erased:,} times a record that was erased is told by a hash alone, as it was sealed.")
    if found.findings:
        say("The trail is not as it was sealed. Compare with an older export, and find out who could write there.")
        return
    say("All of it is as it was sealed.")
    if not pinned:
        say(f"It is signed by its own keys ({', '.join(found.keys)}); name yours with --key to trust no others.")
    if found.unseen:
        say(f"{len(found.unseen)} anchored blocks are older than the first one here, so nothing is told of them.")
    if not anchored:
        say("Whether newer blocks were cut off, or all were sealed anew, only an --anchor tells.")


@asynccontextmanager
async def _exported(
    since: datetime | None, purpose: str | None, settings: Settings
) -> AsyncIterator[AsyncIterator[bytes]]:
    async with opened(settings) as desk:
        request = f"trail-{secrets.token_hex(8)}"
        access = await desk.open_at_command_line(person=operator(), purpose=purpose, request_id=request)
        from_then = since.replace(tzinfo=since.tzinfo or UTC) if since else None
        async with aclosing(trail_lines(access, since=from_then)) as lines:
            yield lines


async def _read(file: Path) -> AsyncIterator[bytes]:
    try:
        with file.open("rb") as lines:
            while line := lines.readline(LONGEST_LINE + 1):
                yield line
    except OSError as error:
        raise UnusableFile(f"{file} cannot be read: {error.strerror or error}.") from error


def _lines_of(file: Path | None) -> list[bytes]:
    if file is None:
        return []
    try:
        with file.open("rb") as lines:
            said = lines.read(_LONGEST_FILE)
    except OSError as error:
        raise UnusableFile(f"{file} cannot be read: {error.strerror or error}.") from error
    found = [line for line in said.splitlines() if line.strip()]
    if not found:
        raise UnusableFile(f"{file} holds nothing.")
    return found


def _key_of(line: bytes, file: Path | None) -> bytes:
    if not is_public_key(line):
        raise UnusableFile(f"{file} holds a line that is no public key. `customer-inventory trail key` prints them.")
    return line


def _anchor_of(line: bytes, file: Path | None) -> Anchor:
    try:
        return msgspec.json.decode(line, type=Anchor)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        told = "`customer-inventory trail anchor` prints them"
        raise UnusableFile(f"{file} holds a line that is no anchor. {told}.") from error
