"""A file is profiled from the command line: drafts that a catalogue takes, suspects for its owner's eyes alone."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from customer_inventory.requirements.toml_form import read_catalogue
from tests.journey.api_words import PERSONS, create, person
from tests.journey.conftest import Server, command


def rows(count: int = 120) -> list[dict[str, str]]:
    towns = {"B1": "Bath", "L1": "Leeds", "Y1": "York"}
    codes = list(towns) * (count // 3)
    kinds = ("a", "=b")
    found = [
        {
            "id": f"{7000 + at}",
            "surname": f"Zebedee{at % 30}",
            "postcode": code,
            "city": towns[code],
            "kind": kinds[at % 2],
        }
        for at, code in enumerate(codes)
    ]
    found[9]["city"] = "Brth"
    return found


def write(path: Path, lines: list[str]) -> Path:
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def test_a_table_becomes_drafts_and_suspects(tmp_path: Path) -> None:
    people = rows()
    file = tmp_path / "people.csv"
    with file.open("w", encoding="utf-8", newline="") as opened:
        table = csv.DictWriter(opened, people[0])
        table.writeheader()
        table.writerows(people)
    suspects = tmp_path / "suspects.csv"
    suspects.touch(0o644)
    drafts = tmp_path / "drafts.toml"
    done = command("requirement", "identify", str(file), "--output", str(drafts), "--suspects", str(suspects))
    assert done.returncode == 0, done.stderr
    assert "Looked at 120 of 120 rows as individual. Requirements drafted: 1." in done.stderr
    text = drafts.read_text("utf-8")
    found = {each.attribute: each for each in read_catalogue(text.encode(), source="drafts")}
    assert found.keys() == {"partyCharacteristic[kind]"}
    assert found["partyCharacteristic[kind]"].source == ["people"]
    assert "# Column surname goes to familyName, which is governed; nothing is added" in text
    assert "Zebedee" not in text + done.stderr + done.stdout
    assert suspects.stat().st_mode & 0o777 == 0o600
    with suspects.open(encoding="utf-8", newline="") as opened:
        (suspect,) = csv.DictReader(opened)
    assert (suspect["row"], suspect["column"], suspect["holds"], suspect["likely"]) == ("10", "city", "Brth", "Bath")


def test_objects_and_whole_documents_are_profiled_too(tmp_path: Path) -> None:
    plain = write(tmp_path / "plain.ndjson", [json.dumps({**row, "age": at % 50}) for at, row in enumerate(rows())])
    done = command("requirement", "identify", str(plain), "--resource", "individual")
    assert done.returncode == 0, done.stderr
    plainly = {each.attribute: each for each in read_catalogue(done.stdout.encode(), source="-")}
    assert [rule.type for rule in plainly["partyCharacteristic[age]"].value_rule if rule.code == "type"] == ["integer"]

    whole = [
        {
            "@type": "Individual",
            "familyName": row["surname"],
            "contactMedium": [{"@type": "EmailContactMedium", "emailAddress": f"p{at}@example.org"}],
            "partyCharacteristic": [{"@type": "StringCharacteristic", "name": "shoe size", "value": f"{at % 9 + 36}"}],
        }
        for at, row in enumerate(rows())
    ]
    file = write(tmp_path / "whole.ndjson", list(map(json.dumps, whole)))
    done = command("requirement", "identify", str(file))
    assert done.returncode == 0, done.stderr
    found = {each.attribute: each for each in read_catalogue(done.stdout.encode(), source="-")}
    assert found.keys() == {"partyCharacteristic[shoe size]"}
    for attribute in ("familyName", "contactMedium.emailAddress"):
        assert f"# Column {attribute} goes to {attribute}, which is governed; nothing is added" in done.stdout


def test_what_is_stored_is_profiled_and_named_by_its_id(new_server: Server, tmp_path: Path) -> None:
    with new_server.start().register().api() as api:
        made = [
            create(
                api,
                PERSONS,
                person(
                    family=row["surname"],
                    partyCharacteristic=[
                        {"@type": "StringCharacteristic", "name": name, "value": row[name]}
                        for name in ("postcode", "city")
                    ],
                ),
            )
            for row in rows()
        ]
    drafts, suspects = tmp_path / "drafts.toml", tmp_path / "suspects.csv"
    words = ("--resource", "individual", "--output", str(drafts), "--suspects", str(suspects))
    done = command("requirement", "identify", *words, "--data", str(new_server.data))
    assert done.returncode == 0, done.stderr
    assert "Looked at 120 of 120 rows as individual." in done.stderr
    text = drafts.read_text("utf-8")
    found = {each.attribute: each for each in read_catalogue(text.encode(), source="drafts")}
    assert {"partyCharacteristic[city]", "partyCharacteristic[postcode]"} <= found.keys()
    assert not any(each.source for each in found.values())
    assert found["partyCharacteristic[city]"].name == "City"
    assert "# Column familyName goes to familyName, which is governed; nothing is added" in text
    wrong = made[9]["id"]
    assert "partyCharacteristic[postcode] → partyCharacteristic[city]" in text
    assert wrong in text
    with suspects.open(encoding="utf-8", newline="") as opened:
        (suspect,) = csv.DictReader(opened)
    assert (suspect["row"], suspect["column"]) == (wrong, "partyCharacteristic[city]")
    assert (suspect["holds"], suspect["likely"]) == ("Brth", "Bath")
    none = command("requirement", "identify", "--resource", "organization", "--data", str(new_server.data))
    assert none.returncode == 0, none.stderr
    assert read_catalogue(none.stdout.encode(), source="-") == []


def test_what_cannot_be_profiled_is_told(tmp_path: Path) -> None:
    file = write(tmp_path / "a.csv", ["id", "1"])
    done = command("requirement", "identify", str(file), "--resource", "unicorn")
    assert (done.returncode, "There is no resource 'unicorn'" in done.stderr) == (2, True)
    assert command("requirement", "identify", str(tmp_path / "none.csv")).returncode == 4
    done = command("requirement", "identify", str(file), "--output", str(tmp_path / "nowhere" / "d.toml"))
    assert (done.returncode, "cannot be written" in done.stderr) == (3, True)
    done = command("requirement", "identify")
    assert (done.returncode, "Name a file, or with --resource" in done.stderr) == (2, True)
    empty = write(tmp_path / "empty.ndjson", [""])
    done = command("requirement", "identify", str(empty))
    assert done.returncode == 0, done.stderr
    assert read_catalogue(done.stdout.encode(), source="-") == []
