"""Files that documents carry: which are taken out, which are refused, and that everything else stays as it was."""

from __future__ import annotations

import base64
import copy
import io
import zipfile
from datetime import UTC, datetime
from typing import Any

import pytest

from customer_inventory.capture.drafting import RowRefused, draft
from customer_inventory.model import RESOURCES, InvalidDocument
from customer_inventory.model.contents import (
    INLINE,
    AttachmentTooLarge,
    carries_content,
    digest_of,
    filled,
    named,
    taken_out,
)
from customer_inventory.model.mediatype import agrees, file_name, found_type, is_executable

DOCUMENT, INDIVIDUAL, CUSTOMER = (RESOURCES[name] for name in ("document", "individual", "customer"))
PDF = b"%PDF-1.7\n" + bytes(INLINE)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def archive(*names: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        for name in names:
            file.writestr(name, "x")
    return made.getvalue()


def attachment(data: bytes = PDF, mime_type: str | None = "application/pdf", **more: Any) -> dict[str, Any]:
    said = {} if mime_type is None else {"mimeType": mime_type}
    return {**said, "content": base64.b64encode(data).decode(), **more}


def problem(file: dict[str, Any]) -> str:
    with pytest.raises(InvalidDocument) as refused:
        taken_out(DOCUMENT, {"attachment": [file]}, address="/d")
    return str(refused.value)


def test_what_is_taken_out_can_be_put_back() -> None:
    sent = {"name": "x", "attachment": [attachment(), attachment(PNG, "image/png")], "binaryAttachment": [attachment()]}
    before = copy.deepcopy(sent)
    kept, files = taken_out(DOCUMENT, sent, address="/d")
    assert sent == before
    assert [file.data for file in files] == [PDF]
    assert kept["attachment"][1] == sent["attachment"][1]
    assert "content" not in kept["attachment"][0]
    assert kept["attachment"][0]["url"] == f"/d/attachment/{files[0].digest}/content"
    assert list(named(DOCUMENT, kept)) == [files[0].digest]
    back = filled(DOCUMENT, kept, {files[0].digest: PDF})
    for name in ("attachment", "binaryAttachment"):
        assert [file["content"] for file in back[name]] == [file["content"] for file in sent[name]]
    assert taken_out(DOCUMENT, back, address="/d") == (kept, files)


def test_what_the_client_says_of_a_file_stays() -> None:
    said = {"url": "https://archive.example/1", "size": {"amount": 1, "units": "page"}, "name": "n", "id": "7"}
    kept, _ = taken_out(DOCUMENT, {"attachment": [attachment(**said)]}, address="/d")
    assert {name: kept["attachment"][0][name] for name in said} == said


@pytest.mark.parametrize("size", [0, 1, INLINE, INLINE + 1])
def test_only_what_is_larger_than_the_bound_is_taken_out(size: int) -> None:
    _, files = taken_out(DOCUMENT, {"attachment": [attachment(bytes(size), None)]}, address="/d")
    assert len(files) == (size > INLINE)


def test_files_are_found_wherever_a_party_carries_them() -> None:
    proof = {"@type": "IndividualIdentification", "attachment": attachment()}
    person = {"@type": "Individual", "individualIdentification": [proof]}
    related = {"@type": "RelatedPartyOrPartyRole", "role": "spouse", "partyOrPartyRole": person}
    assert carries_content(INDIVIDUAL, person)
    kept, files = taken_out(CUSTOMER, {"relatedParty": [related]}, address="/c")
    assert len(files) == 1
    found = kept["relatedParty"][0]["partyOrPartyRole"]["individualIdentification"][0]["attachment"]
    assert digest_of(found) == files[0].digest
    unknown = {"@type": "Scan", "content": attachment()["content"]}
    _, files = taken_out(INDIVIDUAL, {"individualIdentification": [{"attachment": unknown}]}, address="/i")
    assert len(files) == 1
    assert not carries_content(CUSTOMER, {"content": attachment()["content"], "contactMedium": [{"content": "eA=="}]})


def test_nesting_without_end_is_left_to_the_bounds() -> None:
    nested: dict[str, Any] = {"@type": "Individual", "individualIdentification": [{"attachment": attachment()}]}
    for _ in range(500):
        nested = {"@type": "Individual", "relatedParty": [{"role": "x", "partyOrPartyRole": nested}]}
    assert taken_out(INDIVIDUAL, nested, address="/i")[1] == []


@pytest.mark.parametrize("broken", ["%", "abc", 5, None, ["x"], {"a": 1}])
def test_what_is_no_base64_is_left_to_validation(broken: Any) -> None:
    sent = {"attachment": [{"content": broken}], "binaryAttachment": broken}
    assert taken_out(DOCUMENT, sent, address="/d") == (sent, [])


def test_bounds_and_refusals_name_the_place() -> None:
    with pytest.raises(AttachmentTooLarge, match=r"attachment\[0\]\.content"):
        taken_out(DOCUMENT, {"attachment": [attachment()]}, address="/d", limit=INLINE)
    assert problem(attachment(PNG)) == "attachment[0].content: is image/png, not what mimeType says"
    assert "program" in problem(attachment(b"MZ\x90\0\x03\0\0\0", None))
    assert "checksum" in problem(attachment(checksum="sha256:" + "0" * 64))


@pytest.mark.parametrize("checksum", ["md5:1", "sha256:", "sha256:" + "z" * 64, "sha256:" + "A" * 64, 5, None])
def test_a_checksum_of_another_kind_is_the_clients_own(checksum: Any) -> None:
    assert digest_of({"checksum": checksum}) is None
    kept, files = taken_out(DOCUMENT, {"attachment": [attachment(PNG, "image/png", checksum=checksum)]}, address="/d")
    assert (kept["attachment"][0]["checksum"], files) == (checksum, [])


@pytest.mark.parametrize(
    ("data", "declared"),
    [
        (PDF, "application/pdf"),
        (PDF, "application/x-pdf"),
        (PDF, "APPLICATION/PDF; version=1.7"),
        (PNG, "image/x-png"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF\0", "image/jpg"),
        (b"BM\x36\0\0\0", "image/bmp"),
        (archive("[Content_Types].xml", "word/document.xml"), DOCX),
        (archive("mimetype"), "application/vnd.oasis.opendocument.text"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "application/vnd.ms-excel"),
        (b'<?xml version="1.0"?><a/>', "text/xml"),
        (b"<a/>", "application/xml"),
        (b'<svg xmlns="x"/>', "image/svg+xml"),
        (b'{"a": 1}', "application/vnd.acme+json"),
        (b"caf\xe9", "text/csv"),
        ("text".encode("utf-16"), "text/plain"),
        (b"From: me\r\n", "text/plain"),
        (b"OggS\0\2" + bytes(40), "audio/opus"),
        (b"\xff\xfb\x90\x44" + bytes(50), "audio/mpeg"),
        (b"\0\0\0\x14ftypqt  \0\0\0\0", "video/quicktime"),
        (b"0\x82\x01\x02\x06", "application/pkcs7-signature"),
        (b"\x01\x02\x03", "application/x-acme"),
        (PNG, "application/octet-stream"),
        (b"", "image/png"),
    ],
)
def test_files_that_are_what_they_say(data: bytes, declared: str) -> None:
    assert agrees(data, declared)


@pytest.mark.parametrize(
    ("data", "declared"),
    [
        (PDF, "image/png"),
        (PDF, "text/plain"),
        (PDF, "audio/mpeg"),
        (PDF, "application/x-acme"),
        (PDF, "nonsense"),
        (PNG, "image/jpeg"),
        (PNG, "application/json"),
        (b"words", "application/pdf"),
        (b"words", "image/png"),
        (b"words", DOCX),
        (archive("a"), "application/pdf"),
        (archive("a"), "image/png"),
        (b"a\0b", "text/plain"),
    ],
)
def test_files_that_are_not_what_they_say(data: bytes, declared: str) -> None:
    assert not agrees(data, declared)


def test_programs_are_known_by_bytes_type_or_name() -> None:
    for data in (b"MZ\x90\0", b"\x7fELF\2", b"#!/bin/sh", b"\xef\xbb\xbf#!/bin/sh", b"\n@ECHO OFF", b"\0asm\1\0\0\0"):
        assert is_executable(data), data
    assert is_executable(archive("META-INF/MANIFEST.MF"))
    assert is_executable(b"x", declared="application/x-msdownload")
    assert is_executable(b"x", name="report.pdf.EXE ")
    assert not is_executable(b"MZ is how he signs", declared="text/plain", name="exe.txt")
    assert not is_executable(archive("META-INF/container.xml"), name="book.epub")


@pytest.mark.parametrize(
    ("name", "saved"),
    [
        ("run.exe.", "run.exe"),
        ("evil.js . .", "evil.js"),
        ("evil.js\u200b", "evil.js"),
        ("x.jar\u0001", "x.jar"),
        ("run\u202eexe.js.", "runexe.js"),
        ("run.e\u200bxe", "run.exe"),
        ("a\\b/run.exe\u00a0.", "run.exe"),
        ("a" * 145 + ".exe.pdf", "a" * 145 + ".exe"),
        ("a" * 146 + ".exe.pdf", "a" * 146 + ".exe"),
    ],
)
def test_a_program_is_known_by_the_name_that_it_is_saved_as(name: str, saved: str) -> None:
    assert file_name(name) == saved
    assert is_executable(b"x", name=name)


def test_the_type_is_found_by_the_bytes() -> None:
    found = [found_type(data) for data in (PDF, PNG, b"words", b"\0\1", b"")]
    assert found == [
        "application/pdf",
        "image/png",
        "text/plain",
        "application/octet-stream",
        "application/octet-stream",
    ]


def test_an_import_takes_small_files_that_are_what_they_say() -> None:
    identifier = "01a20923-97f5-80f2-8499-230942aa9af7"

    def imported(file: dict[str, Any]) -> None:
        draft(
            1,
            [(DOCUMENT, {"@type": "Document", "attachment": [file]})],
            [identifier],
            None,
            strict={},
            now=datetime.now(UTC),
        )

    imported(attachment(PNG, "image/png"))
    with pytest.raises(RowRefused, match="send it by the API"):
        imported(attachment())
    with pytest.raises(RowRefused, match="not what mimeType says"):
        imported(attachment(PNG))
    with pytest.raises(RowRefused, match="send it by the API"):
        imported(attachment(bytes(11 * 1024 * 1024), None))
