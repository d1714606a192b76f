"""Files of records, as a client has them: in with the record, out in place or by themselves."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import signal
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.journey.api_words import PERSONS, create, person, refused
from tests.journey.conftest import Server

DOCUMENTS = "/tmf-api/document/v4/document"
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 100
SMALL = b"%PDF-1.4\nsmall"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(20_000)


@pytest.fixture(scope="module")
def api(server: Server) -> Iterator[httpx.Client]:
    with server.api() as client:
        yield client


def text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def attachment(data: bytes = PDF, mime_type: str = "application/pdf", **more: Any) -> dict[str, Any]:
    return {"name": "contract.pdf", "mimeType": mime_type, "content": text(data), **more}


def document(*files: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": "Contract", "binaryAttachment": list(files), **more}


def test_a_large_file_comes_back_in_place_at_creation_and_when_asked_for(api: httpx.Client) -> None:
    made = create(api, DOCUMENTS, document(attachment()))
    kept = made["binaryAttachment"][0]
    assert base64.b64decode(kept["content"]) == PDF
    assert kept["checksum"] == f"sha256:{hashlib.sha256(PDF).hexdigest()}"
    assert (kept["size"], kept["name"]) == ({"amount": len(PDF), "units": "bytes"}, "contract.pdf")
    whole = api.get(f"{DOCUMENTS}/{made['id']}").json()["binaryAttachment"][0]
    assert whole == {name: value for name, value in kept.items() if name != "content"}
    for fields in ("binaryAttachment", "name,binaryAttachment.content"):
        asked = api.get(f"{DOCUMENTS}/{made['id']}", params={"fields": fields}).json()
        assert asked["binaryAttachment"][0]["content"] == kept["content"], fields
    assert "content" not in api.get(DOCUMENTS, params={"id": made["id"]}).json()[0]["binaryAttachment"][0]


def test_a_large_file_is_had_by_itself(api: httpx.Client) -> None:
    url = create(api, DOCUMENTS, document(attachment()))["binaryAttachment"][0]["url"]
    answer = api.get(url)
    assert answer.content == PDF
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"].startswith('attachment; filename="contract.pdf"')
    assert answer.headers["x-content-type-options"] == "nosniff"
    head = api.head(url)
    assert (head.content, head.headers["content-length"]) == (b"", str(len(PDF)))


def test_a_file_that_the_client_has_is_not_sent_again(api: httpx.Client) -> None:
    url = create(api, DOCUMENTS, document(attachment()))["binaryAttachment"][0]["url"]
    tag = api.get(url).headers["etag"]
    assert tag == f'"{hashlib.sha256(PDF).hexdigest()}"'
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        answer = api.get(url, headers={"if-none-match": known})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
    assert api.get(url, headers={"if-none-match": '"other"'}).content == PDF
    assert refused(api.get(url, headers={"if-none-match": "other"}), 400) == "invalid-condition"
    assert refused(api.get(url.replace(tag[1:65], "0" * 64), headers={"if-none-match": "*"}), 404)


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=100-199", 100, 200),
        ("bytes=262143-262145", 262143, 262146),
        ("bytes=500000-", 500_000, None),
        ("bytes=-7", -7, None),
        ("bytes=-99999999", 0, None),
        ("Bytes=0-99999999", 0, None),
    ],
)
def test_a_part_of_a_file_can_be_had(api: httpx.Client, asked: str, start: int, stop: int | None) -> None:
    data = PDF * 20
    url = create(api, DOCUMENTS, document(attachment(data)))["binaryAttachment"][0]["url"]
    answer = api.get(url, headers={"range": asked})
    assert (answer.status_code, answer.content) == (206, data[start:stop])
    first = start % len(data)
    assert answer.headers["content-range"] == f"bytes {first}-{first + len(answer.content) - 1}/{len(data)}"
    assert answer.headers["content-length"] == str(len(answer.content))
    assert api.get(url, headers={"range": asked, "if-range": '"other"'}).status_code == 200
    assert api.get(url, headers={"range": asked, "if-range": answer.headers["etag"]}).status_code == 206


def test_a_range_that_is_none_is_passed_over_and_one_behind_the_end_is_refused(api: httpx.Client) -> None:
    url = create(api, DOCUMENTS, document(attachment()))["binaryAttachment"][0]["url"]
    for words in ("bytes=", "bytes=-", "bytes=5-4", "bytes=a-b", "items=1-2", "bytes=0-1,4-5", "bytes=٣-٤"):
        answer = api.get(url, headers={"range": words.encode()})
        assert (answer.status_code, answer.content) == (200, PDF), words
    for behind in (f"bytes={len(PDF)}-", "bytes=99999999-", "bytes=-0"):
        answer = api.get(url, headers={"range": behind})
        assert refused(answer, 416) == "range-not-satisfiable"
        assert answer.headers["content-range"] == f"bytes */{len(PDF)}"


def test_a_small_file_stays_in_place(api: httpx.Client) -> None:
    made = create(api, DOCUMENTS, document(attachment(SMALL)))
    assert made["binaryAttachment"] == [attachment(SMALL)]
    assert api.get(f"{DOCUMENTS}/{made['id']}").json() == made
    digest = hashlib.sha256(SMALL).hexdigest()
    absent = api.get(f"{DOCUMENTS}/{made['id']}/attachment/{digest}/content")
    assert refused(absent, 404) == "attachment-not-found"


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "..\\..\\boot.ini", "/abs", "a\r\nSet-Cookie: x", "…", ".", "é" * 300]
)
def test_a_name_is_never_a_path_nor_a_header(api: httpx.Client, name: str) -> None:
    made = create(api, DOCUMENTS, document(attachment(name=name)))
    assert made["binaryAttachment"][0]["name"] == name
    disposition = api.get(made["binaryAttachment"][0]["url"]).headers["content-disposition"]
    assert not {"/", "\\", "\r", "\n"} & set(disposition.removeprefix("attachment; "))
    assert ".." not in disposition
    assert len(disposition) < 2000


@pytest.mark.parametrize(
    ("data", "mime_type"),
    [(PDF, "image/png"), (PNG, "application/pdf"), (PNG, "text/plain"), (SMALL, "image/jpeg"), (b"words", "image/gif")],
)
def test_a_file_must_be_what_it_says(api: httpx.Client, data: bytes, mime_type: str) -> None:
    answer = api.post(DOCUMENTS, json=document(attachment(data, mime_type)))
    assert refused(answer, 400) == "invalid-document"
    assert "binaryAttachment[0].content" in answer.json()["message"]


@pytest.mark.parametrize(
    "file",
    [
        attachment(b"MZ\x90\0\x03\0\0\0" + bytes(10_000), "application/octet-stream"),
        attachment(b"\x7fELF\x02\x01\x01" + bytes(10_000), "application/pdf"),
        attachment(b"#!/bin/sh\nrm -rf /\n", "text/plain"),
        attachment(b"words", "text/plain", name="run.exe"),
        attachment(b"words", "application/x-msdownload"),
        {"content": text(b"\xcf\xfa\xed\xfe" + bytes(100))},
    ],
)
def test_programs_are_not_kept(api: httpx.Client, file: dict[str, Any]) -> None:
    answer = api.post(DOCUMENTS, json=document(file))
    assert refused(answer, 400) == "invalid-document"
    assert "program" in answer.json()["message"]


def test_a_file_that_is_kept_cannot_be_renamed_into_a_program(api: httpx.Client) -> None:
    made = create(api, DOCUMENTS, document(attachment()))
    rename = [{"op": "replace", "path": "/binaryAttachment/0/name", "value": "run.exe"}]
    media = {"content-type": "application/json-patch+json"}
    assert api.patch(f"{DOCUMENTS}/{made['id']}", json=rename, headers=media).status_code == 400
    rename[0]["value"] = "signed.pdf"
    assert api.patch(f"{DOCUMENTS}/{made['id']}", json=rename, headers=media).status_code == 200


def test_a_type_that_is_not_said_is_found(api: httpx.Client) -> None:
    made = create(api, DOCUMENTS, document({"content": text(PNG)}, attachment=[{"content": text(PDF)}]))
    assert made["binaryAttachment"][0]["mimeType"] == "image/png"
    assert made["attachment"][0]["mimeType"] == "application/pdf"
    assert api.get(made["attachment"][0]["url"]).content == PDF


def test_what_is_no_base64_or_not_the_checksum_is_refused(api: httpx.Client) -> None:
    broken = api.post(DOCUMENTS, json=document({"content": "%%%"}))
    assert "binaryAttachment[0].content" in broken.json()["message"]
    wrong = api.post(DOCUMENTS, json=document(attachment(checksum="sha256:" + 64 * "0")))
    assert refused(wrong, 400) == "invalid-document"


def test_a_patch_keeps_the_files_it_does_not_touch_and_adds_others(api: httpx.Client) -> None:
    made = create(api, DOCUMENTS, document(attachment()))
    address = f"{DOCUMENTS}/{made['id']}"
    assert api.patch(address, json={"name": "Renamed"}).status_code == 200
    known = api.get(address).json()["binaryAttachment"]
    both = api.patch(address, json={"binaryAttachment": [*known, attachment(PNG, "image/png", name="scan.png")]}).json()
    assert "content" not in both["binaryAttachment"][1]
    assert [api.get(file["url"]).content for file in both["binaryAttachment"]] == [PDF, PNG]


def test_nobody_gets_a_file_by_a_record_that_does_not_hold_it(api: httpx.Client) -> None:
    owner = create(api, DOCUMENTS, document(attachment(PNG + b"secret", "image/png")))["binaryAttachment"][0]
    claimed = {name: value for name, value in owner.items() if name != "content"}
    thief = create(api, DOCUMENTS, document(claimed))
    digest = owner["checksum"].removeprefix("sha256:")
    assert refused(api.get(f"{DOCUMENTS}/{thief['id']}/attachment/{digest}/content"), 404) == "attachment-not-found"
    shown = api.get(f"{DOCUMENTS}/{thief['id']}", params={"fields": "binaryAttachment"}).json()
    assert "content" not in shown["binaryAttachment"][0]


@pytest.mark.parametrize("digest", ["x", "..", "%2e%2e%2fx", 64 * "z", 64 * "0", "0" * 10_000])
def test_an_address_that_names_no_content_finds_none(api: httpx.Client, digest: str) -> None:
    made = create(api, DOCUMENTS, document(attachment()))
    assert api.get(f"{DOCUMENTS}/{made['id']}/attachment/{digest}/content").status_code == 404


def test_a_put_replaces_the_whole_document(api: httpx.Client) -> None:
    made = create(api, DOCUMENTS, document(attachment(), description="gone after the put"))
    address = f"{DOCUMENTS}/{made['id']}"
    put = api.put(address, json={"id": made["id"], "name": "New"}, headers={"If-Match": '"1"'})
    assert put.status_code == 200, put.text
    left = {"id": made["id"], "href": made["href"], "@type": "Document", "name": "New"}
    assert put.json() == {**left, "lastUpdate": put.json()["lastUpdate"]}
    assert refused(api.put(address, json={"name": "Late"}, headers={"If-Match": '"1"'}), 412) == "version-conflict"
    assert refused(api.put(address, json={"id": "other"}), 400) == "immutable-attribute"
    assert refused(api.put(address, json={"name": 5}), 400) == "invalid-document"
    ada = create(api, PERSONS, person())
    assert api.put(f"{PERSONS}/{ada['id']}", json=person()).status_code == 405
    assert api.put(f"{DOCUMENTS}/{ada['id']}", json={}).status_code == 404


def test_a_past_version_still_has_its_file(api: httpx.Client) -> None:
    made = create(api, DOCUMENTS, document(attachment()))
    before = datetime.now(UTC).isoformat()
    url = made["binaryAttachment"][0]["url"]
    assert api.patch(f"{DOCUMENTS}/{made['id']}", json={"binaryAttachment": None}).status_code == 200
    assert refused(api.get(url), 404) == "attachment-not-found"
    assert api.get(url, params={"asOf": before}).content == PDF
    restored = api.post(f"{DOCUMENTS}/{made['id']}/history/1/restore")
    assert restored.status_code == 200, restored.text
    assert api.get(url).content == PDF


def test_bounds_and_damage_with_a_directory_of_ones_own(new_server: Server, tmp_path: Path) -> None:
    contents = tmp_path / "contents"
    new_server.start("--content-directory", str(contents), "--attachment-limit", "2000000").register()
    with new_server.api() as api:
        large = b"%PDF-" + bytes(1_999_995)
        url = create(api, DOCUMENTS, document(attachment(large)))["binaryAttachment"][0]["url"]
        assert api.get(url).content == large
        too_large = api.post(DOCUMENTS, json=document(attachment(large + b"x")))
        assert refused(too_large, 413) == "attachment-too-large"
        assert "2000000" in too_large.json()["message"]
        far_too_large = api.post(DOCUMENTS, json=document(attachment(large * 2)))
        assert refused(far_too_large, 413) == "attachment-too-large"
        assert "2000000" in far_too_large.json()["message"]
        assert refused(api.post(DOCUMENTS, json=document(description="x" * 4_000_000)), 413) == "body-too-large"
        (path,) = (path for path in contents.rglob("*") if path.is_file())
        path.write_bytes(large[:-1] + b"!")
        damaged = api.get(url)
        assert refused(damaged, 500) == "content-damaged"
        assert path.name in damaged.json()["message"]
        path.unlink()
        assert refused(api.get(url), 500) == "content-damaged"


def test_a_killed_server_leaves_no_document_without_its_file(new_server: Server, tmp_path: Path) -> None:
    contents = tmp_path / "contents"
    flags = ("--content-directory", str(contents))
    new_server.start(*flags).register()
    sent = 0

    def send(api: httpx.Client) -> None:
        nonlocal sent
        with contextlib.suppress(httpx.TransportError):
            while True:
                sent += 1
                api.post(DOCUMENTS, json=document(attachment(PDF + b"%d" % sent * 1000)))

    for _ in range(3):
        with new_server.api() as api:
            sending = threading.Thread(target=send, args=(api,))
            sending.start()
            time.sleep(0.7)
            new_server.stop(signal.SIGKILL)
            sending.join()
        new_server.start(*flags)
    with new_server.api() as api:
        found = api.get(DOCUMENTS, params={"limit": 1000}).json()
        for one in found:
            assert api.get(one["binaryAttachment"][0]["url"]).status_code == 200
    files = [path for path in contents.rglob("*") if path.is_file()]
    assert 3 <= len(found) <= len([path for path in files if path.suffix != ".part"]) <= sent


def test_a_file_takes_the_grant_to_read_its_record(new_server: Server) -> None:
    new_server.start().register("writer", "--grant", "create:document")
    with new_server.api() as writer:
        made = create(writer, DOCUMENTS, document(attachment()))
        assert made.keys() == {"id", "href", "@type"}
        url = f"{made['href']}/attachment/{hashlib.sha256(PDF).hexdigest()}/content"
        assert refused(writer.get(url), 403) == "denied"
        assert refused(writer.put(made["href"], json={}), 403) == "denied"
    new_server.register("reader", "--grant", "read:document")
    with new_server.api() as reader:
        assert reader.get(url).content == PDF


def test_other_records_carry_files_too(api: httpx.Client) -> None:
    passport = {"@type": "Attachment", "attachmentType": "passport", "mimeType": "image/png", "content": text(PNG)}
    proof = {"@type": "IndividualIdentification", "identificationId": "P1", "attachment": passport}
    made = create(api, PERSONS, person(individualIdentification=[proof]))
    kept = made["individualIdentification"][0]["attachment"]
    assert base64.b64decode(kept["content"]) == PNG
    assert api.get(kept["url"]).content == PNG
    plain = api.get(f"{PERSONS}/{made['id']}").json()["individualIdentification"][0]["attachment"]
    assert "content" not in plain


def test_an_earlier_version_carries_large_files_too(api: httpx.Client) -> None:
    old = "/tmf-api/party/v4/individual"
    data = b"%PDF-" + bytes(400_000)
    passport = {"attachmentType": "passport", "mimeType": "application/pdf", "content": text(data)}
    sent = {"givenName": "Ada", "familyName": "Byron", "individualIdentification": [{"attachment": passport}]}
    made = create(api, old, sent)
    kept = made["individualIdentification"][0]["attachment"]
    assert base64.b64decode(kept["content"]) == data
    assert api.get(kept["url"]).content == data
    assert api.get(kept["url"].replace(PERSONS, old)).content == data
    asked = api.get(f"{old}/{made['id']}", params={"fields": "individualIdentification"}).json()
    assert asked["individualIdentification"][0]["attachment"]["content"] == kept["content"]
    wrong = {**passport, "mimeType": "image/png"}
    refusal = api.post(old, json={**sent, "individualIdentification": [{"attachment": wrong}]})
    assert refused(refusal, 400) == "invalid-document"


async def test_the_same_file_sent_by_many_at_once_is_kept(server: Server) -> None:
    headers = {"authorization": f"Bearer {server.token()}"}
    data = PDF + b"of many"
    async with httpx.AsyncClient(base_url=server.url, headers=headers, timeout=60) as client:
        ada = (await client.post(PERSONS, json=person())).json()
        author = {"id": ada["id"], "@referredType": "Individual"}
        bodies = [document(attachment(data), relatedParty=[author]) for _ in range(20)]
        answers = await asyncio.gather(*(client.post(DOCUMENTS, json=body) for body in bodies))
        assert [answer.status_code for answer in answers] == [201] * 20
        urls = [answer.json()["binaryAttachment"][0]["url"] for answer in answers]
        assert [(await client.get(url)).content for url in urls] == [data] * 20
