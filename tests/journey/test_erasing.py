"""A person is erased: nothing that was said of them is found in any file, nor in an older backup once restored."""

from __future__ import annotations

import base64
import mmap
import subprocess
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.journey.api_words import CUSTOMERS, PERSONS, create, person
from tests.journey.conftest import Server, command

INTERACTIONS = "/tmf-api/partyInteractionManagement/v5/partyInteraction"
DOCUMENTS = "/tmf-api/document/v4/document"
AGREEMENTS = "/tmf-api/agreementManagement/v5/agreement"
LISTENER = "/tmf-api/partyManagement/v5/listener/individualCreateEvent"
RECEIVED = "/inventory/v1/receivedEvent"

GIVEN, FAMILY, FORMER = "Quixlena", "Vorthmoskar", "Brandelwythe"
MAIL, PHONE = "q.vorthm@mail-zyxq.example", "+4915112309876"
NOTE, FILE, SOURCE_ID, OTHER_NAME = "gronkulated-complaint", b"%PDF-1.7 plimbertous ", "SRC-zwx-77123", "Halvendrix"
MARKS = [GIVEN, FAMILY, FORMER, MAIL, PHONE, NOTE, FILE.decode().split()[1], SOURCE_ID]


def forms(mark: str) -> Iterator[bytes]:
    """How a value may lie in a file: as it is, folded, in 16 bits a letter, in hexadecimal digits, in base64."""
    for text in (mark, mark.lower(), mark.upper()):
        plain = text.encode()
        yield from (plain, text.encode("utf-16-le"), plain.hex().encode())
        yield from (base64.b64encode(b"\0" * shift + plain)[4 if shift else 0 : -4] for shift in range(3))


def found_in(data: bytes | mmap.mmap, marks: list[str]) -> set[str]:
    return {mark for mark in marks for form in forms(mark) if data.find(form) >= 0}


def scan(root: Path, marks: list[str]) -> dict[str, set[str]]:
    """Which marks stand in which file below a directory, also in what is compressed by gzip."""
    hits: dict[str, set[str]] = {}
    for path in root.rglob("*"):
        if not path.is_file() or not path.stat().st_size:
            continue
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            marked = found_in(data, marks)
            if data[:2] == b"\x1f\x8b":
                marked |= found_in(zlib.decompress(data[:], wbits=47), marks)
        if marked:
            hits[str(path.relative_to(root))] = marked
    return hits


def done(*words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    ran = command(*words)
    assert ran.returncode == code, f"{words}: {ran.stdout}{ran.stderr}"
    return ran


def reference(record: dict[str, Any], referred: str) -> dict[str, Any]:
    return {"@type": "PartyRef", "@referredType": referred, "id": record["id"], "name": f"{GIVEN} {FAMILY}"}


def related(record: dict[str, Any], referred: str, role: str = "owner") -> list[dict[str, Any]]:
    return [
        {
            "@type": "RelatedPartyOrPartyRole",
            "role": role,
            "partyOrPartyRole": reference(record, referred),
        }
    ]


def contacts() -> list[dict[str, Any]]:
    return [
        {"@type": "EmailContactMedium", "contactType": "home", "emailAddress": MAIL},
        {"@type": "PhoneContactMedium", "contactType": "home", "phoneNumber": PHONE},
    ]


def tell(api: httpx.Client, identifier: str, carried: dict[str, Any]) -> str:
    """Tell of a record of another system; return the id under which the event is kept."""
    answer = api.post(LISTENER, json={"eventId": identifier, "event": {"individual": carried}})
    assert answer.status_code == 204, answer.text
    events = api.get(RECEIVED, params={"limit": 100}).json()
    return next(str(each["id"]) for each in events if each["eventId"] == identifier)


class Told:
    """What the inventory was told of a person, and of others around."""

    def __init__(self, server: Server, tmp_path: Path) -> None:
        self.server = server
        rows = tmp_path / "crm.csv"
        rows.write_text(f"id,first name,surname\n{SOURCE_ID},{GIVEN},{FORMER}\n")
        done("import", str(rows), "--data", str(server.data))
        with server.api() as api:
            (self.party,) = api.get(PERSONS).json()
            (self.customer,) = api.get(CUSTOMERS).json()
            changed = api.patch(
                f"{PERSONS}/{self.party['id']}",
                json={"familyName": FAMILY, "contactMedium": contacts()},
                headers={"content-type": "application/merge-patch+json"},
            )
            assert changed.status_code == 200, changed.text
            talk = {
                "@type": "PartyInteraction",
                "direction": "inbound",
                "reason": "complaint",
                "description": NOTE,
                "relatedChannel": [
                    {"@type": "RelatedChannel", "role": "used", "channel": {"@type": "ChannelRef", "id": "1"}}
                ],
                "relatedParty": related(self.customer, "Customer"),
            }
            self.talk = create(api, INTERACTIONS, talk)
            gone = create(api, INTERACTIONS, {**talk, "description": f"deleted {NOTE}"})
            assert api.delete(f"{INTERACTIONS}/{gone['id']}").status_code == 204
            scan_of_hers = {
                "name": "scan",
                "mimeType": "application/pdf",
                "content": base64.b64encode(FILE * 9000).decode(),
            }
            paper = {
                "name": "contract",
                "relatedParty": [{"id": self.customer["id"], "@referredType": "Customer", "role": "owner"}],
                "binaryAttachment": [scan_of_hers],
            }
            self.paper = create(api, DOCUMENTS, paper)
            self.other = create(
                api, PERSONS, person("Bob", OTHER_NAME, relatedParty=related(self.party, "Individual", "wife"))
            )
            self.event = tell(api, "sent-1", {"@type": "Individual", "givenName": GIVEN, "contactMedium": contacts()})
            self.alike = tell(api, "sent-2", {"@type": "Individual", "givenName": GIVEN, "familyName": FAMILY})
            self.bystander = tell(api, "sent-3", person("Bob", OTHER_NAME))
            for _ in range(3):
                assert api.get(f"{PERSONS}/{self.party['id']}").status_code == 200
            assert len(api.get(PERSONS, params={"limit": 10}).json()) == 2


@pytest.fixture
def told(new_server: Server, tmp_path: Path) -> Told:
    return Told(new_server.start().register(), tmp_path)


def sealed(server: Server) -> None:
    """Return when what is in the trail by now is sealed."""
    before = command("trail", "anchor", "--data", str(server.data)).stdout
    deadline = time.monotonic() + 20
    while command("trail", "anchor", "--data", str(server.data)).stdout in {before, ""}:
        assert time.monotonic() < deadline, "nothing was sealed"
        with server.api() as api:
            api.get(PERSONS, params={"limit": "1"})
        time.sleep(0.3)


def test_nothing_of_the_person_is_left_anywhere(told: Told, tmp_path: Path) -> None:
    server, data = told.server, ("--data", str(told.server.data))
    sealed(server)
    older = tmp_path / "backups" / "older"
    done("backup", str(older), *data)
    assert set.union(*scan(older, MARKS).values()) == {*MARKS}
    assert set.union(*scan(server.data, MARKS).values()) == {*MARKS}
    planned = done("privacy", "erase", told.customer["id"], "--because", "request 1", *data)
    assert "Nothing was erased." in planned.stderr
    assert f"event {told.alike} has the same name" in planned.stdout
    with server.api() as api:
        assert api.get(f"{PERSONS}/{told.party['id']}").status_code == 200
    ground = ("--because", "request 1", "--yes", "--event", told.alike)
    done("privacy", "erase", told.customer["id"], *ground, *data)
    with server.api() as api:
        for path, record in ((PERSONS, told.party), (CUSTOMERS, told.customer), (INTERACTIONS, told.talk)):
            assert api.get(f"{path}/{record['id']}").status_code == 404
            assert api.get(f"{path}/{record['id']}/history").status_code == 404
        kept = api.get(f"{PERSONS}/{told.other['id']}").json()
        assert kept["familyName"] == OTHER_NAME
        assert "relatedParty" not in kept
        assert [each["id"] for each in api.get(RECEIVED).json()] == [told.bystander]
    assert server.stop() == 0, server.output()
    done("privacy", "scrub", *data)
    assert scan(server.data, MARKS) == {}
    assert "All of it is as it was sealed." in done("trail", "verify", *data).stderr
    receipt = done("privacy", "register", *data).stdout
    assert found_in(receipt.encode(), [*MARKS, told.party["id"]]) == set()
    restored = tmp_path / "restored"
    done("backup", str(older.with_name("newer")), *data)
    assert scan(older.with_name("newer"), MARKS) == {}
    again = done("restore", str(older), "--data", str(restored))
    assert "(1) is erased again" in again.stdout
    assert scan(restored, MARKS) == {}
    assert scan(restored, [OTHER_NAME]) != {}
    done("trail", "verify", "--data", str(restored))
