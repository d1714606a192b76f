"""Contents: kept by their digest in the database or a directory, checked at every read, swept when unnamed."""

from __future__ import annotations

import asyncio
import hashlib
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from customer_inventory.access import Access
from customer_inventory.access.sweeping import sweeping_hourly
from customer_inventory.model import RESOURCES
from customer_inventory.repository import Repository
from customer_inventory.repository.contents import PART, ContentDamaged, Contents
from customer_inventory.repository.contents_directory import ContentDirectory
from tests.conftest import make_desk

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
RECORD = UUID("0199aa00-0000-8abc-8000-000000000001")
OTHER = UUID("0199aa00-0000-8abc-8000-000000000002")
DATA = b"%PDF-" + bytes(3 * PART)
DIGEST = hashlib.sha256(DATA).hexdigest()
OTHER_DIGEST = hashlib.sha256(b"other").hexdigest()


@pytest.fixture(params=["database", "directory"])
async def contents(request: pytest.FixtureRequest, repository: Repository, tmp_path: Path) -> Contents:
    directory = tmp_path / "contents" if request.param == "directory" else None
    return Contents(repository._connections, directory=directory)


async def whole(contents: Contents, record: UUID, digest: str) -> bytes | None:
    kept = await contents.held(record, digest)
    return b"".join([part async for part in await contents.parts(kept)]) if kept else None


async def test_content_is_had_by_the_record_that_holds_it_only(contents: Contents) -> None:
    await contents.keep("document", RECORD, [(DIGEST, DATA)], at=NOW)
    assert await whole(contents, RECORD, DIGEST) == DATA
    assert await whole(contents, OTHER, DIGEST) is None
    await contents.keep("document", OTHER, [(DIGEST, DATA)], at=NOW)
    assert await whole(contents, OTHER, DIGEST) == DATA


@pytest.mark.parametrize("size", [1, PART - 1, PART, PART + 1, 2 * PART])
async def test_content_of_any_size_comes_back(contents: Contents, size: int) -> None:
    data = os.urandom(size)
    digest = hashlib.sha256(data).hexdigest()
    await contents.keep("document", RECORD, [(digest, data)], at=NOW)
    assert await whole(contents, RECORD, digest) == data


async def test_the_same_content_kept_by_many_at_once_is_there_once(contents: Contents, database: str) -> None:
    records = [UUID(int=RECORD.int + number) for number in range(20)]
    await asyncio.gather(*(contents.keep("document", record, [(DIGEST, DATA)], at=NOW) for record in records))
    assert [await whole(contents, record, DIGEST) for record in records] == [DATA] * 20
    async with await psycopg.AsyncConnection.connect(database) as connection:
        assert await (await connection.execute("select count(*) from content")).fetchall() == [(1,)]


async def test_content_that_went_bad_is_never_served(contents: Contents, database: str, tmp_path: Path) -> None:
    await contents.keep("document", RECORD, [(DIGEST, DATA)], at=NOW)
    bad = DATA[:-1] + b"!"
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
        await connection.execute("update content set bytes = %s where bytes is not null", (bad,))
    for path in (tmp_path / "contents").rglob(DIGEST):
        path.write_bytes(bad)
    with pytest.raises(ContentDamaged, match=DIGEST):
        await whole(contents, RECORD, DIGEST)


async def test_content_that_goes_bad_while_it_is_read_ends_short(contents: Contents, database: str) -> None:
    await contents.keep("document", RECORD, [(DIGEST, DATA)], at=NOW)
    kept = await contents.held(RECORD, DIGEST)
    assert kept is not None
    parts = await contents.parts(kept)
    assert await anext(parts) == DATA[:PART]
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
        await connection.execute("update content set bytes = %s where bytes is not null", (b"?" * len(DATA),))
    if contents._directory is not None:
        contents._directory._path(0xABC, DIGEST).write_bytes(b"?" * len(DATA))
    with pytest.raises(ContentDamaged):
        assert not [part async for part in parts]


async def test_content_whose_writer_was_killed_before_its_record_is_swept(contents: Contents, tmp_path: Path) -> None:
    await contents.keep("document", RECORD, [(DIGEST, DATA)], at=NOW)
    assert await contents.sweep(before=NOW) == 0  # it may be on its way into its record
    assert await whole(contents, RECORD, DIGEST) == DATA
    assert await contents.sweep(before=LATER) == 1
    assert await contents.held(RECORD, DIGEST) is None
    assert not [path for path in (tmp_path / "contents").rglob("*") if path.is_file()]


async def test_what_a_killed_writer_left_unfinished_is_no_content(tmp_path: Path) -> None:
    directory = ContentDirectory(tmp_path)
    await directory.keep(0xABC, DIGEST, DATA)
    unfinished = tmp_path / "abc" / f"{DIGEST}.0123456789abcdef.part"
    unfinished.write_bytes(DATA[:100])
    assert await directory.read(0xABC, DIGEST, start=0, size=len(DATA)) == DATA
    await directory.tidy(0xABC, before=datetime.now(UTC) - timedelta(hours=1))
    assert unfinished.exists()
    await directory.tidy(0xABC, before=datetime.now(UTC) + timedelta(hours=1))
    assert [path.name for path in (tmp_path / "abc").iterdir()] == [DIGEST]


async def test_a_file_whose_content_was_never_known_is_removed(repository: Repository, tmp_path: Path) -> None:
    """Killed between the file and the commit of its row."""
    contents, directory = Contents(repository._connections, directory=tmp_path), ContentDirectory(tmp_path)
    await contents.keep("document", RECORD, [(DIGEST, DATA)], at=datetime.now(UTC) + timedelta(hours=2))
    stray = hashlib.sha256(b"stray").hexdigest()
    await directory.keep(0xABC, stray, b"stray")
    await contents.sweep(before=datetime.now(UTC) - timedelta(hours=1))
    assert await directory.read(0xABC, stray, start=0, size=9) == b"stray"
    await contents.sweep(before=datetime.now(UTC) + timedelta(hours=1))
    assert [path.name for path in (tmp_path / "abc").iterdir()] == [DIGEST]


async def test_a_server_sweeps_what_an_earlier_one_left(repository: Repository) -> None:
    now = datetime.now(UTC)
    await repository.contents.keep("document", RECORD, [(DIGEST, DATA)], at=now - timedelta(hours=2))
    await repository.contents.keep("document", OTHER, [(OTHER_DIGEST, b"other")], at=now)
    async with make_desk(repository) as desk, sweeping_hourly(desk, every_s=0.05):
        async with asyncio.timeout(10):
            while await repository.contents.held(RECORD, DIGEST) is not None:
                await asyncio.sleep(0.01)
        assert await repository.contents.held(OTHER, OTHER_DIGEST) is not None


async def test_content_lives_as_long_as_any_version_that_names_it(access: Access, database: str) -> None:
    document, contents = RESOURCES["document"], access.facilities.repository.contents
    file = {"mimeType": "application/pdf", "content": "JVBERi0" + "A" * 12_001}
    made = await access.create(document, {"@type": "Document", "binaryAttachment": [file]})
    identifier = UUID(made.record.id)
    await access.modify(document, identifier, lambda held: {"@type": held["@type"], "name": "without"})
    after = datetime.now(UTC) + timedelta(days=1)
    assert await contents.sweep(before=after) == 0
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
        await connection.execute("delete from document_history where id = %s", (identifier,))
    assert await contents.sweep(before=after) == 1
    async with await psycopg.AsyncConnection.connect(database) as connection:
        left = await connection.execute("select (select count(*) from content), (select count(*) from content_use)")
        assert await left.fetchall() == [(0, 0)]


async def test_a_sweep_never_takes_what_is_being_kept(contents: Contents) -> None:
    """What was an orphan a moment ago is wanted again while it is swept: whoever has kept it finds it."""
    for turn in range(40):
        moment = NOW + timedelta(days=turn)
        await asyncio.gather(
            contents.sweep(before=moment), contents.keep("document", RECORD, [(DIGEST, DATA)], at=moment)
        )
        assert await whole(contents, RECORD, DIGEST) == DATA
