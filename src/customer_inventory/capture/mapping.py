"""Mappings: which columns of a source become which attributes of which records. Small, declarative, kept as TOML.

A mapping mirrors the documents it makes. A table `[individual]`, `[organization]` or `[customer]` is one record a row;
what stands in it stands in the document under the same name. A value is a constant; `{ column = "…" }` takes a column.
An object or array element that takes columns is left out of a document when none of them has a value.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any

import msgspec

from customer_inventory.capture import standardise
from customer_inventory.capture.telephone import known_country
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.model import RESOURCES, Resource
from customer_inventory.model.attributes import Attribute
from customer_inventory.model.resource import nearest
from customer_inventory.model.spelling import spelled_as
from customer_inventory.model.tmf703 import ENTITY

Classes = Mapping[str, Resource]
NO_CLASSES: Classes = MappingProxyType({})
PARTIES = ("individual", "organization")
_STANDARDS: dict[str, standardise.Standard] = {
    "text": standardise.text,
    "lower": standardise.lower,
    "upper": standardise.upper,
    "email": standardise.email,
    "country": standardise.country,
    "integer": standardise.integer,
    "number": standardise.number,
    "boolean": standardise.boolean,
}
NAMES_OF_STANDARDS = (*_STANDARDS, "date", "date-time", "phone")
_AS_ASKED = {"day": "date", "instant": "date-time"}
"""How mappings call standards that requirements call otherwise."""

Standards = Callable[[Resource], Mapping[str, str]]
"""The standard to which values of an attribute are brought where a mapping says none, by the attribute."""


class InvalidMapping(InventoryError):
    """The mapping cannot be used.

    Correct what the message names; docs/how-to/import-customers.md explains every part of a mapping.
    """

    code = "invalid-mapping"
    failure = Failure.INVALID


class Take(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, rename="kebab"):
    """How one value is taken from columns: which, how standardised, and what happens when there is none.

    `otherwise` is used where the columns are empty. `unusable` says what becomes of a value that its standard refuses:
    `leave-out` takes the row without it, `keep` takes it as the source spells it (the usual for e-mail addresses and
    telephone numbers, where any text can stand), both counted as a warning; `reject` refuses the row.
    """

    column: str | None = None
    columns: tuple[str, ...] = ()
    join: str = " "
    as_: str | None = msgspec.field(default=None, name="as")
    formats: tuple[str, ...] = ("iso",)
    country: str | None = None
    otherwise: str | None = None
    unusable: str | None = None


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value of the document that comes from columns, ready to be taken."""

    path: str
    columns: tuple[str, ...]
    join: str
    standard: standardise.Standard
    otherwise: str | None
    mandatory: bool
    unusable: str
    textual: bool

    @property
    def name(self) -> str:
        """The columns, as messages name the leaf."""
        return " + ".join(self.columns)


Node = Leaf | dict[str, Any] | list[Any] | str | int | float | bool


@dataclass(frozen=True, slots=True)
class RowMapping:
    """A mapping, checked against the model: the source's own id, and a document's pattern for each record of a row."""

    source_id: str
    records: dict[str, dict[str, Any]]
    delimiter: str | None
    encoding: str | None
    incomplete: bool
    """Whether a row that lacks a mandatory attribute is taken all the same."""
    classes: Classes = field(default_factory=dict)

    def governing(self, word: str, document: Mapping[str, Any]) -> Resource:
        """Return the kind of record by which a document that the mapping makes is checked: an entity's class."""
        return _governing(word, document, self.classes)

    @property
    def columns(self) -> set[str]:
        """Every column that the mapping takes."""
        leaves = (leaf for pattern in self.records.values() for leaf in leaves_of(pattern))
        return {self.source_id, *(column for leaf in leaves for column in leaf.columns)}


def _no_standards(_: Resource) -> Mapping[str, str]:
    return {}


def parse(text: str, *, name: str, classes: Classes = NO_CLASSES, standards: Standards = _no_standards) -> RowMapping:
    """Return the mapping that `text` (TOML) declares; `name` is what messages call it.

    `classes` are those of entities: a record of one has what its specification names. `standards` are those of the
    requirements. Raises InvalidMapping.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidMapping(f"The mapping {name} is no TOML: {error}.") from error
    known = {"source_id", "delimiter", "encoding", "incomplete", *RESOURCES}
    if unknown := content.keys() - known:
        raise InvalidMapping(_did_you_mean(f"The mapping {name} has", min(unknown), known))
    source_id = content.get("source_id")
    if not isinstance(source_id, str):
        raise InvalidMapping(
            f'The mapping {name} does not say which column holds the source\'s own id: source_id = "…".'
        )
    records = {
        word: _pattern(_governing(word, content[word], classes), content[word], name, standards)
        for word in RESOURCES
        if word in content
    }
    _check_records(records, name)
    incomplete = content.get("incomplete", "reject")
    if incomplete not in {"accept", "reject"}:
        raise InvalidMapping(f'In the mapping {name}, incomplete is "accept" or "reject".')
    delimiter, encoding = (_text(content, word, name) for word in ("delimiter", "encoding"))
    return RowMapping(source_id, records, delimiter, encoding, incomplete == "accept", classes)


def _governing(word: str, document: object, classes: Classes) -> Resource:
    """The kind of record by which a document, or its pattern, is read: of an entity the class that it names."""
    resource = RESOURCES[word]
    named = spelled_as(document.get("@type"), classes) if isinstance(document, Mapping) else None
    return classes.get(named, resource) if resource is ENTITY and isinstance(named, str) else resource


def check_columns(mapping: RowMapping, columns: Iterable[str], *, name: str) -> None:
    """Return when every column that the mapping takes is among `columns`. Raises InvalidMapping."""
    there = list(columns)
    if absent := sorted(mapping.columns - set(there)):
        raise InvalidMapping(_did_you_mean(f"The mapping {name} takes the column", absent[0], there, of="the file"))


def leaves_of(node: Node) -> Iterator[Leaf]:
    """Yield every leaf below `node`, in the order of the document."""
    if isinstance(node, Leaf):
        yield node
    elif isinstance(node, dict | list):
        for child in node.values() if isinstance(node, dict) else node:
            yield from leaves_of(child)


def _pattern(resource: Resource, content: Any, name: str, standards: Standards) -> dict[str, Any]:
    if not isinstance(content, dict):
        raise InvalidMapping(f"In the mapping {name}, {resource.name} is a table: [{resource.name}].")
    asked = standards(resource)
    pattern = {
        attribute: _node(resource, attribute, below, _Within(name, asked, mandatory=attribute in resource.mandatory))
        for attribute, below in content.items()
    }
    return {"@type": resource.name[0].upper() + resource.name[1:], **pattern}


@dataclass(frozen=True, slots=True)
class _Within:
    """Where a part of a mapping stands: in which mapping, with which standards, in the characteristic of which name."""

    name: str
    standards: Mapping[str, str]
    mandatory: bool = False
    named: str | None = None

    def standard(self, path: str) -> str | None:
        """Return the standard of an attribute, as mappings call it."""
        above, _, last = path.rpartition(".")
        of_name = self.standards.get(f"{above}[{self.named}]") if last == "value" and self.named else None
        found = of_name or self.standards.get(path)
        return _AS_ASKED.get(found, found) if found else None


def _node(resource: Resource, path: str, content: Any, within: _Within) -> Node:
    name = within.name
    attribute = resource.attributes.get(path)
    if attribute is None and not _extends(resource, path):
        close = nearest(resource, path)
        hint = f" Did you mean {close}?" if close else ""
        raise InvalidMapping(f"The mapping {name} fills {resource.name}.{path}, which the model does not have.{hint}")
    if isinstance(content, dict) and (isinstance(content.get("column"), str) or "columns" in content):
        usual = within.standard(path) or _usual_standard(attribute)
        place = f"the mapping {name}, {resource.name}.{path}"
        return _leaf(path, content, attribute, place, usual=usual, mandatory=within.mandatory)
    if isinstance(content, dict):
        named = content["name"] if isinstance(content.get("name"), str) else None
        below = _Within(name, within.standards, named=named)
        return {key: _node(resource, f"{path}.{key}", part, below) for key, part in content.items()}
    if isinstance(content, list):
        return [_node(resource, path, item, _Within(name, within.standards)) for item in content]
    if isinstance(content, str | int | float | bool):
        return content
    raise InvalidMapping(f"In the mapping {name}, write the value of {resource.name}.{path} as text in quotes.")


def _extends(resource: Resource, path: str) -> bool:
    """Whether the path lies below an attribute that may hold anything."""
    above = resource.attributes.get(path.rpartition(".")[0])
    return above is not None and above.type == "any"


def _leaf(
    path: str, content: dict[str, Any], attribute: Attribute | None, place: str, *, usual: str, mandatory: bool
) -> Leaf:
    try:
        take = msgspec.convert(content, Take)
    except msgspec.ValidationError as error:
        raise InvalidMapping(f"In {place}: {error}.") from error
    columns = (take.column,) if take.column is not None else take.columns
    kind = take.as_ or usual
    # A source's own spelling is worth keeping where any text can stand; elsewhere it cannot be kept.
    kept = "keep" if kind in {"email", "phone"} else "leave-out"
    if not columns or take.unusable not in {None, "leave-out", "reject", kept}:
        raise InvalidMapping(
            f"In {place}: name a column, and unusable is leave-out or reject; with as email or phone also keep."
        )
    return Leaf(
        path=path,
        columns=columns,
        join=take.join,
        standard=_standard(kind, take, place),
        otherwise=take.otherwise,
        mandatory=mandatory,
        unusable=take.unusable or kept,
        textual=kind not in {"integer", "number", "boolean"} and not (attribute and attribute.enum),
    )


def _usual_standard(attribute: Attribute | None) -> str:
    if attribute is None:
        return "text"
    if "date" in attribute.formats:
        return "date"
    return attribute.type if attribute.type in NAMES_OF_STANDARDS else "text"


def _standard(kind: str, take: Take, place: str) -> standardise.Standard:
    if take.country is not None and not known_country(take.country):
        raise InvalidMapping(f"In {place}: {take.country!r} is no country code (ISO 3166-1 alpha-2, such as GB).")
    match kind:
        case "phone":
            return standardise.phone(take.country)
        case "date":
            return standardise.day(take.formats)
        case "date-time":
            return standardise.instant(take.formats)
    if kind not in _STANDARDS:
        raise InvalidMapping(_did_you_mean(f"In {place}, as", kind, NAMES_OF_STANDARDS))
    return _STANDARDS[kind]


def _check_records(records: Mapping[str, Any], name: str) -> None:
    if not records or (set(PARTIES) <= records.keys()):
        raise InvalidMapping(
            f"The mapping {name} makes no record, or two parties of one row: "
            "write [individual] or [organization], and [customer] for a customer beside it."
        )
    if "customer" in records and not records.keys() & set(PARTIES) and "engagedParty" not in records["customer"]:
        raise InvalidMapping(f"The mapping {name} makes customers without parties: add [individual] or [organization].")
    for word, pattern in records.items():
        derived = {"engagedParty", "name"} if word == "customer" and len(records) > 1 else set()
        if absent := sorted(set(RESOURCES[word].demanded) - pattern.keys() - derived):
            raise InvalidMapping(f"The mapping {name} does not fill {', '.join(absent)}, which every {word} must have.")


def _text(content: dict[str, Any], key: str, name: str) -> str | None:
    value = content.get(key)
    if value is not None and not isinstance(value, str):
        raise InvalidMapping(f"In the mapping {name}, {key} is a text in quotes.")
    return value


def _did_you_mean(start: str, word: str, known: Iterable[str], *, of: str = "") -> str:
    options = list(known)
    close = get_close_matches(word, options, n=1, cutoff=0.5)
    hint = f"Did you mean {close[0]!r}?" if close else f"Known are: {', '.join(sorted(options))}."
    return f"{start} {word!r}, which {of or 'it'} does not have. {hint}"
