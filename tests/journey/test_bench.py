"""The benchmark works: it measures, prints its table, and leaves nothing behind, also when it is stopped."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import psycopg
import pytest

from bench.cpu import database_seconds, process_seconds
from bench.results import Results
from customer_inventory.model.views import EARLIER, NATIVE
from tests.conftest import RunningEngine

ROOT = Path(__file__).resolve().parents[2]
QUICK = ("-m", "bench", "--quick", "--only", "get,list", "--customers", "500")


def bench(tmp_path: Path, *words: str) -> subprocess.Popen[str]:
    """Start the benchmark with a directory for temporary files of the test's own."""
    place = tmp_path / "temporary"
    place.mkdir()
    place.chmod(0o755)
    return subprocess.Popen(
        [sys.executable, *QUICK, *words],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(place)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def left_behind(tmp_path: Path) -> list[str]:
    """Return the files that remain, and the processes that still work in the test's directory."""
    remaining = [str(path) for path in (tmp_path / "temporary").iterdir()]
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            at_work = str(tmp_path).encode() in (entry / "cmdline").read_bytes()
        except OSError:
            continue
        remaining += [entry.name] if at_work else []
    return remaining


def open_for_the_engine(tmp_path: Path) -> None:
    """Let an engine that runs as another user reach the test's directory."""
    for path in (tmp_path, *list(tmp_path.parents)[:2]):
        if path.stat().st_uid == os.geteuid():
            path.chmod(path.stat().st_mode | 0o011)


def test_prints_each_request_beside_its_floor_and_its_budget(tmp_path: Path) -> None:
    open_for_the_engine(tmp_path)
    output = tmp_path / "figures.json"
    process = bench(tmp_path, "--output", str(output))
    page, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    rows = re.findall(r"^\| (get|list 20[^|]*) .*\| .*≤ [0-9.]+ ms: (met|\*\*not met\*\*)", page, re.MULTILINE)
    assert len(rows) == 4, page
    results = msgspec.json.decode(output.read_bytes(), type=Results)
    assert [request.name for request in results.requests] == ["get", "get-limited", "list-filtered", "list-sorted"]
    for request in results.requests:
        assert request.ours.server_ms > 0
        assert request.ours.database_ms > 0
        assert request.floor.total_ms > 0
        # Whoever authorises, checks and keeps a trail cannot be cheaper than who does not: else the meter is wrong.
        assert request.ratio > 1
        assert request.ours.bytes_each > (200 if request.name == "get-limited" else 500)
    assert results.facts["customers"] == "500"
    assert results.facts["PostgreSQL"] in page
    assert left_behind(tmp_path) == []


def test_measures_every_resource_in_every_version(tmp_path: Path) -> None:
    open_for_the_engine(tmp_path)
    output = tmp_path / "figures.json"
    process = bench(tmp_path, "--only", "resources", "--customers", "50", "--output", str(output))
    page, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    lines = msgspec.json.decode(output.read_bytes(), type=Results).lines
    assert {line.name for line in lines} == NATIVE.keys()
    for line in lines:
        assert min(line.get_ms, line.list_ms) > 0
        assert (line.get_ratio is not None) == (line.list_ratio is not None) == (line.name in EARLIER)
        assert f"| {line.name} | {line.get_ms:.3f} | {line.list_ms:.3f} |" in page


async def test_the_meter_counts_a_backend_that_is_just_ending(engine: RunningEngine) -> None:
    async with await psycopg.AsyncConnection.connect(engine.superuser, autocommit=True) as watcher:
        backend = watcher.info.backend_pid
        postmaster = int((Path("/proc") / str(backend) / "stat").read_text().rpartition(")")[2].split()[1])
        for _ in range(5):
            before = database_seconds(postmaster)
            async with await psycopg.AsyncConnection.connect(engine.superuser, autocommit=True) as connection:
                await connection.execute("select count(*) from generate_series(1, 500000) g where md5(g::text) < '8'")
                alone = process_seconds(connection.info.backend_pid)
            # The connection is closed and its backend on the way out: this is when it is easily lost.
            assert database_seconds(postmaster) - before >= 0.9 * alone > 0.02


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_leaves_nothing_behind_when_it_is_stopped(tmp_path: Path, number: signal.Signals) -> None:
    open_for_the_engine(tmp_path)
    process = bench(tmp_path)
    assert process.stderr is not None
    for line in process.stderr:
        if "get …" in line:
            break
    time.sleep(0.5)
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert left_behind(tmp_path) == []


@pytest.mark.parametrize("words", [("--only", "gets"), ("--customers", "0"), ("--concurrency", "many")])
def test_refuses_what_it_does_not_understand(words: tuple[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", *words], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert words[0] in done.stderr
