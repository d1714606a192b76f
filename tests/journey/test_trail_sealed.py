"""The trail as its auditor has it: anchored, exported, taken elsewhere and proved there, without the inventory."""

from __future__ import annotations

import json
import time
from pathlib import Path

from tests.journey.api_words import PERSONS, create, person
from tests.journey.conftest import Server, command


def sealed_until_now(server: Server) -> dict[str, object]:
    """The anchor of a block that holds everything that is in the trail by now."""
    before = command("trail", "anchor", "--data", str(server.data)).stdout
    deadline = time.monotonic() + 20
    while (now := command("trail", "anchor", "--data", str(server.data)).stdout) in {before, ""}:
        assert time.monotonic() < deadline, "nothing was sealed"
        with server.api() as api:
            api.get(PERSONS, params={"limit": "1"})
        time.sleep(0.3)
    found: dict[str, object] = json.loads(now)
    return found


def test_an_export_proves_itself_elsewhere_and_tells_what_was_done_to_it(server: Server, tmp_path: Path) -> None:
    data = ("--data", str(server.data))
    elsewhere = ("--data", str(tmp_path / "none"))
    with server.api() as api:
        made = create(api, PERSONS, person())
        assert api.get(made["href"]).status_code == 200
    anchor, keys, export = tmp_path / "anchor.json", tmp_path / "keys.json", tmp_path / "trail.ndjson"
    anchor.write_text(json.dumps(sealed_until_now(server)))
    keys.write_text(command("trail", "key", *data).stdout)
    done = command("trail", "export", "--output", str(export), *data)
    assert (done.returncode, "lines of the trail" in done.stderr) == (0, True), done.stderr

    pinned = ("--key", str(keys), "--anchor", str(anchor), *elsewhere)
    found = command("trail", "verify", str(export), "--json", *pinned)
    told = json.loads(found.stdout)
    assert (found.returncode, told["findings"], told["first"]) == (0, [], 1), found.stdout + found.stderr
    assert not (tmp_path / "none").exists()
    entries = [json.loads(line) for line in export.read_text().splitlines() if '"TrailEntry"' in line]
    assert len(entries) == told["entries"]
    seen = [each for each in entries if made["id"] in {shown["id"] for shown in each["record"]}]
    assert {"create", "read"} <= {each["verb"] for each in seen}
    assert "Byron" not in export.read_text()

    unpinned = command("trail", "verify", str(export), *elsewhere)
    assert "--key" in unpinned.stderr
    assert "--anchor" in unpinned.stderr
    changed = tmp_path / "changed.ndjson"
    changed.write_text(export.read_text().replace('"verb":"read"', '"verb":"list"', 1))
    found = command("trail", "verify", str(changed), *pinned)
    assert (found.returncode, "are not as they were sealed" in found.stdout) == (1, True)
    found = command("trail", "verify", *data, "--anchor", str(anchor))
    assert (found.returncode, "All of it is as it was sealed." in found.stderr) == (0, True), found.stderr


def test_files_that_are_none_are_told(tmp_path: Path) -> None:
    nothing = tmp_path / "nothing"
    nothing.write_text("x\n")
    data = ("--data", str(tmp_path / "data"))
    for words in (("--key", str(nothing)), ("--anchor", str(nothing)), ("--key", str(tmp_path / "absent"))):
        done = command("trail", "verify", str(nothing), *words, *data)
        assert (done.returncode, "Traceback" in done.stderr) == (2, False), done.stderr
    done = command("trail", "verify", str(nothing), *data)
    assert done.returncode == 1
    assert "line 1: is no line of an export" in done.stdout
    assert command("trail", "verify", str(tmp_path / "absent"), *data).returncode == 2
    assert not (tmp_path / "data").exists()
    done = command("trail", "anchor", *data)
    assert (done.returncode, "nothing-sealed" in done.stderr or "sealed yet" in done.stderr) == (4, True), done.stderr
