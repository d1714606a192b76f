"""What there is, is described: commands, settings, endpoints, metrics, error codes, tables, attributes."""

from __future__ import annotations

import re
import tomllib
from dataclasses import fields
from pathlib import Path

import psycopg
import pytest

from customer_inventory.api import create_routes, exchange, filters, http_protocol, parameters
from customer_inventory.api.metrics import Metrics
from customer_inventory.cli import command_line
from customer_inventory.model import RESOURCES, bounds, jsonpath, search
from customer_inventory.model.views import EARLIER, REGISTER_VIEWS, VIEWS
from customer_inventory.requirements.baseline import governed, shipped
from customer_inventory.requirements.rules import rules_of
from customer_inventory.requirements.toml_form import read_catalogue, write_catalogue
from customer_inventory.settings import Settings
from docs import generate
from docs.blocks import log_events, product
from tests.docs.pages import ROOT, blocks

REFERENCE = ROOT / "docs" / "reference"
PACKAGE = ROOT / "src" / "customer_inventory"
# A code as it is written: of an error, in an answer made by hand, of a token request, in a refusal before HTTP is read.
CODE = re.compile(
    r"\bcode ?= ?\"([\w-]+)\"|TokenRequestError\(\"(\w+)\"|^ {4}[45]\d\d,\n {4}\"([\w-]+)\"", re.MULTILINE
)


def _page(name: str) -> str:
    return (REFERENCE / name).read_text("utf-8")


def _first_cells(text: str) -> set[str]:
    return set(re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE))


@pytest.mark.parametrize("path", sorted(generate.pages()), ids=lambda path: str(path.relative_to(ROOT)))
def test_generated_pages_are_up_to_date(path: Path) -> None:
    assert path.read_text("utf-8") == generate.pages()[path], "run: python docs/generate.py"


def test_a_page_that_lags_behind_is_noticed() -> None:
    page = "<!-- generated: settings -->\n\nold\n\n<!-- end of settings -->"
    assert "--data" in generate.filled(page)
    assert generate.filled(generate.filled(page)) == generate.filled(page)
    with pytest.raises(KeyError):
        generate.filled("<!-- generated: nonsense -->\n<!-- end of nonsense -->")


def test_every_setting_is_described_in_all_three_spellings() -> None:
    page = _page("settings.md")
    for field in fields(Settings):
        flag = f"--{field.name.replace('_', '-')}"
        assert f"| `{flag}` | `CUSTOMER_INVENTORY_{field.name.upper()}` | `{field.name}` |" in page


def test_every_command_is_described_with_its_flags() -> None:
    page = _page("commands.md")
    found = dict(product.verbs(command_line()))
    assert {"serve", "backup", "restore", "verify", "migrate", "client register", "person add"} <= set(found)
    assert set(found) == set(re.findall(r"^## (.+)$", page, re.MULTILINE)) - {"Exit codes"}
    for name, verb in found.items():
        section = page.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
        for argument in verb.assemble_argument_collection():
            if argument.show and not argument.keys:
                flag = next(
                    (word for word in argument.names if word.startswith("--")), argument.field_info.name.upper()
                )
                assert flag in section or argument.field_info.name.upper() in section, (name, flag)


def test_every_error_code_is_described() -> None:
    page = _page("errors.md")
    codes = {error.code for error in product.errors()}
    assert len(codes) > 40
    written = {
        code
        for path in PACKAGE.rglob("*.py")
        for found in CODE.findall(path.read_text("utf-8"))
        for code in found
        if code
    }
    assert codes <= written | {"internal"}
    described = _first_cells(page)
    assert (codes | written) - described == set()
    assert described - codes - written == set()


def test_an_error_tells_what_happened_in_a_sentence() -> None:
    for error in product.errors():
        assert re.match(r"[A-Z].*[.;]", error().reason if error.__init__ is Exception.__init__ else error.__doc__ or "")


def test_every_endpoint_is_described() -> None:
    page = _page("http.md")
    for view in (*VIEWS, *REGISTER_VIEWS):
        taken = "GET, POST" if view in VIEWS else "GET"
        link = f"[`{view.collection}`](resources/{view.resource.name}.md)"
        assert f"| {view.api.number} | {link} | {taken} | GET" in page
        for alias in view.api.paths:
            assert f"`{alias}`" in page
    for template, endpoint in create_routes(public_url="").templates.items():
        found = re.fullmatch(r"/tmf-api/partyManagement/v5(/(?!organization|listener).*)|(/inventory/.*)", template)
        for method in endpoint.methods.keys() - {"HEAD"} if found else ():
            assert f"| {method} | `{found[1] or found[2]}` |" in page
    files = ("server.py", "api/oauth.py", "api/oauth_registration.py", "api/tokens.py")
    text = "".join((PACKAGE / name).read_text("utf-8") for name in files)
    own = set(re.findall(r"\"(/(?:health|metrics|openapi|oauth2|\.well-known)[\w/.-]*)\"", text)) - {
        "/oauth2",
        "/oauth2/",
        "/health",
    }
    assert {"/health/live", "/health/ready", "/metrics", "/oauth2/token", "/oauth2/jwks"} <= own
    own |= {"/openapi.json", "/tmf-api/party/v4/"}
    assert {path for path in own if f"`{path}`" not in page} == set()


def test_every_header_is_described() -> None:
    """Every header that the API reads or sends stands on the page."""
    page = _page("http.md").lower()
    found = {
        name
        for path in (PACKAGE / "api").glob("*.py")
        for name in re.findall(
            r"b\"((?:x|idempot|if|accept|www|retry|link|location|etag)[a-z-]*)\"", path.read_text("utf-8")
        )
    }
    assert {"x-total-count", "x-request-id", "idempotency-key", "if-match", "etag", "link"} <= found
    assert {name for name in found if f"`{name}`" not in page} == set()


def test_the_limits_are_those_of_the_code() -> None:
    section = _page("http.md").partition("## Limits")[2]
    stated = {int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*", section)}
    assert stated == {
        http_protocol.MAX_HEAD,
        int(http_protocol.HEAD_TIMEOUT_S),
        exchange.MAX_BODY,
        int(exchange.BODY_TIMEOUT_S),
        filters.LONGEST,
        filters._MOST_VALUES,
        filters._MOST_PATHS,
        jsonpath.LONGEST,
        jsonpath.MOST_CONDITIONS,
        parameters._MOST_SORTS,
        parameters.MOST_LIMIT,
        bounds.DEPTH,
        bounds.NODES,
        search.TERMS,
        bounds.TEXT_CHARACTERS,
        bounds.NAME_CHARACTERS,
    }


def test_every_metric_is_described() -> None:
    described = _first_cells(_page("metrics.md"))
    found = {
        f"{family.name}_total" if family.type == "counter" else family.name for family in Metrics().registry.collect()
    }
    assert found == described


def test_every_line_that_is_logged_is_described() -> None:
    found = log_events.events(PACKAGE)
    assert {"sign-in.failed", "token.refused", "engine.died"} <= {event for event, _, _ in found}
    lines = _page("logs.md").splitlines()
    for event, level, said in found:
        assert f"| `{event}` | {level} | {', '.join(f'`{name}`' for name in said)} |" in lines


async def test_every_table_is_described(database: str) -> None:
    """Held against the database itself, not against the text that the page is made from."""
    async with await psycopg.AsyncConnection.connect(database) as connection:
        rows = await (
            await connection.execute(
                """select c.relname, a.attname from pg_class c join pg_attribute a on a.attrelid = c.oid
                where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace
                  and a.attnum > 0 and not a.attisdropped and c.relname <> 'alembic_version'"""
            )
        ).fetchall()
    sections = dict(re.findall(r"^### (\w+)\n(.*?)(?=^### |^<!-- end)", _page("schema.md"), re.MULTILINE | re.DOTALL))
    assert set(sections) == {table for table, _ in rows}
    for table, column in rows:
        assert f"| `{column}` |" in sections[table], f"{table}.{column}"


@pytest.mark.parametrize("name", sorted(generate.SHOWN))
def test_every_attribute_is_described(name: str) -> None:
    page = _page(f"resources/{name}.md")
    view = generate.SHOWN[name]
    outer = {path for path in view.attributes if path.count(".") < 2}
    assert outer <= _first_cells(page)
    kept, _, earlier = page.partition("\n## In v4\n")
    for path in (*view.mandatory, *view.resource.searchable) if view in VIEWS else ():
        assert f"`{path}`" in kept.partition("**Attributes:**")[0]
    if name in EARLIER:
        assert f"`{EARLIER[name].collection}`" in earlier
        assert all(f"`{path}`" in earlier.partition("| in v4 ")[0] for path in EARLIER[name].mandatory)
        moved = {path for path in EARLIER[name].stored_paths.keys() - EARLIER[name].riding if path.count(".") < 2}
        assert moved <= _first_cells(earlier)


def test_every_library_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    libraries = {re.match(r"[\w-]+", stated)[0] for stated in project["dependencies"]}
    rows = (ROOT / "docs" / "decisions" / "0011-libraries.md").read_text("utf-8")
    assert libraries == set(re.findall(r"^\| ([a-z][\w-]+) \| ", rows, re.MULTILINE)) - {"library"}


@pytest.mark.parametrize("name", governed())
def test_every_requirement_is_described_with_its_rules(name: str) -> None:
    asked, _, answered = _page(f"requirements/{name}.md").partition("\n## Who answers")
    found = shipped(name).values()
    assert _first_cells(asked) == _first_cells(answered) == {each.attribute for each in found}
    rows = dict(re.findall(r"^\| `([^`]+)` \| (.*)$", asked, re.MULTILINE))
    for each in found:
        assert each.meaning in rows[each.attribute]
        for rule in each.value_rule or ():
            assert f"*{rule.code}*: " in rows[each.attribute]


def test_every_governed_resource_has_a_page_of_requirements() -> None:
    assert {path.stem for path in (REFERENCE / "requirements").glob("*.md")} == set(governed())


def test_the_catalogue_file_that_is_shown_is_one() -> None:
    (shown,) = [
        block.text
        for block in blocks(ROOT / "docs" / "explanation" / "information-requirements.md")
        if block.language == "toml"
    ]
    (requirement,) = read_catalogue(shown.encode(), source="page")
    assert len(rules_of(requirement, RESOURCES[requirement.resource])) == 1
    assert write_catalogue([requirement]) == shown


def test_every_resource_has_a_page() -> None:
    assert {path.stem for path in (REFERENCE / "resources").glob("*.md")} == set(generate.SHOWN)
