"""A subject access package has everything that is held of a person, nothing of others, and is in the trail."""

from __future__ import annotations

import base64
import json
import stat
import time
import zipfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest

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
