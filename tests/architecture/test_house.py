"""The house stands as it is drawn: imports point down, rooms are small, SQL and drivers stay in the repository."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "customer_inventory"
MODULES = sorted(PACKAGE.rglob("*.py"))
ROOMS = sorted(path.parent for path in PACKAGE.rglob("__init__.py"))
DRIVERS = {"psycopg", "psycopg_pool", "asyncpg", "sqlalchemy", "alembic", "sqlite3"}

LONGEST_FUNCTION = 40
LONGEST_FILE = 400
LONGEST_MEDIAN = 10
MOST_OFFERED = 10

# Words that begin a statement, each with the word that must follow for it to be SQL and not English.
SQL = re.compile(
    r"\b(select\s+[\w*(\"'].*\bfrom\b|insert\s+into\b|update\s+\w+\s+set\b|delete\s+from\b|merge\s+into\b"
    r"|(create|alter|drop|truncate)\s+(unlogged\s+|temporary\s+|unique\s+)?(table|index|schema|function|extension)\b"
    r"|copy\s+\w+.*\b(from\s+stdin|to\s+stdout)\b|set\s+(local|session)\b|lock\s+table\b)",
    re.IGNORECASE | re.DOTALL,
)


def _id(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), filename=str(path))


def _functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(_tree(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def _length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its docstring, which explains and does not complicate."""
    body = function.body
    described = ast.get_docstring(function) is not None
    docstring = body[0].end_lineno - body[0].lineno + 1 if described and body[0].end_lineno else 0
    return (function.end_lineno or function.lineno) - function.lineno + 1 - docstring


def _docstrings(tree: ast.Module) -> set[int]:
    """The identities of the nodes that are docstrings or bare strings explaining a constant."""
    return {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}


def _texts(path: Path) -> Iterator[tuple[int, str]]:
    """The strings of a module that the program uses, with their lines; f-strings without what is put in."""
    tree = _tree(path)
    explained = _docstrings(tree)
    for node in ast.walk(tree):
        if id(node) in explained:
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value
        elif isinstance(node, ast.JoinedStr):
            parts = (part.value if isinstance(part, ast.Constant) else "x" for part in node.values)
            yield node.lineno, "".join(map(str, parts))


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.partition(".")[0]


def test_the_import_contracts_hold() -> None:
    linter = Path(sysconfig.get_path("scripts")) / "lint-imports"
    done = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    kept = re.search(r"Contracts: (\d+) kept, 0 broken", done.stdout)
    assert kept, done.stdout
    assert int(kept[1]) == 3, done.stdout


def test_the_linter_sees_every_room() -> None:
    """A room that the layers do not name would be free to import anything; `exhaustive` says so only if it is on."""
    contracts = (ROOT / "pyproject.toml").read_text("utf-8")
    assert "exhaustive = true" in contracts
    named = set(re.findall(r"[a-z_]+", contracts.partition("layers = [")[2].partition("]")[0]))
    rooms = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert rooms - {"__init__"} <= named


def test_only_the_repository_imports_a_driver() -> None:
    importing = {_id(path) for path in MODULES if DRIVERS & set(_imported(path))}
    assert importing
    assert {name.partition("/")[0] for name in importing} == {"repository"}, importing


def test_sql_is_written_in_the_repository_only() -> None:
    found = [
        f"{_id(path)}:{line}: {text[:60]!r}" for path in MODULES for line, text in _texts(path) if SQL.search(text)
    ]
    assert found, "the look for SQL finds none even where it is"
    assert [text for text in found if not text.startswith("repository/")] == []


def test_what_counts_as_sql() -> None:
    for statement in (
        "select doc from customer where id = %s",
        "INSERT INTO trail VALUES (1)",
        "update customer set doc = %s",
        "delete from link",
        "create unlogged table staging (row text)",
        "copy customer (doc) from stdin",
        "with a as (select 1 from b) select * from a",
    ):
        assert SQL.search(statement), statement
    for sentence in (
        "Select a customer, then a party.",
        "Choose another name; `customer-inventory client list` shows those in use.",
        "Create it first, or correct the reference.",
        "Delete or change them first.",
        "{path} sets what is no setting: see --help for those that are.",
    ):
        assert not SQL.search(sentence), sentence


def test_every_sql_file_is_named_statements_or_a_schema() -> None:
    files = sorted((PACKAGE / "repository" / "sql").glob("*.sql"))
    assert len(files) >= 6
    whole = {"schema.sql", "record_kind.sql"}
    for file in files:
        assert file.name in whole or "-- name: " in file.read_text("utf-8"), file.name
    elsewhere = [path for path in PACKAGE.rglob("*.sql") if path.parent.name not in {"sql", "versions"}]
    assert not elsewhere


APPROVED_HASHES = {"sha256", "shake_256", "blake2b", "sha1"}
"""FIPS 180-4 and 202, RFC 7693. SHA-1 is the HMAC of TOTP alone (RFC 6238), approved there still (SP 800-131A)."""


def test_hashes_are_those_that_are_approved() -> None:
    found: dict[str, set[str]] = {}
    for path in MODULES:
        for node in ast.walk(_tree(path)):
            if isinstance(node, ast.ImportFrom) and node.module == "hashlib":
                found.setdefault(_id(path), set()).update(alias.name for alias in node.names)
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "hashlib":
                found.setdefault(_id(path), set()).add(node.attr)
    used = set().union(*found.values()) - {"file_digest"}
    assert used <= APPROVED_HASHES
    assert {path for path, names in found.items() if "sha1" in names} <= {
        "access/second_factor.py",
        "access/breached.py",
    }


def test_files_are_short() -> None:
    lengths = {_id(path): len(path.read_text("utf-8").splitlines()) for path in MODULES}
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}


def test_functions_are_short() -> None:
    lengths = {f"{_id(path)} {function.name}": _length(function) for path in MODULES for function in _functions(path)}
    assert {name: length for name, length in lengths.items() if length > LONGEST_FUNCTION} == {}


def test_most_functions_are_very_short() -> None:
    lengths = sorted(_length(function) for path in MODULES for function in _functions(path))
    assert len(lengths) > 300
    assert lengths[len(lengths) // 2] < LONGEST_MEDIAN


def test_names_say_what_a_module_is_about() -> None:
    vague = {"utils", "util", "common", "manager", "managers", "helper", "helpers", "misc"}
    assert [_id(path) for path in MODULES if vague & set(re.split(r"[_/.]", _id(path).lower()))] == []


@pytest.mark.parametrize("room", ROOMS, ids=_id)
def test_a_room_makes_a_promise_and_offers_little(room: Path) -> None:
    tree = _tree(room / "__init__.py")
    if room.name in {"versions", "static", "templates"}:
        return
    assert ast.get_docstring(tree), f"{_id(room)} has no docstring"
    name = ".".join(("customer_inventory", *room.relative_to(PACKAGE).parts))
    if "migrations" in name:
        return  # Alembic's, not to be imported
    offered = getattr(importlib.import_module(name), "__all__", [])
    assert len(offered) <= MOST_OFFERED, sorted(offered)
    assert len(offered) == len(set(offered))


def test_every_python_directory_is_a_room() -> None:
    without = {path.parent for path in MODULES if not (path.parent / "__init__.py").exists()}
    assert not without


def test_nothing_is_left_undone() -> None:
    """A room that is not begun does not exist yet: no stubs, no notes to oneself."""
    marks = re.compile(r"\b(TODO|FIXME|XXX|HACK|NotImplementedError)\b")
    found = [
        f"{_id(path)}:{number}"
        for path in MODULES
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if marks.search(line)
    ]
    assert not found


def test_the_package_says_that_it_is_typed() -> None:
    assert (PACKAGE / "py.typed").exists()
    assert sys.version_info >= (3, 11)
