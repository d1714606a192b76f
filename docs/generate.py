"""Writes the reference pages from the code: `python docs/generate.py` rewrites them, tests/docs compares.

A page is prose with generated blocks in it. A block stands between `<!-- generated: NAME -->` and
`<!-- end of NAME -->`; everything outside belongs to whoever writes the page. So a setting, a command, an error or an
attribute is described once, where it is declared, and a page that lags behind fails the build.
"""  # noqa: INP001  a script beside the pages it writes, not a package

from __future__ import annotations

import importlib
import pkgutil
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import MISSING, fields
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from cyclopts import App, Argument
from docstring_parser import parse

import customer_inventory
from customer_inventory import cli
from customer_inventory.access.grants import VERBS, allows, grantable
from customer_inventory.access.roles import ROLE_GRANTS, ROLES, UNMASKED_ROLES
from customer_inventory.api import create_routes
from customer_inventory.api.metrics import Metrics
from customer_inventory.api.openapi import Documents
from customer_inventory.console.words import spelled
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.model import RESOURCES, Resource
from customer_inventory.model.attributes import Attribute
from customer_inventory.model.earlier import EarlierClass, shapes_within
from customer_inventory.model.shapes import Leaf
from customer_inventory.model.view import View
from customer_inventory.model.views import EARLIER, NATIVE, REGISTER_VIEWS, VIEWS
from customer_inventory.repository.kinds import fresh_schema
from customer_inventory.requirements.baseline import governed, shipped
from customer_inventory.requirements.requirement import InformationRequirement, ValueRule
from customer_inventory.requirements.wording import obligation_in_words, rule_in_words
from customer_inventory.settings import ENVIRONMENT_PREFIX, Settings

sys.path.insert(0, str(Path(__file__).parent.parent))
from docs.log_events import rows as log_event_rows

DOCS = Path(__file__).parent
SHOWN = {view.resource.name: view for view in (*NATIVE.values(), *REGISTER_VIEWS)}
"""Every resource that has a page, by its name, in the version in which it is kept."""
_BARE = """\
# {title}

How to ask for it is said in [HTTP](../http.md). Attributes are listed to two names deep; deeper ones can be asked for
too. Attributes that are not listed are kept as they came, and cannot be filtered by.

<!-- generated: resource-{name} -->
<!-- end of resource-{name} -->
"""
_BARE_REQUIREMENTS = """\
# What is asked of {title}

What the product asks of each attribute until something else is decided
([explained](../../explanation/information-requirements.md)). Which attributes there are, and of which types, says
[{name}](../resources/{name}.md).

<!-- generated: requirements-{name} -->
<!-- end of requirements-{name} -->
"""
_BLOCK = re.compile(r"(<!-- generated: (?P<name>[\w-]+) -->\n).*?(<!-- end of (?P=name) -->)", re.DOTALL)


def main() -> None:
    """Begin the pages of resources that have none, rewrite those whose blocks are out of date, and say which."""
    for path, text in pages().items():
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
            print(f"rewritten: {path.relative_to(DOCS.parent)}")


def pages() -> dict[Path, str]:
    """Return every page with generated blocks as it should be now. Raises KeyError for a block nothing generates."""
    texts = {
        DOCS / "reference" / "resources" / f"{name}.md": _BARE.format(name=name, title=spelled(name)) for name in SHOWN
    }
    texts |= {
        DOCS / "reference" / "requirements" / f"{name}.md": _BARE_REQUIREMENTS.format(name=name, title=spelled(name))
        for name in governed()
    }
    texts |= {path: path.read_text("utf-8") for path in sorted(DOCS.rglob("*.md"))}
    return {path: filled(text) for path, text in texts.items() if _BLOCK.search(text)}


def filled(text: str) -> str:
    """Return a page's text with its generated blocks made anew."""
    return _BLOCK.sub(lambda block: f"{block[1]}\n{_made(block['name'])}\n\n{block[3]}", text)


def _made(name: str) -> str:
    kind, _, subject = name.partition("-")
    if kind == "resource":
        return resource(SHOWN[subject])
    if kind == "requirements":
        return requirements(subject)
    return BLOCKS[name]()


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _sentence(text: str | None) -> str:
    """A description on one line, ending with a full stop."""
    words = " ".join((text or "").split())
    return words if words.endswith((".", "?", "!")) else f"{words}."


# ---------------------------------------------------------------- settings


def settings() -> str:
    """Return the table of settings: flag, environment variable, TOML key, default, meaning."""
    described = {known.arg_name: known.description for known in parse(Settings.__doc__ or "").params}
    rows = [
        (
            f"`--{field.name.replace('_', '-')}`",
            f"`{ENVIRONMENT_PREFIX}{field.name.upper()}`",
            f"`{field.name}`",
            _default(field.default),
            _sentence(described[field.name]),
        )
        for field in fields(Settings)
    ]
    return _table(("flag", "environment variable", "in the file", "default", "meaning"), rows)


def _default(value: Any) -> str:
    return "" if value in (None, "", ()) or value is MISSING else f"`{value}`"


# ---------------------------------------------------------------- commands


def verbs(app: App, *above: str) -> Iterator[tuple[str, App]]:
    """Yield every verb that does something, with its full name."""
    for name in app:
        if not name.startswith("-"):
            verb = app[name]
            below = list(verbs(verb, *above, name))
            yield from below or [(" ".join((*above, name)), verb)]


def commands() -> str:
    """Return a section for each command: what it does, how it is written, its own parameters."""
    return "\n\n".join(_command(name, verb) for name, verb in sorted(verbs(cli.command_line())))


def _command(name: str, verb: App) -> str:
    documented = parse((verb.default_command.__doc__ if verb.default_command else "") or "")
    described = {known.arg_name: known.description for known in documented.params}
    rows, usage = [], [f"customer-inventory {name}"]
    for argument in verb.assemble_argument_collection():
        if argument.keys or not argument.show:
            continue
        shown, default = _written(argument), argument.field_info.default
        usage.append(shown if argument.required else f"[{shown}]")
        rows.append(
            (f"`{shown}`", _sentence(described[argument.field_info.name]), _unless_given(argument.required, default))
        )
    parts = [f"## {name}", _sentence(documented.short_description), f"    {' '.join(usage)} [settings]"]
    if documented.long_description:
        parts.insert(2, documented.long_description)
    return "\n\n".join([*parts, _table(("parameter", "meaning", "when not given"), rows)] if rows else parts)


def _written(argument: Argument) -> str:
    """A parameter as it is written on the command line: FILE, --flag or --flag VALUE."""
    word = argument.field_info.name.upper()
    flag = next((name for name in argument.names if name.startswith("--")), "")
    if argument.index is not None or not flag:
        return word
    return flag if argument.is_flag() else f"{flag} {word}"


def _unless_given(required: bool, default: Any) -> str:
    return "refused" if required else _default(default) if not isinstance(default, bool) else ""


# ---------------------------------------------------------------- errors


def errors() -> Iterator[type[InventoryError]]:
    """Yield every error with a code of its own, wherever the product declares it."""
    for module in pkgutil.walk_packages(customer_inventory.__path__, "customer_inventory."):
        if not module.name.endswith("__main__") and ".migrations" not in module.name:
            importlib.import_module(module.name)
    coded = (error for error in _below(InventoryError) if error is InventoryError or error.code != InventoryError.code)
    yield from sorted(coded, key=lambda error: (error.code, error.__module__, error.__name__))


def _below(error: type[InventoryError]) -> set[type[InventoryError]]:
    below = {found for child in error.__subclasses__() for found in _below(child)}
    return {error for error in (error, *below) if error.__module__.startswith("customer_inventory.")}


def error_table() -> str:
    """Return the table of error codes: status, exit code, what happened, what to do."""
    rows: dict[tuple[str, str], tuple[str, ...]] = {}
    for error in errors():
        what, _, advice = (error.__doc__ or "").strip().partition("\n\n")
        said = _sentence(what), _sentence(advice) if advice.strip() else ""
        status, exit_code = str(error.failure.status), str(error.failure.exit_code)
        rows[error.code, said[0]] = (f"`{error.code}`", status, exit_code, *said)
    return _table(("code", "HTTP", "exit", "what happened", "what to do"), list(rows.values()))


def failures() -> str:
    """Return the table of the kinds of failure that the doors know."""
    rows = [
        (failure.name.lower().replace("_", " "), str(failure.status), str(failure.exit_code)) for failure in Failure
    ]
    return _table(("failure", "HTTP status", "exit code"), rows)


# ---------------------------------------------------------------- roles


def roles() -> str:
    """Return what each role is for, and the table of role, verb and resource."""
    told = [f"- `{name}`: {_sentence(role.told)}" for name, role in ROLES.items()]
    rows = [(_code(name), *(_verbs(role, kind) for role in ROLES)) for name, kind in sorted(grantable().items())]
    seen = [("*special categories and CPNI*", *("seen" if role in UNMASKED_ROLES else "masked" for role in ROLES))]
    return "\n".join(told) + "\n\n" + _table(("resource", *map(_code, ROLES)), [*rows, *seen])


def _verbs(role: str, kind: str) -> str:
    granted = [verb for verb in VERBS if allows(ROLE_GRANTS[role], verb, kind)]
    return "every verb" if len(granted) == len(VERBS) else ", ".join(granted) or ""


# ---------------------------------------------------------------- metrics, endpoints, tables


def metrics() -> str:
    """Return the table of metrics, under the names that /metrics shows."""
    rows = []
    for family in Metrics().registry.collect():
        name = f"{family.name}_total" if family.type == "counter" else family.name
        rows.append((f"`{name}`", family.type, _sentence(family.documentation)))
    return _table(("metric", "type", "meaning"), sorted(rows))


@cache
def _document() -> Any:
    """The OpenAPI document of the whole server."""
    documents = Documents(create_routes(public_url=""), public_url="", token_url="")
    return msgspec.json.decode(documents.at("/openapi.json") or b"")


def endpoints() -> str:
    """Return the table of collections: where each resource is in each version, and which methods it takes."""
    paths = _document()["paths"]
    rows = []
    for view in (*VIEWS, *REGISTER_VIEWS):
        taken = [_methods(paths[place]) for place in (view.collection, f"{view.collection}/{{id}}")]
        page = f"[`{view.collection}`](resources/{view.resource.name}.md)"
        rows.append((view.api.number, page, *taken))
    return _table(("API", "collection", "methods", "methods on one record (`…/{id}`)"), sorted(rows))


def _methods(item: dict[str, Any]) -> str:
    return ", ".join(name.upper() for name in item if name != "parameters")


def operations() -> str:
    """Return the table of what each method does: at an API, as individuals have it, and at the inventory's own."""
    base = next(view for view in VIEWS if view.resource.name == "individual").api.paths[0]
    rows = []
    for path, item in _document()["paths"].items():
        place = path.removeprefix(base)
        if place == path and not path.startswith("/inventory/"):
            continue
        if place.startswith("/organization") or (place.startswith("/listener/") and not place.endswith("CreateEvent")):
            continue
        for method, operation in item.items():
            if method != "parameters":
                rows.append((method.upper(), f"`{place}`", *_operation(operation)))
    return _table(("method", "path", "what it does", "parameters and headers", "answers"), rows)


def _operation(operation: dict[str, Any]) -> tuple[str, str, str]:
    known = _document()["components"]["parameters"]
    used = [known[one["$ref"].rpartition("/")[2]] if "$ref" in one else one for one in operation["parameters"]]
    given = ", ".join(f"`{one['name']}`" for one in used)
    return _sentence(operation["summary"]), given, ", ".join(operation["responses"])


def aliases() -> str:
    """Return the list of base paths: the canonical one first, then what else is answered."""
    rows = {
        (view.api.number, view.api.version): (
            f"{view.api.number} {view.api.title} {view.api.version}",
            _code(view.api.paths[0]),
            ", ".join(map(_code, view.api.paths[1:])),
        )
        for view in (*VIEWS, *REGISTER_VIEWS)
    }
    return _table(("API", "base path", "also answered"), [rows[key] for key in sorted(rows)])


def _code(text: str) -> str:
    return f"`{text}`"


def parameters() -> str:
    """Return the table of query parameters and request headers; of two of one name that of the Open APIs."""
    known: dict[str, Any] = {}
    for item in _document()["components"]["parameters"].values():
        known.setdefault(item["name"], item)
    return _table(
        ("name", "in", "meaning"),
        [(f"`{name}`", item["in"], _sentence(item["description"])) for name, item in known.items()],
    )


_CREATED = re.compile(r"((?:^--[^\n]*\n)*)^create table (\w+) \((.*?)^\)", re.MULTILINE | re.DOTALL)
_COLUMN = re.compile(r"^ {4}(\w+) (.+?),?(?: +-- (.*))?$", re.MULTILINE)
_NO_COLUMN = {"primary", "unique", "check", "foreign", "constraint"}


def tables() -> str:
    """Return a section for each table of a fresh schema: what it is for, its columns, their remarks."""
    found = _CREATED.findall(fresh_schema())
    return "\n\n".join(
        _described(name, remark, body) for remark, name, body in sorted(found, key=lambda table: table[1])
    )


def _described(name: str, remark: str, body: str) -> str:
    # A line of dashes is a heading of the file, not a remark on the table.
    words = " ".join(line.removeprefix("--").strip() for line in remark.splitlines() if "-----" not in line)
    rows = [
        (f"`{column}`", kind.strip(), (said or "").strip())
        for column, kind, said in _COLUMN.findall(body)
        if column not in _NO_COLUMN
    ]
    key = re.search(r"primary key \(([^)]*)\)", body)
    keyed = f"Primary key: `{key[1]}`." if key else ""
    heading = f"### {name}\n\n"
    return heading + "\n\n".join(filter(None, (words, keyed, _table(("column", "type", "remark"), rows))))


# ---------------------------------------------------------------- resources


def resource(view: View) -> str:
    """Return a resource's page: what it demands, its references, every attribute, what its other version changes."""
    declared = view.resource
    parts = [declared.shape.description, _place(view) + ("" if view in REGISTER_VIEWS else f", in `{declared.kind}`.")]
    if view not in REGISTER_VIEWS:
        parts.append(
            f"**Mandatory:** {_listed(view.mandatory)}. **Searchable** (an index serves ranges and sorting): "
            f"{_listed(declared.searchable)}."
        )
    if declared.references:
        rows = [
            (f"`{reference.attribute}`", ", ".join(reference.targets), f"`{reference.check}`")
            for reference in declared.references
        ]
        parts.append("**References** to records, and how they are checked unless a setting says otherwise:")
        parts.append(_table(("attribute", "to", "check"), rows))
    parts += ["**Attributes:**", _attributes(view)]
    if declared.name in EARLIER:
        parts += _in_other_version(EARLIER[declared.name])
    return "\n\n".join(parts)


def _place(view: View) -> str:
    return f"{view.api.number} {view.api.title} {view.api.version}, at `{view.collection}`"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(_code, names)) or "none"


def _attributes(view: View) -> str:
    rows = []
    for path, attribute in sorted(view.attributes.items(), key=lambda item: item[0].replace("@", "~")):
        if path.count(".") <= 1:
            marks = ["mandatory"] if path in view.mandatory else []
            marks += ["searchable"] if attribute.searchable else []
            marks += ["v4 only"] if path not in view.resource.own_attributes else []
            shown = (f"`{path}`", _type(attribute), "several" if attribute.many else "one")
            rows.append((*shown, _sentence(attribute.description), ", ".join(marks)))
    return _table(("attribute", "type", "how many", "meaning", ""), rows)


def _type(attribute: Attribute) -> str:
    kind = "one of " + ", ".join(map(_code, attribute.enum)) if attribute.enum else attribute.type
    return kind + (" or date" if "date" in attribute.formats else "")


def _in_other_version(view: View) -> list[str]:
    """What an earlier version demands, and the attributes that only it has or that stand elsewhere in the kept one."""
    parts = [f"## In {view.api.version}", f"{_place(view)}.", f"**Mandatory:** {_listed(view.mandatory)}."]
    rows = []
    for path, attribute in sorted(view.attributes.items(), key=lambda item: item[0].replace("@", "~")):
        kept = view.stored_path(path)
        if path.count(".") <= 1 and path not in view.riding and (kept != path or path not in view.resource.attributes):
            rows.append((f"`{path}`", _type(attribute), f"`{kept}`", _sentence(attribute.description)))
    if rows:
        parts.append(f"Attributes that have another name there, or that only {view.api.version} has:")
        parts.append(_table((f"in {view.api.version}", "type", "kept as", "meaning"), rows))
    return parts


# ---------------------------------------------------------------- requirements


def requirements(name: str) -> str:
    """Return what is asked of a resource as the product ships it: of each attribute, and who answers for it."""
    order = {path: number for number, path in enumerate(RESOURCES[name].attributes)}
    found = sorted(shipped(name).values(), key=lambda each: order[each.attribute])
    asked = _table(
        ("attribute", "meaning", "obligation", "rules"),
        [(f"`{each.attribute}`", f"**{each.name}.** {each.meaning}", _obliged(each), _rules(each)) for each in found],
    )
    answered = _table(
        ("attribute", "sensitivity", "mask", "owner", "steward", "kept for", "lawful basis", "retention"),
        [(f"`{each.attribute}`", *_answered(each)) for each in found],
    )
    return "\n\n".join(
        (
            "A rule is told with its name; what breaks it is warned of unless it says *refused* or *observed*.",
            asked,
            "## Who answers for it, and how it is kept",
            answered,
        )
    )


_CONSEQUENCES = {"refuse": " (*refused*)", "observe": " (*observed*)", "warn": ""}


def _obliged(requirement: InformationRequirement) -> str:
    consequence = _CONSEQUENCES[requirement.enforcement] if requirement.obligation != "optional" else ""
    return obligation_in_words(requirement) + consequence


def _rules(requirement: InformationRequirement) -> str:
    return "<br>".join(_rule(requirement, rule) for rule in requirement.value_rule or ())


def _rule(requirement: InformationRequirement, rule: ValueRule) -> str:
    consequence = _CONSEQUENCES[rule.enforcement or requirement.enforcement]
    return f"*{rule.code}*: {rule_in_words(rule)}{consequence}"


def _answered(each: InformationRequirement) -> tuple[str, ...]:
    retention = each.retention
    kept = f"{retention.period} from {retention.trigger}" if retention else ""
    confirmed = f"; to be confirmed within {each.confirm_within} days" if each.confirm_within else ""
    return (
        each.sensitivity,
        each.masking,
        each.business_owner or "",
        each.steward or "",
        ", ".join(each.purpose or ()),
        each.lawful_basis or "",
        kept + confirmed,
    )


def baseline() -> str:
    """Return the list of the resources of which the product asks something, with their numbers."""
    rows = []
    for name in governed():
        found = shipped(name).values()
        rules = sum(len(each.value_rule or ()) for each in found)
        rows.append((f"[{name}](../reference/requirements/{name}.md)", str(len(found)), str(rules)))
    return _table(("resource", "requirements", "value rules"), rows)


# ---------------------------------------------------------------- versions


def differences() -> str:
    """Return a section for each API in two versions: every class that is otherwise in the earlier one, and how."""
    numbers: dict[str, list[Resource]] = {}
    for declared in RESOURCES.values():
        if declared.earlier:
            numbers.setdefault(declared.api.number, []).append(declared)
    return "\n\n".join(_differences(number, found) for number, found in sorted(numbers.items()))


def _differences(number: str, found: list[Resource]) -> str:
    classes: dict[str, EarlierClass] = {}
    demanded = []
    for declared in found:
        if declared.earlier:
            said = declared.earlier.declared
            within = shapes_within(declared.shape)
            classes |= {name: each for name, each in said.classes.items() if name in within}
            demanded.append(f"{declared.shape.name}: {', '.join(map(_code, said.mandatory))}")
    rows = [(f"`{name}`", f"`{each.name}`", "<br>".join(_said(each))) for name, each in sorted(classes.items())]
    heading = f"### {number}\n\nMandatory in v4: {'; '.join(demanded)}."
    return f"{heading}\n\n{_table(('class in v5', 'class in v4', 'what is otherwise in v4'), rows)}"


def _said(each: EarlierClass) -> Iterator[str]:
    yield from (f"`{name}` is `{stored}` in v5" for name, stored in each.renamed.items())
    if each.flattened:
        yield f"{_codes(each.flattened.names)} stand in `{each.flattened.inner}` in v5"
    if each.gathered:
        yield f"{_codes(each.gathered.names)} stand in `{each.gathered.bag}`"
    untyped = [field.name for field in each.added if isinstance(field.content, Leaf) and field.content.type == "any"]
    added = [field.name for field in each.added if field.name not in untyped] + list(each.borrowed)
    yield from (f"of any type: {_codes(untyped)}",) if untyped else ()
    yield from (f"v4 only: {_codes(added)}",) if added else ()
    yield from (f"v5 only: {_codes(each.left_out)}",) if each.left_out else ()
    yield from (f"a text, in v5 a whole number: {_codes(each.texts)}",) if each.texts else ()
    for name, words in each.spelled.items():
        yield from (f"`{name}` `{word}` is `{stored}` in v5" for word, stored in words.items())
    yield from (f"filled in when shown: {_codes(each.shown)}",) if each.shown else ()
    yield from (f"filled in when kept: {_codes(each.kept)}",) if each.kept else ()
    yield from (f"mandatory: {_codes(each.required)}",) if each.required else ()
    yield from ("v5 tells the class by what the object says",) if each.is_a else ()


def _codes(names: Iterable[str]) -> str:
    return ", ".join(map(_code, sorted(names)))


# ---------------------------------------------------------------- decisions


def decisions() -> str:
    """Return the list of decision records by their titles."""
    records = sorted((DOCS / "decisions").glob("[0-9]*.md"))
    titles = ((path.name, path.read_text("utf-8").partition("\n")[0].removeprefix("# ")) for path in records)
    return "\n".join(f"- [{title}]({name})" for name, title in titles)


def log_events() -> str:
    """Return the table of what can be logged."""
    return _table(("event", "level", "says also"), list(log_event_rows(Path(customer_inventory.__file__).parent)))


BLOCKS: dict[str, Callable[[], str]] = {
    "settings": settings,
    "commands": commands,
    "errors": error_table,
    "roles": roles,
    "failures": failures,
    "metrics": metrics,
    "log-events": log_events,
    "endpoints": endpoints,
    "operations": operations,
    "aliases": aliases,
    "parameters": parameters,
    "tables": tables,
    "differences": differences,
    "baseline": baseline,
    "decisions": decisions,
}

if __name__ == "__main__":
    main()
