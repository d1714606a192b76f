"""What a program of the operator's says of a file, however it behaves."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from customer_inventory.access.file_scanner import FileScanner, ScannerUnavailable
from customer_inventory.settings import InvalidSetting

LARGE = bytes(3_000_000)


def program(tmp_path: Path, text: str) -> str:
    """Return the command that runs a program of these lines."""
    path = tmp_path / "scan it.py"
    path.write_text(text)
    return f'{sys.executable} "{path}"'


async def test_what_the_program_says_counts(tmp_path: Path) -> None:
    scanner = FileScanner(program(tmp_path, "import sys; sys.exit(b'EICAR' in sys.stdin.buffer.read())"))
    assert await asyncio.gather(*(scanner.is_clean(each) for each in (b"", LARGE, b"x EICAR x", LARGE + b"EICAR"))) == [
        True,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize("code", [0, 1])
async def test_a_program_need_not_read_to_the_end(tmp_path: Path, code: int) -> None:
    scanner = FileScanner(program(tmp_path, f"import sys; print('x' * 200_000); sys.exit({code})"))
    assert await scanner.is_clean(LARGE) is (code == 0)


@pytest.mark.parametrize("end", ["sys.exit(2)", "sys.exit(-1)", "os.kill(os.getpid(), 9)"])
async def test_what_it_cannot_tell_is_no_yes(tmp_path: Path, end: str) -> None:
    scanner = FileScanner(program(tmp_path, f"import os, sys; {end}"))
    with pytest.raises(ScannerUnavailable):
        await scanner.is_clean(b"x")


async def test_a_program_that_hangs_is_ended(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    text = f"import os, time; open({str(file)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    scanner = FileScanner(program(tmp_path, text), patience_s=1.5)
    with pytest.raises(ScannerUnavailable):
        await scanner.is_clean(LARGE)
    assert not Path(f"/proc/{file.read_text()}").exists()


async def test_a_program_that_went_away_is_no_yes(tmp_path: Path) -> None:
    path = tmp_path / "scan"
    path.write_text("#!/bin/sh\nexit 0\n")
    path.chmod(0o755)
    scanner = FileScanner(str(path))
    assert await scanner.is_clean(b"x")
    path.unlink()
    with pytest.raises(ScannerUnavailable):
        await scanner.is_clean(b"x")


@pytest.mark.parametrize("command", ["/no/such/scanner -", "  ", "'unclosed"])
def test_a_command_that_is_none_is_told_at_the_start(command: str) -> None:
    with pytest.raises(InvalidSetting, match="--attachment-scanner"):
        FileScanner(command)
