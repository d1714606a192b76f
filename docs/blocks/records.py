"""Blocks about what is kept: tables, resources, and how versions of the Open APIs differ."""  # noqa: INP001  see generate.py

from __future__ import annotations

import re
from collections.abc import Iterator

from customer_inventory.model import RESOURCES, Resource
from customer_inventory.model.attributes import Attribute
from customer_inventory.model.earlier import EarlierClass, shapes_within
from customer_inventory.model.shapes import Leaf
from customer_inventory.model.view import View
from customer_inventory.model.views import EARLIER, REGISTER_VIEWS
from customer_inventory.repository.kinds import fresh_schema
from docs.blocks.words import code, codes, listed, sentence, table

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
    return heading + "\n\n".join(filter(None, (words, keyed, table(("column", "type", "remark"), rows))))


def resource(view: View) -> str:
    """Return a resource's page: what it demands, its references, every attribute, what its other version changes."""
    declared = view.resource
    parts = [declared.shape.description, _place(view) + ("" if view in REGISTER_VIEWS else f", in `{declared.kind}`.")]
    if view not in REGISTER_VIEWS:
        parts.append(
            f"**Mandatory:** {listed(view.mandatory)}. **Searchable** (an index serves ranges and sorting): "
            f"{listed(declared.searchable)}."
        )
    if declared.references:
        rows = [
            (f"`{reference.attribute}`", ", ".join(reference.targets), f"`{reference.check}`")
            for reference in declared.references
        ]
        parts.append("**References** to records, and how they are checked unless a setting says otherwise:")
        parts.append(table(("attribute", "to", "check"), rows))
    parts += ["**Attributes:**", _attributes(view)]
    if declared.name in EARLIER:
        parts += _in_other_version(EARLIER[declared.name])
    return "\n\n".join(parts)


def _place(view: View) -> str:
    return f"{view.api.number} {view.api.title} {view.api.version}, at `{view.collection}`"


def _attributes(view: View) -> str:
    rows = []
    for path, attribute in sorted(view.attributes.items(), key=lambda item: item[0].replace("@", "~")):
        if path.count(".") <= 1:
            marks = ["mandatory"] if path in view.mandatory else []
            marks += ["searchable"] if attribute.searchable else []
            marks += ["v4 only"] if path not in view.resource.own_attributes else []
            shown = (f"`{path}`", _type(attribute), "several" if attribute.many else "one")
            rows.append((*shown, sentence(attribute.description), ", ".join(marks)))
    return table(("attribute", "type", "how many", "meaning", ""), rows)


def _type(attribute: Attribute) -> str:
    kind = "one of " + ", ".join(map(code, attribute.enum)) if attribute.enum else attribute.type
    return kind + (" or date" if "date" in attribute.formats else "")


def _in_other_version(view: View) -> list[str]:
    """What an earlier version demands, and the attributes that only it has or that stand elsewhere in the kept one."""
    parts = [f"## In {view.api.version}", f"{_place(view)}.", f"**Mandatory:** {listed(view.mandatory)}."]
    rows = []
    for path, attribute in sorted(view.attributes.items(), key=lambda item: item[0].replace("@", "~")):
        kept = view.stored_path(path)
        if path.count(".") <= 1 and path not in view.riding and (kept != path or path not in view.resource.attributes):
            rows.append((f"`{path}`", _type(attribute), f"`{kept}`", sentence(attribute.description)))
    if rows:
        parts.append(f"Attributes that have another name there, or that only {view.api.version} has:")
        parts.append(table((f"in {view.api.version}", "type", "kept as", "meaning"), rows))
    return parts


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
            demanded.append(f"{declared.shape.name}: {', '.join(map(code, said.mandatory))}")
    rows = [(f"`{name}`", f"`{each.name}`", "<br>".join(_said(each))) for name, each in sorted(classes.items())]
    heading = f"### {number}\n\nMandatory in v4: {'; '.join(demanded)}."
    return f"{heading}\n\n{table(('class in v5', 'class in v4', 'what is otherwise in v4'), rows)}"


def _said(each: EarlierClass) -> Iterator[str]:
    yield from (f"`{name}` is `{stored}` in v5" for name, stored in each.renamed.items())
    if each.flattened:
        yield f"{codes(each.flattened.names)} stand in `{each.flattened.inner}` in v5"
    if each.gathered:
        yield f"{codes(each.gathered.names)} stand in `{each.gathered.bag}`"
    untyped = [field.name for field in each.added if isinstance(field.content, Leaf) and field.content.type == "any"]
    added = [field.name for field in each.added if field.name not in untyped] + list(each.borrowed)
    yield from (f"of any type: {codes(untyped)}",) if untyped else ()
    yield from (f"v4 only: {codes(added)}",) if added else ()
    yield from (f"v5 only: {codes(each.left_out)}",) if each.left_out else ()
    yield from (f"a text, in v5 a whole number: {codes(each.texts)}",) if each.texts else ()
    for name, words in each.spelled.items():
        yield from (f"`{name}` `{word}` is `{stored}` in v5" for word, stored in words.items())
    yield from (f"filled in when shown: {codes(each.shown)}",) if each.shown else ()
    yield from (f"filled in when kept: {codes(each.kept)}",) if each.kept else ()
    yield from (f"mandatory: {codes(each.required)}",) if each.required else ()
    yield from ("v5 tells the class by what the object says",) if each.is_a else ()
