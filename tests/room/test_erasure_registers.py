"""Registers of erasures: kept in files beside backups, put together, and asked for by every restore."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from customer_inventory.cli.restoring import NoErasureRegister, known_until, to_be_erased_again
from customer_inventory.repository.erasures import (
    Erasure,
    RegisterUnusable,
    add_to_register,
    read_register,
    together,
)
from customer_inventory.settings import Settings

AT = datetime(2026, 11, 30, tzinfo=UTC)


def erasure(number: int, *records: int) -> Erasure:
    named = tuple(("individual", UUID(int=each)) for each in records)
    return Erasure(UUID(int=number), AT, "command-line", "operator", "asked", named)


def test_an_erasure_in_two_registers_has_the_records_of_both() -> None:
    assert together([erasure(1, 5), erasure(2, 6)], [erasure(1, 7, 5)]) == [erasure(1, 5, 7), erasure(2, 6)]


async def test_a_register_keeps_what_is_added_and_what_was_there(tmp_path: Path) -> None:
    file = tmp_path / "erasures.ndjson"
    await add_to_register(file, [erasure(1, 5)])
    await add_to_register(file, [erasure(2, 6), erasure(1, 7)])
    assert await read_register(file) == [erasure(1, 5, 7), erasure(2, 6)]
    assert file.stat().st_mode & 0o777 == 0o600


async def test_a_restore_takes_every_register_and_is_refused_without_one(tmp_path: Path) -> None:
    backup, settings = tmp_path / "backups" / "monday", Settings(data=tmp_path / "data")
    backup.mkdir(parents=True)
    with pytest.raises(NoErasureRegister):
        await to_be_erased_again(backup, (), settings)
    elsewhere = tmp_path / "elsewhere.ndjson"
    await add_to_register(elsewhere, [erasure(1, 5)])
    await add_to_register(backup.parent / "erasures.ndjson", [erasure(2, 6)])
    assert await to_be_erased_again(backup, (), settings) == [erasure(2, 6)]
    assert await to_be_erased_again(backup, (elsewhere,), settings) == [erasure(1, 5), erasure(2, 6)]
    os.utime(elsewhere, (0, 1_790_000_000))
    os.utime(backup.parent / "erasures.ndjson", (0, 1_780_000_000))
    assert "known until 2026-05-28 20:26 UTC, when" in known_until(backup, (), settings)
    assert f"known until 2026-09-21 14:13 UTC, when {elsewhere} was" in known_until(backup, (elsewhere,), settings)


async def test_a_register_that_cannot_be_read_stops_the_restore(tmp_path: Path) -> None:
    file = tmp_path / "erasures.ndjson"
    for wrong in (b"{}\n", b"nothing\n"):
        file.write_bytes(wrong)
        with pytest.raises(RegisterUnusable):
            await to_be_erased_again(tmp_path / "monday", (), Settings(data=tmp_path / "data"))
    with pytest.raises(RegisterUnusable):
        await to_be_erased_again(tmp_path / "monday", (tmp_path / "absent",), Settings(data=tmp_path / "data"))
