"""Files that lie in a directory of their own come back from a backup, to a directory or into the database."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest

from tests.journey.api_words import create
from tests.journey.conftest import Server, command

DOCUMENTS = "/tmf-api/document/v4/document"
FILES = [b"%PDF-1.7\n" + os.urandom(size) for size in (9_000, 300_000, 1_000_000)]


def attached(data: bytes) -> dict[str, str]:
    return {"name": "scan.pdf", "mimeType": "application/pdf", "content": base64.b64encode(data).decode()}


@pytest.fixture
def kept(new_server: Server, tmp_path: Path) -> tuple[Server, Path, dict[str, bytes]]:
    """A running server with files in a directory, those, and each file by its address."""
    directory = tmp_path / "contents"
    new_server.start("--content-directory", str(directory)).register()
    with new_server.api() as api:
        made = create(api, DOCUMENTS, {"name": "Contract", "binaryAttachment": [*map(attached, FILES)]})
        again = create(api, DOCUMENTS, {"name": "Copy", "binaryAttachment": [attached(FILES[0])]})
        addresses = [each["url"] for record in (made, again) for each in record["binaryAttachment"]]
    return new_server, directory, dict(zip(addresses, [*FILES, FILES[0]], strict=True))


def test_a_restore_gives_back_the_files(kept: tuple[Server, Path, dict[str, bytes]], tmp_path: Path) -> None:
    server, directory, files = kept
    saved, place = str(tmp_path / "saved"), ("--content-directory", str(directory))
    refused = command("backup", saved, "--data", str(server.data))
    assert refused.returncode == 3
    assert "--content-directory" in refused.stderr
    assert not Path(saved).exists()
    done = command("backup", saved, "--data", str(server.data), *place)
    assert done.returncode == 0, done.stderr
    done = command("verify", saved, "--data", str(server.data))
    assert done.returncode == 0, done.stderr
    for name, flags in {"outside": ("--content-directory", str(tmp_path / "other")), "within": ()}.items():
        restored = Server(tmp_path / name)
        done = command("restore", saved, "--data", str(restored.data), *flags)
        assert done.returncode == 0, done.stderr
        restored.client_id, restored.client_secret = server.client_id, server.client_secret
        restored.start(*flags)
        try:
            with restored.api() as api:
                for address, data in files.items():
                    assert api.get(address).content == data, name
        finally:
            restored.stop()


def test_a_file_that_is_damaged_or_gone_is_named(kept: tuple[Server, Path, dict[str, bytes]], tmp_path: Path) -> None:
    server, directory, _ = kept
    saved, place = tmp_path / "saved", ("--content-directory", str(directory))
    assert command("backup", str(saved), "--data", str(server.data), *place).returncode == 0
    (copy, *_) = (path for path in (saved / "content").rglob("*") if path.is_file())
    copy.write_bytes(copy.read_bytes()[:-1] + b"!")
    done = command("verify", str(saved), "--data", str(server.data))
    assert done.returncode == 3
    assert copy.name in done.stderr
    (path, *_) = (path for path in directory.rglob("*") if path.is_file())
    for damage in (lambda: path.write_bytes(b"!"), path.unlink):
        damage()
        done = command("backup", str(tmp_path / "again"), "--data", str(server.data), *place)
        assert done.returncode == 3
        assert path.name in done.stderr
        assert not (tmp_path / "again").exists()
