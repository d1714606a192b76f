"""Preparing: chunks of a source become rows to load, in processes of their own so that every processor helps.

A chunk goes out as the cells or lines that were read and comes back as MessagePack, which costs a tenth of pickling the
same rows. Nothing here touches the repository.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType

import msgspec

from customer_inventory.capture.drafting import (
    Document,
    RowRefused,
    Strict,
    Taking,
    draft,
    seek_party,
)
from customer_inventory.capture.formulas import unguarded_cells
from customer_inventory.capture.judging import Judging
from customer_inventory.capture.mapping import parse
from customer_inventory.capture.shapes import Shaper
from customer_inventory.capture.sources import BOOKKEEPING, Cells, Chunk, decode_line
from customer_inventory.capture.versions import as_stored, view_of
from customer_inventory.ids import Randomness, parse_id
from customer_inventory.model import RESOURCES, InvalidDocument, Resource
from customer_inventory.model.entity_classes import entity_classes
from customer_inventory.model.exact import decoded
from customer_inventory.model.relations import owner, pointers
from customer_inventory.model.spelling import spelled_as
from customer_inventory.model.validation import is_blank
from customer_inventory.repository.bulk_rows import BulkRow
from customer_inventory.requirements.baseline import shipped
from customer_inventory.requirements.catalogue import NOTHING_DECIDED, Catalogued

Milliseconds = Callable[[], int]


def _now() -> int:
    return time.time_ns() // 1_000_000


class Prepared(msgspec.Struct, array_like=True, gc=False):
    """What became of a chunk: rows to load, rows refused by number and reason, and how often what was left out."""

    rows: list[BulkRow]
    refused: list[tuple[int, str]]
    warnings: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Instructions:
    """How chunks are prepared; it travels to the processes. Without a mapping, lines are whole TMF documents.

    `specifications` are the documents that say what classes of entity there are, `at` the moment that their times are
    compared with. `version` is the version of the Open APIs in which documents come: where it is not said, v4 for those
    whose href says so, for others the one in which they are kept.
    """

    mapping: str | None
    columns: tuple[str, ...]
    strict: Strict
    specifications: tuple[bytes, ...] = ()
    at: datetime | None = None
    version: str | None = None
    catalogue: bytes = NOTHING_DECIDED
    """What was decided of requirements when the import began."""
    files: bool = True
    """Whether rows may carry small files: not where a scanner must see them first."""


class Preparer:
    """Prepares chunks by one set of instructions."""

    def __init__(
        self,
        instructions: Instructions,
        *,
        randomness: Randomness = secrets.randbits,
        milliseconds: Milliseconds = _now,
    ) -> None:
        self._randomness = randomness
        self._milliseconds = milliseconds
        self._drafter = _Rows(instructions) if instructions.mapping is not None else _Documents(instructions)

    def prepare(self, chunk: Chunk) -> Prepared:
        """Return what becomes of a chunk."""
        prepared = Prepared([], [], {})
        drafter = self._drafter
        at = self._milliseconds()
        now = datetime.fromtimestamp(at / 1000, UTC)
        ids = new_ids(len(chunk.rows), drafter.ids_a_row, randomness=self._randomness, at=at)
        for number, row, identifiers in zip(chunk.numbers, chunk.rows, ids, strict=True):
            try:
                prepared.rows.append(drafter.draft(number, row, identifiers, now))
            except RowRefused as reason:
                prepared.refused.append((number, str(reason)))
        prepared.warnings = drafter.warnings()
        return prepared


class _Rows:
    """Drafts rows of columns by a mapping."""

    def __init__(self, instructions: Instructions) -> None:
        catalogued = Catalogued(instructions.catalogue, shipped=shipped)
        mapping = parse(
            instructions.mapping or "",
            name="in use",
            classes=_classes(instructions),
            standards=catalogued.standards,
        )
        self._columns = instructions.columns
        self._taking = Taking(mapping, instructions.columns)
        self._judging = Judging(catalogued)
        self._shaper = Shaper(mapping, instructions.strict, self._judging, files=instructions.files)
        self.ids_a_row = max(2, len(mapping.records))

    def draft(self, number: int, row: Cells | bytes, ids: Sequence[str], now: datetime) -> BulkRow:
        cells = cells_of(row, self._columns) if isinstance(row, bytes) else unguarded_cells(row)
        return self._shaper.draft(number, self._taking.take(cells), ids, now)

    def warnings(self) -> dict[str, int]:
        """What was left out since the last time this was asked."""
        counted = dict(self._taking.warnings + self._judging.warnings)
        self._taking.warnings.clear()
        self._judging.warnings.clear()
        return counted


class _Documents:
    """Drafts whole documents, one a line."""

    ids_a_row = 2

    def __init__(self, instructions: Instructions) -> None:
        self._strict = instructions.strict
        self._files = instructions.files
        self._version = instructions.version
        self._classes = _classes(instructions)
        self._judging = Judging(Catalogued(instructions.catalogue, shipped=shipped))
        self._warnings = self._judging.warnings

    def draft(self, number: int, row: Cells | bytes, ids: Sequence[str], now: datetime) -> BulkRow:
        document = _exact(row) if isinstance(row, bytes) else None
        if document is None:
            raise RowRefused("is no JSON object")
        resource = resource_of(document, self._classes)
        source_id, href = document.pop("id", None), document.pop("href", None)
        for name in BOOKKEEPING:
            document.pop(name, None)
        if not isinstance(source_id, str) or not source_id:
            raise RowRefused("has no id, by which an import could know it again")
        own = parse_id(source_id) is not None
        view = view_of(resource, document, version=self._version, href=href)
        document = as_stored(view, document)
        sought = seek_party(document, ids[-1])
        identifier = source_id if own else _beside_party(resource, document, ids[0])
        known_by = None if own else source_id
        drafted = draft(
            number,
            [(resource, document)],
            [identifier],
            known_by,
            strict=self._strict,
            now=now,
            sought=sought,
            incomplete=True,  # what came incomplete from a source goes out, and comes in again, as it is
            earlier=view.show is not None,
            judge=self._judging,
            uniques=self._judging.catalogued.uniques,
            files=self._files,
        )
        for name in resource.demanded if view.show is None else view.demanded:
            if is_blank(document.get(name)):
                self._warnings[f"{resource.name} has no {name}, which is mandatory; taken incomplete"] += 1
        return drafted

    def warnings(self) -> dict[str, int]:
        """What was taken incomplete since the last time this was asked."""
        counted = dict(self._warnings)
        self._warnings.clear()
        return counted


def _classes(instructions: Instructions) -> Mapping[str, Resource]:
    return entity_classes(map(msgspec.json.decode, instructions.specifications), at=instructions.at)


_BY_CLASS = {named: resource for resource in RESOURCES.values() for named in resource.classes}
_BY_PATH = {resource.path: resource for resource in RESOURCES.values()}


def resource_of(document: Document, classes: Mapping[str, Resource] = MappingProxyType({})) -> Resource:
    """Return the resource of a whole document, by `@type`, `@baseType` or where its `href` leads.

    `classes` are those of entities. Raises RowRefused.
    """
    for attribute in ("@type", "@baseType"):
        named = document.get(attribute)
        if isinstance(named, str) and (known := _of_class(named, classes)) is not None:
            return known
    href = document.get("href")
    known = _BY_PATH.get(href.rpartition("/")[0].rpartition("/")[2]) if isinstance(href, str) else None
    if known is not None:
        return known
    raise RowRefused(
        "is of no @type that is kept here, and its href leads to no collection of the inventory: name its @type"
    )


def _of_class(named: str, classes: Mapping[str, Resource]) -> Resource | None:
    known = classes.get(named) or _BY_CLASS.get(named)
    if known is not None:  # nearly always, and the rest is not for every line
        return known
    spelled = spelled_as(named, {*classes, *_BY_CLASS})
    return classes.get(spelled) or _BY_CLASS.get(spelled)


def _exact(line: bytes) -> dict[str, object] | None:
    """Return the object on a line, None when there is none. Raises RowRefused for a number that would be rounded."""
    try:
        value = decoded(line)
    except InvalidDocument as error:
        raise RowRefused(error.message) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def cells_of(line: bytes, columns: Sequence[str]) -> Cells:
    """Return the values of a plain JSON object in the order of `columns`, as texts. Raises RowRefused."""
    found = decode_line(line)
    if found is None:
        raise RowRefused("is no JSON object")
    return [_cell(name, found.get(name)) for name in columns]


def new_ids(rows: int, each: int, *, randomness: Randomness, at: int) -> Iterator[list[str]]:
    """Yield for every row `each` new ids in one bucket, drawn for the row; `at` is Unix time in milliseconds.

    The same layout as `ids.new_id`, as text and from one draw of randomness: making UUID objects took a fifth of the
    whole preparation.
    """
    hexadecimal = f"{randomness(rows * (12 + each * 64)):0{rows * (3 + each * 16)}x}"
    time_part = f"{at & 0xFFFF_FFFF_FFFF:012x}"
    start = f"{time_part[:8]}-{time_part[8:]}-8"
    width = 3 + each * 16
    for at_row in range(0, rows * width, width):
        head = f"{start}{hexadecimal[at_row : at_row + 3]}-"
        yield [
            f"{head}{_VARIANTS[hexadecimal[at]]}{hexadecimal[at + 1 : at + 4]}-{hexadecimal[at + 4 : at + 16]}"
            for at in range(at_row + 3, at_row + width, 16)
        ]


_VARIANTS = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}


def _beside_party(resource: Resource, document: Document, identifier: str) -> str:
    """The proposed id, in the bucket of the party that the document belongs to."""
    party = owner(resource, pointers(resource, document))
    return identifier if party is None else f"{identifier[:15]}{str(party)[15:18]}{identifier[18:]}"


def _cell(name: str, value: object) -> str:
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
    raise RowRefused(f"{name} holds more than one value; only texts, numbers and truths can be mapped")
