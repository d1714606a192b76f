"""A subject access package has everything that is held of a person, nothing of others, and is in the trail."""

from __future__ import annotations

import base64
import io
import json
import stat
import time
import unicodedata
import zipfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest
from pypdf import PdfReader

from tests.journey.api_words import CUSTOMERS, PERSONS, create, person
from tests.journey.conftest import Server, command

DOCUMENTS = "/tmf-api/document/v4/document"
INTERACTIONS = "/tmf-api/partyInteractionManagement/v5/partyInteraction"
AGREEMENTS = "/tmf-api/agreementManagement/v5/agreement"


@pytest.fixture
def api(server: Server) -> Iterator[httpx.Client]:
    with server.api() as client:
        yield client


def reference(record: dict[str, Any], referred: str) -> dict[str, Any]:
    return {"@type": "PartyRef", "@referredType": referred, "id": record["id"]}


CHANNEL = {"@type": "ChannelRef", "@referredType": "Channel", "id": "phone"}


def owned(record: dict[str, Any], referred: str) -> list[dict[str, Any]]:
    return [{"@type": "RelatedPartyOrPartyRole", "role": "owner", "partyOrPartyRole": reference(record, referred)}]


def packed(server: Server, subject: str, output: Path) -> zipfile.ZipFile:
    ran = command("privacy", "package", subject, "--output", str(output), "--data", str(server.data))
    assert ran.returncode == 0, ran.stderr
    return zipfile.ZipFile(output)


def test_it_has_all_that_is_held_and_says_who_saw_it(server: Server, api: httpx.Client, tmp_path: Path) -> None:
    ada = create(api, PERSONS, person(givenName="Adaquix", familyName="Lovel<ace"))
    eve = create(api, PERSONS, person(givenName="Evezzy", familyName="Other"))
    api.patch(f"{PERSONS}/{ada['id']}", json={"title": "Countess"})
    customer = create(
        api, CUSTOMERS, {"@type": "Customer", "name": "Ada", "engagedParty": reference(ada, "Individual")}
    )
    content = b"%PDF-1.7 " + b"contract " * 20_000
    attachment = {
        "mimeType": "application/pdf",
        "name": "../../contract.pdf",
        "content": base64.b64encode(content).decode(),
    }
    owner = {"id": customer["id"], "@referredType": "Customer", "role": "owner"}
    create(api, DOCUMENTS, {"name": "Contract", "relatedParty": [owner], "binaryAttachment": [attachment]})
    create(
        api,
        AGREEMENTS,
        {
            "@type": "Agreement",
            "name": "Shared",
            "agreementType": "commercial",
            "agreementItem": [{"@type": "AgreementItem", "id": "1"}],
            "engagedParty": [reference(ada, "Individual"), reference(eve, "Individual")],
        },
    )
    said = {"partyId": ada["id"], "purpose": "marketing", "status": "given", "evidence": "form 4711"}
    assert api.post("/inventory/v1/consent", json=said).status_code == 201
    with packed(server, customer["id"], tmp_path / "ada.zip") as archive:
        data, names = json.loads(archive.read("data.json")), archive.namelist()
        page, manifest = archive.read("index.html").decode(), json.loads(archive.read("manifest.json"))
        hashes = {name: sha256(archive.read(name)).hexdigest() for name in names if name != "manifest.json"}
        (file,) = [name for name in names if name.startswith("files/")]
        assert archive.read(file) == content
    assert stat.S_IMODE((tmp_path / "ada.zip").stat().st_mode) == 0o600
    assert manifest["sha256"] == hashes
    assert ".." not in file
    assert data["subject"] == ada["id"]
    told = {record["resource"]: record for record in data["record"]}
    assert told.keys() == {"individual", "customer", "document"}
    titles = [version["document"].get("title") for version in told["individual"]["version"]]
    assert titles == ["Countess", None]
    assert [each["evidence"] for each in data["consent"]] == ["form 4711"]
    told_of = {(each["verb"], each["kind"]) for each in data["access"]}
    assert told_of >= {("create", "individual"), ("modify", "individual")}
    assert data["recordsOfOthersThatRefer"] == {"agreement": 1}
    assert "Evezzy" not in page + json.dumps(data)
    assert "Lovel&lt;ace" in page
    assert "Lovel<ace" not in page
    seen = api.get("/inventory/v1/trailEntry", params={"recordId": ada["id"], "verb": "download"}).json()
    assert {each["resource"] for each in seen} >= {"individual"}


def test_what_cannot_be_made_leaves_nothing(server: Server, api: httpx.Client, tmp_path: Path) -> None:
    ada = create(api, PERSONS, person())
    there = tmp_path / "there.zip"
    there.write_text("mine")
    for subject, output, code in ((ada["id"], there, 3), ("nobody", tmp_path / "new.zip", 4)):
        ran = command("privacy", "package", subject, "--output", str(output), "--data", str(server.data))
        assert ran.returncode == code, ran.stderr
        assert "Traceback" not in ran.stderr
    assert there.read_text() == "mine"
    assert not (tmp_path / "new.zip").exists()


NAMES = ("Łukasz Ωmega", "Наталья", "नमस्ते", "Zoë Ōhara", "陈 <b>x</b> אבא")


def leaves(value: Any) -> Iterator[str]:
    """Every value of a document, as it is written."""
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from leaves(each)
    elif value is not None:
        yield value if isinstance(value, str) else json.dumps(value)


def bare(text: str) -> str:
    """A text without what a page makes of it: spaces, and letters that its font lacks."""
    shown = "".join(f"[U+{ord(each):04X}]" if each in "陈אבא" else each for each in text)
    return "".join(unicodedata.normalize("NFC", shown).split())


def test_as_a_pdf_it_says_what_the_data_say(server: Server, api: httpx.Client, tmp_path: Path) -> None:
    ada = create(
        api,
        PERSONS,
        person(
            givenName="Adaquix",
            familyName=NAMES[0],
            otherName=[{"@type": "OtherNameIndividual", "givenName": each} for each in NAMES[1:]],
        ),
    )
    api.patch(f"{PERSONS}/{ada['id']}", json={"title": "long" * 200})
    customer = create(
        api, CUSTOMERS, {"@type": "Customer", "name": "Ada", "engagedParty": reference(ada, "Individual")}
    )
    create(
        api,
        DOCUMENTS,
        {"name": "Contract", "relatedParty": [{"id": customer["id"], "@referredType": "Customer", "role": "owner"}]},
    )
    output = tmp_path / "ada.zip"
    words = ("--output", str(output), "--format", "pdf", "--data", str(server.data))
    ran = command("privacy", "package", ada["id"], *words)
    assert ran.returncode == 0, ran.stderr
    assert "Warning" not in ran.stderr
    with zipfile.ZipFile(output) as archive:
        data, manifest = json.loads(archive.read("data.json")), json.loads(archive.read("manifest.json"))
        raw = archive.read("package.pdf")
    assert manifest["sha256"]["package.pdf"] == sha256(raw).hexdigest()
    read = PdfReader(io.BytesIO(raw))
    text = "".join(page.extract_text() for page in read.pages)
    for number, page in enumerate(read.pages, start=1):
        assert f"Page {number} of {len(read.pages)}" in page.extract_text()
    told = bare(text.replace("\n", ""))
    missing = [
        each for record in data["record"] for each in leaves(record["version"][0]["document"]) if bare(each) not in told
    ]
    assert missing == []
    assert all(bare(each["purpose"]) in told for each in data["access"])
    assert [each["id"] for each in data["record"] if each["id"] not in told] == []
    titles = [each.title for each in read.outline if not isinstance(each, list)]
    assert titles == ["What is held of you"]
    assert (read.metadata or {})["/Title"] == "What is held of you"


@pytest.mark.timeout(300)
def test_a_thousand_records_take_no_ten_seconds(server: Server, api: httpx.Client, tmp_path: Path) -> None:
    ada = create(api, PERSONS, person())
    customer = create(
        api, CUSTOMERS, {"@type": "Customer", "name": "Ada", "engagedParty": reference(ada, "Individual")}
    )
    for number in range(1000):
        said = {
            "@type": "PartyInteraction",
            "description": f"call {number}",
            "reason": "question",
            "direction": "inbound",
            "relatedChannel": [{"@type": "RelatedChannel", "role": "used", "channel": CHANNEL}],
            "relatedParty": owned(customer, "Customer"),
        }
        create(api, INTERACTIONS, said)
    began = time.monotonic()
    with packed(server, ada["id"], tmp_path / "many.zip") as archive:
        assert len(json.loads(archive.read("data.json"))["record"]) == 1002
    print(f"a package of 1,002 records took {time.monotonic() - began:.1f} s")
