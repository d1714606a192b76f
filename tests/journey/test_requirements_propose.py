"""A file of requirements is proposed as a whole: what cannot be asked of any of them is told before."""

from __future__ import annotations

from pathlib import Path

import pytest

from customer_inventory.requirements.baseline import shipped
from customer_inventory.requirements.toml_form import write_catalogue
from tests.journey.conftest import command

FILE = """version = 1

[[requirement]]
resource = "individual"
attribute = "partyCharacteristic[age]"
name = "Age"
meaning = "How old the person is."

[[requirement.valueRule]]
code = "type"
type = "integer"

[[requirement]]
resource = "individual"
attribute = "partyCharacteristic[mail]"
name = "Mail"
meaning = "Where to write to."

[[requirement.valueRule]]
code = "type"
type = "number"

[[requirement.valueRule]]
code = "format"
format = "email"
"""


@pytest.mark.parametrize("more", [(), ("--draft",), ("--dry-run",)])
def test_a_file_with_a_contradiction_is_refused_before_any_of_it_is_proposed(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, more: tuple[str, ...]
) -> None:
    data = str(tmp_path_factory.getbasetemp() / "proposing")
    file = tmp_path / "two.toml"
    file.write_text(FILE)
    done = command("requirement", "propose", str(file), "--reason", "r", "--data", data, *more)
    assert done.returncode == 3, done.stderr
    said = "individual.partyCharacteristic[mail]: valueRule[1].format: contradicts type of the rule type"
    assert f"two.toml: {said}: no value can follow both" in done.stderr
    assert done.stdout == ""
    assert command("requirement", "proposals", "--data", data).stdout == ""


def test_what_governs_is_left_out_and_the_rest_is_proposed(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = str(tmp_path_factory.getbasetemp() / "proposing")
    file = tmp_path / "some.toml"
    file.write_text(
        write_catalogue(list(shipped("individual").values())[:3])
        + FILE[len("version = 1") : FILE.index("mail")].rpartition("[[requirement]]")[0]
    )
    for more, done in ((("--dry-run",), "would be proposed"), ((), "proposed")):
        told = command("requirement", "propose", str(file), "--reason", "r", "--data", data, *more)
        assert f"1 of 4 requirements {done}" in told.stderr
    assert "partyCharacteristic[age]@1" in command("requirement", "proposals", "--data", data).stdout


def test_the_impact_says_whether_every_value_fits_into_an_index(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = str(tmp_path_factory.getbasetemp() / "proposing")
    file = tmp_path / "searchable.toml"
    file.write_text(
        """version = 1
        [[requirement]]
        resource = "individual"
        attribute = "placeOfBirth"
        name = "Place of birth"
        meaning = "Where the person was born."
        searchable = true
        """
    )
    command("requirement", "propose", str(file), "--reason", "r", "--data", data)
    told = command("requirement", "impact", "individual.placeOfBirth@1", "--data", data).stdout
    assert "the index takes about 0 s" in told
    assert "every value fits into the index" in told
