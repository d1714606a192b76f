"""Real customers go in and come out: by the command line, beside a server and without one, killed and run again."""

from __future__ import annotations

import asyncio
import csv
import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import msgspec
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customer_inventory.access import Access, Desk
from customer_inventory.access.loading import loading
from customer_inventory.capture.demo import load_demo
from customer_inventory.capture.exports import UnwritableOutput, export
from customer_inventory.capture.mappings import choose_mapping, mapping_path
from customer_inventory.capture.runs import Order, Report, import_file
from customer_inventory.model import RESOURCES, InvalidDocument
from customer_inventory.model.filtering import Condition
from customer_inventory.repository import Repository
from customer_inventory.repository.bulk import ImportRunning
from customer_inventory.repository.query import Query
from tests.conftest import _TEMPLATE, make_desk, shared

INDIVIDUAL, ORGANIZATION, CUSTOMER = (RESOURCES[name] for name in ("individual", "organization", "customer"))


async def bring_in(access: Access, path: Path, **order: object) -> Report:
    return await import_file(access, Order(path=path, **order), chosen=choose_mapping(path))


async def take_out(access: Access, resource, path: Path, form: str = "ndjson") -> list[dict]:
    await export(access, resource, output=str(path), form=form)
    return [msgspec.json.decode(line) for line in path.read_bytes().splitlines()]


async def ask(database: str, statement: str) -> list[tuple]:
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
        return await (await connection.execute(statement)).fetchall()


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """The twenty thousand real rows, in a place where files may be written beside them."""
    return Path(shutil.copyfile(shared("data/er/fake_20000.csv"), tmp_path / "fake_20000.csv"))


def rows_of(people: Path) -> dict[str, dict[str, str]]:
    """The rows of the file by their own ids, read independently of the product."""
    with people.open(newline="") as file:
        return {row["unique_id"]: row for row in csv.DictReader(file)}


def is_complete(row: dict[str, str]) -> bool:
    """Whether the row has both names, which TMF632 makes mandatory."""
    return bool(row["first_name"].strip() and row["surname"].strip())


async def test_twenty_thousand_rows_go_in_are_found_and_come_out(access: Access, database: str, people: Path):
    rows = rows_of(people)
    report = await bring_in(access, people)
    assert report.rows == len(rows) == 20_000
    assert (report.accepted, report.created, report.rejected) == (20_000, 20_000, 0)
    assert report.unmapped_columns == ("group",)

    individuals = await take_out(access, INDIVIDUAL, people.parent / "i.ndjson")
    customers = await take_out(access, CUSTOMER, people.parent / "c.ndjson")
    by_source = dict(
        await ask(database, "select record_id::text, source_id from source_record where kind = 'individual'")
    )
    assert len(individuals) == len(customers) == len({one["id"] for one in individuals}) == 20_000
    for individual in individuals:
        row = rows[by_source[individual["id"]]]
        names = (individual.get("givenName", ""), individual.get("familyName", ""))
        assert names == (row["first_name"], row["surname"])
        assert individual.get("birthDate", "") == row["dob"]
        media = {medium["@type"]: medium for medium in individual.get("contactMedium", [])}
        assert media.get("GeographicAddressContactMedium", {}).get("city", "") == " ".join(row["city"].split())
        assert media.get("EmailContactMedium", {}).get("emailAddress", "") in {row["email"], row["email"].lower()}
    assert {one["engagedParty"]["id"] for one in customers} == {one["id"] for one in individuals}
    kept = report.warnings.pop("email is no e-mail address; kept as it is")
    assert 0 < kept < 1000
    assert report.warnings.pop("individual.contactMedium.emailAddress is no e-mail address (format)") == kept
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
    unborn = sum(row["dob"] > tomorrow for row in rows.values())
    assert report.warnings.pop("individual.birthDate lies in the future (past)") == unborn > 0
    assert report.warnings == {
        f"{column} is empty, but {attribute} is mandatory; taken incomplete": sum(
            not row[column] for row in rows.values()
        )
        for column, attribute in (("first_name", "givenName"), ("surname", "familyName"))
    }

    some = next(one for one in individuals[4321:] if is_complete(rows[by_source[one["id"]]]))
    record = await access.read(INDIVIDUAL, UUID(some["id"]))
    assert {key: value for key, value in some.items() if key not in {"id", "href"}} == msgspec.json.decode(
        record.document
    )
    email = next(one for one in individuals if "Email" in str(one))
    address = next(m["emailAddress"] for m in email["contactMedium"] if "emailAddress" in m)
    for query in (
        Query(name=f"{some['givenName']} {some['familyName']}", limit=1000),
        Query(conditions=(Condition("familyName", "eq", (some["familyName"],)),), limit=1000),
    ):
        assert some["id"] in {one.id for one in (await access.page(INDIVIDUAL, query)).records}
    by_email = await access.page(
        INDIVIDUAL, Query(conditions=(Condition("contactMedium.emailAddress", "eq", (address,)),), limit=1000)
    )
    assert email["id"] in {one.id for one in by_email.records}
    in_london = await access.page(INDIVIDUAL, Query(conditions=(Condition("contactMedium.city", "eq", ("London",)),)))
    londoners = sum(1 for row in rows.values() if " ".join(row["city"].split()) == "London")
    assert in_london.total.number == londoners

    again = await bring_in(access, people)
    assert (again.created, again.updated, again.unchanged) == (0, 0, 20_000)
    assert again.rows == 20_000


async def test_what_came_incomplete_is_completed_bit_by_bit(access: Access, tmp_path: Path):
    path = tmp_path / "crm.csv"
    path.write_text("id,first name,surname,email\n1,,Moss,no-address\n2,,,\n")
    report = await bring_in(access, path)
    assert (report.accepted, report.rejected) == (2, 0)
    found = {
        one.get("familyName"): UUID(one["id"]) for one in await take_out(access, INDIVIDUAL, tmp_path / "i.ndjson")
    }
    await access.modify(INDIVIDUAL, found["Moss"], lambda document: {**document, "title": "Dr"})
    await access.modify(INDIVIDUAL, found["Moss"], lambda document: {**document, "givenName": "Ann"})
    with pytest.raises(InvalidDocument, match="familyName"):
        await access.modify(
            INDIVIDUAL,
            found["Moss"],
            lambda held: {name: value for name, value in held.items() if name != "familyName"},
        )
    assert msgspec.json.decode((await access.read(INDIVIDUAL, found["Moss"])).document)["givenName"] == "Ann"


async def test_a_mapping_may_refuse_incomplete_rows(access: Access, people: Path):
    mapping = people.with_name("fake_20000.csv.mapping.toml")
    chosen = choose_mapping(people)
    mapping.write_text((chosen.text or "").replace('incomplete = "accept"', 'incomplete = "reject"'))
    complete = {number for number, row in rows_of(people).items() if is_complete(row)}
    report = await bring_in(access, people)
    assert (report.rows, report.accepted) == (20_000, len(complete))
    with (people.parent / "fake_20000.rejected.csv").open(newline="") as file:
        rejected = list(csv.DictReader(file))
    assert len(rejected) == report.rejected == 20_000 - len(complete)
    assert all("is mandatory" in row["_reason"] for row in rejected)
    assert {row["unique_id"] for row in rejected}.isdisjoint(complete)


async def test_a_run_that_was_killed_is_told_from_one_that_runs(access: Access, database: str, tmp_path: Path):
    path = tmp_path / "crm.csv"
    path.write_text("id,first name,surname\n1,Ann,Lee\n")
    await bring_in(access, path)
    await ask(database, "update import_run set status = 'running', finished_at = null returning id")
    await bring_in(access, path)
    assert await ask(database, "select status, finished_at is null from import_run order by started_at") == [
        ("failed", False),
        ("finished", False),
    ]


async def test_a_dry_run_tells_the_same_and_keeps_nothing(access: Access, people: Path):
    lines = people.read_bytes().splitlines(keepends=True)
    people.write_bytes(b"".join([*lines[:3001], lines[7]]))
    dry = await bring_in(access, people, dry=True)
    assert (await access.page(INDIVIDUAL, Query())).records == []
    assert dry.rejected_file == str(people.parent / "fake_20000.rejected-in-dry-run.csv")
    wet = await bring_in(access, people)
    for field in ("rows", "accepted", "rejected", "created", "reasons", "warnings"):
        assert getattr(dry, field) == getattr(wet, field)
    assert len((await access.page(INDIVIDUAL, Query(limit=1))).records) == 1


async def test_rejected_rows_are_corrected_and_imported_as_they_are(access: Access, tmp_path: Path):
    path = tmp_path / "crm.csv"
    path.write_text("id,first name,surname\n1,Ann\n2,Bob,Lee\n2,Bobby,Lee\n3,a,b,c\n")
    report = await bring_in(access, path)
    assert (report.accepted, report.rejected) == (1, 3)
    assert report.reasons == {
        "has 2 columns instead of 3": 1,
        "has the same id as an earlier row": 1,
        "has 4 columns instead of 3": 1,
    }
    rejected = tmp_path / "crm.rejected.csv"
    assert "2,Bobby,Lee,3,has the same id as row 2" in rejected.read_text().splitlines()
    rejected.write_text("id,first name,surname,_row,_reason\n1,Ann,Moss,1,was corrected\n")
    second = await bring_in(access, rejected)
    assert (second.source, second.created, second.unmapped_columns) == ("crm", 1, ())
    everything = await bring_in(access, path)
    assert (everything.unchanged, everything.updated, everything.created) == (1, 0, 0)


async def test_what_goes_out_comes_in_elsewhere_as_it_was(access: Access, desk: Desk, engine, tmp_path: Path):
    """Individuals, organisations and customers of the demo, into another inventory; and again into their own."""
    await load_demo(desk, customers=60)
    out = {}
    for resource in (INDIVIDUAL, ORGANIZATION, CUSTOMER):
        out[resource.name] = await take_out(access, resource, tmp_path / f"{resource.name}.ndjson")
        own = await bring_in(access, tmp_path / f"{resource.name}.ndjson")
        assert (own.unchanged, own.rows) == (len(out[resource.name]), len(out[resource.name]))
    async with engine.database(template=_TEMPLATE) as elsewhere:
        repository = Repository(elsewhere)
        async with make_desk(repository) as other:
            there = await other.open_at_command_line(person="tester", purpose=None, request_id="there")
            for name, documents in out.items():
                report = await bring_in(there, tmp_path / f"{name}.ndjson")
                assert (report.created, report.rejected) == (len(documents), 0)
                came = await take_out(there, RESOURCES[name], tmp_path / "again.ndjson")
                assert sorted(came, key=lambda one: one["id"]) == sorted(documents, key=lambda one: one["id"])
            party = out["customer"][0]["engagedParty"]
            linked = await there.linked_from(RESOURCES[party["@referredType"].lower()], UUID(party["id"]))
            assert ("customer", out["customer"][0]["id"], "engagedParty", "") in linked
        await repository.close()


async def test_documents_of_another_system_come_in_by_its_own_ids(access: Access, tmp_path: Path):
    people, customers = tmp_path / "erp.people.ndjson", tmp_path / "erp.customers.ndjson.gz"
    people.write_text('{"@type":"Individual","id":"P1","givenName":"Ann","familyName":"Lee"}\nnot json\n[]\n')
    party = {"@type": "PartyRef", "@referredType": "Individual"}
    lines = [
        {"@type": "Customer", "id": "C1", "name": "Ann Lee", "engagedParty": {**party, "id": "P1"}},
        {"@type": "Customer", "id": "C2", "name": "Nobody", "engagedParty": {**party, "id": "P9"}},
        {"@type": "Customer", "id": "C3", "engagedParty": {**party, "id": "P1"}},
        {"@type": "Ship", "id": "X"},
        {"@type": "Customer", "name": "x", "engagedParty": {**party, "id": "P1"}},
    ]
    customers.write_bytes(gzip.compress("\n".join(map(json.dumps, lines)).encode()))
    assert (await bring_in(access, people)).reasons == {"is no JSON object": 2}
    report = await bring_in(access, customers)
    assert (report.source, report.created, report.rejected) == ("erp", 2, 3)
    assert report.warnings == {"customer has no name, which is mandatory; taken incomplete": 1}
    rejected = [json.loads(line) for line in (tmp_path / "erp.customers.rejected.ndjson").read_text().splitlines()]
    assert [line["_row"] for line in rejected] == [2, 4, 5]
    assert "that one first" in rejected[0]["_reason"]
    assert "@type" in rejected[1]["_reason"]
    held = await take_out(access, CUSTOMER, tmp_path / "c.ndjson")
    (person,) = await take_out(access, INDIVIDUAL, tmp_path / "i.ndjson")
    assert [one["engagedParty"]["id"] for one in held] == [person["id"]] * 2
    again = await bring_in(access, customers)
    assert (again.unchanged, again.rejected) == (2, 3)


async def test_what_came_blank_counts_as_missing_and_can_be_corrected_bit_by_bit(access: Access, tmp_path: Path):
    path = tmp_path / "old.ndjson"
    path.write_text('{"@type":"Individual","id":"P1","givenName":"","familyName":" "}\n')
    report = await bring_in(access, path)
    assert (report.created, report.rejected) == (1, 0)
    counted = "individual has no {}, which is mandatory; taken incomplete"
    assert report.warnings == {counted.format("givenName"): 1, counted.format("familyName"): 1}

    (person,) = await take_out(access, INDIVIDUAL, tmp_path / "out.ndjson")
    identifier = UUID(person["id"])
    await access.modify(INDIVIDUAL, identifier, lambda held: {**held, "title": "Lady"})
    await access.modify(INDIVIDUAL, identifier, lambda held: {**held, "givenName": "Ada"})
    for blank in ("", " "):
        with pytest.raises(InvalidDocument, match="givenName: is mandatory"):
            await access.modify(INDIVIDUAL, identifier, lambda held, blank=blank: {**held, "givenName": blank})
    assert (await access.restore(INDIVIDUAL, identifier, 1)).outcome == "done"
    (person,) = await take_out(access, INDIVIDUAL, tmp_path / "out.ndjson")
    assert (person["givenName"], person["familyName"]) == ("", " ")
    assert (await bring_in(access, tmp_path / "out.ndjson")).rejected == 0


@pytest.mark.parametrize(("incomplete", "taken"), [("accept", 1), ("reject", 0)])
async def test_a_blank_in_place_of_an_empty_cell_is_none(
    access: Access, tmp_path: Path, incomplete: str, taken: int
) -> None:
    path = tmp_path / "t.csv"
    path.write_text("id,first,last\n1,,Lee\n2,Ann,Lee\n")
    mapping_path(path).write_text(
        f'incomplete = "{incomplete}"\nsource_id = "id"\n'
        '[individual]\ngivenName = { column = "first", otherwise = " " }\nfamilyName = { column = "last" }\n'
    )
    report = await bring_in(access, path)
    assert (report.created, report.rejected) == (1 + taken, 1 - taken)


async def test_plain_objects_go_by_a_mapping_like_columns(access: Access, tmp_path: Path):
    path = tmp_path / "web.ndjson"
    objects = [
        {"customerId": 7, "firstName": "Ann", "lastName": "Lee", "email": "ann@example.com"},
        {"customerId": 8, "firstName": "Bob", "lastName": "Lee", "email": ["a", "b"]},
    ]
    path.write_text("\n".join(map(json.dumps, objects)))
    report = await bring_in(access, path)
    assert (report.created, report.rejected) == (1, 1)
    (person,) = await take_out(access, INDIVIDUAL, tmp_path / "i.ndjson")
    assert person["contactMedium"][0]["emailAddress"] == "ann@example.com"


async def test_a_table_that_went_out_is_understood_by_its_headings(access: Access, desk: Desk, tmp_path: Path):
    await load_demo(desk, customers=60)
    written = await export(access, INDIVIDUAL, output=str(tmp_path / "people.csv"), form="csv")
    before = await take_out(access, INDIVIDUAL, tmp_path / "before.ndjson")
    report = await bring_in(access, tmp_path / "people.csv")
    assert (report.created, report.rejected, report.warnings) == (written, 0, {})
    assert report.unmapped_columns == ()
    after = await take_out(access, INDIVIDUAL, tmp_path / "after.ndjson")
    fields = ("givenName", "familyName", "birthDate", "nationality")
    told = sorted([one[field] for field in fields] for one in after if one["id"] not in {b["id"] for b in before})
    assert told == sorted([one[field] for field in fields] for one in before)


async def test_no_cell_is_a_formula_and_every_value_comes_back(access: Access, tmp_path: Path):
    names = {"givenName": '=HYPERLINK("http://example.com")', "familyName": "'@SUM(1)", "title": "'t"}
    phone = {"@type": "PhoneContactMedium", "phoneNumber": "+442079460000"}
    await access.create(INDIVIDUAL, {"@type": "Individual", **names, "contactMedium": [phone]})
    path = tmp_path / "people.csv"
    await export(access, INDIVIDUAL, output=str(path), form="csv")
    (row,) = csv.DictReader(path.read_text().splitlines())
    assert (row["given_name"], row["family_name"]) == ("'" + names["givenName"], "'" + names["familyName"])
    assert (row["title"], row["phone"]) == ("'t", phone["phoneNumber"])
    assert (await bring_in(access, path)).created == 1
    twice = await take_out(access, INDIVIDUAL, tmp_path / "people.ndjson")
    assert [{name: one[name] for name in names} for one in twice] == [names, names]
    await export(access, INDIVIDUAL, output=str(path), form="csv", guard=False)
    assert next(csv.DictReader(path.read_text().splitlines()))["given_name"] == names["givenName"]


async def test_an_export_that_fails_leaves_no_file(access: Access, tmp_path: Path):
    with pytest.raises(UnwritableOutput):
        await export(access, CUSTOMER, output=str(tmp_path / "absent" / "c.ndjson"), form="ndjson")
    await export(access, CUSTOMER, output=str(tmp_path / "c.ndjson"), form="ndjson")
    assert [path.name for path in tmp_path.iterdir()] == ["c.ndjson"]


async def test_the_demo_is_believable_and_comes_once(access: Access, desk: Desk):
    assert await load_demo(desk, customers=60) == 60
    assert await load_demo(desk, customers=60) == 0
    people = (await access.page(INDIVIDUAL, Query(limit=100))).records
    assert 30 < len(people) < 60
    every = [msgspec.json.decode(record.document) for record in people]
    addresses = [medium["emailAddress"] for one in every for medium in one["contactMedium"] if "emailAddress" in medium]
    assert all(address.rsplit("@", 1)[1] in {"example.com", "example.org", "example.net"} for address in addresses)
    changed = await ask(desk.repository.conninfo, "select distinct reason from change where operation = 'modify'")
    assert len(changed) >= 2


cells = st.one_of(st.sampled_from(("Ann", "Lee", "a@example.com", "")), st.text(max_size=20))


ANY = """
source_id = "id"
delimiter = "%s"
[individual]
givenName = { column = "first name" }
familyName = { column = "surname", otherwise = "unknown" }
[[individual.contactMedium]]
"@type" = "EmailContactMedium"
emailAddress = { column = "email", as = "email", unusable = "reject" }
[customer]
"""


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(table=st.lists(st.lists(cells, min_size=2, max_size=6), max_size=12), delimiter=st.sampled_from(",;|"))
def test_any_table_is_accounted_for(engine, tmp_path_factory, table, delimiter):
    path = tmp_path_factory.mktemp("any") / "any.csv"
    with path.open("w", newline="", encoding="utf-8", errors="surrogatepass") as file:
        csv.writer(file, delimiter=delimiter).writerows([["id", "first name", "surname", "email"], *table])
    mapping_path(path).write_text(ANY % delimiter)
    # Hypothesis runs no coroutines, and this thread's loop is the session's: each table gets a thread with its own.
    with ThreadPoolExecutor(1) as thread:
        report, people, counted = thread.submit(asyncio.run, bring_any_in(engine, path)).result()
    assert report.accepted + report.rejected == report.rows
    assert people == report.created == report.accepted
    assert counted == (report.rows, report.accepted, report.rejected, report.created)
    assert len(table) == report.rows
    assert len(rejected_rows(report, delimiter)) == report.rejected


async def bring_any_in(engine, path: Path) -> tuple[Report, int, tuple]:
    async with engine.database(template=_TEMPLATE) as conninfo:
        repository = Repository(conninfo)
        async with make_desk(repository) as desk:
            access = await desk.open_at_command_line(person="tester", purpose=None, request_id="any")
            report = await bring_in(access, path, rows_a_batch=5)
        await repository.close()
        ((people,),) = await ask(conninfo, "select count(*) from individual")
        (counted,) = await ask(conninfo, "select rows_read, accepted, rejected, created from import_run")
    return report, people, counted


def rejected_rows(report: Report, delimiter: str) -> list[list[str]]:
    if report.rejected_file is None:
        return []
    with Path(report.rejected_file).open(newline="", encoding="utf-8", errors="surrogateescape") as file:
        return list(csv.reader(file, delimiter=delimiter))[1:]


def run(*words: str, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "customer_inventory", *words],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        **options,
    )


def test_killed_in_the_middle_and_run_again_it_ends_complete(tmp_path: Path, people: Path):
    """kill -9 on the importing process, three times at different moments, then once to the end."""
    data = str(tmp_path / "data")
    total = len(rows_of(people))
    words = [sys.executable, "-m", "customer_inventory", "import", str(people), "--data", data, "--json"]
    assert run("import", str(people), "--data", data, "--dry-run").returncode == 0
    for moment in (0.9, 1.6, 2.2):
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        time.sleep(moment)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=30)
    done = subprocess.run(words, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["rows"] == total
    assert report["accepted"] == report["created"] + report["unchanged"] == total
    out = tmp_path / "people.ndjson"
    assert run("export", "customer", "--output", str(out), "--data", data).returncode == 0
    assert len({json.loads(line)["engagedParty"]["id"] for line in out.read_text().splitlines()}) == total
    again = json.loads(subprocess.run(words, capture_output=True, text=True, timeout=300, check=False).stdout)
    assert (again["created"], again["updated"], again["unchanged"]) == (0, 0, total)


def test_beside_a_running_server_and_what_it_says(server, tmp_path: Path):
    path = tmp_path / "branch.csv"
    path.write_text("id,first name,surname,town,shoe size\n1,Ann,Quillfeather,Bath,39\n2,Bob,Lee\n")
    data = ("--data", str(server.data))
    done = run("import", str(path), *data, "--reason", "opening of a branch")
    assert done.returncode == 0, done.stderr
    said = " ".join(done.stderr.split())
    assert "Columns that go nowhere: shoe size." in said
    assert "2 rows: 1 accepted (1 created, 0 updated, 0 unchanged), 1 rejected." in said
    assert (tmp_path / "branch.csv.mapping.toml").exists()
    assert run("import", str(path), *data, "--strict").returncode == 3
    with server.api() as api:
        (found,) = api.get("/tmf-api/partyManagement/v5/individual", params={"familyName": "Quillfeather"}).json()
        out = run("export", "individual", "--output", "-", *data)
        line = next(line for line in out.stdout.splitlines() if found["id"] in line)
        assert json.loads(line) == found
    assert run("mapping", "suggest", str(path), *data).returncode == 3
    assert run("import", str(tmp_path / "absent.csv"), *data).returncode == 4
    assert run("import", str(path), "--mapping", str(tmp_path / "absent.toml"), *data).returncode == 4


def test_an_export_goes_where_it_is_sent(server, tmp_path: Path):
    """A device or a pipe takes the bytes, a link stays a link; only the file that it leads to is replaced."""
    data = ("--data", str(server.data))
    target, link = tmp_path / "there.ndjson", tmp_path / "here.ndjson"
    target.write_text("before")
    link.symlink_to(target)
    assert run("export", "customer", "--output", str(link), *data).returncode == 0
    assert link.is_symlink()
    assert target.read_text() != "before"
    assert target.stat().st_mode & 0o777 == 0o600
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor() as pool:
        read = pool.submit(pipe.read_bytes)
        assert run("export", "customer", "--output", str(pipe), *data).returncode == 0
        assert read.result(timeout=60) == target.read_bytes()
    assert pipe.is_fifo()
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["here.ndjson", "pipe", "there.ndjson"]


async def test_what_came_incomplete_goes_out_and_comes_in_again(access: Access, engine, tmp_path: Path):
    path = tmp_path / "crm.csv"
    path.write_text("id,first name,surname\n1,,Moss\n2,Ann,Lee\n3,,\n")
    await bring_in(access, path)
    people = await take_out(access, INDIVIDUAL, tmp_path / "people.ndjson")
    await take_out(access, CUSTOMER, tmp_path / "customers.ndjson")
    async with engine.database(template=_TEMPLATE) as other:
        repository = Repository(other)
        async with make_desk(repository) as desk:
            elsewhere = await desk.open_at_command_line(person="t", purpose=None, request_id="t")
            for name in ("people", "customers"):
                report = await bring_in(elsewhere, tmp_path / f"{name}.ndjson")
                assert (report.created, report.rejected) == (3, 0)
            assert sorted(map(str, await take_out(elsewhere, INDIVIDUAL, tmp_path / "again.ndjson"))) == sorted(
                map(str, people)
            )
        await repository.close()


async def test_a_line_nested_beyond_reason_is_one_rejected_row(access: Access, tmp_path: Path):
    path = tmp_path / "deep.ndjson"
    good = '{"id":"1","first name":"Ann","surname":"Lee"}\n'
    path.write_text(good + '{"id":"2","a":' + "[" * 100_000 + "]" * 100_000 + "}\n")
    report = await bring_in(access, path)
    assert (report.rows, report.accepted, report.rejected) == (2, 1, 1)


async def test_a_refused_import_leaves_the_rejected_rows_of_the_other(desk: Desk, access: Access, tmp_path: Path):
    path = tmp_path / "crm.csv"
    path.write_text("id,first name,surname\n1,Ann,Lee\n2,Bob\n")
    await bring_in(access, path)
    rejected = tmp_path / "crm.rejected.csv"
    before = rejected.read_text()
    assert rejected.stat().st_mode & 0o777 == 0o600
    async with loading(access, kinds={"individual"}, source="crm", file_name="crm.csv", dry=False, connections=1):
        with pytest.raises(ImportRunning):
            await bring_in(access, path)
    assert rejected.read_text() == before
    rejected.write_text("corrected")
    await bring_in(access, path)
    assert (tmp_path / "crm.rejected.csv.old").read_text() == "corrected"
    assert rejected.read_text() == before
