"""A scanner of the operator's sees every file before it is kept: large and small, made and changed."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.journey.api_words import PERSONS, create, person, refused
from tests.journey.conftest import Server, command
from tests.journey.test_attachments import DOCUMENTS, PDF, SMALL, attachment, document

FOUND = b"X5O!P%@AP-a-test-file"
SCANNER = """
import sys
data = sys.stdin.buffer.read()
sys.exit(2 if b"PUZZLING" in data else int(b"X5O!P%@AP" in data))
"""


def test_what_the_scanner_refuses_is_not_kept(new_server: Server, tmp_path: Path) -> None:
    program, contents = tmp_path / "scan.py", tmp_path / "contents"
    program.write_text(SCANNER)
    flags = ("--attachment-scanner", f"{sys.executable} {program}", "--content-directory", str(contents))
    new_server.start(*flags).register()
    with new_server.api() as api:
        made = create(api, DOCUMENTS, document(attachment(PDF), attachment(SMALL)))
        kept = [path for path in contents.rglob("*") if path.is_file()]
        assert len(kept) == 1
        for data in (PDF + FOUND, SMALL + FOUND):
            answer = api.post(DOCUMENTS, json=document(attachment(SMALL), attachment(data)))
            assert refused(answer, 400) == "invalid-document"
            assert "binaryAttachment[1].content: is refused by the scanner" in answer.json()["message"]
            changed = api.patch(f"{DOCUMENTS}/{made['id']}", json={"binaryAttachment": [attachment(data)]})
            assert refused(changed, 400) == "invalid-document"
        puzzled = api.post(DOCUMENTS, json=document(attachment(PDF + b"PUZZLING")))
        assert refused(puzzled, 503) == "scanner-unavailable"
        identification = {"identificationType": "passport", "attachment": attachment(SMALL + FOUND)}
        refusal = api.post(PERSONS, json=person(individualIdentification=[identification]))
        assert refused(refusal, 400) == "invalid-document"
        assert api.get(f"{DOCUMENTS}/{made['id']}").headers["etag"] == '"1"'
        assert len(api.get(DOCUMENTS).json()) == 1
    assert [path for path in contents.rglob("*") if path.is_file()] == kept
    told = new_server.output()
    assert told.count("attachment.refused") == 5
    assert "scanner.failed" in told
    _refuses_rows_with_files(new_server, tmp_path)


def _refuses_rows_with_files(server: Server, tmp_path: Path) -> None:
    rows = tmp_path / "people.ndjson"
    carrying = person(individualIdentification=[{"identificationType": "passport", "attachment": attachment(SMALL)}])
    lines = [{"id": "1", **person()}, {"id": "2", **carrying}]
    rows.write_text("\n".join(map(json.dumps, lines)) + "\n")
    scanner = f"{sys.executable} {tmp_path / 'scan.py'}"
    done = command("import", str(rows), "--attachment-scanner", scanner, "--data", str(server.data))
    assert "carries a file, which an import does not scan" in done.stdout + done.stderr
    assert len(rows.with_name("people.rejected.ndjson").read_text().splitlines()) == 1


def test_a_scanner_that_is_not_there_is_told_at_the_start(tmp_path: Path) -> None:
    started = command("--attachment-scanner", "/no/such/scanner", "--data", str(tmp_path / "data"))
    assert started.returncode == 2, started.stderr
    assert "--attachment-scanner" in started.stderr
