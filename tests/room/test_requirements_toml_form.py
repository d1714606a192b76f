"""The TOML form of a catalogue: what is written is read again, and what cannot be read says where and why."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customer_inventory.errors import Failure
from customer_inventory.requirements import toml_form
from customer_inventory.requirements.baseline import governed, shipped
from customer_inventory.requirements.requirement import (
    DIMENSIONS,
    FORMATS,
    LAWFUL_BASES,
    MASKS,
    OF_THE_CATALOGUE,
    SENSITIVITIES,
    STANDARDS,
    InformationRequirement,
)
from customer_inventory.requirements.toml_form import (
    InvalidCatalogue,
    read_catalogue,
    read_catalogue_file,
    write_catalogue,
)

LEAST = {"resource": "individual", "attribute": "birthDate", "name": "Date of birth", "meaning": "The day of birth."}
BORN = msgspec.convert(LEAST, InformationRequirement)

# TOML holds every Unicode character but halves of surrogate pairs, which no text of ours has either.
_texts = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=40)
_lines = st.lists(_texts, max_size=4)
_codes = st.from_regex(r"[a-z0-9][a-z0-9-]{0,8}", fullmatch=True)
_value_rules = st.fixed_dictionaries(
    {"code": _codes},
    optional={
        "when": _texts,
        "type": st.sampled_from(["string", "date"]),
        "format": st.sampled_from(FORMATS),
        "codeList": st.lists(_texts, max_size=60),
        "minimum": _texts,
        "maxLength": st.integers(0, 100_000),
        "pattern": _texts,
        "checkDigit": st.just("luhn"),
        "condition": _texts,
        "enforcement": st.sampled_from(["refuse", "warn", "observe"]),
        "message": _texts,
    },
)
_requirements = st.fixed_dictionaries(
    {"resource": _texts, "attribute": _texts, "name": _texts, "meaning": _texts},
    optional={
        "businessOwner": _texts,
        "steward": _texts,
        "purpose": _lines,
        "lawfulBasis": st.sampled_from(LAWFUL_BASES),
        "obligation": st.sampled_from(["mandatory", "conditional", "optional"]),
        "condition": _texts,
        "enforcement": st.sampled_from(["refuse", "warn", "observe"]),
        "valueRule": st.lists(_value_rules, max_size=4),
        "standardisation": st.sampled_from(STANDARDS),
        "sensitivity": st.sampled_from(SENSITIVITIES),
        "masking": st.sampled_from(MASKS),
        "qualityTarget": st.lists(
            st.fixed_dictionaries({"dimension": st.sampled_from(DIMENSIONS), "target": st.floats(0, 1)}), max_size=3
        ),
        "confirmWithin": st.integers(0, 100_000),
        "retention": st.fixed_dictionaries({"period": st.just("P3Y"), "trigger": _texts}, optional={"ground": _texts}),
        "searchable": st.booleans(),
        "unique": st.booleans(),
        "identifying": st.booleans(),
        "source": _lines,
        "consumer": _lines,
    },
)
_catalogues = st.lists(_requirements, max_size=6, unique_by=lambda each: f"{each['resource']}.{each['attribute']}")


def made(said: dict[str, Any]) -> InformationRequirement:
    return msgspec.convert(said, InformationRequirement)


def by_place(requirements: list[InformationRequirement]) -> list[InformationRequirement]:
    return sorted(requirements, key=lambda each: (each.resource, each.attribute))


def read(text: str) -> list[InformationRequirement]:
    return read_catalogue(text.encode(), source="people.toml")


def refused(text: str | bytes) -> str:
    with pytest.raises(InvalidCatalogue) as caught:
        read_catalogue(text.encode() if isinstance(text, str) else text, source="people.toml")
    assert (caught.value.code, caught.value.failure) == ("invalid-catalogue", Failure.INVALID)
    assert caught.value.message.startswith("people.toml: ")
    return caught.value.message.removeprefix("people.toml: ")


def file(*lines: str, version: str = "version = 1") -> str:
    said = [f"{name} = '{value}'" for name, value in LEAST.items()]
    return "\n".join([version, "[[requirement]]", *said, *lines])


# ---------------------------------------------------------------- writing and reading again


@given(_catalogues)
@settings(deadline=None)
def test_what_is_written_is_read_again(catalogue: list[dict[str, Any]]) -> None:
    requirements = [made(said) for said in catalogue]
    written = write_catalogue(requirements)
    assert read(written) == by_place(requirements)
    assert write_catalogue(read(written)) == written
    assert write_catalogue(reversed(requirements)) == written


@given(
    _requirements, st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=40)
)
@settings(deadline=None)
def test_a_change_of_one_attribute_is_a_change_of_its_lines(said: dict[str, Any], meaning: str) -> None:
    """So that a difference in Git shows what was decided, and nothing else."""
    before, after = (write_catalogue([made({**said, "meaning": each})]).split("\n") for each in ("a", meaning))
    changed = [pair for pair in zip(before, after, strict=True) if pair[0] != pair[1]]
    assert len(changed) == (0 if meaning == "a" else 1)


def test_what_governance_says_is_not_written() -> None:
    decided = msgspec.structs.replace(BORN, id="individual.birthDate", version=3)
    assert write_catalogue([decided]) == write_catalogue([BORN])
    assert not {*OF_THE_CATALOGUE, "@type"} & set(tomllib.loads(write_catalogue([decided]))["requirement"][0])


def test_a_file_looks_like_this() -> None:
    rule = {"code": "code-list", "codeList": ["a", "b"], "message": 'is "none"'}
    long = {"code": "words", "codeList": [f"word {number}" for number in range(20)]}
    retention = {"period": "P3Y", "trigger": "end"}
    said = {**LEAST, "valueRule": [rule, long], "retention": retention, "searchable": True, "purpose": ["care"]}
    assert write_catalogue([made(said)]) == (
        "version = 1\n"
        "\n"
        "[[requirement]]\n"
        'resource = "individual"\n'
        'attribute = "birthDate"\n'
        'name = "Date of birth"\n'
        'meaning = "The day of birth."\n'
        'purpose = ["care"]\n'
        'obligation = "optional"\n'
        'enforcement = "warn"\n'
        'sensitivity = "internal"\n'
        'masking = "null"\n'
        "searchable = true\n"
        "\n"
        "[[requirement.valueRule]]\n"
        'code = "code-list"\n'
        'codeList = ["a", "b"]\n'
        'message = "is \\"none\\""\n'
        "\n"
        "[[requirement.valueRule]]\n"
        'code = "words"\n'
        "codeList = [\n" + "".join(f'    "word {number}",\n' for number in range(20)) + "]\n"
        "\n"
        "[requirement.retention]\n"
        'period = "P3Y"\n'
        'trigger = "end"\n'
    )
    assert write_catalogue([]) == "version = 1\n"
    assert read("version = 1") == []


@pytest.mark.parametrize("name", governed())
def test_the_whole_baseline_can_be_written_and_read(name: str) -> None:
    """What somebody exports to keep it in Git is what was shipped, with parts and defaults filled in."""
    bare = [msgspec.structs.replace(each, id=msgspec.UNSET, version=msgspec.UNSET) for each in shipped(name).values()]
    assert read(write_catalogue(bare)) == by_place(bare)


def test_a_file_is_read_from_a_folder(tmp_path: Path) -> None:
    path = tmp_path / "people.toml"
    path.write_text(write_catalogue([BORN]), "utf-8")
    assert read_catalogue_file(path) == [BORN]


def test_what_requirements_share_may_be_said_once() -> None:
    text = file("steward = 'Ada'").replace(
        "[[requirement]]", "[default]\nsteward = 'Bob'\nbusinessOwner = 'Cy'\n[[requirement]]", 1
    )
    (requirement,) = read(text)
    assert (requirement.steward, requirement.business_owner) == ("Ada", "Cy")


# ---------------------------------------------------------------- what cannot be read


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (
            ["sensitivty = 'personal'"],
            "individual.birthDate: sensitivty: is no attribute of a requirement; did you mean",
        ),
        (["sensitivity = 'secret'"], "individual.birthDate: sensitivity: invalid enum value 'secret'"),
        (["searchable = 'yes'"], "individual.birthDate: searchable: expected `bool`, got `str`"),
        (["confirmWithin = -1"], "individual.birthDate: confirmWithin: expected `int` >= 0"),
        (["[[requirement.valueRule]]", "type = 'date'"], "individual.birthDate: valueRule[0]: object missing required"),
        (
            ["[[requirement.valueRule]]", "code = 'a'", "typ = 'date'"],
            "valueRule[0]: object contains unknown field `typ`",
        ),
        (
            ["[[requirement.valueRule]]", "code = 'Ä'"],
            "individual.birthDate: valueRule[0].code: expected `str` matching",
        ),
        (["[[requirement.valueRule]]", "code = 'a'", "minimum = 2000-01-01"], "valueRule[0].minimum: expected `str`"),
        (["[requirement.retention]", "period = '3 years'", "trigger = 'x'"], "individual.birthDate: retention.period"),
        (["[[requirement.qualityTarget]]", "dimension = 'validity'", "target = nan"], "qualityTarget[0].target"),
    ],
)
def test_a_problem_names_the_requirement_and_the_attribute(lines: list[str], told: str) -> None:
    assert told in refused(file(*lines))


def test_every_problem_of_a_file_is_told_at_once() -> None:
    twice = "\n".join([file("masking = 'all'"), *file("masking = 'most'").splitlines()[1:]])
    told = refused(twice.replace("attribute = 'birthDate'", "attribute = 'deathDate'", 1))
    assert "individual.deathDate: masking" in told
    assert "individual.birthDate: masking" in told
    assert "stands in the file twice" in refused("\n".join([file(), *file().splitlines()[1:]]))
    assert "requirement 1: " in refused("version = 1\n[[requirement]]\nname = 'x'")
    many = "\n".join(f"[[requirement]]\nname = '{number}'" for number in range(50))
    assert refused(f"version = 1\n{many}").endswith("; and 30 more")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("version = 1\n[[requirement]", "is no TOML: "),
        ("version = 1\nname = oops", "line 2"),
        (b"version = 1 # \xff", "is not written in UTF-8"),
        ("", "does not begin with version = 1"),
        ("version = 2", "does not begin with version = 1"),
        ("version = true", "does not begin with version = 1"),
        ("version = 1\nrequirements = []", "requirements is unknown: a file says version, default, requirement"),
        ("version = 1\nrequirement = 'all'", "requirement are to be [[tables]]"),
        ("version = 1\nrequirement = [1]", "requirement are to be [[tables]]"),
        ("version = 1\ndefault = 'all'", "default is to be a [table]"),
        ("version = 1\nname = " + "[" * 100_000, "is nested too deeply"),
        ("version = 1\nname = " + "9" * 10_000, "is no TOML: "),
    ],
)
def test_what_is_no_catalogue_is_told(content: str | bytes, told: str) -> None:
    assert told in refused(content)


def test_files_are_bounded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(toml_form, "MOST_REQUIREMENTS", 2)
    three = "\n".join(file().replace("birthDate", f"a{n}").removeprefix("version = 1\n") for n in range(3))
    assert refused(f"version = 1\n{three}") == "has more than 2 requirements"
    monkeypatch.setattr(toml_form, "MOST_BYTES", 1 << 20)
    assert refused("version = 1\n" + "#" * (1 << 20)) == "is larger than 1 MiB"
    path = tmp_path / "large.toml"
    path.write_bytes(b"#" * (2 << 20))
    with pytest.raises(InvalidCatalogue, match=r"large\.toml: is larger than 1 MiB"):
        read_catalogue_file(path)
